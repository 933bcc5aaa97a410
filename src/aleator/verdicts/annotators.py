"""What several people answered on each example, joined with what a learner says: one posterior, one label each.

The answers are observations of the truth through each person's confusion matrix (Dawid & Skene 1979), the learner's
word is the prior (`posterior.py`). There is no given label beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.errors import DataError
from aleator.noise.sources import Answers
from aleator.verdicts.posterior import weigh_sources
from aleator.verdicts.probabilities import log_of_learners
from aleator.verdicts.truth_model import Observations

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Consensus:
    """What the answers come to."""

    answers: NDArray[np.int64]
    """`(example, annotator)`, -1 where somebody did not answer."""
    distribution: Floats
    """Probability that a careful crowd's first choice is the class, `(example, class)`."""
    confusions: Floats
    """`(annotator, true, answered)`."""

    @property
    def label(self) -> NDArray[np.int64]:
        """The likeliest class, `(example,)`."""
        return np.asarray(self.distribution.argmax(axis=1))

    @property
    def answer_quality(self) -> Floats:
        """The probability that each answer is right, `(example, annotator)`, NaN where there is none."""
        quality = np.take_along_axis(self.distribution, np.maximum(self.answers, 0), axis=1)
        return np.where(self.answers >= 0, quality, np.nan)

    @property
    def annotator_quality(self) -> Floats:
        """How often each annotator is right on examples like these, `(annotator,)`."""
        frequency = self.distribution.mean(axis=0)
        return np.asarray(self.confusions.diagonal(axis1=1, axis2=2) @ frequency)

    def agreement(self, label: NDArray[np.int64]) -> Floats:
        """The share of an example's answers that are this label, `(example,)`."""
        there = self.answers >= 0
        return np.asarray((there & (self.answers == label[:, None])).sum(axis=1) / there.sum(axis=1))

    def agreement_of_annotators(self, label: NDArray[np.int64]) -> Floats:
        """The share of an annotator's answers that are the example's label, `(annotator,)`."""
        there = self.answers >= 0
        return np.asarray((there & (self.answers == label[:, None])).sum(axis=0) / there.sum(axis=0))

    def worst_class(self, label: NDArray[np.int64]) -> NDArray[np.int64]:
        """The class whose examples each annotator answers wrongly most often, `(annotator,)`, of those that they saw;
        of the same share the one seen more often."""
        worst = []
        for answered in self.answers.T:
            there = answered >= 0
            classes = self.distribution.shape[1]
            seen = np.bincount(label[there], minlength=classes)
            wrong = np.bincount(label[there], answered[there] != label[there], minlength=classes)
            share = np.where(seen > 0, wrong / np.maximum(seen, 1), -1.0)
            worst.append(max(range(classes), key=lambda one: (share[one], seen[one])))
        return np.array(worst, dtype=np.int64)


def find_consensus(
    answers: NDArray[np.int64], several: Sequence[NDArray[np.floating[Any]]], names: Sequence[str]
) -> Consensus:
    """Join answers `(example, annotator)`, -1 for none, with what learners say, `(example, class)` each.

    Raises DataError for an answer that no learner knows.
    """
    examples, classes = len(answers), several[0].shape[1]
    if answers.max(initial=-1) >= classes:
        raise DataError(f"pred_probs must have at least {answers.max() + 1} columns: that many classes are answered.")
    row, source = np.nonzero(answers >= 0)
    label = answers[row, source]
    votes = Answers(row, source, label, np.ones(len(row)), tuple(names))
    said = log_of_learners(several, majority(answers, np.mean(several, axis=0, dtype=np.float64)))
    observations = Observations(said, np.full(examples, -1))
    posterior = weigh_sources(observations, votes=votes)
    return Consensus(answers, posterior.distribution.astype(np.float64), posterior.annotators)


def majority(answers: NDArray[np.int64], tie: Floats) -> NDArray[np.int64]:
    """The class that most annotators answer, `(example,)`; of several the one with the highest `tie`,
    `(example, class)`."""
    count = np.stack([(answers == label).sum(axis=1) for label in range(tie.shape[1])], axis=1)
    most = count == count.max(axis=1, keepdims=True)
    return np.asarray(np.where(most, tie, -np.inf).argmax(axis=1))
