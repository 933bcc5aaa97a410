"""What kinds of cells columns have, and columns as plain ones."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.json_tables import flat
from aleator.data.texts import Texts

CELLS_TRIED = 2000
"""So many cells of a column say what it holds."""


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def texts_of(column: pa.ChunkedArray) -> NDArray[np.str_]:
    """A column as text; what is missing is empty."""
    column = decoded(column)
    if is_text(column.type):
        return Texts(trimmed(column)).to_numpy()
    return np.array(["" if value is None else str(value).strip() for value in column.to_pylist()])


def with_plain_columns(table: pa.Table) -> pa.Table:
    """The table with columns of categories (dictionaries, as pandas and polars write them) as what they stand for, with
    views of texts as texts, and records as columns of their own."""
    table = flat(table)
    for place, field in enumerate(table.schema):
        plain = decoded(table[place])
        if plain is not table[place]:
            table = table.set_column(place, field.name, plain)
    return table


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of categories, of views or of repeated values as what it stands for; any other as it is."""
    kind = column.type
    if pa.types.is_run_end_encoded(kind):
        parts = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return decoded(pa.chunked_array(parts, kind.value_type))
    if pa.types.is_dictionary(kind):
        return decoded(column.cast(kind.value_type))
    if pa.types.is_string_view(kind):
        return column.cast(pa.string())
    return column.cast(pa.binary()) if pa.types.is_binary_view(kind) else column


def trimmed(column: pa.ChunkedArray) -> pa.StringArray:
    """A column of texts, empty where one is missing."""
    return pc.utf8_trim_whitespace(column.cast(pa.string()).combine_chunks()).fill_null("")
