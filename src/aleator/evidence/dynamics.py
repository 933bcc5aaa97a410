"""How the given label fared while the networks were trained."""

import numpy as np
from numpy.typing import NDArray

from aleator.evidence.inputs import EvidenceInputs
from aleator.learning.loss_mixture import mixture_weights


def area_under_margin(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Mean log-odds margin of the given label over all epochs in which it was seen.

    After Pleiss et al. 2020 (arXiv 2001.10528), on log-probabilities; a wrong label stays below zero because the
    other examples of the true class keep pulling against it.
    """
    seen = ~np.isnan(inputs.margin_history)
    total = np.where(seen, inputs.margin_history, 0.0).sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(seen.any(axis=0), total / seen.sum(axis=0), np.nan)


def small_loss(inputs: EvidenceInputs) -> NDArray[np.float64]:
    """Probability that the loss of the given label belongs to the lower of two Gaussians, 0 to 1; see
    `mixture_weights`."""
    result = np.full(len(inputs.given_label), np.nan)
    labelled = np.flatnonzero(inputs.given_label >= 0)
    loss = -inputs.log_probs[labelled, inputs.given_label[labelled]]
    if len(loss) >= 2 and np.ptp(loss) > 0:
        result[labelled] = mixture_weights(loss, seed=0)
    return result
