"""Which rows of a table belong together: several pictures, or rows, of one patient."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.readers.column_names import EXPORTED_OF_GROUPS, GROUP_COLUMNS, find_column, is_exported
from aleator.data.readers.kinds import texts_of

FEWEST_GROUPS = 5
"""With fewer groups of rows no folds can be made that keep them together."""


def group_of_pictures(table: pa.Table, taken: set[str | None]) -> str | None:
    """The column that says what several pictures are of; None where none is called so, or its cells never repeat."""
    name = _exported_group(table) or find_column(table.column_names, GROUP_COLUMNS)
    return name if name is not None and name not in taken and _repeats(table[name]) else None


def group_column(table: pa.Table, taken: set[str | None]) -> str | None:
    """The column that says what several rows of features are of, where it is called so without doubt."""
    if (exported := _exported_group(table)) is not None:
        return exported
    ids = [one for one in GROUP_COLUMNS if one.endswith("_id")]
    name = find_column(table.column_names, ids)
    return name if name is not None and name not in taken and _repeats(table[name], FEWEST_GROUPS) else None


def _exported_group(table: pa.Table) -> str | None:
    """The column of groups of a table that `aleator export` wrote."""
    name = EXPORTED_OF_GROUPS[0]
    return name if is_exported(table.column_names) and name in table.column_names else None


def _repeats(column: pa.ChunkedArray, fewest: int = 2) -> bool:
    values = texts_of(column)
    return fewest <= len(np.unique(values)) < len(values) and not (values == "").any()


def grouped(table: pa.Table, name: str) -> tuple[NDArray[np.str_], str]:
    """The groups of the rows, and what is said of them."""
    values = texts_of(table[name])
    return values, (
        f"What shares a value of {name!r} ({len(np.unique(values)):,} in {len(values):,} rows) is one group, which is "
        "never parted for training and testing."
    )
