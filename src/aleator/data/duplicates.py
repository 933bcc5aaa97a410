"""Copies: examples that are the same picture, exactly or nearly."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from aleator.data.examples import Examples
from aleator.data.near_texts import near_pairs, plain
from aleator.data.sources import TableRows, TextArray

SKETCH_SIDE = 12
SKETCH_CORRELATION = 0.975
FULL_CORRELATION = 0.97
SMALL_SIDE, SMALL_CORRELATION = 32, 0.99
"""Below 32 pixels a side there is so little detail that different pictures (two handwritten ones) correlate by .97."""
FAINT = 4.0
"""A picture whose pixels deviate less than this is blank: it only equals its exact copies."""
BLOCK_CELLS = 8_000_000


@dataclass(frozen=True)
class Duplicates:
    """Which examples are copies of each other."""

    group: NDArray[np.int64]
    """Number of the group of copies, `(example,)`; -1 stands alone."""
    exact: NDArray[np.bool_]
    """The example has a copy that is the same to the last bit, `(example,)`."""


def find_duplicates(
    examples: Examples,
    *,
    near: bool = True,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Duplicates:
    """Groups of copies among pictures `(example, channel, height, width)`, feature vectors `(example, feature)`, texts
    or rows of a table.

    Exact copies are found by hash. Near copies (pictures only: brighter, recompressed, slightly cropped) are those
    whose pixels correlate by .97 or more (.99 below 32 pixels a side), found by a sketch of 12x12 pixels first.
    Near copies of a text are those that differ in case, signs and spaces, or share most of their runs of three words.
    Copies of copies are one group. A mirrored picture is no copy: mirrored letters and digits mean something else.
    """
    exact_of = _exact(examples)
    _, first, count = np.unique(exact_of, return_index=True, return_counts=True)
    pairs = [np.stack([np.arange(len(examples)), first[exact_of]])]
    if near and isinstance(examples, TextArray):
        pairs += _near_texts(examples, first)
    elif near and isinstance(examples, np.ndarray) and examples.ndim == 4:
        pairs.append(_near_pairs(examples.astype(np.uint8, copy=False), first, on_block))
    left, right = np.concatenate(pairs, axis=1)
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(examples),) * 2)
    _, component = connected_components(links, directed=False)
    size = np.bincount(component)
    grouped = size[component] > 1
    group = np.full(len(examples), -1, dtype=np.int64)
    group[grouped] = np.unique(component[grouped], return_inverse=True)[1]
    return Duplicates(group, count[exact_of] > 1)


def _exact(examples: Examples) -> NDArray[np.int64]:
    """A number for each distinct example, `(example,)`."""
    if isinstance(examples, TextArray):
        return _numbered(text.encode(errors="surrogatepass") for text in examples.texts)
    if isinstance(examples, TableRows):
        columns = [column.combine_chunks() for column in examples.table.itercolumns()]
        codes = [_numbered(repr(value).encode(errors="surrogatepass") for value in one.to_pylist()) for one in columns]
        return _numbered(row.tobytes() for row in np.stack(codes, axis=1))
    return _numbered(example.tobytes() for example in examples)


def _numbered(contents: Iterable[bytes]) -> NDArray[np.int64]:
    """A number for each distinct content."""
    numbers: dict[bytes, int] = {}
    digests = (hashlib.blake2b(content, digest_size=16).digest() for content in contents)
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=np.int64)


def _near_texts(examples: TextArray, first: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Links among the first of each text: those that are the same but for case, signs and spaces, and those alike."""
    texts = [examples.texts[row] for row in first.tolist()]
    plainly = [plain(text) for text in texts]
    number = _numbered(text.encode(errors="surrogatepass") for text in plainly)
    worded = np.array([bool(text) for text in plainly])
    _, leader = np.unique(number, return_index=True)
    same = np.stack([np.arange(len(texts)), leader[number]])[:, worded]
    leaders = leader[worded[leader]]
    alike = near_pairs([plainly[row] for row in leaders.tolist()])
    return [first[same], first[leaders[alike]]]


def _near_pairs(
    pictures: NDArray[np.uint8], rows: NDArray[np.int64], on_block: Callable[[int, int], None]
) -> NDArray[np.int64]:
    """Links among `rows` that join all whose pixels correlate, `(2, row)`: each to one of its group.

    Candidates come by the block and are merged at once, so that memory stays linear even where all are alike.
    """
    deviation = np.array([pictures[row].std() for row in rows])
    rows = rows[deviation >= FAINT]
    if len(rows) < 2:
        return np.empty((2, 0), dtype=np.int64)
    sketches = np.stack([_unit(_sketch(pictures[row])) for row in rows])
    joined = np.arange(len(rows))
    step = max(1, BLOCK_CELLS // len(rows))
    for start in range(0, len(rows), step):
        stop = min(len(rows), start + step)
        left, right = np.nonzero(sketches[start:stop] @ sketches[start:].T >= SKETCH_CORRELATION)
        later = right > left
        left, right = left[later] + start, right[later] + start
        for candidates in np.split(np.stack([left, right]), np.flatnonzero(np.diff(left)) + 1, axis=1):
            if not candidates.size:
                continue
            one, others = candidates[0, 0], candidates[1]
            others = others[joined[others] != joined[one]]
            others = others[_alike(pictures, rows[one], rows[others])]
            if len(others):
                joined[np.isin(joined, joined[others])] = joined[one]
        on_block(stop, len(rows))
    return np.stack([rows, rows[joined]])


def _alike(pictures: NDArray[np.uint8], row: np.int64, others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the pixels of each other picture correlate with those of one, `(other,)`."""
    enough = FULL_CORRELATION if min(pictures.shape[2:]) >= SMALL_SIDE else SMALL_CORRELATION
    one = _unit(pictures[row].ravel())
    return np.array([float(np.vdot(one, _unit(pictures[other].ravel()))) >= enough for other in others], dtype=bool)


def _sketch(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The picture averaged down to about 12x12 grey pixels."""
    grey = picture.mean(axis=0, dtype=np.float32)
    for axis, side in enumerate(grey.shape):
        edges = np.linspace(0, side, min(SKETCH_SIDE, side) + 1).astype(int)
        # Cells differ in size by one pixel: their sums would show the same grid in every sketch.
        size = np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
        grey = np.add.reduceat(grey, edges[:-1], axis=axis) / size.astype(np.float32)
    return np.asarray(grey, dtype=np.float32).ravel()


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    centred = values.astype(np.float32) - values.mean(dtype=np.float64).astype(np.float32)
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-12), dtype=np.float32)
