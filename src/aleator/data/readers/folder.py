"""A folder: class folders with or without split folders, an ImageFolder with metadata, or FER2013's own folder."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.readers import arrays, kaggle_pixels
from aleator.data.readers.options import ReadOptions, encode_labels
from aleator.data.readers.table import dataset_of_table
from aleator.data.readers.tables import read_table
from aleator.data.sources import ImageFiles
from aleator.errors import DataError

IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".png",
        ".bmp",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pbm",
        ".jp2",
        ".avif",
        ".jfif",
    ]
)
SPLIT_FOLDERS = frozenset(
    ["train", "training", "val", "valid", "validation", "dev", "test", "testing", "publictest", "privatetest", "eval"]
)
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
LAYOUTS = "class/picture.png, split/class/picture.png, or metadata.csv (.jsonl, .parquet) with file_name and label"


def knows(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it. Files that are no pictures, and hidden ones, are passed over."""
    for name, reader in (("fer2013.npz", arrays.read), ("fer2013.csv", kaggle_pixels.read)):
        if (path / name).is_file():
            return reader(path / name, options)
    metadata = [file for name in METADATA for file in (path / name, *sorted(path.glob(f"*/{name}"))) if file.is_file()]
    return _read_metadata(path, metadata, options) if metadata else _read_classes(path, options)


def _read_classes(path: Path, options: ReadOptions) -> LabelledDataset:
    folders = _folders(path)
    splits = [folder for folder in folders if folder.name.lower() in SPLIT_FOLDERS]
    # A class may be called "test"; a split folder holds folders.
    has_splits = bool(splits) and len(splits) == len(folders) and any(_folders(folder) for folder in splits)
    class_folders = (
        [(split.name, folder) for split in splits for folder in _folders(split)]
        if has_splits
        else [("", folder) for folder in folders]
    )
    found = [
        (split, folder.name, file.relative_to(path).as_posix())
        for split, folder in class_folders
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
    ]
    if not found:
        loose = sum(file.suffix.lower() in IMAGE_SUFFIXES for file in path.iterdir())
        held = f"{loose} pictures but no class folders" if loose else "no pictures in class folders"
        raise DataError(f"{path} holds {held}; layouts that are read: {LAYOUTS}.")
    split_of, class_of, files = zip(*found, strict=True)
    labels, names = encode_labels(np.array(class_of), str(path), options.class_names)
    return LabelledDataset(
        name=path.resolve().name,
        path=str(path),
        ids=np.array(files),
        source=ImageFiles(path, files),
        given_labels=labels,
        class_names=names,
        split=np.array(split_of) if has_splits else None,
    )


def _read_metadata(path: Path, files: list[Path], options: ReadOptions) -> LabelledDataset:
    """One metadata table at the root, or one beside each split; `file_name` is relative to the table."""
    tables = []
    for file in files:
        table = read_table(file)
        if "file_name" not in table.column_names and options.path_column is None:
            raise DataError(f"{file} has no column 'file_name'; it has {', '.join(table.column_names)}.")
        column = options.path_column or "file_name"
        below = file.parent.relative_to(path)
        names = [(below / str(name)).as_posix() for name in table[column].to_pylist()]
        table = table.set_column(table.column_names.index(column), column, pa.array(names, pa.string()))
        if below.parts and "split" not in table.column_names:
            table = table.append_column("split", pa.array([below.parts[0]] * table.num_rows, pa.string()))
        tables.append(table)
    return dataset_of_table(pa.concat_tables(tables, promote_options="permissive"), path, path, options)


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
