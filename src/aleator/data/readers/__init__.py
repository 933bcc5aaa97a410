"""Readers: one form of labelled data a file. Each says whether it knows a path, and reads it.

A reader is a module with `FORM` (what it reads, for people), `knows(path)` and `read(path, options)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.readers import (
    annotations,
    arrays,
    darwin,
    fiftyone,
    folder,
    hugging_face,
    kaggle_pixels,
    pixel_columns,
    table,
)


@dataclass(frozen=True)
class Reader:
    """One form of data."""

    form: str
    """What it looks like, for people: it stands in the help and in errors."""
    knows: Callable[[Path], bool]
    read: Callable[[Path, ReadOptions], LabelledDataset]


def reader_of(module: ModuleType) -> Reader:
    return Reader(module.FORM, module.knows, module.read)


READERS: dict[str, Reader] = {
    "kaggle pixels": reader_of(kaggle_pixels),
    "pixel columns": reader_of(pixel_columns),
    "arrays": reader_of(arrays),
    "darwin": reader_of(darwin),
    "annotations": reader_of(annotations),
    "table": reader_of(table),
    "fiftyone": reader_of(fiftyone),
    "hugging face": reader_of(hugging_face),
    "folder": reader_of(folder),
}
"""Asked in this order; the first that knows the path reads it."""


def reader_for(path: Path) -> Reader | None:
    """The reader that knows the path; None where none does."""
    return next((reader for reader in READERS.values() if reader.knows(path)), None)


def forms() -> str:
    """All forms that are read, in one sentence."""
    *others, last = (reader.form for reader in READERS.values())
    return "; ".join([*others, f"or {last}"])
