"""Which example each row of a table is: several may be one picture, or several people's answers for one example."""

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.labels import EncodedLabels
from aleator.data.readers.people import answer_of_most, named_people, once_each, said_of_ties
from aleator.errors import DataError

ANSWERED = "is another person's answer for the same example"
MOST_TEXTS = 2 / 3
"""Where fewer texts than this share of the rows differ, rows are answers of several people."""


@dataclass(frozen=True)
class ExampleRows:
    """Which example each row is."""

    ids: NDArray[np.str_]
    """`(row,)`, unique."""
    labels: EncodedLabels
    left_out: dict[int, str] = field(default_factory=dict)
    """Rows that are no example of their own, with the reason."""
    group: NDArray[np.str_] | None = None
    said: tuple[str, ...] = ()


def ids_of(given: GivenTable, name: str) -> NDArray[np.str_]:
    """The ids in a column. Raises DataError where one is missing."""
    ids = given.texts(name)
    empty = np.flatnonzero(ids == "")
    if len(empty):
        raise DataError(
            f"{given.path}, row {empty[0]}: the column {name!r} holds no id; fill it in, or rename the column."
        )
    return ids


def one_for_several_people(
    given: GivenTable, ids: NDArray[np.str_] | None, texts: NDArray[np.str_] | None, labels: EncodedLabels
) -> ExampleRows:
    """The rows by these ids, else numbered; where those of one example, known by its id or its text, are several
    people's answers, the first has the answer of most."""
    numbers = np.arange(len(given)).astype(str)
    names, examples = numbers if ids is None else ids, texts if ids is None else ids
    if examples is None or not _are_several_answers(given, examples, MOST_TEXTS if ids is None else 1.0):
        return ExampleRows(names, labels)
    rows = answers_of_people(given, names, examples, labels, "examples")
    if ids is not None:
        return rows
    first, *others = rows.said
    said = f"{first} For that both need a column 'id', which numbers the texts."
    return replace(rows, ids=numbers, said=(said, *others))


def _are_several_answers(given: GivenTable, examples: NDArray[np.str_], most: float) -> bool:
    """Whether examples repeat, a row for each of several people; at most such a share of the rows differ."""
    worker = given.worker_column
    if worker is None or len(pc.unique(given.cells[worker])) < 2:
        return False
    return len(np.unique(examples)) < most * len(examples)


def numbered_where_ids_repeat(rows: ExampleRows, id_column: str | None) -> ExampleRows:
    """The rows by their numbers, where what are called ids are those of groups."""
    count, distinct = len(rows.ids), len(np.unique(rows.ids))
    if distinct == count:
        return rows
    said = (
        f"The column {id_column!r} repeats ({distinct:,} values in {count:,} rows), so the rows are numbered; what "
        "shares a value is one group, which is never parted for training and testing."
    )
    return replace(rows, ids=np.arange(count).astype(str), group=rows.ids, said=(*rows.said, said))


def answers_of_people(
    given: GivenTable, names: NDArray[np.str_], examples: NDArray[np.str_], labels: EncodedLabels, noun: str
) -> ExampleRows:
    """Several people's answers, a row each: the example is read once, with the answer of most."""
    worker = given.worker_column
    assert worker is not None
    first, example = np.unique(examples, return_index=True, return_inverse=True)[1:]
    answered = np.flatnonzero(labels.labels >= 0)
    people = named_people(given.texts(worker))[answered]
    counted, said = once_each(example[answered], people, labels.labels[answered])
    answered = answered[counted]
    counts = np.zeros((len(first), len(labels.names)), dtype=np.int64)
    np.add.at(counts, (example[answered], labels.labels[answered]), 1)
    most, tied = answer_of_most(counts, names[first].tolist())
    others = np.setdiff1d(np.arange(len(names)), first).tolist()
    ids = names.astype(object)
    ids[others] = [f"{names[row]}#{row}" for row in others]
    told = (
        f"{len(names):,} rows are answers of several people (column {worker!r}) for {len(first):,} {noun}: the given "
        f"label is the answer of most. --votes {given.path.name} --use-votes uses each of them."
    )
    return ExampleRows(
        np.array(ids.tolist()),
        replace(labels, labels=most[example]),
        dict.fromkeys(others, ANSWERED),
        said=(told, *said, *said_of_ties(tied, noun)),
    )
