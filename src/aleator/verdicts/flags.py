"""Where to cut: which labels are called wrong, and which are changed, when how many are wrong is not known."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.rows import at_random
from aleator.verdicts.posterior import LabelPosterior

FEWEST = 0.22
"""No label is called wrong that is right with a probability above 1 - this."""
MOST = 0.5
"""And each label that is more probably wrong than right is called wrong."""
MOST_ROWS = 8_000
DRAWS = 40
DOUBTERS = 0.1
"""So many of the explanations may hold that a set of changes makes the labels worse."""


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


def safe_changes(
    gain: NDArray[np.floating[Any]],
    under_each: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Which changes of labels can be made without much risk that the labels as a whole become worse, `(change,)`.

    What is best on average over the explanations may rest on a few of them: where the classifier is weak, some say
    that half of the labels are wrong, and others that none is. Made are the changes that gain most, as many as leave
    the labels no worse than they were under all explanations but `DOUBTERS` of them. (On the portfolio the mean gain
    stays as it is, and the quarter of the data sets that were made worse become one in fourteen.)

    Args:
        gain: how much more probable the new label is than the given one, `(change,)`.
        under_each: tells the same of some changes under each explanation, `(draw, change)`.
        seed: draws the changes that are looked at, where there are many.
    """
    some = at_random(np.arange(len(gain)), MOST_ROWS, seed)
    some = some[np.argsort(-gain[some], kind="stable")]
    if not len(some):
        return np.zeros(0, dtype=bool)
    least = np.quantile(np.cumsum(under_each(some), axis=1, dtype=np.float64), DOUBTERS, axis=0)
    harmless = np.flatnonzero(least >= 0)
    return np.asarray(gain >= (gain[some[harmless[-1]]] if len(harmless) else np.inf))
