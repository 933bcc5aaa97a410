"""Rows of large arrays: in pieces that bound the memory, or evenly spread ones that stand for all."""

import mmap
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 1_000_000
WORTH_THREADS = 4


class Rows(Protocol):
    """Examples `(example, number)`, dense or sparse, kept or computed, some of which are asked for at a time."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


def blocks(examples: int, cells: int, most: int = BLOCK_CELLS) -> list[slice]:
    """All rows in pieces, each of about a million numbers, or `most`, where an example has so many `cells`."""
    size = max(1, most // cells)
    return [slice(start, min(start + size, examples)) for start in range(0, examples, size)]


def let_go(array: object) -> None:
    """Of an array that is mapped from a file, what was read or written is not held in memory any longer; the file has
    it. Without this it would be held until the system needs the room."""
    holder: Any = array
    while isinstance(holder, np.ndarray):
        holder = holder.base
    if isinstance(holder, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        holder.madvise(mmap.MADV_DONTNEED)


def not_finite(values: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The rows of `(row, number)` that hold NaN or an infinite number, looked for block by block."""
    pieces = blocks(len(values), max(1, values[:1].size))
    found = [piece.start + np.flatnonzero(~np.isfinite(values[piece]).all(axis=1)) for piece in pieces]
    let_go(values)
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def in_blocks(work: Callable[[slice], None], examples: int, cells: int) -> None:
    """Do the work on all blocks; where there are many, in a thread for each processor, up to four."""
    pieces = blocks(examples, cells)
    if len(pieces) < WORTH_THREADS:
        for piece in pieces:
            work(piece)
        return
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        for _ in pool.map(work, pieces):
            pass


def at_random(rows: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """At most so many of the rows, drawn at random, in order."""
    return rows if len(rows) <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def random_order(count: int) -> NDArray[np.int64]:
    """All rows in a random order, which is the same every time."""
    return np.random.default_rng(0).permutation(count)
