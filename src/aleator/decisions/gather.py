"""What was decided on a data set, wherever that is kept: the review page's database, and files from elsewhere."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from aleator.data.texts import RowOf
from aleator.decisions.decision import Decision
from aleator.decisions.log import DecisionLog
from aleator.decisions.read import read_decisions
from aleator.errors import DataError


@dataclass(frozen=True)
class DecisionSources:
    """Where the decisions are."""

    database: str | None = None
    """Where the review page's decisions are, if not beside the audit: a file, or postgresql://user@host/name."""
    reviewed: Annotated[tuple[Path, ...], Parameter(consume_multiple=False, negative=())] = ()
    """Decisions made elsewhere, used beside those of the review page: a table with id and label (several classes
    joined by | where an example lies between them), and optionally decision (unusable), reviewer and time; or Label
    Studio's export (JSON, JSON-MIN or CSV). May be repeated."""

    def __post_init__(self) -> None:
        named: Any = self.reviewed
        if self.database is not None:
            object.__setattr__(self, "database", os.fspath(self.database))
        files = [named] if isinstance(named, str | os.PathLike) else named
        if not isinstance(files, list | tuple) or not all(isinstance(file, str | os.PathLike) for file in files):
            raise DataError(
                f"DecisionSources(reviewed=...) is a file of decisions, or several in a tuple, not {named!r}."
            )
        object.__setattr__(self, "reviewed", tuple(map(Path, files)))


def database_beside(path: Path) -> Path:
    """Where the review page of an audit folder, or of data, keeps decisions unless told otherwise."""
    if (path / "audit.json").exists():
        return path / "review.sqlite"
    return path.absolute().with_name(f"{path.absolute().name}.review.sqlite")


def gather_decisions(
    path: Path, sources: DecisionSources, fingerprint: str, row_of: RowOf, class_names: Sequence[str]
) -> DecisionLog:
    """The log of all that was decided on the data of this fingerprint.

    `path` is the audit folder or the data, beside which the database is unless it is named. Where there is none yet,
    nobody has decided anything there. A decision that is in the database and in a file counts once.
    """
    log = DecisionLog.of(_in_database(path, sources.database, fingerprint))
    for decision in in_files(sources.reviewed, row_of, class_names):
        log.add(decision)
    return log


def in_files(files: Iterable[Path], row_of: RowOf, class_names: Sequence[str]) -> Iterator[Decision]:
    """The decisions of all these files. Raises DataError naming the file and the row that is wrong."""
    for file in files:
        yield from read_decisions(file, row_of, class_names)


def _in_database(path: Path, database: str | None, fingerprint: str) -> list[Decision]:
    """Every decision ever made there, oldest first, undone ones too."""
    place = database or database_beside(path)
    if isinstance(place, Path) and not place.exists():
        return []
    from aleator.decisions.store import Store  # which wants the extra for reviewing

    with Store(place, fingerprint) as store:
        return [decision for _, decision in store.after(0)]
