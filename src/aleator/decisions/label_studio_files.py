"""Label Studio's exports read: JSON, JSON-MIN and CSV. One bad annotation costs one row, which is listed."""

import csv
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aleator.decisions.decision import Decision, kind_of
from aleator.decisions.label_studio import CONTROL, ID, KNOWN, NOT_USABLE_CHOICE, choices_of, known_of_text
from aleator.decisions.label_studio_people import people_beside, reviewer_of
from aleator.decisions.tables import Found, content_uuid, parsed_time, raise_csv_limit
from aleator.errors import DataError

CSV_COLUMNS = {ID, "annotation_id"}
"""A table with these columns is Label Studio's."""


@dataclass(frozen=True)
class Annotation:
    """One answer, whichever file it is from."""

    where: str
    example: str
    annotator: Any
    choices: tuple[str, ...]
    number: str
    """Label Studio's number of it, which never changes."""
    result_ids: tuple[str, ...]
    """Of its results, in JSON; empty elsewhere."""
    time: str
    seconds: float | None
    cancelled: bool = False


@dataclass
class LabelStudioFile:
    """What an export says."""

    found: list[Found] = field(default_factory=list)
    """New decisions, and those that were known when the tasks were written, with their own reviewers and times."""
    passed_over: list[str] = field(default_factory=list)
    """Annotations that say nothing that can be used, and why."""


def is_label_studio_csv(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return set(next(csv.reader(file), ())) >= CSV_COLUMNS


def read_label_studio(path: Path, ids: Container[str], class_names: Sequence[str]) -> LabelStudioFile:
    """The decisions of an export of tasks that `aleator export` made.

    Annotations that were sent along with the tasks are known, and count once, as what they were. Reviewers are numbers
    unless the export, or a file of users beside it, names them. Raises DataError where no task is one of ours.
    """
    result, people = LabelStudioFile(), people_beside(path)
    known: dict[str, Found] = {}
    there = sorted(_annotations(path, known, result), key=lambda one: (len(one.number), one.number))
    left: dict[str, list[Decision]] = {}
    for where, decision in known.values():
        left.setdefault(decision.example, []).append(decision)
        _take(result, where, decision, ids, class_names)
    for one in there:
        if one.cancelled or _is_known(one, left.get(one.example, [])):
            continue
        try:
            _take(result, one.where, _decision(one, path, people), ids, class_names)
        except (ValueError, TypeError) as error:  # also every DataError
            result.passed_over.append(f"{one.where}: {error}")
    if result.passed_over and not result.found:
        raise DataError(f"{path} has no annotation that can be used. {'; '.join(result.passed_over[:3])}")
    return result


def _take(
    result: LabelStudioFile, where: str, decision: Decision, ids: Container[str], class_names: Sequence[str]
) -> None:
    unknown = [label for label in decision.labels if label not in class_names]
    if decision.example not in ids:
        result.passed_over.append(f"{where}: {decision.example!r} is no id of the data set")
    elif unknown:
        result.passed_over.append(f"{where}: {unknown[0]!r} is none of the classes {', '.join(class_names)}")
    else:
        result.found.append((where, decision))


def _is_known(one: Annotation, left: list[Decision]) -> bool:
    """Whether this is the annotation that a decision became; by its uuid in JSON, elsewhere by its answer and duration,
    the earliest first. One that was changed in Label Studio since is new."""
    for decision in left:
        same = set(one.choices) == set(choices_of(decision))
        if one.result_ids:
            same = same and decision.uuid in one.result_ids
        else:
            same = same and _close(one.seconds, decision.seconds)
        if same:
            left.remove(decision)
            return True
    return False


def _close(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < 1e-3


def _decision(one: Annotation, path: Path, people: Mapping[str, str]) -> Decision:
    labels = tuple(dict.fromkeys(chosen for chosen in one.choices if chosen != NOT_USABLE_CHOICE))
    if not one.choices:
        raise DataError("an annotation has no choice; delete it, or mark the task as skipped")
    (reviewer, known_as), time = reviewer_of(one.annotator, people), parsed_time(one.time, path)
    return Decision(
        uuid=content_uuid("label studio", one.number, one.example, known_as, time, *one.choices),
        example=one.example,
        reviewer=reviewer,
        kind=kind_of(labels),
        labels=labels,
        time=time,
        seconds=one.seconds,
        origin="label studio",
    )


def _annotations(path: Path, known: dict[str, Found], result: LabelStudioFile) -> Iterator[Annotation]:
    """The annotations of any of the three; what was known is put into `known`, by uuid, on the way."""
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    ours = False
    for number, row in enumerate(rows):
        where = f"{'row' if path.suffix.lower() == '.csv' else 'task'} {number}"
        data = row.get("data", row) if isinstance(row, dict) else None
        if not isinstance(data, dict):
            result.passed_over.append(f"{where}: it is no task")
            continue
        in_full = data is not row
        example = data.get(ID, data.get("id") if in_full else None)
        if example is None:
            result.passed_over.append(f"{where}: its data have no {ID}, as the tasks of `aleator export` have")
            continue
        ours = True
        try:
            for decision in known_of_text(data.get(KNOWN)):
                known.setdefault(decision.uuid, (where, decision))
            yield from _of_task(row, where, str(example)) if in_full else (_of_row(row, where, str(example)),)
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # also every DataError
            result.passed_over.append(f"{where}: {error}")
    if not ours:
        raise DataError(f"{path} has no task with {ID} in its data; label the tasks that `aleator export` writes.")


def _of_task(task: dict[str, Any], where: str, example: str) -> Iterator[Annotation]:
    for one in task.get("annotations") or ():
        results = one.get("result") or ()
        chosen = [str(name) for result in results for name in result.get("value", {}).get("choices", ())]
        yield Annotation(
            where,
            example,
            one.get("completed_by"),
            tuple(chosen),
            str(one.get("id")),
            tuple(str(result.get("id")) for result in results),
            # created_at of the same annotation never changes; updated_at is when this answer was given.
            str(one.get("updated_at") or one.get("created_at") or ""),
            _seconds(one.get("lead_time")),
            bool(one.get("was_cancelled")),
        )


def _of_row(row: dict[str, Any], where: str, example: str) -> Annotation:
    return Annotation(
        where,
        example,
        row.get("annotator"),
        _choices(row.get(CONTROL)),
        str(row.get("annotation_id")),
        (),
        str(row.get("updated_at") or row.get("created_at") or ""),
        _seconds(row.get("lead_time")),
    )


def _choices(cell: Any) -> tuple[str, ...]:
    """One choice is its name, several are an object, in CSV as text."""
    if isinstance(cell, str) and cell.startswith("{"):
        try:
            cell = json.loads(cell)
        except json.JSONDecodeError:
            return (cell,)
    if isinstance(cell, dict):
        return tuple(map(str, cell.get("choices", ())))
    if isinstance(cell, list):
        return tuple(name for part in cell for name in _choices(part))
    return () if cell in (None, "") else (str(cell),)


def _seconds(value: Any) -> float | None:
    return None if value in (None, "") else float(value)


def _json_rows(path: Path) -> list[Any]:
    rows = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        raise DataError(f"{path} is no list of tasks; export from Label Studio as JSON, JSON-MIN or CSV.")
    return rows


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    raise_csv_limit()
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
