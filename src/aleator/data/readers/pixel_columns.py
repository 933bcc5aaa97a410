"""A CSV with a column for each pixel: `label,pixel0,pixel1,...`, as of MNIST and its kin, or the same without names."""

import csv
import math
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.column_names import ID_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS, find_column
from aleator.data.readers.columns import columns_that_stay_text
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.labels import encoded, labelled
from aleator.data.readers.tables import read_table_saying
from aleator.data.sources import ImageArray
from aleator.data.wording import listed
from aleator.errors import DataError

FORM = "a CSV with a column for each pixel (label, pixel0, pixel1, ...)"
PIXEL = re.compile(r"(pixel|px|p)[ _.]?\d+|\d+x\d+", re.IGNORECASE)
FEWEST, FEWEST_UNNAMED = 16, 256
"""Columns of pixels, where these have names, and where so many numbers from 0 to 255 beside one tell by themselves that
they are a picture."""
SOME_ROWS = 20
PIXEL_VALUES = frozenset(map(str, range(256)))


def knows(path: Path) -> bool:
    """A CSV file whose header names pixels, or that has none and holds a square picture and a number in each row."""
    if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            rows = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            first = next(rows, [])
            return len(_pixel_columns(first)) >= FEWEST or _are_pictures([first, *islice(rows, SOME_ROWS)])
        except csv.Error:
            return False


def _are_pictures(rows: Sequence[Sequence[str]]) -> bool:
    """Whether each row holds the pixels of a square picture, and one number more."""
    count = len(rows[0]) - 1
    return (
        count >= FEWEST_UNNAMED
        and _shape(count) is not None
        and len(set(rows[0])) < len(rows[0])  # names of columns are not alike
        and all(len(row) == count + 1 and PIXEL_VALUES.issuperset(row) for row in rows)
    )


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the row numbers unless there is a column of ids. Raises DataError naming the row."""
    table, said = read_table_saying(path, columns_that_stay_text(options), options.encoding)
    names = table.column_names
    pixels = _pixel_columns(names)
    label = find_column(names, LABEL_COLUMNS, options.label_column, path, "--label-column")
    if not pixels:
        label = label or _label_beside_pictures(table, path)
        pixels = [name for name in names if name != label]
        said = (*said, f"{label!r} is read as the label, and the others as pixels.")
    if label is None:
        others = listed(name for name in names if name not in set(pixels))
        raise DataError(
            f"{path} has no column of labels beside its pixels; it has {others or 'none'}. Name it with --label-column."
        )
    wrong = [name for name in pixels if not pa.types.is_integer(table[name].type) or table[name].null_count]
    if wrong:
        raise DataError(f"{path}: the column {wrong[0]!r} holds other than whole numbers from 0 to 255.")
    values = np.stack([table[name].to_numpy() for name in pixels], axis=1)
    bad = np.flatnonzero((values < 0).any(axis=1) | (values > 255).any(axis=1))
    if len(bad):
        raise DataError(f"{path}, row {bad[0]}: a pixel is no number from 0 to 255.")
    labels = encoded(
        table[label].combine_chunks(), f"{path}, column {label!r}", options.names, missing=options.missing_label
    )
    id_column = find_column(names, ID_COLUMNS, options.id_column, path, "--id-column")
    split = find_column(names, SPLIT_COLUMNS)
    pictures = _pictures(values.astype(np.uint8), path)
    shape = "x".join(map(str, pictures.shape[1:]))
    return labelled(
        ImageArray(pictures),
        labels,
        path,
        HowRead(f"pictures of {shape} in {len(pixels)} columns of pixels").with_said(*said, *labels.said),
        ids=None if id_column is None else texts_of(table[id_column]),
        split=None if split is None else texts_of(table[split]),
    )


def _pixel_columns(names: list[str]) -> list[str]:
    return [name for name in names if PIXEL.fullmatch(name.strip())]


def _label_beside_pictures(table: pa.Table, path: Path) -> str:
    """The first or the last column: the corners of such pictures are all alike, and labels are not. Raises DataError
    where that does not tell."""
    first, *_, last = table.column_names
    ends = [name for name in (first, last) if len(table[name].unique()) > 1]
    if len(ends) == 1:
        return str(ends[0])
    raise DataError(
        f"{path} has {table.num_columns} columns without names, as pictures and a label have. Name the label's with "
        f"--label-column: {first!r} or {last!r}."
    )


def _pictures(values: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    shape = _shape(values.shape[1])
    if shape is None:
        raise DataError(
            f"{path} has {values.shape[1]} columns of pixels, which are no square picture, grey or in colour."
        )
    return values.reshape(-1, *shape)


def _shape(count: int) -> tuple[int, ...] | None:
    """Of a square picture of so many numbers, grey or in colour."""
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side * side * channels == count:
            return (side, side) if channels == 1 else (side, side, 3)
    return None
