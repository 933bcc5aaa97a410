"""From what the networks said to a judgement: the same for an audit in progress and for one that is reviewed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from aleator.data.dataset import Votes
from aleator.evidence.features import leading_features
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.verdicts import (
    Answers,
    Judgement,
    Observations,
    Posterior,
    Reviews,
    estimate_data_set,
    judge,
    weigh_sources,
)
from aleator.verdicts.opinion import blocks


@dataclass(frozen=True)
class Grounds:
    """All that the judge needs to know of an audit."""

    observations: Observations
    class_names: tuple[str, ...]
    unfamiliar: NDArray[np.bool_]
    duplicate_group: NDArray[np.int64]
    votes: Votes | None
    """As evidence."""
    out_of_sample: bool = False
    """The predictions are of a network that has not seen these given labels."""


@dataclass(frozen=True)
class Judged:
    """What became of it."""

    posterior: Posterior
    judgement: Judgement
    estimates: dict[str, Any]


def observe(
    mean: NDArray[np.float32], spread: NDArray[np.float32], embedding: NDArray[np.float32], labels: NDArray[np.int64]
) -> Observations:
    """What the networks said: the geometric mean of their distributions, and the leading features of the embedding.

    Mean and spread are `(draw, example, class)`; they are read block by block, so that they may be mapped from disk.
    """
    opinion = np.empty(mean.shape[1:], dtype=np.float32)
    for rows in blocks(len(labels), mean[:, 0].size):
        drawn = log_expected_softmax(torch.tensor(mean[:, rows]), torch.tensor(spread[:, rows]))
        opinion[rows] = drawn.mean(0).numpy()
    return Observations(opinion, labels, leading_features(embedding))


def pass_judgement(grounds: Grounds, reviews: Reviews | None = None, *, seed: int = 0) -> Judged:
    """Weigh all sources, judge each example, and add up.

    One thread of linear algebra: the many small steps gain nothing from more, and where the cores are busy, threads
    that wait for each other make it ten times slower.
    """
    with threadpool_limits(1, "blas"):
        return _pass_judgement(grounds, reviews, seed)


def _pass_judgement(grounds: Grounds, reviews: Reviews | None, seed: int) -> Judged:
    votes = grounds.votes
    posterior = weigh_sources(
        grounds.observations,
        out_of_sample=grounds.out_of_sample,
        votes=None if votes is None else answers_of(votes, grounds.observations.classes),
        reviews=reviews,
    )
    judgement = judge(
        posterior,
        unfamiliar=grounds.unfamiliar,
        duplicate_group=grounds.duplicate_group,
        vote_counts=None if votes is None else votes.class_counts(grounds.observations.classes),
        reviews=reviews,
    )
    return Judged(
        posterior, judgement, estimate_data_set(posterior, judgement, grounds.class_names, reviews, seed=seed)
    )


def answers_of(votes: Votes, classes: int) -> Answers:
    """Votes for the data set's classes as answers: of each annotator where they are told apart, else of one crowd."""
    if votes.annotators is not None:
        row, annotator, answer = votes.annotators.row, votes.annotators.annotator, votes.annotators.answer
        label = votes.class_index[answer]
        usable = label >= 0
        count = np.ones(int(usable.sum()))
        return Answers(row[usable], annotator[usable], label[usable], count, votes.annotators.names)
    counts = votes.class_counts(classes)
    row, label = np.nonzero(counts)
    return Answers(row, np.zeros_like(row), label, counts[row, label].astype(np.float64), ("votes",))
