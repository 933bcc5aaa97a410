"""How often the answer of most is the given label, and whether that is more than chance."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from aleator.data.dataset import LabelledDataset, Votes


@dataclass(frozen=True)
class Agreement:
    """How often two answers for the same example are the same."""

    examples: int
    """That have both."""
    share: float
    chance: float
    """What the share would be if they had nothing to do with each other."""

    @property
    def better_than_chance(self) -> bool:
        """The agreement is no accident (one in a thousand), and takes away a tenth of the disagreement."""
        if self.examples == 0 or self.chance >= 1:
            return self.share >= self.chance
        kappa = (self.share - self.chance) / (1 - self.chance)
        return kappa > 0.1 and binom.sf(round(self.share * self.examples) - 1, self.examples, self.chance) < 1e-3


def agreement_of(votes: Votes, dataset: LabelledDataset) -> Agreement:
    """Of the answer of most, where it is a class of the data, and the given label."""
    classes = len(dataset.class_names)
    counts = votes.class_counts(classes)
    rows = np.flatnonzero((counts.sum(axis=1) > 0) & (dataset.given_labels >= 0))
    if not len(rows):
        return Agreement(0, 0.0, 0.0)
    first, given = counts[rows].argmax(axis=1), dataset.given_labels[rows]
    shares = [np.bincount(labels, minlength=classes) / len(rows) for labels in (first, given)]
    return Agreement(len(rows), float((first == given).mean()), float(shares[0] @ shares[1]))
