"""The first judge: draws of the label distribution in, one verdict per example out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from aleator.data.dataset import Votes

VERDICTS = ("ok", "mistake", "ambiguous", "unfamiliar", "conflict")

CLEAR_SHARE = 0.5
"""A label distribution whose top class has less than this is ambiguous: no class has a majority of the crowd."""
CLEAR_ANSWER = 0.9
"""An example that the networks are this sure of is familiar, wherever it lies in the embedding."""
OUTLYING_DEVIATIONS = 4.0
"""How many robust standard deviations farther from its neighbours than usual an unfamiliar example lies."""
DISPUTED_QUANTILE, DISPUTED_NATS = 0.99, 0.3
"""Or it is among the one in a hundred that the draws disagree on most, if that is by a good part of a nat."""
NETWORK_VOTES = 4.0
"""How many annotators the networks' opinion is worth beside real votes."""


@dataclass(frozen=True)
class Judgement:
    """What is believed of each example."""

    label_distribution: NDArray[np.float64]
    """What a crowd of careful annotators would answer, `(example, class)`."""
    p_mislabelled: NDArray[np.float64]
    """Probability that the given label is not the crowd's first choice; NaN without a given label. Up is bad."""
    suggested_label: NDArray[np.int64]
    """The crowd's first choice, `(example,)`."""
    verdict: NDArray[np.str_]
    """One of VERDICTS; empty for an example without a given label."""


def judge(
    log_probs: NDArray[np.float64],
    given_label: NDArray[np.int64],
    *,
    epistemic: NDArray[np.float64],
    distance: NDArray[np.float64],
    duplicate_group: NDArray[np.int64],
    votes: Votes | None = None,
) -> Judgement:
    """Judge every example.

    Args:
        log_probs: predicted label distributions of each draw, `(draw, example, class)`.
        given_label: `(example,)`, -1 no label.
        epistemic: disagreement of the draws in nats, `(example,)`.
        distance: how far the example lies from its neighbours in the embedding, `(example,)`, up is far.
        duplicate_group: `(example,)`, -1 stands alone.
        votes: used as evidence when given.
    """
    distribution = np.exp(logsumexp(log_probs, axis=0) - np.log(len(log_probs)))
    first_choice = distribution
    if votes is not None:
        counts = votes.class_counts(distribution.shape[1]).astype(np.float64)
        first_choice = posterior_of_first_choice(distribution, counts)
        distribution = (NETWORK_VOTES * distribution + counts) / (NETWORK_VOTES + counts.sum(axis=1, keepdims=True))
    labelled = given_label >= 0
    given_probability = np.take_along_axis(first_choice, np.maximum(given_label, 0)[:, None], axis=1)[:, 0]
    p_mislabelled = np.where(labelled, np.clip(1 - given_probability, 0.0, 1.0), np.nan)
    suggested_label = first_choice.argmax(axis=1)

    verdict = np.full(len(given_label), "ok", dtype="<U10")
    verdict[labelled & (suggested_label != given_label)] = "mistake"
    verdict[labelled & (distribution.max(axis=1) < CLEAR_SHARE)] = "ambiguous"
    verdict[labelled & _unfamiliar(epistemic, distance, distribution)] = "unfamiliar"
    verdict[labelled & conflicting_copies(given_label, duplicate_group)] = "conflict"
    verdict[~labelled] = ""
    return Judgement(distribution, p_mislabelled, suggested_label, verdict)


def posterior_of_first_choice(
    distribution: NDArray[np.float64], counts: NDArray[np.float64], accuracy: float = 0.7
) -> NDArray[np.float64]:
    """Probability of each class to be the crowd's first choice, given the networks and some votes.

    Each vote is one answer of an annotator who gives the first choice with probability `accuracy` and any other
    class with equal probability otherwise. `(example, class)` in, `(example, class)` out.
    """
    classes = distribution.shape[1]
    weight_of_vote = np.log(accuracy) - np.log((1 - accuracy) / (classes - 1))
    log_posterior = np.log(distribution + 1e-12) + weight_of_vote * counts
    return np.asarray(np.exp(log_posterior - logsumexp(log_posterior, axis=1, keepdims=True)))


def conflicting_copies(given_label: NDArray[np.int64], duplicate_group: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which examples have a copy that carries another label, `(example,)`."""
    member = (duplicate_group >= 0) & (given_label >= 0)
    result = np.zeros(len(given_label), dtype=bool)
    if not member.any():
        return result
    group, label = duplicate_group[member], given_label[member]
    groups = int(group.max()) + 1
    lowest, highest = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1)
    np.minimum.at(lowest, group, label)
    np.maximum.at(highest, group, label)
    result[member] = lowest[group] != highest[group]
    return result


def _unfamiliar(
    epistemic: NDArray[np.float64], distance: NDArray[np.float64], distribution: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Examples that lie far from all others without a clear answer, or that the draws disagree on most."""
    unclear = distribution.max(axis=1) < CLEAR_ANSWER
    outlying = _robust_z(distance) > OUTLYING_DEVIATIONS
    disputed = (epistemic > np.quantile(epistemic, DISPUTED_QUANTILE)) & (epistemic > DISPUTED_NATS)
    return np.asarray((outlying & unclear) | disputed)


def _robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance from the median in standard deviations, the deviation estimated from the quartiles."""
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return np.asarray((values - median) / max((upper - lower) / 1.349, 1e-12))
