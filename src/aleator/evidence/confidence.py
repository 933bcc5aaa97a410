"""What the networks say of the given label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.evidence.inputs import EvidenceInputs
from aleator.rows import blocks


def self_confidence(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Predicted probability of the given label, 0 to 1 (the name is Northcutt et al. 2021's)."""
    return np.exp(_given(inputs.log_probs, inputs.given_label))


def margin(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Log-odds margin `log p(given) - max log p(other)`; negative where another class leads."""
    log_probs, given_label = inputs.log_probs, inputs.given_label
    highest = np.empty(len(log_probs))
    for rows in blocks(*log_probs.shape):
        others, label = log_probs[rows].copy(), given_label[rows]
        labelled = np.flatnonzero(label >= 0)
        others[labelled, label[labelled]] = -np.inf
        highest[rows] = others.max(axis=1)
    return np.asarray(_given(log_probs, given_label) - highest)


def _given(log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]) -> NDArray[np.float64]:
    given = np.take_along_axis(log_probs, np.maximum(given_label, 0)[:, None], axis=1)[:, 0].astype(np.float64)
    return np.where(given_label >= 0, given, np.nan)
