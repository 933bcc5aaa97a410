"""A linear learner: softmax regression, its penalty chosen by what it predicts of labels that it has not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.learners.folds import Folds
from aleator.learners.softmax_regression import ENOUGH, Floats, Matrix, fit_many, with_intercept
from aleator.rows import evenly

PENALTIES = tuple(10.0**power for power in range(4, -4, -1))
"""Tried from the strongest down, until labels are predicted worse again; then those half a step from the best."""
HALF_STEP = 10**0.5
WORSE = 0.02
"""Nats an example."""
MOST_TO_CHOOSE = 5000
"""Examples that the penalty is chosen on: it is a prior's, and does not depend on how many there are."""
ROUGHLY = 1e-3
"""How well regressions are fitted to choose it; see `softmax_regression.ENOUGH`."""


@dataclass(frozen=True)
class LinearOpinion:
    """What softmax regressions say of examples that they have not seen."""

    log_probs: NDArray[np.float32]
    """`(draw, example, class)`."""
    penalty: float
    weights: Floats
    """Of the first draw, `(feature, fold, class)`, the last feature the intercept."""


def linear(matrix: Matrix, labels: NDArray[np.int64], classes: int, folds: Folds) -> LinearOpinion:
    """Softmax regression on examples `(example, feature)`, out of fold.

    The penalty is the one under which the labels that were left out are most probable.
    """
    matrix, labels = with_intercept(matrix), np.maximum(labels, 0)
    some = evenly(np.flatnonzero(folds.weight[0] > 0), MOST_TO_CHOOSE)
    penalty = _best_penalty(matrix[some], labels[some], classes, folds.first().take(some))
    log_probs, weights = _out_of_fold(matrix, labels, classes, folds, penalty)
    return LinearOpinion(log_probs, penalty, weights[:, : folds.count])


def _best_penalty(matrix: Matrix, labels: NDArray[np.int64], classes: int, folds: Folds) -> float:
    def likelihood(penalty: float) -> float:
        log_probs, _ = _out_of_fold(matrix, labels, classes, folds, penalty, enough=ROUGHLY)
        return float(log_probs[0, np.arange(len(labels)), labels].mean())

    found: dict[float, float] = {}
    for penalty in PENALTIES:
        found[penalty] = likelihood(penalty)
        if found[penalty] < max(found.values()) - WORSE:
            break
    best = max(found, key=lambda penalty: found[penalty])
    for penalty in (best * HALF_STEP, best / HALF_STEP):
        found[penalty] = likelihood(penalty)
    return max(found, key=lambda penalty: found[penalty])


def _out_of_fold(
    matrix: Matrix, labels: NDArray[np.int64], classes: int, folds: Folds, penalty: float, *, enough: float = ENOUGH
) -> tuple[NDArray[np.float32], Floats]:
    """Log-probabilities `(draw, example, class)`, and the weights `(feature, draw and fold, class)`."""
    seen = np.stack([folds.seen(draw, fold) for draw in range(folds.draws) for fold in range(folds.count)], axis=1)
    weights = fit_many(matrix, labels, classes, seen, np.full(seen.shape[1], penalty), enough=enough)
    log_probs = np.empty((folds.draws, matrix.shape[0], classes), dtype=np.float32)
    for draw in range(folds.draws):
        for fold in range(folds.count):
            rows = np.flatnonzero(folds.fold[draw] == fold)
            said = np.asarray(matrix[rows] @ weights[:, draw * folds.count + fold])
            log_probs[draw, rows] = log_softmax(said, axis=1)
    return log_probs, weights
