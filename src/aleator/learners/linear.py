"""A linear learner: softmax regression, its penalty chosen by what it predicts of labels that it has not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.learners.folds import Folds
from aleator.learners.softmax_regression import ENOUGH, Floats, Matrix, Targets, fit_many, with_intercept
from aleator.rows import Rows, evenly, let_go

PENALTIES = tuple(10.0**power for power in range(4, -4, -1))
"""Tried from the strongest down, until labels are predicted worse again; then those half a step from the best."""
HALF_STEP = 10**0.5
WORSE = 0.02
"""Nats an example."""
MOST_TO_CHOOSE = 5000
"""Examples that the penalty is chosen on: it is a prior's, and does not depend on how many there are."""
MOST_TO_FIT, MOST_OF_A_CLASS = 200_000, 1_000
"""Examples that regressions are fitted to, evenly spread among all, or so many for each class if that is more. All are
predicted; more would cost hours and gigabytes."""
PREDICTED = 50_000
"""Examples that are predicted at a time."""
ROUGHLY = 1e-3
"""How well regressions are fitted to choose it; see `softmax_regression.ENOUGH`."""


@dataclass(frozen=True)
class LinearOpinion:
    """What softmax regressions say of examples that they have not seen."""

    log_probs: NDArray[np.float32]
    """`(draw, example, class)`."""
    penalty: float


def linear(matrix: Rows, labels: NDArray[np.int64], classes: int, folds: Folds) -> LinearOpinion:
    """Softmax regression on examples `(example, feature)`, out of fold.

    The penalty is the one under which the labels that were left out are most probable.
    """
    labels, labelled = np.maximum(labels, 0), np.flatnonzero(folds.weight[0] > 0)
    some = evenly(labelled, MOST_TO_CHOOSE)
    penalty = _best_penalty(matrix[some], labels[some], classes, folds.first().take(some))
    if len(labels) <= MOST_TO_FIT:
        weights = fit_folds(with_intercept(matrix[:]), labels, classes, folds, penalty, ENOUGH)
    else:
        seen = evenly(labelled, max(MOST_TO_FIT, MOST_OF_A_CLASS * classes))
        weights = fit_folds(with_intercept(matrix[seen]), labels[seen], classes, folds.take(seen), penalty, ENOUGH)
    return LinearOpinion(out_of_fold(matrix, weights, folds), penalty)


def _best_penalty(matrix: Matrix, labels: NDArray[np.int64], classes: int, folds: Folds) -> float:
    with_ones = with_intercept(matrix)

    def likelihood(penalty: float) -> float:
        log_probs = out_of_fold(matrix, fit_folds(with_ones, labels, classes, folds, penalty, ROUGHLY), folds)
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


def fit_folds(matrix: Matrix, targets: Targets, classes: int, folds: Folds, penalty: float, enough: float) -> Floats:
    """Weights `(feature, draw and fold, class)`, each fitted without its fold."""
    seen = np.stack([folds.seen(draw, fold) for draw in range(folds.draws) for fold in range(folds.count)], axis=1)
    return fit_many(matrix, targets, classes, seen, np.full(seen.shape[1], penalty), enough=enough)


def out_of_fold(matrix: Rows, weights: Floats, folds: Folds) -> NDArray[np.float32]:
    """Log-probabilities `(draw, example, class)`, by the weights that have not seen the example."""
    examples = folds.fold.shape[1]
    log_probs = np.empty((folds.draws, examples, weights.shape[2]), dtype=np.float32)
    for start in range(0, examples, PREDICTED):
        block = with_intercept(matrix[start : start + PREDICTED])
        for draw in range(folds.draws):
            fold_of = folds.fold[draw, start : start + PREDICTED]
            for fold in range(folds.count):
                rows = np.flatnonzero(fold_of == fold)
                said = np.asarray(block[rows] @ weights[:, draw * folds.count + fold])
                log_probs[draw, start + rows] = log_softmax(said, axis=1)
        let_go(matrix)
    return log_probs
