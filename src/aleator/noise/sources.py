"""Sources of labels, people who answer the same examples: each has a confusion matrix, and it can be learned.

A source that is asked about an example whose crowd would first say `t` answers `l` with probability `C[t, l]`. The
rows of `C` have a Dirichlet prior; what is known of the truth so far, a distribution for each example, gives the
counts (Dawid & Skene 1979). Sources with few answers lean on what is known of all sources of their kind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.decisions.reviews import Reviews

POOL_STRENGTH = 10.0
"""How many answers of its own a source needs in a row before they count as much as the average of its kind. This and
the numbers below were set by hand; no measurement of them was kept."""
ANNOTATOR_ACCURACY, ANNOTATOR_STRENGTH = 0.7, 5.0
"""What is expected of annotators before their first answer, and how many answers that is worth."""
REVIEWER_ACCURACY, REVIEWER_STRENGTH = 0.98, 200.0
"""Reviewers look with care at one example: little short of many contradictions makes them less than that."""


@dataclass(frozen=True)
class Answers:
    """Answers of several sources of one kind, one row each."""

    row: NDArray[np.int64]
    """The example's row, `(answer,)`."""
    source: NDArray[np.int64]
    """Who answered, `(answer,)`, an index into `names`."""
    label: NDArray[np.int64]
    """What was answered, `(answer,)`."""
    count: NDArray[np.float64]
    """How often, `(answer,)`: one, or more where the answers of many people are counted together."""
    names: tuple[str, ...]


def prior_counts(classes: int, accuracy: float, strength: float) -> NDArray[np.float64]:
    """Dirichlet counts `(true, answered)` of a source that is right with `accuracy`, else gives any other class."""
    wrong = (1 - accuracy) / max(1, classes - 1)
    return np.asarray(strength * (wrong + (accuracy - wrong) * np.eye(classes)))


def answer_counts(answers: Answers, truth: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Expected number of answers `(source, true, answered)`, for the truth's distribution `(example, class)`."""
    classes, sources = truth.shape[1], len(answers.names)
    cell = answers.source * classes + answers.label
    counts = np.empty((sources, classes, classes))
    for true in range(classes):
        weight = answers.count * truth[answers.row, true]
        counts[:, true] = np.bincount(cell, weight, minlength=sources * classes).reshape(sources, classes)
    return counts


def pooled_confusions(
    counts: NDArray[np.float64], prior: NDArray[np.float64], pool_strength: float = POOL_STRENGTH
) -> NDArray[np.float64]:
    """Posterior mean of each source's confusion matrix, `(source, true, answered)`.

    The prior is that of all sources together, and the average of all is the prior of each: a source with one answer
    is taken to be like the others.
    """
    everybody = counts.sum(axis=0) + prior
    average = everybody / everybody.sum(axis=1, keepdims=True)
    posterior = counts + pool_strength * average
    return np.asarray(posterior / posterior.sum(axis=2, keepdims=True))


def log_likelihood(answers: Answers, confusions: NDArray[np.float64], examples: int) -> NDArray[np.float64]:
    """`log P(all answers | true)`, `(example, class)`; zero for an example that nobody answered."""
    log_confusions = np.log(confusions)
    result = np.empty((examples, confusions.shape[1]))
    for true in range(confusions.shape[1]):
        weight = answers.count * log_confusions[answers.source, true, answers.label]
        result[:, true] = np.bincount(answers.row, weight, minlength=examples)
    return result


def review_log_likelihood(reviews: Reviews, confusions: NDArray[np.float64], examples: int) -> NDArray[np.float64]:
    """`log P(all decisions | true)`, `(example, class)`. One that names several classes is a mixture of answers."""
    result = np.zeros((examples, confusions.shape[1]))
    usable = reviews.usable
    likelihood = np.einsum("dl,dtl->dt", reviews.answer[usable], confusions[reviews.reviewer[usable]])
    np.add.at(result, reviews.row[usable], np.log(likelihood))
    return result


def review_counts(reviews: Reviews, truth: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Expected number of decisions `(reviewer, true, answered)`."""
    counts = np.zeros((len(reviews.reviewer_names), truth.shape[1], truth.shape[1]))
    pairs = truth[reviews.row][:, :, None] * reviews.answer[:, None, :]
    np.add.at(counts, reviews.reviewer, pairs)
    return counts
