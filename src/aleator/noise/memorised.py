"""What networks say of labels that they were trained on, without what they learned by heart."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from aleator.noise.label_noise import Floats

MOST_MEMORISED = 30.0
"""In logits; no network says more for a label than this."""


def memorised(
    log_probs: Floats,
    labels: NDArray[np.int64],
    expected: float,
    p_given: Callable[[Floats, NDArray[np.int64]], Floats],
) -> float:
    """How much more networks say for labels that they were trained on, in logits.

    One number for all: without it, the labels are as probable on average as they are to networks that have not seen
    them.

    Args:
        log_probs: of networks that have seen the labels, `(example, class)`.
        labels: `(example,)`.
        expected: mean probability of labels that no network has seen.
        p_given: probability of the labels, `(example,)`, by log-probabilities.
    """
    given = np.eye(log_probs.shape[1])[labels]

    def excess(memory: float) -> float:
        return float(p_given(log_probs - memory * given, labels).mean() - expected)

    if excess(0.0) <= 0:
        return 0.0
    if excess(MOST_MEMORISED) >= 0:
        return MOST_MEMORISED
    return float(brentq(excess, 0.0, MOST_MEMORISED, xtol=1e-3))
