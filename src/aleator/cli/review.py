"""`aleator review`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.audits.folder import is_audit
from aleator.audits.next_steps import after_review
from aleator.cli.app import FLAT, READING, app
from aleator.console import print_next
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.review.settings import ServerSettings

IMPORTED = Parameter(name=["--import", "--reviewed"], consume_multiple=False, negative=())


@app.command
def review(
    folder: Path,
    /,
    *,
    data: Path | None = None,
    settings: Annotated[ServerSettings, FLAT] = ServerSettings(),
    reviewed: Annotated[tuple[Path, ...], IMPORTED] = (),
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
) -> None:
    """Open a page on which people put labels right.

    Parameters
    ----------
    folder
        An audit folder, or data with labels that `aleator audit` would read.
    data
        Where the audited data are now, if they moved.
    reviewed
        Take in decisions made elsewhere first: a table with id and label, as `aleator judge --reviewed` takes, or Label
        Studio's JSON export. May be repeated.
    """
    from aleator.review.serve import serve

    try:
        serve(folder, settings, data=data, asked=reading, imports=reviewed, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:  # how people end it
        print()
    if is_audit(folder):
        print_next(after_review(folder, data, settings.database))
