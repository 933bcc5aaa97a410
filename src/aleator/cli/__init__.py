"""The command line: `aleator VERB ...`, a file for each verb. torch is loaded by the verb that needs it."""

import errno
import os
import shlex
import signal
import sys
import threading
from contextlib import suppress

from cyclopts import CycloptsError, MissingArgumentError

from aleator.cli import audit, demo, doctor, embed, export, inspect, judge, predict, review, train
from aleator.cli.app import WHERE_TO, app
from aleator.cli.faults import write_fault
from aleator.cli.lines import say, warnings_as_lines
from aleator.cores import available_cores
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

EXIT_BAD_INPUT, EXIT_FAULT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 70, 130, 143
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
GO_ON = (
    "an audit, a demo or a training goes on from the last finished member, and features from the last batch, when the "
    "same command is given again."
)


class Terminated(BaseException):
    """The system or somebody asks this process to end."""


FIRST = {
    "audit": "Name the data first: aleator audit DATA -o audit",
    "embed": "Name the data first: aleator embed DATA --backbone timm:resnet18 -o features.npy",
    "export": "Name the audit's folder first: aleator export audit -o clean.csv",
    "inspect": "Name the data first: aleator inspect DATA",
    "predict": "Name the model and the pictures: aleator predict model pictures/ -o answers.csv",
    "review": "Name the audit's folder first: aleator review audit",
    "train": "Name the audit's folder, or the data, first: aleator train audit -o model",
}
"""What a verb needs to know, by verb."""


def _in_words(error: CycloptsError) -> str:
    verb = error.command_chain[0] if error.command_chain else ""
    if isinstance(error, MissingArgumentError) and error.argument and "--output" in error.argument.names:
        return f"Where to? {WHERE_TO.get(verb, 'Name it with -o')}; all options: aleator {verb} --help"
    if isinstance(error, MissingArgumentError) and verb in FIRST:
        return f"{FIRST[verb]}; all options: aleator {verb} --help"
    return f"{error}\nAll options: {shlex.join(['aleator', *(error.command_chain or ()), '--help'])}"


def main() -> None:
    """Entry point: errors that Aleator raises on purpose are told in words, and any other is called a fault, with its
    traceback in a file."""
    warnings_as_lines()
    if available_cores() < (os.cpu_count() or 1):  # PyTorch counts the machine's, not those that a container grants
        os.environ.setdefault("OMP_NUM_THREADS", str(available_cores()))
    if threading.current_thread() is threading.main_thread():  # only there signals may be handled
        signal.signal(signal.SIGTERM, _terminate)
    try:
        try:
            app(exit_on_error=False, print_error=False)
        finally:
            sys.stdout.flush()
    except CycloptsError as error:
        _end(EXIT_BAD_INPUT, _in_words(error))
    except AleatorError as error:
        _end(EXIT_BAD_INPUT, str(error))
    except OSError as error:
        if error.filename is None and not isinstance(error, BrokenPipeError) and error.errno not in FULL_DISK:
            _end(EXIT_FAULT, write_fault(error))
        _end(EXIT_BAD_INPUT, _of_the_system(error))
    except MemoryError:
        _end(EXIT_BAD_INPUT, f"the memory ran out; close other programs, or use --effort quick. Then {GO_ON}")
    except KeyboardInterrupt:
        _end(EXIT_INTERRUPTED, f"interrupted; {GO_ON}")
    except Terminated:
        _end(EXIT_TERMINATED, f"ended from outside (SIGTERM); {GO_ON}")
    except Exception as error:
        _end(EXIT_FAULT, write_fault(error))


def _terminate(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not end the tidying up
    raise Terminated


def _of_the_system(error: OSError) -> str:
    """What the system refused: a full disk, a file that may not be written, a folder that is gone."""
    if error.filename is None:  # what writes files says which
        return f"the result could not be printed ({error.strerror}); what was to be written to files is there."
    if error.errno in FULL_DISK:
        return (
            f"no space is left for {error.filename} ({error.strerror}). It was not replaced; make room and give the "
            "same command again."
        )
    return f"{error.filename}: {error.strerror}. What was finished is kept; give the same command again."


def _end(code: int, message: str) -> None:
    say(message)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.exit(code)
    # Standard output is full or closed: what is left in it must not raise once more while Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
