"""Labelbox's exports as records: a row of data a line (NDJSON), or a list of labels as older versions wrote it."""

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.remedies import BOXES
from aleator.data.wording import listed
from aleator.errors import DataError

BEGINS = re.compile(rb'\s*\[?\s*\{\s*"data_row"\s*:\s*\{')
OLDER = frozenset(("DataRow ID", "Labeled Data", "Label"))
OURS = frozenset(("id", "path", "text", "annotator"))
"""Columns beside the questions."""
ADDRESS = re.compile(r"\w+://")
NOT_ONE_PROJECT = "holds the labels of several projects of Labelbox (%s), which may ask other questions; export one"


def is_of_labelbox(head: bytes) -> bool:
    """Whether a file begins as such an export does."""
    return bool(BEGINS.match(head)) or all(f'"{name}"'.encode() in head for name in OLDER)


def records_of_labelbox(rows: list[Any], path: Path) -> list[dict[str, Any]]:
    """A record for each person's answers, or one without for what nobody labelled: `path` or `text`, a column for each
    question (`label` where there is one only), and `annotator` where an example was labelled several times.

    Raises DataError for several projects, for boxes without answers for the whole, and for texts that are elsewhere.
    """
    older = all(row.keys() >= OLDER for row in rows)
    projects = {name for row in rows for name in row.get("projects", {})}
    if len(projects) > 1:
        raise DataError(f"{path} {NOT_ONE_PROJECT % listed(sorted(projects))}.")
    parts = [_of_older(row) if older else _of_row(row) for row in rows]
    answers = [_answers(label, path) for _, labels in parts for label in labels]
    questions = list(dict.fromkeys(name for one in answers for name in one))
    if not questions:
        raise DataError(_why_none([label for _, labels in parts for label in labels], path))
    column = {name: f"{name} (answer)" if name in OURS else name for name in questions}
    column = column if len(questions) > 1 else {questions[0]: "label"}
    several = len({example["id"] for example, labels in parts for _ in labels}) < len(answers)
    records = []
    for example, labels in parts:
        for label in labels or [{}]:
            given = _answers(label, path)
            record = {**_named(example, path), **{column[name]: given.get(name) for name in questions}}
            records.append(record | ({"annotator": label.get("by")} if several else {}))
    return records


def _of_row(row: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The example of a line, and what was said of it, each with `by` and `of`."""
    data = row["data_row"]
    labels = [label for project in row.get("projects", {}).values() for label in project.get("labels", [])]
    example = {
        "id": data.get("id"),
        "names": [data.get("external_id"), data.get("global_key")],
        "content": data.get("row_data"),
    }
    by = [label.get("label_details", {}).get("created_by") for label in labels]
    return example, [{"by": who, "of": one.get("annotations", {})} for who, one in zip(by, labels, strict=True)]


def _of_older(row: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    example = {"id": row["DataRow ID"], "names": [row.get("External ID")], "content": row["Labeled Data"]}
    said = row["Label"] if isinstance(row["Label"], dict) else {}
    return example, [{"by": row.get("Created By"), "of": said}] if said else []


def _answers(label: dict[str, Any], path: Path) -> dict[str, Any]:
    """What was chosen, by question: one answer, or a list where several may be chosen."""
    found: dict[str, Any] = {}
    for one in label.get("of", {}).get("classifications", []):
        question = str(one.get("name") or one.get("title") or one.get("value"))
        chosen = one.get("radio_answer") or one.get("checklist_answers") or one.get("answer") or one.get("answers")
        if isinstance(chosen, dict):
            found[question] = _name_of(chosen)
        elif isinstance(chosen, list):
            found[question] = [_name_of(answer) for answer in chosen]
    return found


def _name_of(answer: dict[str, Any]) -> str:
    return str(answer.get("name") or answer.get("title") or answer.get("value"))


def _named(example: dict[str, Any], path: Path) -> dict[str, Any]:
    """The example as columns: its id, and where it is or what it says."""
    content = str(example["content"] or "")
    elsewhere = bool(ADDRESS.match(content))
    names = [str(name) for name in example["names"] if name]
    names += [PurePosixPath(urlparse(content).path).name] if elsewhere else []
    picture = next((name for name in names if has_picture_ending(name)), None)
    if picture is not None:
        return {"id": example["id"], "path": picture}
    if elsewhere or not content:
        raise DataError(
            f"{path}: the row {example['id']!r} of Labelbox is no picture, and its content is not in the file "
            f"({content or 'empty'}); nothing is fetched. Write a table of texts and labels."
        )
    return {"id": example["id"], "text": content}


def _why_none(labels: list[dict[str, Any]], path: Path) -> str:
    if any(label["of"].get("objects") for label in labels):
        return f"{path} {BOXES % 'Labelbox'}."
    return f"{path} is an export of Labelbox without an answer that was chosen for a whole example."
