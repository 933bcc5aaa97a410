"""Columns of vectors in a table: lists of numbers, or `[0.1, 0.2]` written as text."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.kinds import decoded, is_list, is_number, is_text
from aleator.data.readers.numbers import NUMBER

ONE = rf"(?:{NUMBER}|nan|NaN|inf|-inf)"
SEVERAL = rf"\s*{ONE}(?:[\s,;]+{ONE})+\s*"
ENCLOSED = rf"^\s*(\[{SEVERAL}\]|\({SEVERAL}\))\s*$"
FRACTION = r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?"
FRACTIONS = rf"^\s*{FRACTION}(?:[\s,;]+{FRACTION})+\s*$"
"""Without brackets numbers are a vector only if all are fractions: others may be a telephone's."""
MOST_COLUMNS = 2000
SAMPLE = 200


def vectors_of(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    """The vectors `(row, place)` of a column, all of one length; None where its cells are no such vectors, or all the
    same one."""
    values = _vectors_of(decoded(column))
    return None if values is None or (values == values[0]).all() else values


def _vectors_of(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    if column.null_count or not len(column):
        return None
    kind = column.type
    if is_list(kind) or pa.types.is_fixed_size_list(kind):
        return _of_lists(column) if is_number(kind.value_type) else None
    if not is_text(column.type):
        return None
    for part in (column.slice(0, SAMPLE), column):
        if not any(pc.all(pc.match_substring_regex(part, form)).as_py() for form in (ENCLOSED, FRACTIONS)):
            return None
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(column, r"[\[\](),;\s]+", " "))
    cells = [cell.split(" ") for cell in plain.to_pylist()]
    if len({len(cell) for cell in cells}) > 1:
        return None
    return np.array(cells, dtype=np.float32)


def _of_lists(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    flat = column.combine_chunks().flatten()
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if len(lengths) != 1 or lengths[0] < 2 or flat.null_count:
        return None
    values: NDArray[np.float32] = flat.cast(pa.float32()).to_numpy(zero_copy_only=False)
    return values.reshape(len(column), lengths[0])


def with_columns_of_vectors(table: pa.Table, names: Sequence[str]) -> tuple[pa.Table, list[str], str]:
    """The table of these features, a column for each place of a vector, what they are called, and what is said of it;
    as it is where they would be too many."""
    found = {name: vectors for name in names if (vectors := vectors_of(table[name])) is not None}
    if not found or sum(one.shape[1] for one in found.values()) > MOST_COLUMNS:
        return table, list(names), ""
    for name, vectors in found.items():
        at = table.column_names.index(name)
        table = table.remove_column(at)
        for place in reversed(range(vectors.shape[1])):
            table = table.add_column(at, f"{name} {place}", pa.array(vectors[:, place]))
    features = [one for name in names for one in _called(name, found)]
    lengths = ", ".join(f"{name!r} ({one.shape[1]:,} numbers)" for name, one in found.items())
    return table, features, f"The cells of {lengths} are vectors: each of their numbers is a feature."


def _called(name: str, found: dict[str, NDArray[np.float32]]) -> list[str]:
    return [f"{name} {place}" for place in range(found[name].shape[1])] if name in found else [name]
