"""Several tables of one folder: splits, parts of one table, or training data beside what is to be predicted."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.column_names import ID_COLUMNS, LABEL_COLUMNS, find_column
from aleator.data.readers.columns import split_column
from aleator.data.readers.kinds import texts_of, with_plain_columns
from aleator.data.readers.split_names import has_split_word
from aleator.data.readers.table import dataset_of_table, read
from aleator.data.readers.table_file import table_of_file
from aleator.data.readers.tables import LIST_SUFFIXES, TABLE_SUFFIXES, joined, read_table, with_split
from aleator.data.wording import listed
from aleator.errors import DataError

OTHER_DATA = frozenset((*LIST_SUFFIXES, ".npz", ".npy")) - {".txt", *TABLE_SUFFIXES}
"""Beside tables, which may as well be what is meant."""
OF_PREDICTIONS = "for predictions, without examples"


def read_tables(folder: Path, options: ReadOptions) -> LabelledDataset | None:
    """The data set of the tables of a folder; None where there are not several that belong together.

    Raises DataError where they are called as if they did, and have columns that say otherwise.
    """
    every = sorted(folder.iterdir())
    files = [file for file in every if file.suffix.lower() in TABLE_SUFFIXES]
    if len(files) < 2:
        return None
    if all(has_split_word(file.stem) for file in files):
        return _read_splits(folder, files, options)
    if any(file.suffix.lower() in OTHER_DATA for file in every):
        return None
    if len({re.sub(r"\d+", "#", file.name) for file in files}) == 1:
        return _read_parts(folder, sorted(files, key=_numbers_in_name), options)
    return _read_training(folder, files, options)


def _numbers_in_name(file: Path) -> list[int]:
    return [int(one) for one in re.findall(r"\d+", file.name)]


def _read_splits(folder: Path, files: Sequence[Path], options: ReadOptions) -> LabelledDataset:
    """Of tables that are a split each, with the name of the file."""
    tables, how = _tables_of(folder, files, options, f"a table for each of the splits {_stems(files)}")
    tables = [
        table if split_column(table) is not None else with_split(table, file.stem)
        for file, table in zip(files, tables, strict=True)
    ]
    return _dataset_of(folder, files, tables, options, how)


def _read_parts(folder: Path, files: Sequence[Path], options: ReadOptions) -> LabelledDataset:
    """Of tables that are parts of one, in this order."""
    tables, how = _tables_of(folder, files, options, f"{len(files)} parts of one table ({_stems(files)})")
    for file, table in zip(files, tables, strict=True):
        other = set(table.column_names) ^ set(tables[0].column_names)
        if other:
            raise DataError(
                f"{file} has other columns than {files[0].name} ({listed(sorted(map(repr, other)))} in one of them "
                "only), so they are no parts of one table; name one of them."
            )
    return _dataset_of(folder, files, tables, options, how)


def _read_training(folder: Path, files: Sequence[Path], options: ReadOptions) -> LabelledDataset | None:
    """Of `train.csv` beside `test.csv`, which lacks one of its columns, the labels, and tables that hold these only, to
    show how predictions are handed in. None where there are no such tables."""
    columns = {file: set(read_table(file, encoding=options.encoding).column_names) for file in files}
    training = max(files, key=lambda file: len(columns[file]))
    others = [file for file in files if file != training]
    lacking = {file: columns[training] - columns[file] for file in others}
    tests = [file for file in others if has_split_word(file.stem) and len(lacking[file]) == 1]
    if (
        len(tests) != 1
        or not has_split_word(training.stem)
        or find_column(columns[tests[0]], LABEL_COLUMNS) is not None
    ):
        return None
    test, (label,) = tests[0], lacking[tests[0]]
    if not all(file == test or {label} < columns[file] < columns[training] for file in others):
        return None
    dataset = read(training, options if options.label_column is not None else replace(options, label_column=label))
    how = dataset.how_read.with_passed_over(
        (file.name, f"without the column {label!r}, which is to be predicted" if file == test else OF_PREDICTIONS)
        for file in others
    )
    said = f"{training.name} is read, which alone has {label!r} beside the columns of {test.name}."
    if options.label_column is None:
        said = f"{said} These are the labels; --label-column names another column."
    return replace(dataset, path=str(folder), name=folder.resolve().name, how_read=how.with_said(said))


def _stems(files: Sequence[Path]) -> str:
    return listed(file.stem for file in files)


def _tables_of(folder: Path, files: Sequence[Path], options: ReadOptions, form: str) -> tuple[list[pa.Table], HowRead]:
    tables, how = [], HowRead(form)
    for file in files:
        table, said = table_of_file(file, folder, options)
        how = how.with_said(*said)
        tables.append(with_plain_columns(table))
    tables, said_of_ids = _with_ids_apart(tables, files, options)
    return tables, how.with_said(said_of_ids)


def _with_ids_apart(tables: list[pa.Table], files: Sequence[Path], options: ReadOptions) -> tuple[list[pa.Table], str]:
    """The tables, the name of each before its ids where these begin anew in each table, and what is said of it."""
    names = {find_column(one.column_names, ID_COLUMNS, options.id_column, files[0]) for one in tables}
    name = names.pop()
    if name is None or names:
        return tables, ""
    ids = [texts_of(table[name]) for table in tables]
    together = len(np.unique(np.concatenate(ids)))
    if together == sum(map(len, ids)) or any(len(np.unique(one)) < len(one) for one in ids):
        return tables, ""
    apart = [np.char.add(f"{file.stem}/", one) for file, one in zip(files, ids, strict=True)]
    made = [
        table.set_column(table.column_names.index(name), name, pa.array(one.tolist(), pa.string()))
        for table, one in zip(tables, apart, strict=True)
    ]
    said = f"The ids in {name!r} begin anew in each table, so the name of each stands before them ({apart[0][0]})."
    return made, said


def _dataset_of(
    folder: Path, files: Sequence[Path], tables: Sequence[pa.Table], options: ReadOptions, how: HowRead
) -> LabelledDataset:
    """Of tables one below the other. Raises DataError where one has a column that the widest lacks."""
    widest = max(tables, key=lambda table: table.num_columns)
    for file, table in zip(files, tables, strict=True):
        if more := [name for name in table.column_names if name not in widest.column_names]:
            raise DataError(
                f"{file} has the column {more[0]!r}, which other tables in {folder} lack; read one of them."
            )
        if less := [name for name in widest.column_names if name not in table.column_names]:
            how = how.with_said(f"{file.name} lacks the columns {listed(less)}, so they are empty there.")
    table = joined(tables, f"The columns of {listed(files)}")
    return dataset_of_table(table, folder, folder, options, how)
