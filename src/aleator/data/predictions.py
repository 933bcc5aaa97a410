"""Labels, predicted probabilities and features that somebody brings along, from `.npy`, `.npz` or a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray
from scipy import sparse

from aleator.data.cells import plain_cells
from aleator.data.likeliest_files import (
    CLASS_COLUMNS,
    NamedProbabilities,
    holds_likeliest,
    holds_sparse,
    named_probabilities,
    read_sparse,
)
from aleator.data.readers.array_files import read_arrays
from aleator.data.readers.column_names import ID_COLUMNS, LABEL_COLUMNS, find_column
from aleator.data.readers.kinds import is_number, texts_of
from aleator.data.readers.labels import encode_labels, encoded
from aleator.data.readers.no_features import is_row_number
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.readers.text_tables import EVERY_COLUMN, stays_text
from aleator.data.wording import listed
from aleator.errors import DataError
from aleator.files import write_array, write_whole
from aleator.rows import not_finite

FEATURES, IDS = "features", "ids"
"""Arrays of an .npz of features."""
FEATURE_SUFFIXES = (".npy", ".npz", ".parquet")


def read_matrix(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None, NDArray[np.str_] | None]:
    """Numbers `(example, column)`, the columns' names and the examples' ids, where the file has them.

    In a table every column of numbers counts, except one that is named as ids are, and written row numbers.
    """
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _numbers_of(read_table(path, ID_COLUMNS), path)
    if path.suffix.lower() == ".npz" and {FEATURES, IDS} <= set(arrays := read_arrays(path)):
        return arrays[FEATURES], None, arrays[IDS].astype(str)
    return _only_array(path), None, _ids_beside(path)


def read_probabilities(
    path: Path,
) -> tuple[NDArray[Any] | sparse.csr_array | NamedProbabilities, tuple[str, ...] | None, NDArray[np.str_] | None]:
    """As `read_matrix`, of all classes or of the likeliest ones; see `likeliest_files`."""
    if holds_sparse(path):
        return read_sparse(path), None, _ids_beside(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        return read_matrix(path)
    table = read_table(path, (*ID_COLUMNS, *CLASS_COLUMNS))
    if not holds_likeliest(table.column_names):
        # Columns called class 1, class 2 were left as text, and hold numbers here.
        as_text = any(map(stays_text(CLASS_COLUMNS), table.column_names))
        return read_matrix(path) if as_text else _numbers_of(table, path)
    id_column = find_column(table.column_names, ID_COLUMNS)
    return named_probabilities(table, path), None, None if id_column is None else texts_of(table[id_column])


def _numbers_of(table: pa.Table, path: Path) -> tuple[NDArray[Any], tuple[str, ...], NDArray[np.str_] | None]:
    id_column = find_column(table.column_names, ID_COLUMNS)
    names = [
        field.name
        for field in table.schema
        if field.name != id_column and not is_row_number(table, field.name) and is_number(field.type)
    ]
    if not names:
        raise DataError(f"{path} has no column of numbers; it has {listed(table.column_names)}.")
    columns = [table[name].cast(pa.float64()).fill_null(float("nan")).to_numpy() for name in names]
    return np.stack(columns, axis=1), tuple(names), None if id_column is None else texts_of(table[id_column])


def _ids_beside(path: Path) -> NDArray[np.str_] | None:
    beside = ids_beside(path)
    return _column(beside, "id") if beside.is_file() else None


def read_features(path: Path, ids: NDArray[np.str_] | Sequence[str]) -> NDArray[np.float32]:
    """Features `(example, feature)` of the examples with these ids, in their order.

    A file that names ids may hold more examples, in any order; one without has a row for each example. Raises DataError
    naming the file, the row or the id.
    """
    values, _, named = read_matrix(path)
    wanted = np.asarray(ids)
    if values.ndim != 2 or values.shape[1] == 0 or not np.issubdtype(values.dtype, np.number):
        raise DataError(f"{path} has shape {values.shape} of {values.dtype}; wanted are numbers (example, feature).")
    if named is None and len(values) != len(wanted):
        raise DataError(f"{path} has {len(values)} rows, the data have {len(wanted)} examples; they must line up.")
    if named is not None and len(named) != len(values):
        raise DataError(f"{path} has {len(values)} rows and {len(named)} ids; they must line up.")
    if named is not None and not np.array_equal(named, wanted):
        place = {name: row for row, name in enumerate(named.tolist())}
        if len(place) < len(named):
            raise DataError(f"{path} names an id twice; ids must be unique.")
        missing = [name for name in wanted.tolist() if name not in place]
        if missing:
            raise DataError(
                f"{path} has no features of {len(missing)} of the {len(wanted)} examples, as {missing[0]!r}; its own "
                f"ids are like {str(named[0])!r}. Name the features of these data."
            )
        values = values[[place[name] for name in wanted.tolist()]]
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, which is refused
        values = values.astype(np.float32, copy=False)
    bad = not_finite(values)
    if len(bad):
        raise DataError(
            f"{path}: the features of {str(wanted[bad[0]])!r} are not all finite (NaN or infinite), {len(bad)} row(s) "
            "in all; fill the gaps in or leave these examples out."
        )
    return values


def check_feature_file(path: Path) -> None:
    """Raise DataError for an ending that features are not written with."""
    if path.suffix.lower() not in FEATURE_SUFFIXES:
        raise DataError(f"{path}: features are written as {', '.join(FEATURE_SUFFIXES)}.")


def write_features(path: Path, ids: NDArray[np.str_], features: NDArray[np.float32]) -> None:
    """Features as `read_features` reads them: .npy with the ids in a table beside it, .npz, or .parquet."""
    check_feature_file(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        names = [f"feature {number}" for number in range(features.shape[1])]
        table = pa.table([pa.array(ids, pa.string()), *features.T], ["id", *names])
        write_whole(path, lambda beside: parquet.write_table(table, beside))
    elif suffix == ".npz":
        write_whole(path, lambda beside: _write_npz(beside, features, ids))
    else:
        table = pa.table({"id": pa.array(ids, pa.string())})
        write_whole(ids_beside(path), lambda beside: csv.write_csv(table, beside))
        write_array(path, features)


def ids_beside(path: Path) -> Path:
    """Where the ids of an .npy of features are."""
    return path.with_suffix(".ids.csv")


def _write_npz(path: Path, features: NDArray[np.float32], ids: NDArray[np.str_]) -> None:
    with path.open("wb") as file:
        np.savez(file, features=features, ids=ids)


def _column(path: Path, name: str) -> NDArray[np.str_]:
    table = read_table(path, (name,))
    if name not in table.column_names:
        raise DataError(f"{path} has no column {name!r}; it has {listed(table.column_names)}.")
    return texts_of(table[name])


def read_labels(
    path: Path, class_names: tuple[str, ...] | None, classes: int, columns: tuple[str, ...] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.str_] | None]:
    """Given labels `(example,)` against the names of so many classes, and the examples' ids where the file has them.

    Without `class_names` the classes are called as the `columns` of the probabilities are, but for what all of these
    begin and end with alike (`prob_cat`, `prob_dog`) where the labels go without it. Text needs names in the order of
    the columns, unless as many names occur, which are then sorted.
    """
    values, ids = label_values(path)
    called = None if class_names is not None or columns is None else _called_as_columns(values, columns)
    if called is not None:
        texts = [None if one is None else str(one).strip() for one in values]
        by_name = encoded(texts, str(path), called, names_only=True)
        labels, names = by_name.labels, by_name.names
    else:
        numbers = tuple(map(str, range(classes)))
        labels, names = encode_labels(values, str(path), class_names or columns, number_names=numbers)
    if len(names) != classes:
        raise DataError(
            f"{path} has {len(names)} classes, the probabilities have {classes} columns; name the classes in the order "
            "of the columns: --class-names a,b,c."
        )
    return labels, names, ids


def _called_as_columns(labels: Any, columns: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names of columns, without what they begin and end with alike, if all labels are among them; else None."""
    occurring = {str(one).strip() for one in labels if one is not None}
    longest = max(occurring, key=len, default="")
    for column in columns:
        begin, found, end = column.partition(longest)
        names = tuple(one.removeprefix(begin).removesuffix(end) for one in columns)
        if found and occurring <= set(names) and len(set(names)) == len(columns):
            return names
    return None


def label_values(path: Path) -> tuple[Any, NDArray[np.str_] | None]:
    """Labels as they stand in a file, and the examples' ids where it has them."""
    ids = None
    values: Any
    if path.suffix.lower() in TABLE_SUFFIXES:
        table = plain_cells(read_table(path, EVERY_COLUMN), path)
        column = find_column(table.column_names, LABEL_COLUMNS)
        if column is None and table.num_columns == 1:
            column = table.column_names[0]
        if column is None:
            raise DataError(f"{path} has no column 'label'; it has {listed(table.column_names)}.")
        id_column = find_column(table.column_names, ID_COLUMNS)
        ids = None if id_column is None else texts_of(table[id_column])
        values = table[column].to_pylist()
    else:
        values = _only_array(path)
    return values, ids


def _only_array(path: Path) -> NDArray[Any]:
    arrays = read_arrays(path)
    if len(arrays) != 1:
        raise DataError(f"{path} holds {len(arrays)} arrays ({listed(arrays)}); wanted is a file with one.")
    return next(iter(arrays.values()))
