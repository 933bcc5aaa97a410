"""A smooth learner: softmax regression on similarities to some of the examples (Gaussian kernel, Nyström)."""

import numpy as np
from numpy.typing import NDArray

from aleator.learners.folds import Folds
from aleator.learners.linear import linear
from aleator.learners.softmax_regression import Floats
from aleator.rows import blocks

LANDMARKS = 1000
LEAST_EIGENVALUE = 1e-6
"""Of the kernel among landmarks, relative to the largest."""


def kernel(dense: Floats, labels: NDArray[np.int64], classes: int, folds: Folds, seed: int) -> NDArray[np.float32]:
    """Log-probabilities out of fold, `(draw, example, class)`, from features `(example, feature)`."""
    return linear(similarities(dense, seed), labels, classes, folds).log_probs


def similarities(dense: Floats, seed: int) -> Floats:
    """Features whose inner products approximate a Gaussian kernel (Williams & Seeger 2001), centred.

    The kernel's squared width is the median squared distance of two examples.
    """
    chosen = np.random.default_rng([seed, 1]).permutation(len(dense))[:LANDMARKS]
    landmarks = dense[np.sort(chosen)]
    among = _squared_distances(landmarks, landmarks)
    width = float(np.median(among[np.triu_indices(len(landmarks), 1)])) or 1.0
    values, directions = np.linalg.eigh(np.exp(-among / width).astype(np.float64))
    kept = values > LEAST_EIGENVALUE * values.max()
    projection = (directions[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    result = np.empty((len(dense), projection.shape[1]), dtype=np.float32)
    for rows in blocks(len(dense), LANDMARKS):
        result[rows] = np.exp(-_squared_distances(dense[rows], landmarks) / width) @ projection
    result -= result.mean(axis=0)
    # Along the principal axes the steps of L-BFGS need no turning.
    _, axes = np.linalg.eigh((result.T @ result).astype(np.float64))
    return np.asarray(result @ axes.astype(np.float32))


def _squared_distances(left: Floats, right: Floats) -> Floats:
    squares = np.einsum("nf,nf->n", left, left)[:, None] + np.einsum("nf,nf->n", right, right) - 2 * left @ right.T
    return np.asarray(np.maximum(squares, 0))
