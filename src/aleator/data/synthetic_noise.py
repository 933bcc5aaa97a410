"""Label noise on purpose: what detectors are measured against when the truth must be known."""

import numpy as np
from numpy.typing import NDArray


def symmetric(labels: NDArray[np.int64], classes: int, rate: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Give a share `rate` of the labels any other class, all equally likely. -1 (no label) stays."""
    confusion = np.full((classes, classes), rate / (classes - 1))
    np.fill_diagonal(confusion, 1 - rate)
    return from_confusion(labels, confusion, random)


def pair_flip(labels: NDArray[np.int64], classes: int, rate: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Give a share `rate` of the labels the next class, the last one the first. -1 (no label) stays."""
    confusion = (1 - rate) * np.eye(classes) + rate * np.roll(np.eye(classes), 1, axis=1)
    return from_confusion(labels, confusion, random)


def from_confusion(
    labels: NDArray[np.int64], confusion: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a given label for each true one from its row of `confusion`, `(true, given)`. -1 (no label) stays.

    Raises ValueError when a row is not a distribution.
    """
    if (confusion < 0).any() or not np.allclose(confusion.sum(axis=1), 1):
        raise ValueError("each row of the confusion must be a distribution over given labels")
    cumulated = confusion.cumsum(axis=1)[:, :-1]
    drawn = (random.random(len(labels))[:, None] > cumulated[np.maximum(labels, 0)]).sum(axis=1)
    return np.where(labels >= 0, drawn, -1)


def scaled_to_rate(confusion: NDArray[np.float64], rate: float, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same errors, `(true, given)`, more or less often, so that a share `rate` of these true labels is wrong.

    Raises ValueError when a class would have to be given wrongly more than always.
    """
    share = np.bincount(labels[labels >= 0], minlength=len(confusion)) / (labels >= 0).sum()
    errors = confusion * (1 - np.eye(len(confusion)))
    errors *= rate / (share @ errors.sum(axis=1))
    right = 1 - errors.sum(axis=1)
    if (right < 0).any():
        raise ValueError(f"class {right.argmin()} would be wrong with a probability of {1 - right.min():.2f}")
    return np.asarray(errors + np.diag(right))
