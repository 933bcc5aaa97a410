"""The posterior for labels and probabilities that come from elsewhere."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.decisions.reviews import reviews_of_labels
from aleator.errors import DataError
from aleator.evidence.features import leading_features
from aleator.evidence.neighbours import VOTERS, neighbour_vote
from aleator.neighbours.search import nearest_neighbours
from aleator.noise.pooling import pooled
from aleator.verdicts.checks import (
    IN_SAMPLE,
    LogOf,
    checked_features,
    checked_labels,
    checked_probabilities,
    explain,
    log_of,
    looks_in_sample,
)
from aleator.verdicts.posterior import LabelPosterior, weigh_sources
from aleator.verdicts.truth_model import Observations


def judge_probabilities(
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    features: ArrayLike | None = None,
    reviewed_labels: ArrayLike | None = None,
    warn_in_sample: bool = True,
) -> LabelPosterior:
    """The posterior for labels and out-of-sample probabilities that come from elsewhere; see
    `aleator.find_label_issues`."""
    return judge_checked(
        *checked_probabilities(labels, pred_probs),
        features=features,
        reviewed_labels=reviewed_labels,
        warn_in_sample=warn_in_sample,
    )


def judge_checked(
    given: NDArray[np.int64],
    several: tuple[NDArray[np.floating[Any]], ...],
    *,
    features: ArrayLike | None = None,
    reviewed_labels: ArrayLike | None = None,
    warn_in_sample: bool = True,
) -> LabelPosterior:
    """The same of what `checked_probabilities` has let pass."""
    if warn_in_sample and looks_in_sample(given, several):
        explain(IN_SAMPLE)
    if features is None and len(several) == 1:
        observations = Observations(cast(NDArray[np.float32], LogOf(several[0])), given)
    else:
        checked = None if features is None else checked_features(features, len(given))
        observations, _ = observe_probabilities(given, several, checked)
    reviews = None
    if reviewed_labels is not None:
        reviewed = checked_labels(reviewed_labels, observations.classes, "reviewed_labels", fewest=-1)
        if len(reviewed) != len(given):
            raise DataError(f"{len(reviewed)} reviewed labels for {len(given)} labels: give one for each, -1 for none.")
        reviews = reviews_of_labels(reviewed, observations.classes)
    return weigh_sources(observations, reviews=reviews)


def observe_probabilities(
    given: NDArray[np.int64],
    several: tuple[NDArray[np.floating[Any]], ...],
    features: NDArray[np.floating[Any]] | None,
) -> tuple[Observations, NDArray[np.int64] | None]:
    """What learners say, pooled, with the vote of the neighbours in the features as one more; and the neighbours.

    (Breast cancer with 10 % symmetric noise, logistic regression: average precision .938 without the neighbours, .973
    with; digits with pairs .923 and .978; drawn faces by gradients .641 and .728; news .598 and .599.)
    """
    if features is None:
        return Observations(log_of_learners(several, given), given), None
    log_probs = [log_of(probs) for probs in several]
    embedding = np.asarray(features, dtype=np.float32)
    neighbours = nearest_neighbours(embedding, np.full(len(given), -1), count=VOTERS).rows
    log_probs.append(neighbour_vote(neighbours, given, several[0].shape[1]))
    return Observations(_pooled(log_probs, given), given, leading_features(embedding)), neighbours


def log_of_learners(several: Sequence[NDArray[np.floating[Any]]], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """What learners say, each `(example, class)`, as one; the labels, -1 for none, tell how much each knows."""
    return _pooled([log_of(probs) for probs in several], labels)


def _pooled(log_probs: list[NDArray[np.float32]], given: NDArray[np.int64]) -> NDArray[np.float32]:
    return log_probs[0] if len(log_probs) == 1 else pooled(log_probs, given)


def quality_of(posterior: LabelPosterior) -> NDArray[np.float64]:
    """The probability that each given label is right, `(example,)`."""
    return posterior.quality
