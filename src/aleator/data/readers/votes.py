"""Several people's answers: one column per class (FER+'s file), or long `task,annotator,label`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.readers.options import find_column
from aleator.data.readers.table import ID_COLUMNS
from aleator.data.readers.tables import read_table
from aleator.errors import DataError

SYNONYMS = {
    "anger": "angry",
    "happiness": "happy",
    "sadness": "sad",
    "fearful": "fear",
    "afraid": "fear",
    "surprised": "surprise",
    "disgusted": "disgust",
    "neutrality": "neutral",
}
UNUSABLE = frozenset({"unknown", "nf", "not a face", "not_a_face", "unsure", "unusable", "skip", "none", "bad image"})
TASK_COLUMNS = ("task", "id", "image_id", "example_id", "example")
WORKER_COLUMNS = ("annotator", "worker", "annotator_id", "worker_id", "user")


def read_votes(path: Path, dataset: LabelledDataset) -> Votes:
    """Votes for the examples of a data set, before any of its rows is left out.

    A wide table lines up row by row, or by its id column; a long one by id. Raises DataError where they do not
    line up or no answer means one of the classes.
    """
    table = read_table(path)
    columns = table.column_names
    task = find_column(columns, TASK_COLUMNS, None, str(path))
    worker = find_column(columns, WORKER_COLUMNS, None, str(path))
    label = find_column(columns, ("label", "answer", "vote", "class"), None, str(path))
    if task is not None and worker is not None and label is not None:
        return _long(table, task, label, path, dataset)
    return _wide(table, path, dataset)


def _wide(table: pa.Table, path: Path, dataset: LabelledDataset) -> Votes:
    numeric = [
        field.name
        for field in table.schema
        if (pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_null(field.type))
    ]
    id_column = find_column(table.column_names, ID_COLUMNS, None, str(path))
    names = [name for name in numeric if name != id_column]
    votes = _empty(names, path, dataset)
    values = np.stack([pc.fill_null(table[name].cast(pa.float32()), 0).to_numpy() for name in names], axis=1)
    negative = np.flatnonzero((values < 0).any(axis=1))
    if len(negative):
        raise DataError(f"{path}, row {negative[0]}: a count of votes is negative.")
    if id_column is not None:
        rows = _rows_of([str(value) for value in table[id_column].to_pylist()], path, dataset)
        np.add.at(votes.counts, rows, values)
        return votes
    if len(values) != len(dataset):
        raise DataError(
            f"{path} has {len(values)} rows of votes but {dataset.path} has {len(dataset)} examples; they must line "
            "up row by row, or the votes need a column 'id'."
        )
    votes.counts[:] = values
    return votes


def _long(table: pa.Table, task: str, label: str, path: Path, dataset: LabelledDataset) -> Votes:
    answers = [str(value) for value in table[label].to_pylist()]
    if all(answer.isdigit() for answer in answers):
        outside = [row for row, answer in enumerate(answers) if int(answer) >= len(dataset.class_names)]
        if outside:
            raise DataError(
                f"{path}, row {outside[0]}: the label {answers[outside[0]]} is out of range; there are "
                f"{len(dataset.class_names)} classes, 0 to {len(dataset.class_names) - 1}."
            )
        if not set(answers) <= set(dataset.class_names):
            answers = [dataset.class_names[int(answer)] for answer in answers]
    names = sorted(set(answers))
    votes = _empty(names, path, dataset)
    rows = _rows_of([str(value) for value in table[task].to_pylist()], path, dataset)
    column = {name: number for number, name in enumerate(names)}
    np.add.at(votes.counts, (rows, np.array([column[answer] for answer in answers])), 1)
    return votes


def _empty(names: list[str], path: Path, dataset: LabelledDataset) -> Votes:
    """No votes yet; what each answer means is settled here."""
    classes = {_meaning(name): number for number, name in enumerate(dataset.class_names)}
    class_index = np.array([classes.get(_meaning(name), -1) for name in names], dtype=np.int64)
    if not (class_index >= 0).any():
        raise DataError(
            f"{path}: none of its answers ({', '.join(names) or 'no columns of numbers'}) is one of the classes "
            f"({', '.join(dataset.class_names)})."
        )
    unusable = np.array([name.strip().lower() in UNUSABLE for name in names])
    return Votes(np.zeros((len(dataset), len(names)), dtype=np.float32), tuple(names), class_index, unusable)


def _meaning(name: str) -> str:
    name = name.strip().lower()
    return SYNONYMS.get(name, name)


def _rows_of(ids: list[str], path: Path, dataset: LabelledDataset) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    row_of = {str(example): row for row, example in enumerate(dataset.ids)}
    unknown = [number for number, example in enumerate(ids) if example not in row_of]
    if unknown:
        raise DataError(
            f"{path}, row {unknown[0]}: {ids[unknown[0]]!r} is no id of {dataset.path} "
            f"({len(unknown)} such rows; ids there look like {str(dataset.ids[0])!r})."
        )
    return np.array([row_of[example] for example in ids], dtype=np.int64)
