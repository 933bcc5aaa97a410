"""Columns of a table of votes that count them: which they are, and what their numbers may be instead."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.readers.numbers import UNITS_LEFT_OUT
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.votes_table import NO_ANSWERS, UNUSABLE, VotesTable, may_count
from aleator.data.wording import listed
from aleator.errors import DataError

MOST_LARGER = 0.5
NEAR, MOST_ADD_UP = 0.011, 0.9
"""Shares may be rounded; and so many rows of them add to the whole."""


def columns_of_counts(table: VotesTable) -> tuple[list[str], list[str]]:
    """The columns of numbers that count votes, and those beside them that count none: they are called as totals and
    measures are, hold fractions beside whole numbers of votes, add the others up, or are larger than all of them."""
    cells, classes = table.cells, table.classes
    numbers = [field.name for field in cells.schema if may_count(field.type) and field.name != table.id_column]
    counts = [name for name in numbers if meaning(name) in classes]
    votes = np.stack([numbers_in(cells, name) for name in counts], axis=1) if counts else np.zeros((len(cells), 0))
    whole, total = bool((votes % 1 == 0).all()), votes.sum(axis=1)
    others = []
    for name in numbers:
        if name in counts:
            continue
        values = numbers_in(cells, name)
        measures = whole and bool((values % 1 != 0).any())
        named = bool({meaning(name), name.strip().lower()} & NO_ANSWERS)
        larger = meaning(name) not in UNUSABLE and bool(np.mean(values > total) > MOST_LARGER)
        if named or (counts and (measures or larger or np.array_equal(values, total))):
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


def check_counts(values: NDArray[np.floating], table: VotesTable, beside: list[str]) -> None:
    """Raise DataError where the cells, `(example, answer)`, are shares or per cent: how many people answered is not in
    them, so nothing says what they weigh."""
    added = values.sum(axis=1)
    added = added[added > 0]
    broken, of_units = bool((values % 1 != 0).any()), any(UNITS_LEFT_OUT in one for one in table.said)
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
        f"{table.path} holds {what} of the answers, {whole} for each example, and no numbers of votes: how many people "
        f"answered{people} says how much they weigh. Write how often each answer was given, which is its share times "
        "the number of people, as table[classes].mul(people, axis=0).round() does with pandas."
    )
