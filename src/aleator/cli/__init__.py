"""The command line: `aleator VERB ...`, a file for each verb. torch is loaded by the verb that needs it."""

import errno
import sys

from aleator.cli import audit, demo, embed, export, inspect, judge, predict, review, train
from aleator.cli.app import app
from aleator.errors import AleatorError

__all__ = ["app", "audit", "demo", "embed", "export", "inspect", "judge", "main", "predict", "review", "train"]

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Entry point: errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app()
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
