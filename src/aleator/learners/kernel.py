"""A smooth learner: softmax regression on similarities to some of the examples (Gaussian kernel, Nyström)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.learners.folds import Folds
from aleator.learners.linear import MOST_TO_FIT, linear
from aleator.learners.softmax_regression import Floats
from aleator.rows import blocks, evenly, let_go

LANDMARKS = 1000
MOST_TO_CENTRE = 50_000
"""Examples that the features' mean and axes are found on, evenly spread."""
LEAST_EIGENVALUE = 1e-6
"""Of the kernel among landmarks, relative to the largest."""


def kernel(dense: Floats, labels: NDArray[np.int64], classes: int, folds: Folds, seed: int) -> NDArray[np.float32]:
    """Log-probabilities out of fold, `(draw, example, class)`, from features `(example, feature)`."""
    similarities = Similarities(dense, seed)
    rows = similarities[:] if len(dense) <= MOST_TO_FIT else similarities
    return linear(rows, labels, classes, folds).log_probs


class Similarities:
    """Features whose inner products approximate a Gaussian kernel (Williams & Seeger 2001), centred, computed for the
    examples that are asked for.

    The kernel's squared width is the median squared distance of two examples.
    """

    def __init__(self, dense: Floats, seed: int) -> None:
        """Of features `(example, feature)`."""
        chosen = np.random.default_rng([seed, 1]).permutation(len(dense))[:LANDMARKS]
        self.dense, self.landmarks = dense, dense[np.sort(chosen)]
        among = _squared_distances(self.landmarks, self.landmarks)
        self.width = float(np.median(among[np.triu_indices(len(self.landmarks), 1)])) or 1.0
        values, directions = np.linalg.eigh(np.exp(-among / self.width).astype(np.float64))
        kept = values > LEAST_EIGENVALUE * values.max()
        self.projection = (directions[:, kept] / np.sqrt(values[kept])).astype(np.float32)
        some = self._projected(dense[evenly(np.arange(len(dense)), MOST_TO_CENTRE)])
        self.centre = some.mean(axis=0)
        some -= self.centre
        # Along the principal axes the steps of L-BFGS need no turning.
        _, axes = np.linalg.eigh((some.T @ some).astype(np.float64))
        self.axes = axes.astype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.dense), len(self.axes)

    def __getitem__(self, rows: Any) -> Floats:
        """Of these examples, `(example, feature)`."""
        result = np.asarray((self._projected(self.dense[rows]) - self.centre) @ self.axes)
        let_go(self.dense)
        return result

    def _projected(self, dense: Floats) -> Floats:
        result = np.empty((len(dense), self.projection.shape[1]), dtype=np.float32)
        for some in blocks(len(dense), LANDMARKS):
            result[some] = np.exp(-_squared_distances(dense[some], self.landmarks) / self.width) @ self.projection
        return result


def _squared_distances(left: Floats, right: Floats) -> Floats:
    squares = np.einsum("nf,nf->n", left, left)[:, None] + np.einsum("nf,nf->n", right, right) - 2 * left @ right.T
    return np.asarray(np.maximum(squares, 0))
