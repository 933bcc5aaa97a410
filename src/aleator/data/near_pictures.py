"""Pictures that are nearly the same: brighter, recompressed, slightly cropped.

Two pictures are copies where their pixels correlate, and candidates where their sketches of 12x12 grey pixels do. A
sketch is a direction; those that correlate by c lie within `sqrt(2 - 2c)` of each other, along any axes too. So a tree
over a few leading axes misses none, and most pairs of its leaves need not be compared.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.groups import connected
from aleator.workers.kept import results_of
from aleator.workers.piece import HERE, Arrays, Piece, Workers

SKETCH_SIDE = 12
SKETCH_CORRELATION = 0.975
REACH = float(np.sqrt(2 - 2 * SKETCH_CORRELATION)) + 1e-4
"""Sketches farther apart than this do not correlate so; a little more, for rounding."""
FULL_CORRELATION = 0.97
SMALL_SIDE, SMALL_CORRELATION = 32, 0.99
"""Below 32 pixels a side there is so little detail that different pictures (two handwritten ones) correlate by .97."""
FAINT = 4.0
"""A picture whose pixels deviate less than this is blank: it only equals its exact copies."""
AXES, SPLIT_AXES, SAMPLE = 32, 8, 20_000
"""Leading axes of the sketches, those that a tree is split along, and the sketches that tell them."""
LEAF = 256
PICTURES_IN_PIECE = 100_000
"""Whose copies are a piece of work: some twenty seconds of one core."""
MOST_WAITING, BLOCK_CELLS = 4_000_000, 4_000_000
"""Pairs of candidates, and numbers of whatever kind, that are looked at together."""


def near_links(
    pictures: NDArray[np.uint8],
    rows: NDArray[np.int64],
    *,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> NDArray[np.int64]:
    """Links among some of the pictures `(example, channel, height, width)` that join all that are nearly the same,
    `(2, link)`. Among many, `on` looks for them by the piece, and `folder` keeps what each finds."""
    rows, sketches = _sketches(pictures, rows)
    if len(rows) < 2:
        return np.empty((2, 0), dtype=np.int64)
    leading = sketches @ _leading_axes(sketches)
    order, ends = _leaves(leading)
    rows, sketches, leading = rows[order], sketches[order], leading[order]
    if len(rows) <= PICTURES_IN_PIECE:

        def on_leaf(leaf: int) -> None:
            on_block(int(ends[leaf]), len(rows))

        return links_of(pictures, rows, sketches, leading, ends, 0, len(ends), on_leaf)["links"]
    bounds = np.searchsorted(ends, np.arange(0, len(rows), PICTURES_IN_PIECE)).tolist()
    shared = pictures, rows, sketches, leading, ends
    pieces = [
        Piece(f"copies-{first}", links_of, (first, last), shared)
        for first, last in zip(bounds, [*bounds[1:], len(ends)], strict=True)
    ]
    return np.concatenate([found["links"] for found in results_of(pieces, folder, on, on_block)], axis=1)


def links_of(
    pictures: NDArray[np.uint8],
    rows: NDArray[np.int64],
    sketches: NDArray[np.float32],
    leading: NDArray[np.float32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    on_leaf: Callable[[int], None] = lambda leaf: None,
) -> Arrays:
    """The `links` `(2, link)` from pictures of the leaves `first` to `last` to those and to later ones; rows, sketches
    and their leading axes are in the order of the leaves, of which each has an end."""
    joined, count = np.arange(len(rows)), 0
    waiting: list[NDArray[np.int64]] = []
    for leaf, pairs in _near(leading, ends, first, last):
        waiting.append(pairs[:, joined[pairs[0]] != joined[pairs[1]]])
        count += waiting[-1].shape[1]
        if count > MOST_WAITING:
            joined = _join(joined, np.concatenate(waiting, axis=1), pictures, rows, sketches)
            waiting, count = [], 0
        on_leaf(leaf)
    if count:
        joined = _join(joined, np.concatenate(waiting, axis=1), pictures, rows, sketches)
    linked = np.flatnonzero(joined != np.arange(len(rows)))
    return {"links": np.stack([rows[linked], rows[joined[linked]]])}


def _leaves(leading: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An order in which near sketches come one after another, and where each leaf of a tree of halves ends in it."""
    leaves: list[NDArray[np.int64]] = []
    open_parts = [np.arange(len(leading))]
    while open_parts:
        part = open_parts.pop()
        if len(part) <= LEAF:
            leaves.append(part)
            continue
        some = leading[part, :SPLIT_AXES]
        widest = int(np.ptp(some, axis=0).argmax())
        half = np.argpartition(some[:, widest], len(part) // 2)
        open_parts += [part[half[len(part) // 2 :]], part[half[: len(part) // 2]]]
    return np.concatenate(leaves), np.cumsum([len(leaf) for leaf in leaves])


def _near(
    leading: NDArray[np.float32], ends: NDArray[np.int64], first: int, last: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Pairs within reach of each other along the leading axes, `(2, pair)`, by the leaf of the first, which is the
    lower: of the leaves `first` to `last`.

    Two leaves whose boxes are farther apart have none. The others are compared as a matrix product: with half of the
    squared lengths as axes more, what it holds is minus half of the squared distance.
    """
    starts = np.concatenate([[0], ends[:-1]])
    low, high = (ufunc.reduceat(leading, starts) for ufunc in (np.minimum, np.maximum))
    half, one = -0.5 * (leading**2).sum(axis=1, keepdims=True), np.ones((len(leading), 1), np.float32)
    left, right = np.hstack([leading, half, one]), np.hstack([leading, one, half])
    for leaf in range(first, last):
        start, end = int(starts[leaf]), int(ends[leaf])
        gap = np.maximum(np.maximum(low[leaf:] - high[leaf], low[leaf] - high[leaf:]), 0)
        within = leaf + np.flatnonzero((gap**2).sum(axis=1) <= REACH**2)
        for some in np.array_split(within, -(-len(within) * LEAF * LEAF // BLOCK_CELLS)):
            others = np.concatenate([np.arange(starts[one], ends[one]) for one in some.tolist()])
            near = np.flatnonzero(left[start:end] @ right[others].T >= -0.5 * REACH**2)
            pairs = np.stack([start + near // len(others), others[near % len(others)]])
            yield leaf, pairs[:, pairs[0] < pairs[1]]


def _join(
    joined: NDArray[np.int64],
    pairs: NDArray[np.int64],
    pictures: NDArray[np.uint8],
    rows: NDArray[np.int64],
    sketches: NDArray[np.float32],
) -> NDArray[np.int64]:
    """One of the group of each row, after those pairs of candidates `(2, pair)` that are alike were joined.

    Those whose ends are joined by others need not be compared: of each row a few are at first, then more, so that where
    all are alike it is one each.
    """
    most = 1
    left, right = pairs[:, np.lexsort(pairs)]
    while True:
        apart = joined[left] != joined[right]
        left, right = left[apart], right[apart]
        if not len(left):
            return joined
        place = np.arange(len(right)) - np.searchsorted(right, right)
        now = place < most
        one, other = left[now], right[now]
        like = _correlate(sketches, one, other, SKETCH_CORRELATION)
        one, other = one[like], other[like]
        enough = FULL_CORRELATION if min(pictures.shape[2:]) >= SMALL_SIDE else SMALL_CORRELATION
        like = _correlate(pictures, rows[one], rows[other], enough)
        if like.any():
            ends = np.concatenate([[one[like], other[like]], [np.arange(len(joined)), joined]], axis=1)
            group = connected(len(joined), ends)
            _, first = np.unique(group, return_index=True)
            joined = first[group]
        left, right, most = left[~now], right[~now], most * 4


def _correlate(
    values: NDArray[Any], left: NDArray[np.int64], right: NDArray[np.int64], enough: float
) -> NDArray[np.bool_]:
    """Whether the numbers of each pair `(pair,)` of `values` `(example, ...)` correlate so, `(pair,)`."""
    result = np.zeros(len(left), dtype=bool)
    step = max(1, BLOCK_CELLS // max(1, int(np.prod(values.shape[1:]))))
    for start in range(0, len(left), step):
        block = slice(start, start + step)
        both = [_unit(values[some[block]]) for some in (left, right)]
        result[block] = np.einsum("np,np->n", *both) >= enough
    return result


def _sketches(pictures: NDArray[np.uint8], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows that are not blank, and each one's sketch, `(row, cell)`."""
    kept, sketches = [], []
    step = max(1, BLOCK_CELLS // max(1, int(np.prod(pictures.shape[1:]))))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        block = pictures[some]
        clear = block.reshape(len(block), -1).std(axis=1) >= FAINT
        kept.append(some[clear])
        sketches.append(_unit(_sketch(block[clear])))
    return np.concatenate(kept), np.concatenate(sketches)


def _sketch(block: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures averaged down to about 12x12 grey pixels."""
    grey = block.mean(axis=1, dtype=np.float32)
    for axis in (1, 2):
        side = grey.shape[axis]
        edges = np.linspace(0, side, min(SKETCH_SIDE, side) + 1).astype(int)
        # Cells differ in size by one pixel: their sums would show the same grid in every sketch.
        size = np.diff(edges).reshape((-1, 1) if axis == 1 else (1, -1))
        grey = np.add.reduceat(grey, edges[:-1], axis=axis) / size.astype(np.float32)
    return np.asarray(grey, dtype=np.float32)


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    """Of each example, all numbers centred and of length one, `(example, number)`."""
    flat = values.reshape(len(values), int(np.prod(values.shape[1:]))).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return flat


def _leading_axes(sketches: NDArray[np.float32]) -> NDArray[np.float32]:
    """The directions along which sketches differ most, `(cell, axis)`."""
    some = sketches[:: max(1, len(sketches) // SAMPLE)].astype(np.float64)
    some -= some.mean(axis=0)
    directions = np.linalg.eigh(some.T @ some)[1]
    return np.ascontiguousarray(directions[:, ::-1][:, :AXES], dtype=np.float32)
