"""A CSV, TSV, Parquet or JSON-lines table of picture paths and labels."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.images import MOST_UNREADABLE
from aleator.data.readers.options import ReadOptions, encode_labels, find_column
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.sources import ImageFiles, inside
from aleator.errors import DataError

PATH_COLUMNS = (
    "path",
    "file_name",
    "filename",
    "file",
    "image_path",
    "image",
    "filepath",
    "file_path",
    "img",
    "url",
)
LABEL_COLUMNS = (
    "label",
    "given_label",
    "class",
    "target",
    "emotion",
    "category",
    "y",
    "class_name",
    "labels",
    "expression",
)
SPLIT_COLUMNS = ("split", "usage", "subset", "fold", "partition")
ID_COLUMNS = ("id", "image_id", "example_id", "task", "uid")


def knows(path: Path) -> bool:
    """Any file with a table's ending."""
    return path.is_file() and path.suffix.lower() in TABLE_SUFFIXES


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; paths are relative to the table's folder and must lie below it."""
    return dataset_of_table(read_table(path), path, path.parent, options)


def dataset_of_table(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> LabelledDataset:
    """The data set that a table of paths (relative to `root`) and labels describes."""
    columns = table.column_names
    path_column = find_column(columns, PATH_COLUMNS, options.path_column, str(path))
    label_column = find_column(columns, LABEL_COLUMNS, options.label_column, str(path))
    if path_column is None:
        raise DataError(
            f"{path} has no column of picture paths; it has {', '.join(columns)}. Name it with --path-column "
            "(feature vectors are read from .npz or .npy arrays)."
        )
    if label_column is None:
        raise DataError(f"{path} has no column of labels; it has {', '.join(columns)}. Name it with --label-column.")
    labels, names = encode_labels(
        table[label_column].to_pylist(), f"{path}, column {label_column!r}", options.class_names
    )
    paths = _relative_paths(table[path_column].to_pylist(), path, root)
    id_column = find_column(columns, ID_COLUMNS, options.id_column, str(path))
    split_column = find_column(columns, SPLIT_COLUMNS, None, str(path))
    ids = np.array(paths if id_column is None else [str(value) for value in table[id_column].to_pylist()])
    split = None if split_column is None else np.array([str(v or "") for v in table[split_column].to_pylist()])

    there = np.array([(root / file).is_file() for file in paths])
    missing = np.flatnonzero(~there)
    if len(missing) > MOST_UNREADABLE * len(paths):
        first = ", ".join(paths[row] for row in missing[:3])
        raise DataError(
            f"{path}: {len(missing)} of {len(paths)} files are not there, more than a tenth; first: {first}. "
            f"Paths are relative to {root}."
        )
    dataset = LabelledDataset(
        name=path.stem if path.is_file() else path.name,
        path=str(path),
        ids=ids,
        source=ImageFiles(root, tuple(paths)),
        given_labels=labels,
        class_names=names,
        split=split,
        skipped=tuple(Skipped(str(ids[row]), paths[row], "is not there") for row in missing),
    )
    return dataset.take(np.flatnonzero(there)) if len(missing) else dataset


def _relative_paths(values: list[object], table: Path, root: Path) -> list[str]:
    paths = []
    for row, value in enumerate(values):
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{table}, row {row}: the path is missing or no text ({value!r}).")
        file = Path(value.strip().replace("\\", "/"))
        if not inside(root, root / file):
            raise DataError(
                f"{table}, row {row}: {value!r} points outside of {root}; only files below it are read. "
                "Move the table, or make its paths relative to its folder."
            )
        paths.append((file.relative_to(root) if file.is_absolute() else file).as_posix())
    return paths
