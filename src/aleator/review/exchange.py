"""Decisions to and from files: the decisions CSV, and Label Studio's JSON."""

import csv
import json
from collections.abc import Collection, Container, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import NAMESPACE_URL, uuid5

from aleator.data.cells import plain_cell, safe_cell
from aleator.errors import DataError
from aleator.review.decisions import AMBIGUOUS, LABEL, UNUSABLE, Decision, utc_text

CSV_COLUMNS = ("id", "label", "decision", "reviewer", "time", "seconds")
NOT_USABLE_CHOICE = "(not usable)"
"""The choice in Label Studio that says that an example cannot be used."""
LARGEST_CELL = 1 << 20


def write_decisions(file: TextIO, decisions: Iterable[Decision]) -> None:
    """The decisions as CSV (`id,label,decision,reviewer,time,seconds`); several labels are joined by `|`."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for decision in decisions:
        seconds = "" if decision.seconds is None else f"{decision.seconds:.3f}"
        cells = (decision.example, "|".join(decision.labels), decision.kind, decision.reviewer, decision.time, seconds)
        writer.writerow([safe_cell(cell) for cell in cells])


def read_decisions_file(path: Path, ids: Container[str], class_names: Collection[str]) -> list[Decision]:
    """Decisions made elsewhere: a decisions CSV, or Label Studio's JSON export.

    Each gets a uuid that follows from its content, so that importing a file twice stores it once. Raises DataError
    naming the row that is wrong.
    """
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    try:
        read = _read_label_studio if path.suffix.lower() == ".json" else _read_csv
        decisions = read(path)
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise DataError(f"{path} cannot be read as {path.suffix[1:] or 'a table'}: {error}") from error
    for where, decision in decisions:
        if decision.example not in ids:
            raise DataError(f"{path}, {where}: {decision.example!r} is no id of the data set.")
        unknown = [label for label in decision.labels if label not in class_names]
        if unknown:
            raise DataError(
                f"{path}, {where}: {unknown[0]!r} is none of the classes {', '.join(class_names)}. Correct it first."
            )
    return [decision for _, decision in decisions]


def _read_csv(path: Path) -> list[tuple[str, Decision]]:
    csv.field_size_limit(LARGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"id", "label"} <= set(columns):
            raise DataError(
                f"{path} needs the columns id and label; it has {', '.join(columns) or 'none'}. The others that are "
                f"read are {', '.join(CSV_COLUMNS[2:])}."
            )
        reader.fieldnames = columns
        found = []
        for number, row in enumerate(reader):
            cells = {name: plain_cell((row.get(name) or "").strip()) for name in CSV_COLUMNS}
            found.append((f"row {number}", _from_cells(cells, path, f"row {number}")))
    return found


def _from_cells(cells: dict[str, str], path: Path, where: str) -> Decision:
    labels = tuple(label for label in cells["label"].split("|") if label)
    kind = cells["decision"] or (LABEL if len(labels) == 1 else AMBIGUOUS if labels else UNUSABLE)
    try:
        return Decision(
            uuid=str(uuid5(NAMESPACE_URL, "\0".join(("aleator", *cells.values())))),
            example=cells["id"],
            reviewer=cells["reviewer"] or path.stem[:80],
            kind=kind,
            labels=labels,
            time=_time(cells["time"], path),
            seconds=float(cells["seconds"]) if cells["seconds"] else None,
            origin=path.name,
        )
    except ValueError as error:  # also every DataError
        raise DataError(f"{path}, {where}: {error}") from error


def _time(text: str, path: Path) -> str:
    """The time of a decision; without one the file's own, so that importing it again changes nothing."""
    if not text:
        return utc_text(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{text!r} is no time; wanted is ISO 8601, as 2026-01-31T12:00:00+00:00.") from error
    return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _read_label_studio(path: Path) -> list[tuple[str, Decision]]:
    """Annotations of tasks whose `data` has the `id` that our own export writes."""
    tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(tasks, list):
        raise DataError(f"{path} is no list of tasks; export from Label Studio as JSON (not JSON-MIN).")
    found = []
    for number, task in enumerate(tasks):
        where = f"task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict) or "id" not in data:
            raise DataError(f"{path}, {where}: its data has no id; the tasks of `aleator export` have one.")
        for annotation in task.get("annotations") or ():
            if annotation.get("was_cancelled"):  # a skipped task says nothing
                continue
            try:
                found.append((where, _from_annotation(annotation, str(data["id"]), path)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DataError(f"{path}, {where}: {error}") from error
    return found


def _from_annotation(annotation: dict[str, Any], example: str, path: Path) -> Decision:
    choices = [choice for result in annotation.get("result", ()) for choice in result["value"].get("choices", ())]
    labels = tuple(dict.fromkeys(str(choice) for choice in choices if choice != NOT_USABLE_CHOICE))
    if not choices:
        raise DataError("an annotation has no choice; delete it, or mark the task as skipped.")
    # created_at of the same annotation never changes; updated_at is when this answer was given.
    time = _time(str(annotation.get("updated_at") or annotation.get("created_at") or ""), path)
    reviewer = _annotator(annotation.get("completed_by"))
    identity = str(annotation.get("unique_id") or annotation.get("id"))
    essence = "\0".join(("label studio", identity, example, reviewer, time, *choices))
    return Decision(
        uuid=str(uuid5(NAMESPACE_URL, essence)),
        example=example,
        reviewer=reviewer,
        kind=LABEL if len(labels) == 1 else AMBIGUOUS if labels else UNUSABLE,
        labels=labels,
        time=time,
        seconds=annotation.get("lead_time"),
        origin=path.name,
    )


def _annotator(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("username") or completed_by.get("id")
    if isinstance(completed_by, str) and completed_by.strip():
        return completed_by.strip()
    return "label studio" if completed_by is None else f"label studio {completed_by}"
