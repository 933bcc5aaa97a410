"""The table of several people's answers, and what platforms call its columns."""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.readers.array_files import read_arrays
from aleator.data.readers.column_names import (
    ID_COLUMNS,
    LABEL_COLUMNS,
    PATH_COLUMNS,
    SPLIT_COLUMNS,
    WORKER_COLUMNS,
    find_column,
)
from aleator.data.readers.kinds import is_number, texts_of
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.tables import read_table_saying
from aleator.data.wording import listed
from aleator.errors import DataError

TASK_COLUMNS = ("task", *ID_COLUMNS, "example", "task_id", "item", "item_id", "hit_id", *PATH_COLUMNS)
ANSWER_COLUMNS = ("label", "answer", "vote", "class", "response", "annotation", "choice", "rating", "category")
NO_ANSWERS = frozenset(
    (
        *(*LABEL_COLUMNS, *SPLIT_COLUMNS, "", "unnamed: 0", "index", "row", "total", "sum", "votes", "n", "count"),
        *("counts", "votes total", "total votes", "n votes", "num votes", "number of votes", "n annotators", "people"),
        *("num annotators", "number of annotators", "annotators", "agreement", "majority", "confidence", "entropy"),
        *("kappa", "mean", "std", "variance", "score", "weight", "difficulty", "probability", "max", "min", "time"),
        *("duration", "lead time", "width", "height"),
    )
)
"""Columns of numbers that are no class's votes, as `meaning` writes them: an index, a total, a measure, the label."""
ARRAY = ".npy"
ASKED = re.compile(r"^(?:Input\.|INPUT:)(.+)$")
ANSWERED = re.compile(r"^(?:Answer\.|OUTPUT:).+$")
WORKERS = ("WorkerId", "ASSIGNMENT:worker_id")
STATES = ("AssignmentStatus", "ASSIGNMENT:status")
REJECTED = "rejected"
UNUSABLE = frozenset(
    ("unknown", "nf", "not a face", "no face", "unsure", "not sure", "unusable", "skip", "none", "bad image")
)


@dataclass(frozen=True)
class VotesTable:
    """A table of several people's answers for the examples of a data set."""

    cells: pa.Table
    path: Path
    dataset: LabelledDataset
    said: tuple[str, ...] = ()
    """Of how it was read."""

    @property
    def names(self) -> list[str]:
        """Of its columns."""
        return list(self.cells.column_names)

    @property
    def classes(self) -> dict[str, int]:
        """The number of each class of the data, by what its name means."""
        return {meaning(name): number for number, name in enumerate(self.dataset.class_names)}

    @cached_property
    def ids(self) -> set[str]:
        """Of the data."""
        return set(self.dataset.ids.tolist())

    @cached_property
    def id_column(self) -> str | None:
        """The column of ids; a column of paths counts as one only where a path is an id of the data."""
        by_id, by_path = find_column(self.names, ("task", *ID_COLUMNS)), find_column(self.names, PATH_COLUMNS)
        return by_path if by_id is None and by_path is not None and self.names_examples(by_path) else by_id

    def names_examples(self, name: str) -> bool:
        """Whether a cell of a column is an id of the data."""
        return bool(self.ids & set(self.texts(name).tolist()))

    def texts(self, name: str) -> NDArray[np.str_]:
        """A column as text; what is missing is empty."""
        return texts_of(self.cells[name])

    def instead(self, cells: pa.Table, *said: str) -> "VotesTable":
        """Other cells in its place, and what is said of it."""
        return replace(self, cells=cells, said=(*self.said, *said))


def read_votes_table(path: Path, dataset: LabelledDataset, options: ReadOptions) -> VotesTable:
    """The table of votes, or an array `(example, person)` or `(example, class)` as one."""
    if path.suffix.lower() == ARRAY:
        return _of_array(path, dataset, options)
    usual = (*TASK_COLUMNS, *SPLIT_COLUMNS, *ANSWER_COLUMNS, *WORKER_COLUMNS)
    platforms = [f"{part}{name}" for part in ("Input.", "INPUT:") for name in TASK_COLUMNS]
    cells, said = read_table_saying(path, (*usual, *platforms, *WORKERS), options.encoding)
    return _turned(_without_prefix(_of_platform(VotesTable(cells, path, dataset, said))))


def _of_array(path: Path, dataset: LabelledDataset, options: ReadOptions) -> VotesTable:
    (values,) = read_arrays(path).values()
    if values.ndim != 2:
        raise DataError(f"{path} has shape {values.shape}; wanted are votes (example, person) or (example, class).")
    columns = [pa.array(column.tolist(), from_pandas=True) for column in values.T]
    names, classes = [str(number) for number in range(len(columns))], dataset.class_names
    counted = bool((values >= len(classes)).any() or (np.nan_to_num(values) % 1 != 0).any())
    if len(columns) == len(classes) and (options.votes_form == "counts" or counted):
        said = f"The columns of {path.name} are taken as {listed(classes)}."
        return VotesTable(pa.table(columns, list(classes)), path, dataset, (said,))
    return VotesTable(pa.table(columns, names), path, dataset)


def _of_platform(table: VotesTable) -> VotesTable:
    """A table of Mechanical Turk or of Toloka as task, annotator and label; any other as it is."""
    names, cells, path = table.names, table.cells, table.path
    worker = next((name for name in WORKERS if name in names), None)
    answers = [name for name in names if ANSWERED.match(name)]
    tasks = [name for name in names if ASKED.match(name)]
    if worker is None or not answers or not tasks:
        return table
    if len(answers) > 1:
        raise DataError(f"{path} has several columns of answers ({listed(answers)}); leave one of them in the file.")
    fits = [name for name in tasks if table.names_examples(name)]
    if not fits:
        raise DataError(
            f"{path}: no cell of {listed(map(repr, tasks))} is an id of {table.dataset.path}, where ids look like "
            f"{str(table.dataset.ids[0])!r}. Give both files a column of the same ids."
        )
    state = next((name for name in STATES if name in names), None)
    rejected = None if state is None else np.char.lower(table.texts(state)) == REJECTED
    said = [f"{path.name}: the tasks are in {fits[0]!r}, the people in {worker!r}, their answers in {answers[0]!r}."]
    cells = pa.table({"task": cells[fits[0]], "annotator": cells[worker], "label": cells[answers[0]]})
    if rejected is not None and rejected.any():
        cells = cells.filter(pa.array(~rejected))
        said.append(f"{int(rejected.sum()):,} answers whose {state!r} is {REJECTED} are left out.")
    return table.instead(cells, *said)


def _turned(table: VotesTable) -> VotesTable:
    """A table whose columns are called as the examples are, a row for each person, or for each class, with an example a
    row; any other as it is."""
    cells, ids = table.cells, table.ids
    examples = [name for name in table.names if name in ids]
    others = [name for name in table.names if name not in ids]
    if len(examples) < max(2, len(ids) / 2) or len(others) > 1 or (others and cells[others[0]].null_count):
        return table
    names = table.texts(others[0]) if others else np.arange(len(cells)).astype(str)
    if len(set(names.tolist())) < len(names):
        return table
    counted = all(may_count(cells[name].type) for name in examples) and table.classes.keys() & set(
        map(meaning, names.tolist())
    )
    what = "a class" if counted else "a person"
    said = f"Each column of {table.path.name} is an example, each row {what}: it is read the other way round."
    rows = zip(*(cells[name].to_pylist() for name in examples), strict=True)
    columns = {str(name): pa.array(list(row), from_pandas=True) for name, row in zip(names, rows, strict=True)}
    return table.instead(pa.table({"id": pa.array(examples, pa.string()), **columns}), said)


def _without_prefix(table: VotesTable) -> VotesTable:
    """The table, its columns `votes_cat`, `votes_dog` called after the classes alone, where all of them are there."""
    wanted = set(table.classes)
    means = {name: meaning(name.replace(".", " ")) for name in table.names if may_count(table.cells[name].type)}
    if wanted & set(means.values()) or all(map(str.isdecimal, wanted)):  # `person 1` is no class
        return table
    starts = {means[name][: -len(one)] for name in means for one in wanted if means[name].endswith(f" {one}")}
    for start in sorted(starts):
        called = {name: what.removeprefix(start) for name, what in means.items() if what.startswith(start)}
        if wanted <= set(called.values()):
            said = f"The columns {listed(called)} of {table.path.name} are taken as {listed(called.values())}."
            return table.instead(table.cells.rename_columns([called.get(name, name) for name in table.names]), said)
    return table


def may_count(kind: pa.DataType) -> bool:
    """Whether cells can be numbers of votes, or all are missing."""
    return is_number(kind) or bool(pa.types.is_null(kind))
