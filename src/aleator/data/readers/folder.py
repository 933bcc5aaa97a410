"""A folder: class folders with or without split folders, an ImageFolder with metadata, or FER2013's own folder."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.picture_files import has_picture_ending, skipped_folder
from aleator.data.readers import arrays, kaggle_pixels
from aleator.data.readers.class_folders import IN_NAMES, LAYOUTS, Layout, labels_of_folders, layout_of, names_below
from aleator.data.readers.column_names import PATH_COLUMNS, SPLIT_COLUMNS, find_column
from aleator.data.readers.columns import columns_that_stay_text
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.labels import labelled
from aleator.data.readers.remedies import (
    SUPERVISELY,
    boxes_in,
    is_of_supervisely,
    refused_in,
    remedy_for,
    remedy_for_many,
)
from aleator.data.readers.several_tables import read_tables
from aleator.data.readers.split_names import is_split_name
from aleator.data.readers.table import dataset_of_table
from aleator.data.readers.table_beside import check_tables_beside
from aleator.data.readers.tables import LIST_SUFFIXES, TABLE_SUFFIXES, joined, read_table_saying
from aleator.data.readers.text_folders import read_texts
from aleator.data.sources import ImageFiles
from aleator.data.wording import listed
from aleator.errors import DataError

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet", "_classes.csv")
FORM = "a folder of class folders of pictures or texts, with or without split folders, or an ImageFolder with metadata"


def knows(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it. What is passed over is counted, with the reason."""
    for name, reader in (("fer2013.npz", arrays.read), ("fer2013.csv", kaggle_pixels.read)):
        if (path / name).is_file():
            return reader(path / name, options)
    at_root = _metadata_in(path)
    below = [file for folder in _folders(path) if (file := _metadata_in(folder))]
    metadata = [at_root] if at_root else below
    return _read_metadata(path, metadata, options) if metadata else _read_classes(path, options)


def _read_classes(path: Path, options: ReadOptions) -> LabelledDataset:
    if options.split_folders is None and is_of_supervisely(path):
        raise DataError(f"{path} {SUPERVISELY}.")
    layout = _layout(path, options)
    if not layout.found:
        return _read_without_pictures(path, options)
    split_of, class_of, files = zip(*layout.found, strict=True)
    if len(set(class_of)) == 1 and options.split_folders is None:
        _check_one_folder(path)
    paths = names_below(path, files)
    if options.split_folders is None:
        check_tables_beside(path, paths, class_of, options)
    labels = labels_of_folders(class_of, path, options)
    how = HowRead(layout.form).with_said(*layout.said, *labels.said).with_passed_over(layout.passed)
    split = np.array(split_of) if any(split_of) else None
    return labelled(ImageFiles(path, paths), labels, path, how, ids=np.array(paths), split=split)


def _layout(path: Path, options: ReadOptions) -> Layout:
    """The layout of pictures. Raises DataError where there are two, with what else the folder may be."""
    try:
        return layout_of(path, options.split_folders)
    except DataError as error:
        if (boxes := boxes_in(path)) is not None:
            raise DataError(f"{path} {boxes}.") from None
        if (meant := likeliest_table(path)) is not None:
            raise DataError(f"{error} Did you mean {meant}, a table beside them?") from None
        raise


def _read_without_pictures(path: Path, options: ReadOptions) -> LabelledDataset:
    """The data set of texts in class folders, else of tables. Raises DataError where there are none."""
    for read_others in (read_texts, read_tables):
        if (dataset := read_others(path, options)) is not None:
            return dataset
    if options.split_folders is None and (boxes := boxes_in(path)) is not None:
        raise DataError(f"{path} {boxes}.")
    held, loose = _what_it_holds(path)
    raise DataError(f"{path} {held}; layouts that are read: {LAYOUTS}.{f' {IN_NAMES}' if loose else ''}")


def _check_one_folder(path: Path) -> None:
    """Raise DataError where pictures in one folder only have their labels elsewhere."""
    if (boxes := boxes_in(path)) is not None:
        raise DataError(f"{path} {boxes}.")
    only = f"{path} has pictures in one folder only, and no class folders"
    if (meant := likeliest_table(path)) is not None:
        raise DataError(f"{only} (did you mean {meant}?).")
    if (other := refused_in(path)) is not None:
        raise DataError(f"{only}, but {other}.")


def _read_metadata(path: Path, files: list[Path], options: ReadOptions) -> LabelledDataset:
    """One metadata table at the root, or one beside each split; `file_name` is relative to the table."""
    tables = []
    how = HowRead(f"an ImageFolder with {files[0].name}")
    for file in files:
        table, said = read_table_saying(file, columns_that_stay_text(options), options.encoding)
        how = how.with_said(*said)
        column = find_column(table.column_names, PATH_COLUMNS, options.path_column, file, "--path-column")
        if column is None:
            raise DataError(
                f"{file} has no column 'file_name'; it has {listed(table.column_names)}. Name the column of paths "
                "with --path-column."
            )
        below = file.parent.relative_to(path)
        names = [name and (below / name).as_posix() for name in texts_of(table[column]).tolist()]
        table = table.set_column(table.column_names.index(column), column, pa.array(names, pa.string()))
        if not any(name.strip().lower() in SPLIT_COLUMNS for name in table.column_names):
            table = _with_split(table, below, names)
        tables.append(table)
    table = joined(tables, f"The columns of {listed(files)}")
    return dataset_of_table(table, files[0] if len(files) == 1 else path, path, options, how)


def _with_split(table: pa.Table, below: Path, names: list[str]) -> pa.Table:
    """The split is the metadata's own folder, or the first folder of each path if all of these are splits."""
    splits = [below.parts[0] if below.parts else name.split("/")[0] for name in names]
    if below.parts or all(is_split_name(split) for split in splits):
        return table.append_column("split", pa.array(splits, pa.string()))
    return table


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not skipped_folder(folder.name))


def _metadata_in(folder: Path) -> Path | None:
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def _what_it_holds(path: Path) -> tuple[str, int]:
    """In words, and how many pictures lie in it outside of class folders."""
    loose = sum(has_picture_ending(file.name) for file in path.iterdir())
    held = f"holds {loose} pictures but no class folders" if loose else "holds no pictures or texts in class folders"
    if not loose and (others := _other_files(path)):
        held = f"{held}, but {others}"
    remedy, table, other = remedy_for(path), likeliest_table(path), refused_in(path)
    if remedy is not None and not loose:
        return remedy, 0
    if table is not None:
        return f"{held} (did you mean {table}?)", 0
    return (f"{held}, but {other}", 0) if other is not None else (held, loose)


def _other_files(path: Path) -> str:
    """What lies in class folders and is neither picture nor text, in words."""
    endings = Counter(file.suffix.lower() for file in path.glob("*/*") if file.is_file() and file.suffix)
    ending, count = endings.most_common(1)[0] if endings else ("", 0)
    remedy = remedy_for_many(ending)
    return f"{count:,} files in {ending}" + (f" ({remedy})" if remedy else "") if count > 1 else ""


def likeliest_table(path: Path) -> Path | None:
    """The table in a folder that its labels are likeliest in: one that is called as training data or labels are, else
    the first; lists and arrays only where there is no other. None where there is none."""

    def unlikely(file: Path) -> tuple[bool, bool]:
        called = any(word in file.stem.lower() for word in ("train", "label", "annotation"))
        return file.suffix.lower() not in TABLE_SUFFIXES, not called

    return min(_tables(path), key=unlikely, default=None)


def _tables(path: Path) -> list[Path]:
    return sorted(
        file for file in path.iterdir() if file.suffix.lower() in (*TABLE_SUFFIXES, *LIST_SUFFIXES, ".npz", ".npy")
    )
