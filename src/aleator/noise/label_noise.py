"""What is known of how labels err, in one form whoever estimated it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, log_softmax

Floats = NDArray[np.float64]

FLOOR = -9.0
"""No log-probability counts for less than exp(-9): a probability of zero is a claim that nobody can hold."""


def centred(log_probs: NDArray[np.floating[Any]]) -> Floats:
    """Log-probabilities as logits with mean zero over the classes, none below the floor, `(example, class)`."""
    logits = np.maximum(log_probs, FLOOR, dtype=np.float64)
    return np.asarray(logits - logits.mean(axis=1, keepdims=True))


@dataclass(frozen=True)
class LabelNoise:
    """A label is drawn from `sum_t q(t) confusion[t, label]`, with `q = softmax(sharpness * log_probs + shift)`.

    `log_probs` below are a classifier's log-probabilities `(example, class)`, up to a constant in each row; what lies
    below `FLOOR` counts as that.
    """

    sharpness: float
    shift: Floats
    """In logits, `(class,)`."""
    confusion: Floats
    """The transition matrix, `(true, given)`, each row a distribution."""
    weight: float = 1.0
    """What a given label counts for, from 0 to 1, beside a classifier that may have learned it by heart."""

    def posterior(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Of the true label where the given one is known, `(example, class)`."""
        log_q = self._log_truth(log_probs)
        with np.errstate(divide="ignore"):  # a confusion that somebody gave may hold zeros
            noted = self.weight * np.log(self.confusion.T)
            return np.asarray(np.exp(log_softmax(log_q + noted[given_label], axis=1)))

    def p_mislabelled(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Probability that the given label is not the true one, `(example,)`."""
        return np.asarray(1 - self.posterior(log_probs, given_label)[np.arange(len(given_label)), given_label])

    def p_given(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Probability of the given label before it is known, `(example,)`."""
        p_label = self.answers(log_probs) @ self.confusion
        return np.asarray(p_label[np.arange(len(given_label)), given_label])

    def answers(self, log_probs: Floats) -> Floats:
        """What is believed before the given label is known, `(example, class)`."""
        return np.asarray(np.exp(self._log_truth(log_probs)))

    def explained(self, log_probs: Floats, given_label: NDArray[np.int64]) -> float:
        """Share of the labels' entropy that the classifier and the confusion explain; at most 1, 0 by class shares."""
        share = np.bincount(given_label) / len(given_label)
        unexplained = -np.log(self.p_given(log_probs, given_label)).mean()
        return float(1 - unexplained / max(entr(share).sum(), np.finfo(float).tiny))

    def _log_truth(self, log_probs: Floats) -> Floats:
        return np.asarray(log_softmax(self.sharpness * np.maximum(log_probs, FLOOR) + self.shift, axis=1))


def told(confusion: NDArray[np.floating[Any]]) -> LabelNoise:
    """A transition matrix that somebody knows, for a classifier that is taken at its word."""
    matrix = np.asarray(confusion, dtype=np.float64)
    return LabelNoise(1.0, np.zeros(len(matrix)), matrix)


def nothing_known(classes: int, sharpness: float = 1.0, weight: float = 1.0) -> LabelNoise:
    """For data without labels: any label is as likely as any other, whatever the true one is."""
    return LabelNoise(sharpness, np.zeros(classes), np.full((classes, classes), 1 / classes), weight)
