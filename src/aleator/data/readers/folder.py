"""A folder: class folders with or without split folders, an ImageFolder with metadata, or FER2013's own folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.readers import arrays, kaggle_pixels
from aleator.data.readers.shared import encode_labels
from aleator.data.readers.table import SPLIT_COLUMNS, dataset_of_table, text_columns, texts_of
from aleator.data.readers.tables import TABLE_SUFFIXES, read_table
from aleator.data.sources import ImageFiles, check_names, first_outside
from aleator.errors import DataError

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".gif", ".webp", ".avif", ".jp2", ".tif", ".tiff", ".ppm", ".pgm")
)
SPLIT_FOLDERS = frozenset(
    ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "publictest", "privatetest", "eval")
)
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FORM = "a folder of class folders, with or without split folders, or an ImageFolder with metadata"
LAYOUTS = "class/picture.png, split/class/picture.png, or metadata.csv (.jsonl, .parquet) with file_name and label"


def knows(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it. Files that are no pictures, and hidden ones, are passed over."""
    for name, reader in (("fer2013.npz", arrays.read), ("fer2013.csv", kaggle_pixels.read)):
        if (path / name).is_file():
            return reader(path / name, options)
    at_root = _metadata_in(path)
    below = [file for folder in _folders(path) if (file := _metadata_in(folder))]
    metadata = [at_root] if at_root else below
    return _read_metadata(path, metadata, options) if metadata else _read_classes(path, options)


def _read_classes(path: Path, options: ReadOptions) -> LabelledDataset:
    pictures = {folder: list(_pictures(folder)) for folder in _folders(path)}
    folders = [folder for folder, files in pictures.items() if files]
    if not folders:
        raise DataError(f"{path} {_what_it_holds(path)}; layouts that are read: {LAYOUTS}.")
    # A class may be called "test": a split folder is one whose pictures lie in folders of their own.
    splits = [
        folder
        for folder in folders
        if folder.name.lower() in SPLIT_FOLDERS and all(len(_below(file, folder)) > 1 for file in pictures[folder])
    ]
    if splits and len(splits) < len(folders):
        others = [folder.name for folder in folders if folder not in splits]
        raise DataError(
            f"{path} holds split folders ({', '.join(folder.name for folder in splits)}) beside other folders with "
            f"pictures ({', '.join(others)}). Move these away, or name one of the folders; layouts that are read: "
            f"{LAYOUTS}."
        )
    if not splits and all(folder.name.lower() in SPLIT_FOLDERS for folder in folders):
        raise DataError(
            f"{path} holds split folders ({', '.join(folder.name for folder in folders)}) with pictures directly in "
            f"them and no class folders; layouts that are read: {LAYOUTS}."
        )
    found = [
        (folder.name if splits else "", _below(file, folder)[0] if splits else folder.name, file)
        for folder in folders
        for file in pictures[folder]
    ]
    split_of, class_of, files = zip(*found, strict=True)
    paths = tuple(file.relative_to(path).as_posix() for file in files)
    check_names(path, paths)
    outside = first_outside(path, paths)
    if outside is not None:
        raise DataError(
            f"{paths[outside]!r} in {path} links to a file outside of it; only files below the folder are read. "
            "Copy the files into it, or read the folder that holds them all."
        )
    labels, names = encode_labels(np.array(class_of), str(path), options.names)
    return LabelledDataset(
        name=path.resolve().name,
        path=str(path),
        ids=np.array(paths),
        source=ImageFiles(path, paths),
        given_labels=labels,
        class_names=names,
        split=np.array(split_of) if splits else None,
    )


def _read_metadata(path: Path, files: list[Path], options: ReadOptions) -> LabelledDataset:
    """One metadata table at the root, or one beside each split; `file_name` is relative to the table."""
    tables = []
    for file in files:
        table = read_table(file, text_columns(options))
        column = options.path_column or "file_name"
        if column not in table.column_names:
            raise DataError(
                f"{file} has no column {column!r}; it has {', '.join(table.column_names)}. Name the column of paths "
                "with --path-column."
            )
        below = file.parent.relative_to(path)
        names = [name and (below / name).as_posix() for name in texts_of(table[column]).tolist()]
        table = table.set_column(table.column_names.index(column), column, pa.array(names, pa.string()))
        if not any(name.strip().lower() in SPLIT_COLUMNS for name in table.column_names):
            table = _with_split(table, below, names)
        tables.append(table)
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"The columns of {', '.join(map(str, files))} do not fit together: {error}") from error
    return dataset_of_table(table, files[0] if len(files) == 1 else path, path, options)


def _with_split(table: pa.Table, below: Path, names: list[str]) -> pa.Table:
    """The split is the metadata's own folder, or the first folder of each path if all of these are splits."""
    splits = [below.parts[0] if below.parts else name.split("/")[0] for name in names]
    if below.parts or all(split.lower() in SPLIT_FOLDERS for split in splits):
        return table.append_column("split", pa.array(splits, pa.string()))
    return table


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def _metadata_in(folder: Path) -> Path | None:
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def _pictures(folder: Path) -> Iterator[Path]:
    """All pictures at any depth, in order; linked folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(parent, name)
            if file.suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".") and file.is_file():
                yield file


def _below(file: Path, folder: Path) -> tuple[str, ...]:
    return file.relative_to(folder).parts


def _what_it_holds(path: Path) -> str:
    loose = sum(file.suffix.lower() in IMAGE_SUFFIXES for file in path.iterdir())
    held = f"holds {loose} pictures but no class folders" if loose else "holds no pictures in class folders"
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in (*TABLE_SUFFIXES, ".npz", ".npy"))
    return f"{held} (did you mean {files[0]}?)" if files else held
