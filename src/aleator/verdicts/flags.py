"""Where to cut: which labels are called wrong, when how many are wrong is not known."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.rows import at_random
from aleator.verdicts.posterior import LabelPosterior

FEWEST = 0.25
"""No label is called wrong that is right with a probability above 1 - this."""
MOST = 0.5
"""And each label that is more probably wrong than right is called wrong."""
MOST_ROWS = 8_000
DRAWS = 40


def flag_above(posterior: LabelPosterior, p_mislabelled: NDArray[np.floating[Any]], *, seed: int = 0) -> float:
    """The probability of being mislabelled above which calling labels wrong promises the highest F1.

    Under each explanation of the labels, a cut has an F1 (twice the wrong ones found, over the flagged and the wrong
    ones together); taken is the cut with the highest mean over all explanations (Ye et al. 2012, arXiv 1206.4625,
    maximise it under one). A cut that is right where half of the labels are wrong loses little where few are.
    """
    labelled = np.flatnonzero(posterior.observations.given_label >= 0)
    return best_cut(lambda rows: posterior.of_given(DRAWS, rows, seed), p_mislabelled, labelled, seed)


def best_cut(
    right: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    p_mislabelled: NDArray[np.floating[Any]],
    labelled: NDArray[np.int64],
    seed: int = 0,
) -> float:
    """The same; `right` tells of rows how probably their labels are right under each explanation, `(draw, row)`."""
    if not len(labelled):
        return MOST
    labelled = at_random(labelled, MOST_ROWS, seed)
    order = labelled[np.argsort(-p_mislabelled[labelled], kind="stable")]
    found = np.cumsum(1 - right(order), axis=1, dtype=np.float64)
    f1 = (2 * found / (np.arange(1, len(order) + 1) + found[:, -1:])).mean(axis=0)
    cut = float(p_mislabelled[order[f1.argmax()]])
    return float(np.clip(np.nextafter(np.float32(cut), np.float32(0)), FEWEST, MOST))
