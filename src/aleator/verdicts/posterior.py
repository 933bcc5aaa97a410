"""One posterior over every source of labels: what a crowd would answer first, given all that anybody said.

What the networks and the given label say, under every hypothesis on how labels err (`noise/hypotheses.py`) and
corrected by what people taught (`truth_model.py`), is the prior of each example; annotators and reviewers
(`noise/sources.py`) are observations of the truth through their confusion matrices. Expectation and maximisation take
turns: what is believed of the truth teaches how each source errs and which hypotheses hold, and that changes what is
believed.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.decisions.reviews import Reviews, no_reviews
from aleator.noise.crowd import LEAST, Crowd
from aleator.noise.given import each_of_given
from aleator.noise.hypotheses import MOST_CLASSES, Hypotheses, drawn, explain, only
from aleator.noise.in_sample import estimate_in_sample
from aleator.noise.sources import (
    ANNOTATOR_ACCURACY,
    ANNOTATOR_STRENGTH,
    REVIEWER_ACCURACY,
    REVIEWER_STRENGTH,
    Answers,
    answer_counts,
    log_likelihood,
    pooled_confusions,
    prior_counts,
    review_counts,
    review_log_likelihood,
)
from aleator.rows import evenly, in_blocks
from aleator.verdicts.truth_model import (
    DEFAULT_PRECISION,
    LaplaceApproximation,
    Observations,
    Precision,
    TruthModel,
    learn,
    start_logits,
    unaided,
)
from aleator.workers.piece import HERE, Workers

PASSES = 4
QUICK_BLOCKS = 2
"""So many times smaller than usual are the blocks that fit into a processor's cache."""
MOST_AGAINST_A_REVIEWER = 2.0
"""The most, in logits, that the network can say against a class once a reviewer has looked: they saw the example."""
MOST_WITNESSES = 4000
"""Voted examples that the correction is learned from: more teach it little and cost time."""


@dataclass(frozen=True)
class LabelPosterior:
    """What is believed of the truth, and of the sources."""

    observations: Observations
    truth_model: TruthModel
    uncertainty: LaplaceApproximation | None
    """Of what people taught; None where nobody did."""
    people: NDArray[np.int64]
    """Rows of examples that people answered (annotators or reviewers), sorted."""
    reviewed: NDArray[np.bool_]
    """Which of them a reviewer has looked at."""
    people_distribution: NDArray[np.float64]
    """What is believed of them, `(row, class)`."""
    people_log_likelihood: NDArray[np.float64]
    """`log P(their answers | true)`, a row for each of `people`, `(row, class)`."""
    annotator_names: tuple[str, ...]
    annotators: NDArray[np.float64]
    """Confusion matrices `(annotator, true, answered)`."""
    reviewers: NDArray[np.float64]
    """Confusion matrices `(reviewer, true, answered)`."""
    out_of_sample: bool = True
    """The networks have not seen the given labels of the examples that they speak of."""
    folder: Path | None = None
    """Keeps what is believed of very many examples, by the piece."""
    on: Workers = HERE
    """Who does these pieces."""

    @property
    def hypotheses(self) -> Hypotheses:
        """On how the given labels err, weighed by what people said."""
        return self.truth_model.start

    @cached_property
    def distribution(self) -> NDArray[np.float32]:
        """Probability that the crowd's first choice is the class, `(example, class)`."""
        result = self.unheard
        result[self.people] = self.people_distribution
        return result

    @property
    def unheard(self) -> NDArray[np.float32]:
        """The same without the answers to the very example."""
        return self.truth_model.distribution(self.observations, folder=self.folder, on=self.on)

    @cached_property
    def quality(self) -> NDArray[np.float64]:
        """Probability that each given label is right, `(example,)`; all examples have one."""
        given = self.observations.given_label
        if not self._is_quick or "distribution" in vars(self):
            return np.take_along_axis(self.distribution, given[:, None], axis=1)[:, 0].astype(np.float64)
        result = np.empty(len(given), dtype=np.float64)

        def fill(rows: slice) -> None:
            each = each_of_given(self.hypotheses, self.observations.log_probs[rows], given[rows])
            result[rows] = self.hypotheses.weights.astype(np.float32) @ each

        in_blocks(fill, len(given), self.observations.classes * QUICK_BLOCKS)
        return result

    @property
    def _is_quick(self) -> bool:
        """What is believed of the given labels can be told without all other classes."""
        return self.observations.classes > MOST_CLASSES and not len(self.people)

    def draws(self, count: int, rows: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
        """The distribution of some examples under `count` plausible explanations, `(draw, row, class)`: each a
        hypothesis, as often as it is probable, with plausible numbers of what people taught."""
        random = np.random.default_rng(seed)
        observations = self.observations.take(rows)
        likelihood, reviewed = np.zeros((len(rows), observations.classes)), np.zeros(len(rows), dtype=bool)
        if len(self.people):
            position = np.minimum(np.searchsorted(self.people, rows), len(self.people) - 1)
            answered = self.people[position] == rows
            likelihood[answered] = self.people_log_likelihood[position[answered]]
            reviewed[answered] = self.reviewed[position[answered]]
        hypotheses = [only(crowd) for crowd in self.hypotheses.crowds]
        chosen = drawn(self.hypotheses.weights, count, random)
        result = np.empty((count, *likelihood.shape), dtype=np.float32)
        if self.uncertainty is None:
            for number, hypothesis in enumerate(hypotheses):
                result[chosen == number] = unaided(observations, hypothesis).distribution(observations)
            return result
        starts = [start_logits(hypothesis, observations) for hypothesis in hypotheses]
        for number, one in enumerate(chosen):
            logits = starts[one] + self.uncertainty.draw(random).correction(observations)
            result[number] = np.exp(log_softmax(likelihood + _not_against_reviewers(logits, reviewed), axis=1))
        return result

    def of_given(self, count: int, rows: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
        """The same for the given label alone, `(draw, row)`."""
        given = self.observations.given_label[rows]
        if self._is_quick:
            each = each_of_given(self.hypotheses, self.observations.log_probs[rows], given)
            return each[drawn(self.hypotheses.weights, count, np.random.default_rng(seed))]
        return np.take_along_axis(self.draws(count, rows, seed), given[None, :, None], axis=2)[:, :, 0]


def weigh_sources(
    observations: Observations,
    *,
    out_of_sample: bool = True,
    votes: Answers | None = None,
    reviews: Reviews | None = None,
    precision: Precision = DEFAULT_PRECISION,
    folder: Path | None = None,
    on: Workers = HERE,
) -> LabelPosterior:
    """Join all that is known of each example.

    Args:
        observations: the network's predictions, given labels and features, one row per example.
        out_of_sample: the network has not seen the given labels of the examples that it speaks of. If it has,
            its word is not independent of them, and how they err is learned with more caution.
        votes: several annotators' answers.
        reviews: reviewers' decisions.
        precision: how firmly the correction keeps to where it starts.
        folder: keeps what is believed of very many examples, by the piece.
        on: who does these pieces.
    """
    classes = observations.classes
    votes = _no_votes if votes is None else votes
    reviews = no_reviews(classes) if reviews is None else reviews.take(reviews.usable)
    people = np.union1d(votes.row, reviews.row)
    # From here on, rows count among those that people answered.
    votes = replace(votes, row=np.searchsorted(people, votes.row))
    reviews = replace(reviews, row=np.searchsorted(people, reviews.row))
    witnesses = np.union1d(evenly(np.unique(votes.row), MOST_WITNESSES), reviews.row)
    asked = observations.take(people)
    seen = asked.take(witnesses)

    annotators = pooled_confusions(np.zeros((len(votes.names), classes, classes)), _annotator_prior(classes))
    reviewers = pooled_confusions(np.zeros((len(reviews.reviewer_names), classes, classes)), _reviewer_prior(classes))
    if out_of_sample:
        hypotheses = explain(observations.log_probs, observations.given_label)
    else:
        hypotheses = only(Crowd(estimate_in_sample(observations.log_probs, observations.given_label), np.inf))
    start = unaided(observations, hypotheses)
    truth_model, likelihood = start, np.zeros((len(people), classes))
    uncertainty: LaplaceApproximation | None = None
    reviewed = np.isin(np.arange(len(people)), reviews.row)
    under_each = hypotheses.each(seen.centred(), seen.given_label)
    for _ in range(PASSES if len(people) else 0):
        likelihood = log_likelihood(votes, annotators, len(people))
        likelihood += review_log_likelihood(reviews, reviewers, len(people))
        truth = np.exp(log_softmax(_before_answers(truth_model, asked, reviewed) + likelihood, axis=1))
        start = unaided(observations, hypotheses.weighed(_log_evidence(under_each, likelihood[witnesses])))
        truth_model, uncertainty = learn(start, seen, truth[witnesses], precision)
        annotators = pooled_confusions(answer_counts(votes, truth), _annotator_prior(classes))
        reviewers = pooled_confusions(review_counts(reviews, truth), _reviewer_prior(classes), REVIEWER_STRENGTH)

    if len(people):
        truth = np.exp(log_softmax(_before_answers(truth_model, asked, reviewed) + likelihood, axis=1))
    else:
        truth = likelihood
    return LabelPosterior(
        observations,
        truth_model,
        uncertainty,
        people,
        reviewed,
        truth,
        likelihood,
        votes.names,
        annotators,
        reviewers,
        out_of_sample,
        folder,
        on,
    )


def _log_evidence(under_each: NDArray[np.float32], likelihood: NDArray[np.float64]) -> NDArray[np.float64]:
    """How probable people's answers are under each hypothesis, in logs up to a constant, `(hypothesis,)`; hypotheses
    `(hypothesis, example, class)`, answers `(example, class)` in logs."""
    highest = likelihood.max(axis=1, keepdims=True)
    answers = np.einsum("hnc,nc->hn", under_each, np.exp(likelihood - highest))
    return np.asarray(np.log(np.maximum(answers, LEAST)).sum(axis=1))


def _before_answers(
    truth_model: TruthModel, observations: Observations, reviewed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return _not_against_reviewers(truth_model.logits(observations), reviewed)


def _not_against_reviewers(logits: NDArray[np.float64], reviewed: NDArray[np.bool_]) -> NDArray[np.float64]:
    least = logits[reviewed].max(axis=1, keepdims=True) - MOST_AGAINST_A_REVIEWER
    logits[reviewed] = np.maximum(logits[reviewed], least)
    return logits


def _annotator_prior(classes: int) -> NDArray[np.float64]:
    return prior_counts(classes, ANNOTATOR_ACCURACY, ANNOTATOR_STRENGTH)


def _reviewer_prior(classes: int) -> NDArray[np.float64]:
    return prior_counts(classes, REVIEWER_ACCURACY, REVIEWER_STRENGTH)


_no_votes = Answers(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), ())
