"""Decisions made elsewhere, from any file that is read."""

import warnings
from collections.abc import Container, Sequence
from pathlib import Path

from aleator.decisions.decision import Decision
from aleator.decisions.label_studio_files import is_label_studio_csv, read_label_studio
from aleator.decisions.tables import Found, read_decision_table
from aleator.errors import DataError, while_reading

MOST_LISTED = 100
"""Annotations that are passed over and named one by one."""


def read_decisions(path: str | Path, ids: Container[str], class_names: Sequence[str]) -> list[Decision]:
    """The decisions of a file: a table (see `read_decision_table`), or Label Studio's export (JSON, JSON-MIN or CSV).

    Each gets a uuid that follows from its content, so that importing a file twice stores it once. Of several by one
    reviewer on an example the latest stands, as in the log. Raises DataError naming the row of an unknown id or class,
    and of two different answers of which nothing says which is the later. Of Label Studio's annotations those that
    cannot be used are passed over, and a warning lists them.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    with while_reading(path, path.suffix[1:] or "a table"):
        suffix = path.suffix.lower()
        if suffix == ".json" or (suffix == ".csv" and is_label_studio_csv(path)):
            found = _of_label_studio(path, ids, class_names)
        else:
            found = read_decision_table(path, class_names)
    for where, decision in found:
        _check(decision, f"{path}, {where}", ids, class_names)
    _check_order(path, found)
    return [decision for _, decision in found]


def _of_label_studio(path: Path, ids: Container[str], class_names: Sequence[str]) -> list[Found]:
    read = read_label_studio(path, ids, class_names)
    if read.passed_over:
        more = len(read.passed_over) - MOST_LISTED
        listed = "\n".join(read.passed_over[:MOST_LISTED]) + (f"\nand {more:,} more" if more > 0 else "")
        warnings.warn(f"{path}: {len(read.passed_over):,} annotations are passed over:\n{listed}", stacklevel=3)
    return read.found


def _check(decision: Decision, where: str, ids: Container[str], class_names: Sequence[str]) -> None:
    if decision.example not in ids:
        raise DataError(f"{where}: {decision.example!r} is no id of the data set.")
    unknown = [label for label in decision.labels if label not in class_names]
    if unknown:
        raise DataError(f"{where}: {unknown[0]!r} is none of the classes {', '.join(class_names)}. Correct it first.")


def _check_order(path: Path, found: list[Found]) -> None:
    first: dict[tuple[str, str, str], Found] = {}
    for where, decision in found:
        key = decision.example, decision.reviewer, decision.time
        earlier_where, earlier = first.setdefault(key, (where, decision))
        if (earlier.kind, set(earlier.labels)) != (decision.kind, set(decision.labels)):
            raise DataError(
                f"{path}, {where}: {decision.reviewer!r} decides {decision.example!r} differently than in "
                f"{earlier_where}; keep one of the two, or add a column 'time', of which the latest stands."
            )
