"""What is to be predicted: pictures, folders, tables and arrays, with or without labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from aleator.data.options import NOTHING_ASKED
from aleator.data.picture_files import find_files, has_picture_ending
from aleator.data.readers import kaggle_pixels, reader_for
from aleator.data.readers.arrays import source_of_file
from aleator.data.readers.column_names import ID_COLUMNS, PATH_COLUMNS, find_column
from aleator.data.readers.kinds import texts_of, with_plain_columns
from aleator.data.readers.paths import relative_paths
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.readers.text_columns import text_column
from aleator.data.readers.text_folders import texts_of_files, why_no_text
from aleator.data.readers.vectors import vectors_of, with_columns_of_vectors
from aleator.data.sources import ExampleSource, FeatureArray, ImageFiles, TableRows, TextArray
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading


@dataclass(frozen=True)
class Inputs:
    """Examples from one place."""

    ids: tuple[str, ...]
    paths: tuple[str, ...]
    """Where each comes from, for people."""
    source: ExampleSource


def read_inputs(paths: Sequence[str | Path], *, split: str | None = None, kind: str = "images") -> list[Inputs]:
    """Read every path; labels are not needed, and not looked at where there are some.

    A picture; a folder, whose pictures are taken with those of all folders in it; a table of paths (CSV, TSV, Parquet,
    JSON lines) or of FER2013's pixels; arrays (.npz, .npy). For a `kind` that is texts or table, a table with a column
    of texts, or of features; also a folder of text files. Raises DataError naming the path.
    """
    if not paths:
        raise DataError("There is nothing to predict; name pictures, folders, tables or arrays.")
    if kind in (TextArray.kind, TableRows.kind):
        return [_of_the_table_itself(Path(path), split, kind) for path in paths]
    inputs = []
    # Pictures of one folder that stand side by side are read and predicted together.
    for folder, group in groupby(map(Path, paths), lambda path: path.parent if _is_picture(path) else None):
        together = list(group)
        names = [path.name for path in together]
        if folder is not None:
            inputs.append(_files(folder, names, names))
        else:
            for path in together:
                with while_reading(path, "something to predict"):
                    inputs.append(_read(path, split))
    return inputs


def _is_picture(path: Path) -> bool:
    return path.is_file() and has_picture_ending(path.name)


def _read(path: Path, split: str | None) -> Inputs:
    if not path.exists():
        raise DataError(f"{path} is not there.")
    if path.is_dir():
        found = sorted(file.relative_to(path).as_posix() for file in find_files(path, path, lambda name, why: None))
        if found and split is None:
            return _files(path, found, found)
    elif path.suffix.lower() in TABLE_SUFFIXES and not kaggle_pixels.knows(path):
        return _table(path, split)
    elif path.suffix.lower() in (".npy", ".npz") and split is None:
        source = source_of_file(path)
        ids = tuple(str(row) for row in range(len(source)))
        return Inputs(ids, tuple(f"{path}, row {row}" for row in range(len(source))), source)
    return _labelled(path, split)


def _files(root: Path, files: Sequence[str], ids: Sequence[str]) -> Inputs:
    return Inputs(tuple(ids), tuple(str(root / file) for file in files), ImageFiles(root, files))


def _table(path: Path, split: str | None) -> Inputs:
    table = read_table(path, {*PATH_COLUMNS, *ID_COLUMNS})
    column = find_column(table.column_names, PATH_COLUMNS)
    if column is None and split is None and (vectors := _vectors(table, path)) is not None:
        return vectors
    if column is None:
        raise DataError(f"{path} has no column of picture paths; it has {', '.join(table.column_names)}.")
    if split is not None:
        raise DataError(f"{path}: a split is taken from data with labels only; leave --split out.")
    files = relative_paths(table[column], path, path.parent)
    name = find_column(table.column_names, ID_COLUMNS)
    return _files(path.parent, files, files if name is None else texts_of(table[name]).tolist())


def _vectors(table: pa.Table, path: Path) -> Inputs | None:
    """The vectors of the one column that holds some; None where none or several do."""
    found = [values for name in table.column_names if (values := vectors_of(table[name])) is not None]
    if len(found) != 1:
        return None
    name = find_column(table.column_names, ID_COLUMNS)
    ids = tuple(map(str, range(len(table)))) if name is None else tuple(texts_of(table[name]).tolist())
    return Inputs(ids, tuple(f"{path}, row {row}" for row in range(len(table))), FeatureArray(found[0]))


def _of_the_table_itself(path: Path, split: str | None, kind: str) -> Inputs:
    if not path.exists():
        raise DataError(f"{path} is not there.")
    if path.is_dir() and kind == TextArray.kind and split is None:
        files = list(find_files(path, path, lambda name, why: None, why_no_text))
        names = [file.relative_to(path).as_posix() for file in files]
        if files:
            texts = TextArray(texts_of_files(files, None, path)[0])
            return Inputs(tuple(names), tuple(map(str, files)), texts)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise DataError(f"{path} is no table ({', '.join(TABLE_SUFFIXES)}), and the model takes {kind}.")
    if split is not None:
        raise DataError(f"{path}: a split is taken from data with labels only; leave --split out.")
    table = with_plain_columns(read_table(path, ID_COLUMNS))
    name = find_column(table.column_names, ID_COLUMNS)
    ids = tuple(map(str, range(len(table)))) if name is None else tuple(texts_of(table[name]).tolist())
    where = tuple(f"{path}, row {row}" for row in range(len(table)))
    if kind == TableRows.kind:
        return Inputs(ids, where, TableRows(with_columns_of_vectors(table, table.column_names)[0]))
    column, _ = text_column(table, {name} if name is not None else set())
    if column is None:
        raise DataError(f"{path} has no column of texts; it has {listed(table.column_names)}. Call one of them 'text'.")
    return Inputs(ids, where, TextArray(texts_of(table[column]).tolist()))


def _labelled(path: Path, split: str | None) -> Inputs:
    """A form of data that only comes with labels, such as FER2013's own."""
    reader = reader_for(path)
    if reader is None:
        raise DataError(
            f"{path} is in no form that is read: a picture, a folder of pictures, a table of paths, or arrays "
            "(.npz, .npy)."
        )
    dataset = reader.read(path, NOTHING_ASKED).of_split(split)
    where = tuple(f"{path}, {dataset.source.describe(row)}" for row in range(len(dataset)))
    return Inputs(tuple(dataset.ids.tolist()), where, dataset.source)
