"""Probabilities of many classes, of which each example has only the likeliest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aleator.errors import DataError

MOST_LEADING = 32
"""Of more classes of an example only the likeliest are kept singly."""
ROUNDING = 0.02
"""How much more than one the probabilities of an example may sum to."""


@dataclass(frozen=True)
class LikeliestClasses:
    """The classes that each example has, the likeliest first, and their probabilities."""

    label: NDArray[np.int64]
    """`(example, place)`; -1 where there are fewer."""
    probs: NDArray[np.float32]
    """`(example, place)`; zero where there is none. What is left of one is all other classes'."""
    classes: int


def is_sparse(pred_probs: Any) -> bool:
    """Whether probabilities are one of scipy's sparse matrices or arrays."""
    return bool(sparse.issparse(pred_probs))


def likeliest_classes(pred_probs: Any, what: str = "pred_probs") -> LikeliestClasses:
    """From a sparse matrix `(example, class)` of probabilities. Raises DataError naming the first row that is wrong."""
    if pred_probs.ndim != 2 or pred_probs.shape[1] < 2 or not np.issubdtype(pred_probs.dtype, np.floating):
        raise DataError(
            f"{what} has shape {pred_probs.shape} and type {pred_probs.dtype}; wanted are probabilities (example, "
            "class) for two classes or more."
        )
    matrix = sparse.csr_array(pred_probs)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        counts = np.diff(matrix.indptr)
        matrix.sum_duplicates()
        twice = np.flatnonzero(np.diff(matrix.indptr) < counts)
        if len(twice):
            raise DataError(f"{what}, row {twice[0]}: a class stands there twice; {len(twice)} such rows.")
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    total = np.bincount(rows, matrix.data, minlength=matrix.shape[0])
    wrong = np.flatnonzero(~((matrix.data >= 0) & (matrix.data <= 1 + ROUNDING)))
    bad = np.union1d(rows[wrong], np.flatnonzero(~((total > 0) & (total <= 1 + ROUNDING))))
    if len(bad):
        row = int(bad[0])
        raise DataError(
            f"{what}, row {row}: {np.array2string(matrix[[row]].data[:8], precision=4)} are no probabilities of some "
            f"classes (they sum to {total[row]:.4g}); {len(bad)} such rows. Give probabilities that sum to at most "
            "one, not logits, without NaN, and one of each example at least."
        )
    order = np.lexsort([-matrix.data, rows])
    place = np.arange(len(order)) - matrix.indptr[rows]
    kept = order[place < MOST_LEADING]
    places = place[place < MOST_LEADING]
    shape = matrix.shape[0], int(places.max()) + 1
    label, probs = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.float32)
    label[rows[kept], places], probs[rows[kept], places] = matrix.indices[kept], matrix.data[kept]
    probs /= np.maximum(probs.sum(axis=1, keepdims=True), 1)
    return LikeliestClasses(label, probs, matrix.shape[1])
