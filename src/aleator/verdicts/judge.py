"""The judge: from the posterior to one verdict per example, by what each way of acting would cost."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from scipy.special import entr

from aleator.decisions.decision import LABEL, UNUSABLE
from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import Settled, settle
from aleator.verdicts.flags import DRAWS, MOST, flag_above, safe_changes
from aleator.verdicts.names import VERDICTS
from aleator.verdicts.posterior import LabelPosterior

OK, MISTAKE, AMBIGUOUS, UNFAMILIAR, CONFLICT, NONE = range(6)
"""Numbers of VERDICTS, and of none, while they are made: a million of them are 1 MB, as text 40."""

CLEAR_ANSWER = 0.9
"""An example that the networks are this sure of is familiar, wherever it lies in the embedding."""
OUTLYING_DEVIATIONS = 4.0
"""How many robust standard deviations farther from its neighbours than usual an unfamiliar example lies."""
DISPUTED_QUANTILE, DISPUTED_NATS = 0.99, 0.3
"""Or it is among the one in a hundred that the draws disagree on most, if that is by a good part of a nat."""
NETWORK_VOTES = 4.0
"""How many annotators the networks' word is worth beside real votes, for the label distribution."""


@dataclass(frozen=True)
class Costs:
    """What it costs to act wrongly, in units of one wrong label that is kept."""

    touch_right: float = 0.67
    """A right label is called wrong: somebody looks in vain, or it is changed."""
    blur: float = 0.42
    """An example is given a label distribution in place of one label: it will teach less than a right label does."""


DEFAULT_COSTS = Costs()


@dataclass(frozen=True)
class Verdicts:
    """What is believed of each example."""

    label_distribution: NDArray[np.float32] | csr_array
    """What a crowd of careful annotators would answer, `(example, class)`; sparse where there are many classes."""
    p_mislabelled: NDArray[np.float64]
    """Probability that the given label is not the crowd's first choice; NaN without a given label. Up is bad."""
    suggested_label: NDArray[np.int64]
    """The crowd's first choice, `(example,)`."""
    verdict: NDArray[np.str_]
    """One of VERDICTS; empty for an example without a given label."""
    flag_above: float = MOST
    """Labels that are wrong with a higher probability than this are called wrong; see `flags.py`."""

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """The labels that are called wrong, `(example,)`."""
        return np.asarray(self.p_mislabelled > self.flag_above)

    def distribution_of(self, row: int) -> NDArray[np.float32]:
        """The label distribution of one example, `(class,)`."""
        some: Any = self.label_distribution[[row]]
        return np.asarray((some.toarray() if issparse(some) else some)[0])

    def probability_of(
        self, label: NDArray[np.integer[Any]], rows: NDArray[np.integer[Any]] | None = None
    ) -> NDArray[np.float64]:
        """What the label distributions say of one label each, `(row,)`; of all examples by default."""
        rows = np.arange(len(label)) if rows is None else rows
        return np.asarray(self.label_distribution[rows, label], dtype=np.float64).ravel()

    def entropy_of(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Of the label distributions of some examples, in nats, `(row,)`."""
        some: Any = self.label_distribution[rows]
        if not issparse(some):
            return np.asarray(entr(some).sum(axis=1))
        owner = np.repeat(np.arange(len(rows)), np.diff(some.indptr))
        return np.asarray(np.bincount(owner, entr(some.data), minlength=len(rows)))


def judge(
    posterior: LabelPosterior,
    *,
    unfamiliar: NDArray[np.bool_] | None = None,
    duplicate_group: NDArray[np.int64] | None = None,
    vote_counts: NDArray[np.floating[Any]] | None = None,
    reviews: Reviews | None = None,
    costs: Costs = DEFAULT_COSTS,
) -> Verdicts:
    """Judge every example.

    Keeping the given label costs the probability that it is wrong. Changing it to the likeliest class costs
    `touch_right` if it was right, and one if neither is. Giving the label distribution instead costs `blur`. The
    verdict is the cheapest: `ok`, `mistake`, `ambiguous`; a label is changed only where that is safe
    (`flags.safe_changes`), and else the cheaper of the other two stands. Before that come what no label mends: copies
    that contradict each other (`conflict`), and examples that are unlike the rest (`unfamiliar`). What reviewers
    decided stands.

    Args:
        posterior: what is believed of the truth.
        unfamiliar: what `unfamiliar_examples` found, `(example,)`.
        duplicate_group: `(example,)`, -1 stands alone.
        vote_counts: the annotators' votes `(example, class)`, which shape the label distribution.
        reviews: the decisions that the posterior has heard.
        costs: what acting wrongly costs.
    """
    given_label, probs = posterior.observations.given_label, posterior.distribution
    labelled = given_label >= 0
    of_given = np.take_along_axis(probs, np.maximum(given_label, 0)[:, None], axis=1)[:, 0].astype(np.float64)
    suggested_label, highest = probs.argmax(axis=1), probs.max(axis=1)

    keep, verdict = 1 - of_given, cheapest(of_given, highest, suggested_label == given_label, costs)
    changed = np.flatnonzero((verdict == MISTAKE) & labelled)
    changes = safe_changes(
        highest[changed] - of_given[changed],
        lambda some: _gain_under_each(posterior, changed[some], suggested_label[changed[some]]),
    )
    leave_as_they_are(verdict, changed[~changes], keep, costs)
    if unfamiliar is not None:
        verdict[unfamiliar] = UNFAMILIAR
    if duplicate_group is not None:
        verdict[conflicting_copies(given_label, duplicate_group)] = CONFLICT
    if reviews is not None:
        settled = settle(reviews)
        verdict[settled.row] = decided(settled, given_label)
    verdict[~labelled] = NONE

    distribution = probs
    if vote_counts is not None:
        voted = vote_counts.sum(axis=1, keepdims=True)
        mixed = (NETWORK_VOTES * posterior.unheard + vote_counts) / (NETWORK_VOTES + voted)
        distribution = np.where(voted > 0, mixed, probs).astype(np.float32)
    # In the precision in which it is written: who reads the table ranks examples as the judge does.
    p_mislabelled = np.where(labelled, np.clip(keep, 0.0, 1.0), np.nan).astype(np.float32).astype(np.float64)
    cut = flag_above(posterior, p_mislabelled)
    return Verdicts(distribution, p_mislabelled, suggested_label, np.array([*VERDICTS, ""])[verdict], cut)


def cheapest(
    of_given: NDArray[np.floating[Any]],
    highest: NDArray[np.floating[Any]],
    same: NDArray[np.bool_],
    costs: Costs = DEFAULT_COSTS,
) -> NDArray[np.int8]:
    """`OK`, `MISTAKE` or `AMBIGUOUS`, whichever costs least; by the probabilities of the given label and of the
    likeliest class, and whether these are the same, `(example,)` each."""
    keep = 1 - of_given
    change = np.where(same, np.inf, costs.touch_right * of_given + 1 - highest - of_given)
    verdict = np.where(keep <= change, OK, MISTAKE).astype(np.int8)
    verdict[np.minimum(keep, change) > costs.blur] = AMBIGUOUS
    return verdict


def leave_as_they_are(
    verdict: NDArray[np.int8], rows: NDArray[np.int64], keep: NDArray[np.floating[Any]], costs: Costs = DEFAULT_COSTS
) -> None:
    """Change nothing of these rows: keep their labels, or blur them, whichever costs less."""
    verdict[rows] = np.where(keep[rows] > costs.blur, AMBIGUOUS, OK)


def _gain_under_each(
    posterior: LabelPosterior, rows: NDArray[np.int64], suggested: NDArray[np.int64]
) -> NDArray[np.float32]:
    """How much more probable the suggested label is than the given one, `(draw, row)`."""
    draws, places = posterior.draws(DRAWS, rows), np.arange(len(rows))
    return np.asarray(draws[:, places, suggested] - draws[:, places, posterior.observations.given_label[rows]])


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


def decided(settled: Settled, given_label: NDArray[np.int64]) -> NDArray[np.int8]:
    """The verdicts of those who looked, `(answered,)`; `given_label` is of all examples."""
    right = settled.label == given_label[settled.row]
    one_label = settled.kind == LABEL
    unusable = settled.kind == UNUSABLE
    return np.select([unusable, ~one_label, right], [UNFAMILIAR, AMBIGUOUS, OK], MISTAKE).astype(np.int8)


def unfamiliar_examples(
    epistemic: NDArray[np.float64], distance: NDArray[np.float64], predicted: NDArray[np.floating[Any]]
) -> NDArray[np.bool_]:
    """Examples that lie far from all others without a clear answer, or that the draws disagree on most.

    Takes the disagreement of the networks in nats `(example,)`, the distance to the neighbours in the embedding
    `(example,)`, and the predicted distribution `(example, class)`.
    """
    outlying = _robust_z(distance) > OUTLYING_DEVIATIONS
    disputed = (epistemic > np.quantile(epistemic, DISPUTED_QUANTILE)) & (epistemic > DISPUTED_NATS)
    return np.asarray((outlying & (predicted.max(axis=1) < CLEAR_ANSWER)) | disputed)


def _robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance from the median in standard deviations, the deviation estimated from the quartiles."""
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return np.asarray((values - median) / max((upper - lower) / 1.349, 1e-12))
