"""Values on their way to another process of this machine: pickled, and large arrays mapped from files by both."""

import pickle
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.files import read_array, write_array

MAPPED_FROM = 1_000_000
"""Bytes of an array from which on it is not pickled."""


def write_sent(value: Any, path: Path) -> None:
    """Write it for `read_sent`; arrays that are not mapped from a whole file already are put beside it."""
    with path.open("wb") as file:
        _Pickler(file, path).dump(value)


def read_sent(path: Path) -> Any:
    """Only of a file that this very program has just written: unpickling runs what a file says."""
    with path.open("rb") as file:
        return pickle.load(file)


class _Pickler(pickle.Pickler):
    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.path, self.arrays = path, 0

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.nbytes < MAPPED_FROM or value.dtype.hasobject:
            return NotImplemented
        return _mapped, (self._file_of(value),)

    def _file_of(self, array: NDArray[Any]) -> str:
        self.arrays += 1
        return str(file_of(array, self.path.with_name(f"{self.path.name}-{self.arrays}.npy")))


def file_of(array: NDArray[Any], path: Path) -> Path:
    """The file (.npy) that the whole array is mapped from; a new one at `path` where there is none."""
    buffer: Any = array.base
    if isinstance(array, np.memmap) and isinstance(buffer, mmap):  # not of some rows, whose base is an array
        return Path(str(array.filename)).resolve()
    write_array(path, array)
    return path.resolve()


def _mapped(path: str) -> NDArray[Any]:
    return read_array(Path(path), mapped=True)
