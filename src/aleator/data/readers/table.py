"""A CSV, TSV, Parquet or JSON-lines table of picture paths and labels."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.cells import plain_cells
from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.images import MOST_UNREADABLE
from aleator.data.options import ReadOptions
from aleator.data.readers.shared import encode_labels, find_column
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.sources import ImageFiles, first_outside
from aleator.data.texts import Texts
from aleator.errors import DataError

PATH_COLUMNS = ("path", "file_name", "filename", "file", "image_path", "image", "filepath", "file_path", "img")
LABEL_COLUMNS = (
    *("label", "given_label", "class", "target", "emotion", "category", "y", "class_name", "label_name", "labels"),
    *("expression", "class_id", "label_id"),
)
SPLIT_COLUMNS = ("split", "usage", "subset", "fold", "partition")
ID_COLUMNS = ("id", "image_id", "example_id", "uid")
FORM = "a table (.csv, .tsv, .parquet, .jsonl) of picture paths and labels"


def knows(path: Path) -> bool:
    """Any file with a table's ending."""
    return path.is_file() and path.suffix.lower() in TABLE_SUFFIXES


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; paths are relative to the table's folder and must lie below it."""
    table = plain_cells(read_table(path, text_columns(options)), path)
    return dataset_of_table(table, path, path.parent, options)


def text_columns(options: ReadOptions) -> set[str]:
    """Columns that stay text even if they look like numbers."""
    asked = {options.path_column, options.id_column} - {None}
    return {*PATH_COLUMNS, *ID_COLUMNS, *(str(name) for name in asked)}


def dataset_of_table(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> LabelledDataset:
    """The data set that a table of paths (relative to `root`) and labels describes.

    Files that are not there (at most a tenth) are listed in `skipped`, but keep their rows, so that votes still line
    up; `read_dataset` takes them out.
    """
    columns = table.column_names
    path_column = find_column(columns, PATH_COLUMNS, options.path_column, str(path), "--path-column")
    label_column = find_column(columns, LABEL_COLUMNS, options.label_column, str(path), "--label-column")
    if path_column is None:
        raise DataError(
            f"{path} has no column of picture paths; it has {', '.join(columns)}. Name it with --path-column "
            "(feature vectors are read from .npz or .npy arrays)."
        )
    if label_column is None:
        raise DataError(f"{path} has no column of labels; it has {', '.join(columns)}. Name it with --label-column.")
    labels, names = encode_labels(
        table[label_column].combine_chunks(), f"{path}, column {label_column!r}", options.names
    )
    paths = relative_paths(table[path_column], path, root)
    id_column = find_column(columns, ID_COLUMNS, options.id_column, str(path), "--id-column")
    split_column = find_column(columns, SPLIT_COLUMNS, None, str(path))
    ids = paths.to_numpy() if id_column is None else _ids(table[id_column], path, id_column)
    there = np.fromiter((os.path.isfile(os.path.join(root, file)) for file in paths), bool, len(paths))
    missing = np.flatnonzero(~there)
    if len(missing) > MOST_UNREADABLE * len(paths):
        first = ", ".join(paths[row] for row in missing[:3])
        raise DataError(
            f"{path}: {len(missing)} of {len(paths)} files are not there, more than a tenth; first: {first}. "
            f"Paths are relative to {root}."
        )
    return LabelledDataset(
        name=path.stem if path.is_file() else path.resolve().name,
        path=str(path),
        ids=ids,
        source=ImageFiles(root, paths),
        given_labels=labels,
        class_names=names,
        split=None if split_column is None else texts_of(table[split_column]),
        skipped=tuple(Skipped(str(ids[row]), paths[row], "is not there") for row in missing.tolist()),
    )


def texts_of(column: pa.ChunkedArray) -> NDArray[np.str_]:
    """A column as text; what is missing is empty."""
    column = _decoded(column)
    if _is_text(column):
        return Texts(_trimmed(column)).to_numpy()
    return np.array(["" if value is None else str(value).strip() for value in column.to_pylist()])


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _trimmed(column: pa.ChunkedArray) -> pa.StringArray:
    """A column of texts, empty where one is missing."""
    return pc.utf8_trim_whitespace(column.cast(pa.string()).combine_chunks()).fill_null("")


def _ids(column: pa.ChunkedArray, table: Path, name: str) -> NDArray[np.str_]:
    ids = texts_of(column)
    empty = np.flatnonzero(ids == "")
    if len(empty):
        raise DataError(f"{table}, row {empty[0]}: the column {name!r} holds no id; fill it in, or rename the column.")
    return ids


UNUSUAL = r"^/|^\./|/\.?/|/\.?$|^\.$"
"""Absolute paths, and those that have a shorter form."""


def relative_paths(column: pa.ChunkedArray, table: Path, root: Path) -> Texts:
    """A column of paths as paths relative to `root`, with forward slashes. Raises DataError naming the row."""
    column = _decoded(column)
    if not _is_text(column):
        raise DataError(
            f"{table}: its column of picture paths holds {column.type}, not text. Name the right one with "
            "--path-column; pictures inside of a table have to be saved as files."
        )
    texts = _trimmed(column)
    missing = np.flatnonzero(pc.equal(texts, "").to_numpy(zero_copy_only=False))
    if len(missing):
        raise DataError(f"{table}, row {missing[0]}: the path is missing.")
    texts = pc.replace_substring(texts, "\\", "/")
    unusual = pc.match_substring_regex(texts, UNUSUAL)
    if pc.any(unusual).as_py():
        plain = [_relative(text, root) for text in texts.filter(unusual).to_pylist()]
        texts = pc.replace_with_mask(texts, unusual, pa.array(plain, pa.string()))
    paths = Texts(texts)
    row_outside = first_outside(root, paths)
    if row_outside is not None:
        raise DataError(
            f"{table}, row {row_outside}: {column[row_outside].as_py()!r} points outside of {root}; only files below "
            "it are read. Move the table, or make its paths relative to its folder."
        )
    return paths


def _relative(text: str, root: Path) -> str:
    file = Path(text)
    if file.is_absolute():
        parent = next((top for top in (root, root.resolve()) if file.is_relative_to(top)), None)
        file = file if parent is None else file.relative_to(parent)
    return file.as_posix()
