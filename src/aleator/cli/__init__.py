"""The command line: `aleator VERB ...`, a file for each verb. torch is loaded by the verb that needs it."""

import sys

from aleator.cli import audit, bench, demo, export, judge, review
from aleator.cli.app import app
from aleator.errors import AleatorError

__all__ = ["app", "audit", "bench", "demo", "export", "judge", "main", "review"]

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130


def main() -> None:
    """Entry point: errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app()
    except AleatorError as error:
        print(f"aleator: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        print(
            "aleator: interrupted; an audit or a demo goes on from the last finished member when the same command is "
            "given again.",
            file=sys.stderr,
        )
        sys.exit(EXIT_INTERRUPTED)
