"""A simulated reviewer, who says what the referee says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.referee import NO_OPINION
from aleator.data.dataset import Votes
from aleator.decisions.reviews import Reviews

BATCH = 25
"""Examples that are decided between two judgements, when they are taken in the order of the review page."""
SPLIT_BETWEEN = 3
"""Where there is no majority, the reviewer says that a picture lies between the classes with so many votes."""


def answers(referee: NDArray[np.int64], votes: Votes | None, classes: int) -> NDArray[np.float64]:
    """What the reviewer would decide, `(example, class)`; all zero is not usable."""
    result = np.zeros((len(referee), classes))
    known = referee >= 0
    result[known, referee[known]] = 1
    if votes is not None:
        split = (votes.class_counts(classes) >= SPLIT_BETWEEN) & (referee == NO_OPINION)[:, None]
        result += split / np.maximum(1, split.sum(axis=1, keepdims=True))
    return result


def reviews_by(rows: NDArray[np.int64], decided: NDArray[np.float64]) -> Reviews:
    """The simulated reviewer's decisions of these rows."""
    return Reviews(rows, decided[rows], np.zeros(len(rows), np.int64))


@dataclass(frozen=True)
class Person:
    """How long a person takes, and how often they slip."""

    single: float = 1.0
    """Seconds for an answer of its own."""
    tile: float = 0.15
    """Seconds for a look at a tile of a grid."""
    slips: float = 0.05
    """Share of answers that are a class at random, but not the right one."""

    def opinions(self, truth: NDArray[np.int64], classes: int, seed: int = 0) -> NDArray[np.int64]:
        """What the person would say of each example, `(example,)`; who has no opinion (below zero) has none."""
        random = np.random.default_rng(seed)
        slip = random.random(len(truth)) < self.slips
        other = (truth + random.integers(1, classes, len(truth))) % classes
        return np.where(slip & (truth >= 0), other, truth)
