"""An error that nobody foresaw: its traceback in a file, to be sent to us."""

import os
import platform
import sys
import tempfile
import traceback

from aleator import __version__

SECRET = ("--token", "--database")


def write_fault(error: BaseException) -> str:
    """Write down what went wrong, and return what to tell."""
    told = "".join(traceback.format_exception(error))
    about = f"aleator {__version__}, Python {platform.python_version()}, {platform.platform()}"
    text = f"{about}\naleator {' '.join(_without_secrets(sys.argv[1:]))}\n\n{told}"
    what = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    try:
        descriptor, file = tempfile.mkstemp(prefix="aleator-fault-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as opened:
            opened.write(text)
    except OSError:
        return f"this is a fault of Aleator, please report it: {what}\n{text}"
    return (
        f"this is a fault of Aleator ({what}). Please report it with the file {file}, which holds the "
        "traceback and the command; what it names of your data you may strike out."
    )


def _without_secrets(arguments: list[str]) -> list[str]:
    shown = []
    for place, text in enumerate(arguments):
        name = text.split("=", 1)[0]
        if name in SECRET and "=" in text:
            text = f"{name}=..."
        elif place and arguments[place - 1] in SECRET:
            text = "..."
        shown.append(text)
    return shown
