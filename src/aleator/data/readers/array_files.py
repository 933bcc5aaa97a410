"""The arrays of a file, `.npz`, `.npy` or MNIST's, by name; nothing is unpickled."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.errors import while_reading

ALONE = ""
IDX = "-ubyte"
"""How files end that hold bytes as MNIST's do (`train-images-idx3-ubyte`)."""
LARGE = 1 << 28
"""Bytes of an .npy from which on it is not read into memory, but mapped: what is looked at is read then."""
FILES = "NumPy arrays"
PICKLED = "holds Python objects; save it as numbers or text, for example numpy.save(file, labels.astype(str))"


def read_arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    """The arrays of a file by name, each read when it is asked for; the one of an .npy is ALONE.

    Raises DataError, also later: a damaged array that nobody asks for does no harm.
    """
    with while_reading(path, FILES):
        with path.open("rb") as file:
            start = file.read(6)
        if start == b"\x93NUMPY":
            try:
                large = path.stat().st_size > LARGE
                return {ALONE: np.load(path, mmap_mode="r" if large else None, allow_pickle=False).view(np.ndarray)}
            except ValueError as error:
                if "Object arrays" not in str(error):
                    raise
                raise ValueError(f"it {PICKLED}") from error
        if path.name.endswith(IDX):
            return {ALONE: _of_idx(path)}
        if not start.startswith(b"PK"):
            raise ValueError("it begins neither as .npy nor as .npz")
        return _Archive(path)


def _of_idx(path: Path) -> NDArray[Any]:
    """The array of a file of bytes as MNIST's: two zeros, 8, the count of axes, the length of each, the numbers."""
    content = path.read_bytes()
    if content[:3] != b"\0\0\x08" or len(content) < 4:
        raise ValueError("it does not begin as such a file of bytes does")
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
    numbers = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    if len(numbers) != shape.prod(dtype=np.int64):
        raise ValueError(f"it says that it holds {shape.prod(dtype=np.int64):,} numbers, and holds {len(numbers):,}")
    return numbers.reshape(tuple(shape.tolist()))


class _Archive(Mapping[str, NDArray[Any]]):
    """The arrays of an .npz."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with np.load(path, allow_pickle=False) as loaded:
            self.names = tuple(loaded.files)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.names:
            raise KeyError(name)
        with while_reading(self.path, FILES), np.load(self.path, allow_pickle=False) as loaded:
            try:
                array = loaded[name]
            except ValueError as error:
                if "Object arrays" not in str(error):
                    raise
                # Never unpickled.
                raise ValueError(f"{name!r} {PICKLED}") from error
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name!r} is no array")
            return array
