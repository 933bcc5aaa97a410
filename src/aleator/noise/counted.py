"""How labels err where the true ones are known, or how probable each is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def expected_counts(
    distribution: NDArray[np.floating[Any]], given_label: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Expected number of examples `(given, true)`, by a distribution over the true label `(example, class)`; examples
    without a given label (-1) are left out."""
    there = given_label >= 0
    given = given_label[there]
    columns = [np.bincount(given, distribution[there, true], minlength=classes) for true in range(classes)]
    return np.stack(columns, axis=1)


def transition_matrix(counts: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Counts `(..., true, given)` as distributions of the given label; a class without examples is labelled right."""
    counts = np.asarray(counts, dtype=np.float64)
    total = counts.sum(axis=-1, keepdims=True)
    right = np.broadcast_to(np.eye(counts.shape[-1]), counts.shape)
    return np.where(total > 0, counts / np.maximum(total, np.finfo(float).tiny), right)


def measured_confusion(true: NDArray[np.int64], given: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """The transition matrix of labels whose true ones are known, `(true, given)`; -1 in either is left out."""
    known = (true >= 0) & (given >= 0)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (true[known], given[known]), 1)
    return transition_matrix(counts)
