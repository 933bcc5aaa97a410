"""Labels in a file of their own (`--label-file`), beside an array or a table of examples."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.options import ReadOptions
from aleator.data.readers.array_files import ALONE, IDX, read_arrays
from aleator.data.readers.column_names import ID_COLUMNS, LABEL_COLUMNS, find_column
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.readers.text_tables import EVERY_COLUMN
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading

LABEL = "label"


def with_labels_of_file(table: pa.Table, path: Path, options: ReadOptions) -> tuple[pa.Table, tuple[str, ...]]:
    """The table with the labels of `--label-file`, a row each, and what is said of it; as it is where none is named."""
    file = options.label_file
    if file is None:
        return table, ()
    labels = labels_of_file(file)
    if labels.shape != (len(table),):
        raise DataError(
            f"{path} has {len(table):,} rows, {file} labels of the shape {labels.shape}; wanted is one for each row."
        )
    values, name = pa.array(labels.tolist()), find_column(table.column_names, LABEL_COLUMNS, options.label_column, path)
    if name is None:
        return table.append_column(LABEL, values), (f"The labels are those in {file.name}, one for each row.",)
    table = table.set_column(table.column_names.index(name), name, values)
    return table, (f"The labels are those in {file.name}, in the place of the column {name!r}.",)


def labels_of_file(path: Path) -> NDArray[Any]:
    """Labels without their examples, in the order of the examples. Raises DataError where the file holds none."""
    if path.suffix.lower() == ".npy" or path.name.endswith(IDX):
        return read_arrays(path)[ALONE]
    if path.suffix.lower() == ".txt":
        with while_reading(path, "labels"):
            return np.array(path.read_text(encoding="utf-8-sig").splitlines())
    if path.suffix.lower() == ".json":
        with while_reading(path, "labels"):
            labels = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(labels, list) and not any(isinstance(one, dict | list) for one in labels):
            return np.array(labels)
    if path.suffix.lower() in TABLE_SUFFIXES:
        table = read_table(path, EVERY_COLUMN)
        column = table.column_names[0] if table.num_columns == 1 else "label"
        if column not in table.column_names:
            raise DataError(f"{path} has no column 'label'; it has {listed(table.column_names)}.")
        return np.array(table[column].to_pylist())[_order_of(table, path)]
    raise DataError(f"{path}: labels are read from .npy, .txt (a line each) or a table ({', '.join(TABLE_SUFFIXES)}).")


def _order_of(table: pa.Table, path: Path) -> NDArray[np.int64]:
    """The rows of labels in the order of the examples, which row numbers in a column of ids say; else as they are."""
    name = find_column(table.column_names, ID_COLUMNS)
    numbers = [] if name is None else texts_of(table[name]).tolist()
    if not numbers or not all(map(str.isdecimal, numbers)):
        return np.arange(len(table))
    rows = np.array(numbers, dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    counted = any(np.array_equal(rows[order], np.arange(first, first + len(rows))) for first in (0, 1))
    return order if counted else np.arange(len(rows))
