"""A number for each example, the same wherever the same picture or text is."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.decoding import UnreadableImage
from aleator.data.sources import ImageArray, ImageBytes, ImageFiles

WHOLE = 1 << 20
"""Bytes up to which all of a file is looked at; of larger ones, its size and three parts of it."""
PART = 1 << 16
NOT_THERE = 0


def example_keys(source: Any, workers: int | None = None) -> NDArray[np.uint64]:
    """`(example,)`; 0 for a file that cannot be read. By content, not by name: copies have the same, and a folder that
    was moved or renamed keeps its own. Where pictures of more than 8 bits are scaled by what the data hold, that
    belongs to it."""
    scaling = source.scaling() if isinstance(source, ImageFiles | ImageBytes) else None
    salt = b"" if scaling is None else repr(scaling).encode()
    content = _content_of(source)

    def key(row: int) -> int:
        try:
            return int.from_bytes(hashlib.blake2b(content(row) + salt, digest_size=8).digest(), "little") or 1
        except (OSError, UnreadableImage):
            return NOT_THERE

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        return np.array(list(pool.map(key, range(len(source)), chunksize=256)), dtype=np.uint64)


def _content_of(source: Any) -> Callable[[int], bytes]:
    """What is hashed of each example."""
    if isinstance(source, ImageFiles):
        return lambda row: _parts_of(source.root / source.paths[row])
    if isinstance(source, ImageBytes):
        return source.encoded
    if isinstance(source, ImageArray):
        shape = str(source.pixels.shape[1:]).encode()
        return lambda row: shape + bytes(source.pixels[row].tobytes())
    return lambda row: str(source.load(row)).encode()


def _parts_of(path: Path) -> bytes:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= WHOLE:
            return file.read()
        parts = [str(size).encode()]
        for place in (0, (size - PART) // 2, size - PART):
            file.seek(place)
            parts.append(file.read(PART))
        return b"".join(parts)
