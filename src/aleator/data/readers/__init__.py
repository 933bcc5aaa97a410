"""Readers: one form of labelled data a file. Each says whether it knows a path, and reads it."""

from collections.abc import Callable
from pathlib import Path

from aleator.data.dataset import LabelledDataset
from aleator.data.readers import arrays, folder, kaggle_pixels, table
from aleator.data.readers.options import ReadOptions

Reader = tuple[Callable[[Path], bool], Callable[[Path, ReadOptions], LabelledDataset]]

READERS: dict[str, Reader] = {
    "kaggle pixels": (kaggle_pixels.knows, kaggle_pixels.read),
    "arrays": (arrays.knows, arrays.read),
    "table": (table.knows, table.read),
    "folder": (folder.knows, folder.read),
}
"""Asked in this order; the first that knows the path reads it."""
