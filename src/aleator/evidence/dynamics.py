"""How the given label fared while the networks were trained."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from aleator.evidence.inputs import EvidenceInputs


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
    """Probability that the loss of the given label belongs to the lower of two Gaussians, 0 to 1.

    The mixture of losses of DivideMix (Li et al. 2020, arXiv 2002.07394): losses scaled to 0 to 1, two components.
    """
    result = np.full(len(inputs.given_label), np.nan)
    labelled = np.flatnonzero(inputs.given_label >= 0)
    loss = -inputs.log_probs[labelled, inputs.given_label[labelled]]
    if len(loss) < 2 or np.ptp(loss) == 0:
        return result
    scaled = ((loss - loss.min()) / np.ptp(loss))[:, None]
    mixture = GaussianMixture(2, reg_covar=5e-4, max_iter=10, tol=1e-2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten steps are the method's own choice
        mixture.fit(scaled)
    result[labelled] = mixture.predict_proba(scaled)[:, mixture.means_.argmin()]
    return result
