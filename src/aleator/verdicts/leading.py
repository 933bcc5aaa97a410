"""Judging by each example's likeliest classes, where there are many: nothing is `(example, class)`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import entr

from aleator.data.sparse_probabilities import LikeliestClasses, likeliest_classes
from aleator.errors import DataError
from aleator.noise.hypotheses import drawn
from aleator.noise.leading import LeadingClasses, LeadingHypotheses, explain_leading, leading_classes
from aleator.verdicts.checks import MOST_AGREEMENT, checked_labels
from aleator.verdicts.scores import PLAIN_SCORES, confidence_weighted_entropy

LEAST = 1e-4
"""Classes that are less probable than this are left out of an example's label distribution."""


@dataclass(frozen=True)
class LeadingPosterior:
    """What is believed of the truth, over the likeliest classes and the given label, one number each."""

    leading: LeadingClasses
    """The last place is the given label's, where it is not among the likeliest."""
    given_label: NDArray[np.int64]
    hypotheses: LeadingHypotheses
    probs: NDArray[np.float32]
    """Probability that a class is the crowd's first choice, `(example, place + 1)`; the last is all others'."""

    @property
    def quality(self) -> NDArray[np.float64]:
        """Probability that the given label is right, `(example,)`."""
        own = self.leading.label == self.given_label[:, None]
        return np.asarray(np.where(own, self.probs[:, :-1], 0).sum(axis=1), dtype=np.float64)

    @property
    def suggested(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The likeliest of the classes that are kept singly, and its probability, `(example,)` each."""
        place = self.probs[:, :-1].argmax(axis=1)[:, None]
        label = np.take_along_axis(self.leading.label, place, axis=1)[:, 0]
        return label, np.take_along_axis(self.probs, place, axis=1)[:, 0].astype(np.float64)

    @property
    def distribution(self) -> csr_array:
        """The same as a sparse matrix `(example, class)`, without what all others have."""
        kept = (self.leading.label >= 0) & (self.probs[:, :-1] >= LEAST)
        counts = np.concatenate([[0], kept.sum(axis=1).cumsum()])
        result = csr_array(
            (self.probs[:, :-1][kept], self.leading.label[kept], counts),
            shape=(len(self.given_label), self.leading.classes),
        )
        result.sort_indices()
        return result

    def draws_of_given(self, count: int, rows: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
        """Probability that the given label is right under `count` plausible explanations, `(draw, row)`."""
        return self.draws_of(self.given_label[rows], count, rows, seed)

    def draws_of(
        self, label: NDArray[np.int64], count: int, rows: NDArray[np.int64], seed: int = 0
    ) -> NDArray[np.float32]:
        """The same of any label that is kept singly, `(row,)`."""
        each = self.hypotheses.each_of(label, self.leading.take(rows), self.given_label[rows])
        return np.asarray(each[drawn(self.hypotheses.weights, count, np.random.default_rng(seed))])


def checked_leading(labels: ArrayLike, pred_probs: Any) -> tuple[NDArray[np.int64], LikeliestClasses]:
    """Labels and each example's likeliest classes. Raises DataError naming the first row that is wrong."""
    likeliest = likeliest_classes(pred_probs)
    given = checked_labels(labels, likeliest.classes, "labels", fewest=0)
    if len(given) != len(likeliest.label):
        raise DataError(f"{len(given)} labels but {len(likeliest.label)} rows of pred_probs; they must line up.")
    return given, likeliest


def leading_looks_in_sample(given: NDArray[np.int64], likeliest: LikeliestClasses) -> bool:
    """Whether the learner agrees with nearly every label."""
    return bool((likeliest.label[:, 0] == given).mean() > MOST_AGREEMENT)


def judge_leading(given: NDArray[np.int64], likeliest: LikeliestClasses) -> LeadingPosterior:
    """The posterior, under every hypothesis on how the labels err."""
    leading = leading_classes(likeliest.label, likeliest.probs, likeliest.classes)
    hypotheses = explain_leading(leading, given)
    apart = leading.with_given(given)
    return LeadingPosterior(apart, given, hypotheses, hypotheses.posterior(apart, given))


def leading_scores(given: NDArray[np.int64], likeliest: LikeliestClasses, method: str) -> NDArray[np.float64]:
    """A plain score of labels, as `plain_scores`: classes that an example does not have share what is left."""
    if method not in PLAIN_SCORES:
        raise DataError(f"{method!r} is no score of labels; there are label_quality, {', '.join(PLAIN_SCORES)}.")
    probs = likeliest.probs.astype(np.float64)
    others = likeliest.classes - (likeliest.label >= 0).sum(axis=1)
    left = np.maximum(1 - probs.sum(axis=1), 0)
    each = left / np.maximum(others, 1)
    is_given = likeliest.label == given[:, None]
    own = np.where(is_given.any(axis=1), np.where(is_given, probs, 0).sum(axis=1), each)
    if method == "self_confidence":
        return np.asarray(own)
    if method == "normalized_margin":
        highest = np.maximum(np.where(is_given, 0, probs).max(axis=1), each)
        return np.asarray((own - highest + 1) / 2)
    return confidence_weighted_entropy(own, leading_entropy(likeliest), likeliest.classes)


def leading_entropy(likeliest: LikeliestClasses) -> NDArray[np.float64]:
    """In nats, `(example,)`; what is left is shared by all other classes alike."""
    probs = likeliest.probs.astype(np.float64)
    others = likeliest.classes - (likeliest.label >= 0).sum(axis=1)
    left = np.maximum(1 - probs.sum(axis=1), 0)
    shared = left * np.log(np.maximum(others, 1))
    return np.asarray(entr(probs).sum(axis=1) + entr(left) + shared)
