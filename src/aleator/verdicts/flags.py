"""Where to cut: which labels are called wrong, and which are changed, when how many are wrong is not known."""

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
DOUBTERS = 0.1
"""So many of the explanations may hold that a set of changes makes the labels worse."""


def flag_above(posterior: LabelPosterior, p_mislabelled: NDArray[np.floating[Any]], *, seed: int = 0) -> float:
    """The probability of being mislabelled above which calling labels wrong promises the highest F1.

    Under each explanation of the labels, a cut has an F1 (twice the wrong ones found, over the flagged and the wrong
    ones together); taken is the cut with the highest mean over all explanations (Ye et al. 2012, arXiv 1206.4625,
    maximise it under one). A cut that is right where half of the labels are wrong loses little where few are.
    """
    given = posterior.observations.given_label
    labelled = np.flatnonzero(given >= 0)
    if not len(labelled):
        return MOST
    labelled = at_random(labelled, MOST_ROWS, seed)
    order = labelled[np.argsort(-p_mislabelled[labelled], kind="stable")]
    found = np.cumsum(1 - posterior.of_given(DRAWS, order, seed), axis=1, dtype=np.float64)
    f1 = (2 * found / (np.arange(1, len(order) + 1) + found[:, -1:])).mean(axis=0)
    cut = float(p_mislabelled[order[f1.argmax()]])
    return float(np.clip(np.nextafter(np.float32(cut), np.float32(0)), FEWEST, MOST))


def safe_changes(
    posterior: LabelPosterior, rows: NDArray[np.int64], suggested: NDArray[np.int64], *, seed: int = 0
) -> NDArray[np.bool_]:
    """Which of the labels of `rows` can be changed to the `suggested` ones `(row,)` without much risk that the labels
    as a whole become worse.

    What is best on average over the explanations may rest on a few of them: where the classifier is weak, some say
    that half of the labels are wrong, and others that none is. Taken are those that gain most, as many as leave the
    labels no worse than they were under all explanations but `DOUBTERS` of them. (On the portfolio the mean gain stays
    as it is, and a quarter of the data sets that were made worse become one in fourteen.)
    """
    if not len(rows):
        return np.zeros(0, dtype=bool)
    given = posterior.observations.given_label
    of_both = posterior.distribution[rows, suggested] - posterior.distribution[rows, given[rows]]
    some = at_random(np.arange(len(rows)), MOST_ROWS, seed)
    some = some[np.argsort(-of_both[some], kind="stable")]
    draws, places = posterior.draws(DRAWS, rows[some], seed), np.arange(len(some))
    gain = draws[:, places, suggested[some]] - draws[:, places, given[rows[some]]]
    least = np.quantile(np.cumsum(gain, axis=1, dtype=np.float64), DOUBTERS, axis=0)
    harmless = np.flatnonzero(least >= 0)
    if not len(harmless):
        return np.zeros(len(rows), dtype=bool)
    return np.asarray(of_both >= of_both[some[harmless[-1]]])
