"""Labels, predicted probabilities and features that somebody brings along, from `.npy`, `.npz` or a table."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.cells import plain_cells
from aleator.data.readers.arrays import read_arrays
from aleator.data.readers.shared import encode_labels, find_column
from aleator.data.readers.table import ID_COLUMNS, LABEL_COLUMNS, texts_of
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.errors import DataError


def read_matrix(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None, NDArray[np.str_] | None]:
    """Numbers `(example, column)`, the columns' names and the examples' ids, where the file has them.

    In a table every column of numbers counts, except one that is named as ids are.
    """
    if path.suffix.lower() in TABLE_SUFFIXES:
        table = read_table(path, ID_COLUMNS)
        id_column = find_column(table.column_names, ID_COLUMNS, None, str(path))
        names = [
            field.name
            for field in table.schema
            if field.name != id_column and (pa.types.is_floating(field.type) or pa.types.is_integer(field.type))
        ]
        if not names:
            raise DataError(f"{path} has no column of numbers; it has {', '.join(table.column_names)}.")
        columns = [table[name].cast(pa.float64()).fill_null(float("nan")).to_numpy() for name in names]
        return np.stack(columns, axis=1), tuple(names), None if id_column is None else texts_of(table[id_column])
    return _only_array(path), None, None


def read_labels(
    path: Path, class_names: tuple[str, ...] | None, classes: int
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.str_] | None]:
    """Given labels `(example,)` against the names of so many classes, and the examples' ids where the file has them.

    Text needs names in the order of the probabilities' columns, unless as many names occur, which are then sorted.
    """
    ids = None
    values: Any
    if path.suffix.lower() in TABLE_SUFFIXES:
        table = plain_cells(read_table(path, ID_COLUMNS), path)
        column = find_column(table.column_names, LABEL_COLUMNS, None, str(path))
        if column is None and table.num_columns == 1:
            column = table.column_names[0]
        if column is None:
            raise DataError(f"{path} has no column 'label'; it has {', '.join(table.column_names)}.")
        id_column = find_column(table.column_names, ID_COLUMNS, None, str(path))
        ids = None if id_column is None else texts_of(table[id_column])
        values = table[column].to_pylist()
    else:
        values = _only_array(path)
    numbers = tuple(map(str, range(classes)))
    labels, names = encode_labels(values, str(path), class_names, number_names=numbers)
    if len(names) != classes:
        raise DataError(
            f"{path} has {len(names)} classes, the probabilities have {classes} columns; name the classes in the order "
            "of the columns: --class-names a,b,c."
        )
    return labels, names, ids


def _only_array(path: Path) -> NDArray[Any]:
    arrays = read_arrays(path)
    if len(arrays) != 1:
        raise DataError(f"{path} holds {len(arrays)} arrays ({', '.join(arrays)}); wanted is a file with one.")
    return next(iter(arrays.values()))
