"""Several classifiers' predictions as one: a product of distributions, each with its own weight (logarithmic pool)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from aleator.noise.label_noise import Floats, centred
from aleator.rows import blocks, evenly

ENOUGH = 6000
"""So many examples tell the weights."""
PRIOR_PRECISION = 1.0
"""Of the weights' distance from equal ones."""


def pooled(log_probs: Sequence[NDArray[np.floating[Any]]], given_label: NDArray[np.int64]) -> NDArray[np.float32]:
    """Log-probabilities `(example, class)` of several classifiers, none of which has seen the labels, as one: a
    product of their distributions with the weights of `pooling_weights`. Read block by block."""
    weights, (examples, classes) = pooling_weights(log_probs, given_label), log_probs[0].shape
    result = np.empty((examples, classes), dtype=np.float32)
    for rows in blocks(examples, classes):
        result[rows] = centred(np.tensordot(weights, [centred(one[rows]) for one in log_probs], axes=1))
    return result


def pooling_weights(log_probs: Sequence[NDArray[np.floating[Any]]], given_label: NDArray[np.int64]) -> Floats:
    """What each of several classifiers counts, `(classifier,)`, at least 0.

    The weights are those that make the given labels most probable (stacking, Wolpert 1992; a logarithmic pool, Genest &
    Zidek 1986): a classifier that knows little, or nothing that the others do not, hardly counts.
    """
    start = np.full(len(log_probs), 1 / len(log_probs))
    rows = evenly(np.flatnonzero(given_label >= 0), ENOUGH)
    if len(log_probs) == 1 or not len(rows):
        return start
    some, labels = np.stack([centred(one[rows]) for one in log_probs]), given_label[rows]

    def loss(weights: Floats) -> tuple[float, Floats]:
        q = np.tensordot(weights, some, axes=1)
        q -= q.max(axis=1, keepdims=True)
        log_total = np.log(np.exp(q).sum(axis=1))
        value = (log_total - q[np.arange(len(labels)), labels]).sum()
        pull = np.exp(q - log_total[:, None])
        pull[np.arange(len(labels)), labels] -= 1
        away = weights - start
        return float(value + PRIOR_PRECISION / 2 * away @ away), np.einsum("mnc,nc->m", some, pull) + away

    bounds = [(0.0, None)] * len(log_probs)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
