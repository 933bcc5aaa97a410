"""The command line: `aleator VERB ...`, a file for each verb. torch is loaded by the verb that needs it."""

import errno
import shlex
import sys

from cyclopts import CycloptsError, MissingArgumentError

from aleator.cli import audit, demo, doctor, embed, export, inspect, judge, predict, review, train
from aleator.cli.app import app
from aleator.errors import AleatorError

__all__ = [
    "app",
    "audit",
    "demo",
    "doctor",
    "embed",
    "export",
    "inspect",
    "judge",
    "main",
    "predict",
    "review",
    "train",
]

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


HELP_FOR = {
    "audit": "Name the folder for the audit, such as -o audit",
    "train": "Name the folder for the model, such as -o model",
    "predict": "Name the file for the answers, such as -o answers.csv (or .parquet, .jsonl, .html)",
}
"""What a forgotten --output is for, by verb."""


def _in_words(error: CycloptsError) -> str:
    verb = error.command_chain[0] if error.command_chain else ""
    if isinstance(error, MissingArgumentError) and error.argument and "--output" in error.argument.names:
        return f"Where to? {HELP_FOR.get(verb, 'Name it with -o')}; all options: aleator {verb} --help"
    return f"{error}\nAll options: {shlex.join(['aleator', *(error.command_chain or ()), '--help'])}"


def main() -> None:
    """Entry point: errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app(exit_on_error=False, print_error=False)
    except CycloptsError as error:
        print(f"aleator: {_in_words(error)}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except AleatorError as error:
        print(f"aleator: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        where = f" for {error.filename}" if error.filename else ""
        print(
            f"aleator: no space is left{where} ({error.strerror}). Nothing was replaced; make room and give the same "
            "command again.",
            file=sys.stderr,
        )
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        print(
            "aleator: interrupted; an audit, a demo or a training goes on from the last finished member, and features "
            "from the last batch, when the same command is given again.",
            file=sys.stderr,
        )
        sys.exit(EXIT_INTERRUPTED)
