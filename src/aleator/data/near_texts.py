"""Texts that are nearly the same: most of their runs of three words are shared (MinHash, Broder 1997)."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

ALIKE = 0.8
"""Share of the runs of words of two texts together that both have."""
BANDS, ROWS = 16, 4
"""Candidates agree in all rows of a band: of pairs with a share of .8 all but one in 3,000 do, with .4 a third."""
PRIME = (1 << 31) - 1
MOST_OF_A_BUCKET = 50
"""Of more texts in one bucket, each is compared with the first of them only."""


def plain(text: str) -> str:
    """A text without what a copy may differ in: case, spaces, signs, composed letters."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def near_pairs(texts: Sequence[str]) -> NDArray[np.int64]:
    """Rows of texts that are alike, `(2, pair)`: those of one bucket that share most runs of three words."""
    runs = HashingVectorizer(
        analyzer=_runs, n_features=2**20, binary=True, norm=None, alternate_sign=False, dtype=np.float32
    ).transform(texts)
    runs.sort_indices()
    filled = np.flatnonzero(np.diff(runs.indptr) > 0)
    if not len(filled):
        return np.empty((2, 0), dtype=np.int64)
    random = np.random.default_rng(0)
    starts = runs.indptr[:-1][filled]
    signature = np.empty((BANDS * ROWS, len(filled)), dtype=np.int64)
    for number in range(BANDS * ROWS):
        factor, shift = (int(value) for value in random.integers(1, PRIME, size=2))
        signature[number] = np.minimum.reduceat((runs.indices.astype(np.int64) * factor + shift) % PRIME, starts)
    sets = [runs.indices[runs.indptr[row] : runs.indptr[row + 1]] for row in filled.tolist()]
    found: set[tuple[int, int]] = set()
    for band in range(BANDS):
        keys = signature[band * ROWS : (band + 1) * ROWS]
        order = np.lexsort(keys)
        new = np.r_[True, (np.diff(keys[:, order], axis=1) != 0).any(axis=0), True]
        for start, end in zip(np.flatnonzero(new)[:-1].tolist(), np.flatnonzero(new)[1:].tolist(), strict=True):
            found |= _pairs(np.sort(order[start:end]).tolist())
    alike = [pair for pair in sorted(found) if _shared(sets[pair[0]], sets[pair[1]]) >= ALIKE]
    return filled[np.array(alike, dtype=np.int64).reshape(-1, 2).T]


def _pairs(bucket: list[int]) -> set[tuple[int, int]]:
    if len(bucket) > MOST_OF_A_BUCKET:
        return {(bucket[0], other) for other in bucket[1:]}
    return {(left, right) for place, left in enumerate(bucket) for right in bucket[place + 1 :]}


def _shared(left: NDArray[np.int32], right: NDArray[np.int32]) -> float:
    both = len(np.intersect1d(left, right, assume_unique=True))
    return both / max(len(left) + len(right) - both, 1)


def _runs(text: str) -> list[str]:
    """Runs of three words; of three characters in a text of few words, as scripts without spaces write them."""
    words = plain(text).split()
    if len(words) >= 6:
        return [" ".join(words[start : start + 3]) for start in range(len(words) - 2)]
    joined = " ".join(words)
    return [joined[start : start + 3] for start in range(max(len(joined) - 2, 1))] if joined else []
