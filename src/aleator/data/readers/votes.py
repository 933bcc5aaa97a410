"""Several people's answers: one column per class (FER+'s file), or long `task,annotator,label`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.dataset import AnnotatorVotes, LabelledDataset, Votes
from aleator.data.readers.shared import find_column
from aleator.data.readers.table import ID_COLUMNS, LABEL_COLUMNS, PATH_COLUMNS, SPLIT_COLUMNS, texts_of
from aleator.data.readers.tables import read_table
from aleator.errors import DataError

SYNONYMS = {
    "anger": "angry",
    "happiness": "happy",
    "sadness": "sad",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "surprised": "surprise",
    "disgusted": "disgust",
    "neutrality": "neutral",
}
UNUSABLE = frozenset(
    ("unknown", "nf", "not a face", "no face", "unsure", "not sure", "unusable", "skip", "none", "bad image")
)
TASK_COLUMNS = ("task", *ID_COLUMNS, "example", *PATH_COLUMNS)
WORKER_COLUMNS = ("annotator", "worker", "annotator_id", "worker_id", "user", "rater")
ANSWER_COLUMNS = ("label", "answer", "vote", "class", "response", "annotation")
NO_ANSWERS = frozenset((*LABEL_COLUMNS, *SPLIT_COLUMNS, "", "unnamed: 0", "index", "row", "total", "sum", "votes"))
"""Columns of numbers that are no class's votes: a written index, a total, the label itself."""


def read_votes(path: Path, dataset: LabelledDataset) -> Votes:
    """Votes for the examples of a data set, before any of its rows is left out.

    A wide table lines up by its id column (or its column of paths, where these are the ids), else row by row; a long
    one by id. An empty cell is no vote. Raises DataError where they do not line up or no answer means a class.
    """
    table = read_table(path, TASK_COLUMNS)
    columns = table.column_names
    task = find_column(columns, TASK_COLUMNS, None, str(path))
    worker = find_column(columns, WORKER_COLUMNS, None, str(path))
    label = find_column(columns, ANSWER_COLUMNS, None, str(path))
    if task is not None and worker is not None and label is not None:
        return _long(table, task, worker, label, path, dataset)
    return _wide(table, path, dataset)


def _wide(table: pa.Table, path: Path, dataset: LabelledDataset) -> Votes:
    id_column = _id_column(table, path, dataset)
    no_answers = NO_ANSWERS - {name.lower() for name in dataset.class_names}
    names = [
        field.name
        for field in table.schema
        if (pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_null(field.type))
        and field.name != id_column
        and field.name.strip().lower() not in no_answers
    ]
    votes = _no_votes(names, path, dataset)
    columns = [table[name].cast(pa.float32()).fill_null(0).to_numpy() for name in names]
    values = np.nan_to_num(np.stack(columns, axis=1), nan=0.0, posinf=np.inf)
    bad = np.flatnonzero((values < 0).any(axis=1) | np.isinf(values).any(axis=1))
    if len(bad):
        raise DataError(f"{path}, row {bad[0]}: a count of votes is negative or infinite.")
    if id_column is None:
        if len(values) != len(dataset):
            raise DataError(
                f"{path} has {len(values)} rows of votes but {dataset.path} has {len(dataset)} examples; they must "
                "line up row by row (the whole file, before a split is taken), or the votes need a column 'id'."
            )
        votes.counts[:] = values
        return votes
    ids = texts_of(table[id_column])
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        raise DataError(
            f"{path}: the id {str(ids[first])!r} stands in row {first} and in row {second} (counted from 0); one row "
            "per example is read, or long task,annotator,label."
        )
    votes.counts[_rows_of(ids, path, dataset)] = values
    return votes


def _id_column(table: pa.Table, path: Path, dataset: LabelledDataset) -> str | None:
    """The column of ids; a column of paths counts as one only where a path is an id of the data set."""
    by_id = find_column(table.column_names, ("task", *ID_COLUMNS), None, str(path))
    by_path = find_column(table.column_names, PATH_COLUMNS, None, str(path))
    if by_id is None and by_path is not None and np.isin(texts_of(table[by_path]), dataset.ids).any():
        return by_path
    return by_id


def _long(table: pa.Table, task: str, worker: str, label: str, path: Path, dataset: LabelledDataset) -> Votes:
    answers = [_plain_number(text) for text in texts_of(table[label]).tolist()]
    given = np.array([answer not in ("", "-1") for answer in answers])
    if not given.any():
        raise DataError(f"{path}: the column {label!r} holds no answer.")
    numbers = all(answer.isdecimal() for answer, there in zip(answers, given, strict=True) if there)
    if numbers and not {answer for answer in answers if answer.isdecimal()} <= set(dataset.class_names):
        outside = [row for row in np.flatnonzero(given) if int(answers[row]) >= len(dataset.class_names)]
        if outside:
            raise DataError(
                f"{path}, row {outside[0]}: the label {answers[outside[0]]} is out of range; there are "
                f"{len(dataset.class_names)} classes, 0 to {len(dataset.class_names) - 1}."
            )
        answers = [
            dataset.class_names[int(answer)] if there else answer for answer, there in zip(answers, given, strict=True)
        ]
    rows = _rows_of(texts_of(table[task]), path, dataset)[given]
    names, answer = np.unique(np.array(answers)[given], return_inverse=True)
    votes = _no_votes(names.tolist(), path, dataset)
    np.add.at(votes.counts, (rows, answer), 1)
    people, annotator = np.unique(texts_of(table[worker])[given], return_inverse=True)
    return replace(votes, annotators=AnnotatorVotes(rows, annotator, answer, tuple(people.tolist())))


def _no_votes(names: list[str], path: Path, dataset: LabelledDataset) -> Votes:
    """No votes yet; what each answer means is settled here."""
    classes = {_meaning(name): number for number, name in enumerate(dataset.class_names)}
    class_index = np.array([classes.get(_meaning(name), -1) for name in names], dtype=np.int64)
    if not (class_index >= 0).any():
        raise DataError(
            f"{path}: none of its answers ({', '.join(names) or 'no columns of numbers'}) is one of the classes "
            f"({', '.join(dataset.class_names)}). Rename its columns, or the classes with --class-names."
        )
    unusable = np.array([_meaning(name) in UNUSABLE for name in names]) & (class_index < 0)
    return Votes(np.zeros((len(dataset), len(names)), dtype=np.float32), tuple(names), class_index, unusable)


def _meaning(name: str) -> str:
    name = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    return SYNONYMS.get(name, name)


def _plain_number(text: str) -> str:
    """A column of numbers with gaps is read as floats: 3.0 means 3."""
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdecimal() else text


def _rows_of(ids: NDArray[np.str_], path: Path, dataset: LabelledDataset) -> NDArray[np.int64]:
    row_of = {str(example): row for row, example in enumerate(dataset.ids)}
    unknown = [number for number, example in enumerate(ids.tolist()) if example not in row_of]
    if unknown:
        raise DataError(
            f"{path}, row {unknown[0]}: {str(ids[unknown[0]])!r} is no id of {dataset.path} "
            f"({len(unknown)} such rows; ids there look like {str(dataset.ids[0])!r})."
        )
    return np.array([row_of[example] for example in ids.tolist()], dtype=np.int64)
