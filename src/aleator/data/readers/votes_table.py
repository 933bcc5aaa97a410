"""The table of several people's answers: what platforms call its columns, and which of them count votes."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.readers.arrays import read_arrays
from aleator.data.readers.column_names import ID_COLUMNS, LABEL_COLUMNS, PATH_COLUMNS, SPLIT_COLUMNS, WORKER_COLUMNS
from aleator.data.readers.kinds import is_number, texts_of
from aleator.data.readers.numbers import UNITS_LEFT_OUT
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
MOST_LARGER = 0.5
NEAR, MOST_ADD_UP = 0.011, 0.9
"""Shares may be rounded; and so many rows of them add to the whole."""


def read_votes_table(path: Path, dataset: LabelledDataset, options: ReadOptions) -> tuple[pa.Table, tuple[str, ...]]:
    """The table of votes, or an array `(example, person)` or `(example, class)` as one, and what is said of it."""
    if path.suffix.lower() != ARRAY:
        usual = (*TASK_COLUMNS, *SPLIT_COLUMNS, *ANSWER_COLUMNS, *WORKER_COLUMNS)
        platforms = [f"{part}{name}" for part in ("Input.", "INPUT:") for name in TASK_COLUMNS]
        table, said = read_table_saying(path, (*usual, *platforms, *WORKERS), options.encoding)
        table, of_platform = _of_platform(table, path, dataset)
        table, of_prefix = _without_prefix(table, path, dataset)
        table, turned = _turned(table, path, dataset)
        return table, (*said, *of_platform, *of_prefix, *turned)
    (values,) = read_arrays(path).values()
    if values.ndim != 2:
        raise DataError(f"{path} has shape {values.shape}; wanted are votes (example, person) or (example, class).")
    columns = [pa.array(column.tolist(), from_pandas=True) for column in values.T]
    names, classes = [str(number) for number in range(len(columns))], dataset.class_names
    counted = bool((values >= len(classes)).any() or (np.nan_to_num(values) % 1 != 0).any())
    if len(columns) == len(classes) and (options.votes_form == "counts" or counted):
        return pa.table(columns, list(classes)), (f"The columns of {path.name} are taken as {listed(classes)}.",)
    return pa.table(columns, names), ()


def _of_platform(table: pa.Table, path: Path, dataset: LabelledDataset) -> tuple[pa.Table, tuple[str, ...]]:
    """A table of Mechanical Turk or of Toloka as task, annotator and label; any other as it is."""
    names = table.column_names
    worker = next((name for name in WORKERS if name in names), None)
    answers = [name for name in names if ANSWERED.match(name)]
    tasks = [name for name in names if ASKED.match(name)]
    if worker is None or not answers or not tasks:
        return table, ()
    if len(answers) > 1:
        raise DataError(f"{path} has several columns of answers ({listed(answers)}); leave one of them in the file.")
    ids = set(dataset.ids.tolist())
    fits = [name for name in tasks if ids & set(texts_of(table[name]).tolist())]
    if not fits:
        raise DataError(
            f"{path}: no cell of {listed(map(repr, tasks))} is an id of {dataset.path}, where ids look like "
            f"{str(dataset.ids[0])!r}. Give both files a column of the same ids."
        )
    state = next((name for name in STATES if name in names), None)
    rejected = None if state is None else np.char.lower(texts_of(table[state])) == REJECTED
    said = [f"{path.name}: the tasks are in {fits[0]!r}, the people in {worker!r}, their answers in {answers[0]!r}."]
    table = pa.table({"task": table[fits[0]], "annotator": table[worker], "label": table[answers[0]]})
    if rejected is not None and rejected.any():
        table = table.filter(pa.array(~rejected))
        said.append(f"{int(rejected.sum()):,} answers whose {state!r} is {REJECTED} are left out.")
    return table, tuple(said)


def _turned(table: pa.Table, path: Path, dataset: LabelledDataset) -> tuple[pa.Table, tuple[str, ...]]:
    """A table whose columns are called as the examples are, a row for each person, or for each class, with an example a
    row; any other as it is."""
    ids = set(dataset.ids.tolist())
    examples = [name for name in table.column_names if name in ids]
    others = [name for name in table.column_names if name not in ids]
    if len(examples) < max(2, len(ids) / 2) or len(others) > 1 or (others and table[others[0]].null_count):
        return table, ()
    names = texts_of(table[others[0]]) if others else np.arange(len(table)).astype(str)
    if len(set(names.tolist())) < len(names):
        return table, ()
    wanted = {meaning(name) for name in dataset.class_names}
    counted = all(_may_count(table[name].type) for name in examples) and wanted & set(map(meaning, names.tolist()))
    what = "a class" if counted else "a person"
    said = f"Each column of {path.name} is an example, each row {what}: it is read the other way round."
    rows = zip(*(table[name].to_pylist() for name in examples), strict=True)
    columns = {str(name): pa.array(list(row), from_pandas=True) for name, row in zip(names, rows, strict=True)}
    return pa.table({"id": pa.array(examples, pa.string()), **columns}), (said,)


def _without_prefix(table: pa.Table, path: Path, dataset: LabelledDataset) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, its columns `votes_cat`, `votes_dog` called after the classes alone, where all of them are there."""
    wanted = {meaning(name) for name in dataset.class_names}
    means = {name: meaning(name.replace(".", " ")) for name in table.column_names if _may_count(table[name].type)}
    if wanted & set(means.values()) or all(map(str.isdecimal, wanted)):  # `person 1` is no class
        return table, ()
    starts = {means[name][: -len(one)] for name in means for one in wanted if means[name].endswith(f" {one}")}
    for start in sorted(starts):
        called = {name: what.removeprefix(start) for name, what in means.items() if what.startswith(start)}
        if wanted <= set(called.values()):
            said = f"The columns {listed(called)} of {path.name} are taken as {listed(called.values())}."
            return table.rename_columns([called.get(name, name) for name in table.column_names]), (said,)
    return table, ()


def _may_count(kind: pa.DataType) -> bool:
    """Whether cells can be numbers of votes, or all are missing."""
    return is_number(kind) or bool(pa.types.is_null(kind))


def columns_of_counts(table: pa.Table, id_column: str | None, dataset: LabelledDataset) -> tuple[list[str], list[str]]:
    """The columns of numbers that count votes, and those beside them that count none: they are called as totals and
    measures are, hold fractions beside whole numbers of votes, add the others up, or are larger than all of them."""
    numbers = [field.name for field in table.schema if _may_count(field.type) and field.name != id_column]
    classes = {meaning(name) for name in dataset.class_names}
    counts = [name for name in numbers if meaning(name) in classes]
    votes = np.stack([numbers_in(table, name) for name in counts], axis=1) if counts else np.zeros((len(table), 0))
    whole, total = bool((votes % 1 == 0).all()), votes.sum(axis=1)
    others = []
    for name in numbers:
        if name in counts:
            continue
        cells = numbers_in(table, name)
        measures = whole and bool((cells % 1 != 0).any())
        named = bool({meaning(name), name.strip().lower()} & NO_ANSWERS)
        larger = meaning(name) not in UNUSABLE and bool(np.mean(cells > total) > MOST_LARGER)
        if named or (counts and (measures or larger or np.array_equal(cells, total))):
            others.append(name)
    return [name for name in numbers if name not in others], [name for name in others if name.strip()]


def numbers_in(table: pa.Table, name: str) -> NDArray[np.float64]:
    """The numbers of a column; what is missing is 0."""
    cells: NDArray[np.float64] = table[name].cast(pa.float64()).fill_null(0).to_numpy()
    return np.where(np.isnan(cells), 0.0, cells)


def may_be_per_cent(counts: NDArray[np.floating]) -> bool:
    """Whether the votes, `(example, answer)`, of each example with any add to 100: a hundred people, or per cent."""
    added = counts.sum(axis=1)
    return bool((added > 0).any() and (added[added > 0] == 100).all())


def check_counts(values: NDArray[np.floating], path: Path, beside: list[str], said: tuple[str, ...]) -> None:
    """Raise DataError where the cells, `(example, answer)`, are shares or per cent: how many people answered is not in
    them, so nothing says what they weigh."""
    added = values.sum(axis=1)
    added = added[added > 0]
    broken, of_units = bool((values % 1 != 0).any()), any(UNITS_LEFT_OUT in one for one in said)
    if not len(added):
        return
    if broken and added.max() <= 1 + NEAR:
        what, whole = "shares", "1"
    elif (of_units and added.max() <= 101) or (broken and np.mean(abs(added - 100) <= 1) >= MOST_ADD_UP):
        what, whole = "per cent", "100"
    else:
        return
    people = f" ({listed(map(repr, beside))} may say it)" if beside else ""
    raise DataError(
        f"{path} holds {what} of the answers, {whole} for each example, and no numbers of votes: how many people "
        f"answered{people} says how much they weigh. Write how often each answer was given, which is its share times "
        "the number of people, as table[classes].mul(people, axis=0).round() does with pandas."
    )
