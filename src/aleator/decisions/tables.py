"""Decisions as tables: the one reader (CSV, TSV, Excel, Parquet, JSON lines) and the one writer (CSV)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import NAMESPACE_URL, uuid5

from aleator.data.cells import plain_cell, safe_cell
from aleator.data.readers.column_names import ID_COLUMNS, find_column
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.readers.text_tables import EVERY_COLUMN
from aleator.decisions.decision import LONGEST_NAME, SEPARATOR, Decision, kind_of, utc_text
from aleator.errors import DataError

COLUMNS = ("id", "label", "decision", "reviewer", "time", "seconds", "note", "tags")
KNOWN_AS = {
    "id": ID_COLUMNS,
    "label": ("label", "decided_label", "answer", "reviewed_label", "class"),
    "decision": ("decision",),
    "reviewer": ("reviewer", "annotator", "completed_by", "user"),
    "time": ("time",),
    "seconds": ("seconds",),
    "note": ("note", "comment"),
    "tags": ("tags",),
}
"""What each column may be called, compared loosely."""
LARGEST_CELL = 1 << 20
Cells = dict[str, str]
Found = tuple[str, Decision]
"""Where a decision stands in its file, and the decision."""


def write_table(file: TextIO, decisions: Iterable[Decision]) -> None:
    """The decisions as CSV (`id,label,decision,reviewer,time,seconds,note,tags`); several labels or tags are
    joined by `|`."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for decision in decisions:
        seconds = "" if decision.seconds is None else f"{decision.seconds:.3f}"
        labels = SEPARATOR.join(decision.labels)
        cells = (decision.example, labels, decision.kind, decision.reviewer, decision.time, seconds, decision.note)
        writer.writerow([safe_cell(cell) for cell in (*cells, SEPARATOR.join(decision.tags))])


def read_decision_table(path: Path, class_names: Sequence[str]) -> list[Found]:
    """The decisions of a table with `id` and `label`, and optionally `decision`, `reviewer`, `time`, `seconds`, `note`
    and `tags` (joined by `|`).

    `label` is a class's name or number; several joined by `|` say that the example lies between them, none that it is
    not usable. Without a column of reviewers they are all by one, called as the file; without a time they are of the
    time at which the file was written. Raises DataError naming the row that is wrong.
    """
    rows = _arrow_rows(path) if path.suffix.lower() in TABLE_SUFFIXES[2:] else _text_rows(path)
    class_of = {str(number): name for number, name in enumerate(class_names)} | {name: name for name in class_names}
    return [(f"row {number}", _decision(cells, path, f"row {number}", class_of)) for number, cells in enumerate(rows)]


def _text_rows(path: Path) -> Iterator[Cells]:
    """By the csv module, which takes no text for a number and none for a missing value."""
    raise_csv_limit()
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        columns = _columns(list(reader.fieldnames or ()), path)
        for row in reader:
            yield {name: plain_cell((row.get(column) or "").strip()) for name, column in columns.items()}


def _arrow_rows(path: Path) -> Iterator[Cells]:
    table = read_table(path, EVERY_COLUMN)
    columns = _columns(table.column_names, path)
    texts = [texts_of(table[column]).tolist() for column in columns.values()]
    for values in zip(*texts, strict=True):
        yield dict(zip(columns, map(plain_cell, values), strict=True))


def _columns(names: list[str], path: Path) -> dict[str, str]:
    """What the columns that are there are called in this file."""
    found = {name: find_column(names, candidates) for name, candidates in KNOWN_AS.items()}
    if "is_label_issue" in names:
        raise DataError(
            f"{path} is cleanlab's table of label issues: what a program found, and nobody's decision. "
            "aleator.cleanlab.second_opinion(audit, file) shows it beside the audit."
        )
    if found["id"] is None or found["label"] is None:
        raise DataError(
            f"{path} needs the columns id and label; it has {', '.join(names) or 'none'}. The others that are read are "
            f"{', '.join(COLUMNS[2:])}."
        )
    return {name: column for name, column in found.items() if column is not None}


def _decision(cells: Cells, path: Path, where: str, class_of: dict[str, str]) -> Decision:
    cells = {name: cells.get(name, "") for name in COLUMNS}
    labels = _labels(cells["label"], class_of)
    # A file without notes and tags has the identity that it had before there were any: it is not imported again.
    extra = [f"{name}={cells[name]}" for name in ("note", "tags") if cells[name]]
    said = [text for name, text in cells.items() if name not in ("note", "tags")] + extra
    try:
        return Decision(
            uuid=content_uuid("aleator", *said),
            example=cells["id"],
            reviewer=cells["reviewer"] or path.stem[:LONGEST_NAME],
            kind=cells["decision"].lower() or kind_of(labels),
            labels=labels,
            time=parsed_time(cells["time"], path),
            seconds=float(cells["seconds"]) if cells["seconds"] else None,
            origin=path.name,
            note=cells["note"],
            tags=tuple(dict.fromkeys(tag.strip() for tag in cells["tags"].split(SEPARATOR) if tag.strip())),
        )
    except ValueError as error:  # also every DataError
        raise DataError(f"{path}, {where}: {error}") from error


def _labels(text: str, class_of: dict[str, str]) -> tuple[str, ...]:
    """The classes that a cell names: the whole of it is looked for first, since a name may hold the separator."""
    parts = [text] if text in class_of else [part.strip() for part in text.split(SEPARATOR)]
    return tuple(class_of.get(part, part) for part in parts if part)


def raise_csv_limit() -> None:
    """The csv module takes no cell of more than 128 KB otherwise."""
    csv.field_size_limit(LARGEST_CELL)


def content_uuid(*texts: str) -> str:
    """A uuid that follows from what a decision says, so that importing a file twice stores it once."""
    return str(uuid5(NAMESPACE_URL, "\0".join(texts)))


def parsed_time(text: str, path: Path) -> str:
    """The time of a decision as the log writes it; without one the file's own, so that importing it again changes
    nothing. A time without a zone is UTC."""
    if not text:
        return utc_text(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{text!r} is no time; wanted is ISO 8601, as 2026-01-31T12:00:00+00:00.") from error
    return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
