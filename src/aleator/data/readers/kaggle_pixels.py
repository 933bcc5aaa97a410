"""Kaggle's `fer2013.csv`: `emotion,pixels,Usage`, each picture as 2,304 numbers in a cell."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.column_names import find_column
from aleator.data.readers.labels import EMOTIONS, encoded, labelled
from aleator.data.readers.limits import check_columns, check_utf8
from aleator.data.sources import ImageArray
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading

HEADER = 1 << 16
"""A header is not longer: characters."""
FORM = "Kaggle's fer2013.csv (emotion, pixels, Usage)"


def knows(path: Path) -> bool:
    """A CSV file with a column of pixels."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return "pixels" in [name.strip().strip('"').lower() for name in file.readline(HEADER).split(",")]


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; ids are the row numbers, counted from 0. Raises DataError naming the row that is wrong."""
    with while_reading(path, "CSV"):
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(block_size=64 << 20),
            convert_options=csv.ConvertOptions(strings_can_be_null=True),
        )
        check_columns(table.column_names, path)  # decoded only now: a header that is not UTF-8 fails here
        check_utf8(table, path)
        columns = table.column_names
    if table.num_rows == 0:
        raise DataError(f"{path} has a header but no rows.")
    pixel_column = find_column(columns, ["pixels"])
    label_column = find_column(columns, ["emotion", "label"], options.label_column, path)
    usage_column = find_column(columns, ["usage", "split"])
    if label_column is None or pixel_column is None:
        raise DataError(f"{path} has no column 'emotion'; it has {listed(columns)}. Name it with --label-column.")
    labels = encoded(
        table[label_column].to_pylist(),
        f"{path}, column {label_column!r}",
        options.names,
        number_names=EMOTIONS if label_column.strip().lower() == "emotion" else None,
        missing=options.missing_label,
    )
    source = ImageArray(_pixels(table[pixel_column], path))
    split = None if usage_column is None else np.array([value or "" for value in table[usage_column].to_pylist()])
    return labelled(source, labels, path, HowRead(FORM).with_said(*labels.said), split=split)


def _pixels(column: pa.ChunkedArray, path: Path) -> NDArray[np.uint8]:
    side = 0
    pictures = np.empty((0, 0, 0), dtype=np.uint8)
    for row, cell in enumerate(column.to_pylist()):
        text = "" if cell is None else str(cell).strip()
        try:
            # Four times as fast as split(); wide integers, so that 256 is seen and not wrapped around.
            values = np.fromstring(text, dtype=np.int64, sep=" ")
        except ValueError as error:
            raise DataError(f"{path}, row {row}: a pixel is no number from 0 to 255 ({error}).") from error
        if row == 0:
            side = math.isqrt(len(values))
            if not side or side * side != len(values):
                raise DataError(f"{path}, row 0: {len(values)} pixels are no square picture (as 48x48 = 2304 is).")
            pictures = np.empty((len(column), side, side), dtype=np.uint8)
        if len(values) != side * side:
            raise DataError(
                f"{path}, row {row}: {len(values)} pixels; wanted are {side}x{side} = {side * side}, "
                "as in the first row."
            )
        if values.min() < 0 or values.max() > 255:
            raise DataError(
                f"{path}, row {row}: a pixel is no number from 0 to 255 ({values.min()} to {values.max()})."
            )
        pictures[row] = values.reshape(side, side)
    return pictures
