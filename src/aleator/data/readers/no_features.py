"""Columns of a table of features that are none: they number the rows, or are answers of models or people."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from aleator.data.readers.answers_in_cells import answers_in_column
from aleator.data.readers.column_names import INDEX_COLUMNS, NUMBERING, OF_MODEL, PERSON, PROBABILITIES, loosely
from aleator.data.readers.headers import column_name
from aleator.data.readers.kinds import CELLS_TRIED, texts_of

FEWEST_NUMBERED = 10
"""Rows from which on it is no accident that whole numbers count them."""


def columns_of_models(table: pa.Table, taken: Collection[str | None], classes: Collection[str]) -> list[str]:
    """The columns beside those that are `taken` which are called as a model's answers are (`prediction`,
    `prob_cat`), or as what says which part an example is of (`is_train`): no features."""
    parts = {loosely(f"{start}{name}") for start in PROBABILITIES for name in classes}
    return [
        name for name in table.column_names if name not in taken and (OF_MODEL.match(name) or loosely(name) in parts)
    ]


def columns_of_people(table: pa.Table, taken: Collection[str | None], classes: Collection[str]) -> list[str]:
    """The columns beside those that are `taken` which hold people's answers, and so no features: in each cell those of
    several, or, called `annotator 1`, `rater_b` and so on, one of the classes."""
    found = []
    for name in table.column_names:
        if name in taken:
            continue
        answers = answers_in_column(table.slice(0, CELLS_TRIED), name)
        of_cells = answers is not None and len(set(answers.names) & set(classes)) > 1
        if of_cells or (PERSON.match(name) and set(texts_of(table[name]).tolist()) - {""} <= set(classes)):
            found.append(name)
    return found


def numbering_columns(table: pa.Table, taken: Collection[str | None]) -> dict[str, str]:
    """The columns that only number the rows, and what is said of each: no features, although they are numbers."""
    found = {}
    for field in table.schema:
        name, count = field.name, len(table)
        if name in taken or not pa.types.is_integer(field.type) or table[name].null_count or count < FEWEST_NUMBERED:
            continue
        values = table[name].to_numpy()
        if values[0] in (0, 1) and np.array_equal(values, np.arange(values[0], values[0] + count)):
            found[name] = f"{name!r} counts the rows, so it is no feature."
        elif (name == column_name(0) or NUMBERING.search(name)) and len(np.unique(values)) == count:
            why = "is the first" if name == column_name(0) else "is called as ids are"
            found[name] = (
                f"{name!r} holds another whole number in each row and {why}, so it is no feature; "
                f"--id-column {name!r} takes it as the ids."
            )
    return found


def is_row_number(table: pa.Table, name: str) -> bool:
    """Whether a column is the row number that pandas writes before the others: 0, 1, 2, ..."""
    if name not in INDEX_COLUMNS or not pa.types.is_integer(table.schema.field(name).type):
        return False
    return bool(np.array_equal(table[name].to_numpy(), np.arange(len(table))))
