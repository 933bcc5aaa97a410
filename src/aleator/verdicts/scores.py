"""Plain scores of labels, each from the probabilities of its own example alone (Northcutt et al. 2021, arXiv
1911.00068). Up is good."""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from aleator.errors import DataError

PlainScore = Literal["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
PLAIN_SCORES: tuple[str, ...] = get_args(PlainScore)
Floats = NDArray[np.float64]
LEAST = 1e-8


def plain_scores(
    given: NDArray[np.int64], probs: NDArray[np.floating[Any]], method: str, *, adjust_pred_probs: bool = False
) -> Floats:
    """One score per label, `(example,)`, 0 to 1, of labels `(example,)` and probabilities `(example, class)`.

    `adjust_pred_probs` takes from each class the mean probability of its own examples first, so that rare classes are
    scored as frequent ones are. Raises DataError for another method, and for one that knows no such adjustment.
    """
    if method not in PLAIN_SCORES:
        raise DataError(f"{method!r} is no score of labels; there are label_quality, {', '.join(PLAIN_SCORES)}.")
    values: Floats = probs.astype(np.float64)
    if adjust_pred_probs:
        if method == "confidence_weighted_entropy":
            raise DataError("adjust_pred_probs says nothing for confidence_weighted_entropy; take another method.")
        values = _adjusted(given, values)
    own = np.asarray(values[np.arange(len(given)), given])
    if method == "self_confidence":
        return own
    if method == "normalized_margin":
        others = values.copy()
        others[np.arange(len(given)), given] = -np.inf
        return np.asarray((own - others.max(axis=1) + 1) / 2)
    return confidence_weighted_entropy(own, entr(values).sum(axis=1), values.shape[1])


def confidence_weighted_entropy(own: Floats, entropy: Floats, classes: int) -> Floats:
    """Of the given labels' probabilities and the entropies in nats, `(example,)` each."""
    doubt = np.maximum(entropy / np.log(classes) / np.maximum(own, LEAST), LEAST)
    return np.asarray(np.log1p(doubt) / doubt)


def _adjusted(given: NDArray[np.int64], probs: Floats) -> Floats:
    """Probabilities less the mean of each class among its own examples, moved and scaled to distributions again."""
    classes = probs.shape[1]
    count = np.bincount(given, minlength=classes)
    own = np.bincount(given, probs[np.arange(len(given)), given], minlength=classes)
    typical = np.where(count > 0, own / np.maximum(count, 1), probs.mean(axis=0))
    adjusted = probs - typical + typical.max()
    return np.asarray(adjusted / adjusted.sum(axis=1, keepdims=True))
