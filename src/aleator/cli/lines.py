"""Plain lines on standard error: errors, and warnings, each once."""

import sys
import warnings
from typing import TextIO

LONGEST = 4000


def say(text: str) -> None:
    """A line on standard error."""
    print(f"aleator: {_for_a_terminal(text)}", file=sys.stderr)


def warnings_as_lines() -> None:
    """From now on warnings, Aleator's and those of libraries, are lines without the place in the code."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = str(message)
        if text not in said:
            said.add(text)
            say(f"warning: {text}")

    warnings.showwarning = show


def _for_a_terminal(text: str) -> str:
    """Not too long, and nothing in it moves the cursor: file names and labels are anybody's text."""
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)
