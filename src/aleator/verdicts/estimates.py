"""What the verdicts add up to: how many labels are wrong, in which direction, and how sure that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from aleator.decisions.reviews import Reviews
from aleator.noise.counted import expected_counts, transition_matrix
from aleator.rows import at_random, evenly
from aleator.verdicts.judge import Verdicts
from aleator.verdicts.names import VERDICTS
from aleator.verdicts.posterior import LabelPosterior

LEVEL = 0.9
DRAWS, MOST_ROWS = 100, 8_000
"""Plausible explanations that the intervals are made of, and the examples they are applied to; the rest is like
these."""
RELATIVE_ERROR, ERROR = 0.1, 0.01
"""What no explanation accounts for: how far each may be off, as a part of its share of wrong labels, and as a share of
the labels. Chosen with the hypotheses' prior."""
ENOUGH_REVIEWS = 30
"""After so many reviews half of that (in squares) is known."""
WIDE = 0.1
"""An interval of the share that is wider than this is told with its reason."""
LEARNED = 0.08
"""How much of the way from its probability everywhere to one a label's probability is, where it was given; a class that
is less far was not learned."""
Matrix = list[list[float]]


@dataclass(frozen=True)
class WrongLabels:
    """How many labels of all examples are wrong, as a count and as a share, each with its interval."""

    count: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float


@dataclass(frozen=True)
class ErrorsLeft:
    """How many labels are wrong among the examples that nobody has reviewed."""

    count: float
    low: float
    high: float
    examples: int


@dataclass(frozen=True)
class ClassEstimate:
    """How many labels are wrong among the examples labelled so."""

    class_name: str
    examples: int
    mislabelled: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassPair:
    """Labels of one class that are expected to be of another."""

    given: int
    """Number of the class, as `true`."""
    true: int
    count: float
    """Expected."""
    share: float
    """Of all examples with that label."""


@dataclass(frozen=True)
class SourceEstimate:
    """The confusion (transition) matrix of one who gave labels, `(true, answered)`, as shares of each row."""

    name: str
    confusion: Matrix
    low: Matrix | None = None
    """With `high`, the interval; only of the given labels."""
    high: Matrix | None = None


@dataclass(frozen=True)
class Estimates:
    """The `estimates` section of `audit.json`."""

    level: float
    """Of all intervals."""
    mislabelled: WrongLabels
    errors_left: ErrorsLeft
    reviewed: int
    verdicts: dict[str, int]
    """Examples of each verdict."""
    confusion: Matrix
    """Expected number of examples `(given, true)`; empty where there are too many classes for a matrix."""
    per_class: tuple[ClassEstimate, ...] = ()
    sources: tuple[SourceEstimate, ...] = ()
    """All who gave labels, the given labels first."""
    flagged: int = 0
    """Labels that are called wrong: with a probability above `flag_above`."""
    flag_above: float = 0.5
    not_learned: tuple[str, ...] = ()
    """Classes whose labels the networks cannot predict: what they say against these labels says little."""
    pairs: tuple[ClassPair, ...] = ()
    """In the place of the confusion: the pairs of classes between which most labels are wrong, the first the most."""
    remarks: tuple[str, ...] = ()
    """Why the numbers are not surer than they are, and what would help, in words."""


def estimate_data_set(
    posterior: LabelPosterior,
    verdicts: Verdicts,
    class_names: tuple[str, ...],
    reviews: Reviews | None = None,
    *,
    seed: int = 0,
) -> Estimates:
    """Counts with credible intervals.

    Each of `DRAWS` plausible explanations says how many labels are wrong; the interval holds `LEVEL` of what they say.
    """
    given, classes = posterior.observations.given_label, len(class_names)
    labelled = np.flatnonzero(given >= 0)
    reviewed = np.zeros(len(given), dtype=bool)
    if reviews is not None:
        reviewed[reviews.row] = True
    sample = at_random(labelled, MOST_ROWS, seed)
    draws = posterior.draws(DRAWS, sample, seed)
    wrong = 1 - np.take_along_axis(draws, given[sample][None, :, None], axis=2)[:, :, 0]
    random = np.random.default_rng([seed, 1])
    known = np.sqrt(ENOUGH_REVIEWS / (ENOUGH_REVIEWS + reviewed.sum()))
    scales = np.exp(RELATIVE_ERROR * known * random.standard_normal(DRAWS))
    offsets = ERROR * known * random.standard_normal(DRAWS)

    def counted(rows: NDArray[np.bool_]) -> tuple[float, float, float]:
        """Of the examples in `rows`, as many as expected; its interval from the sampled ones among them."""
        members = labelled[rows[labelled]]
        inside = rows[sample]
        expected = float(verdicts.p_mislabelled[members].sum())
        if not inside.any():
            return expected, expected, expected
        shares = wrong[:, inside].mean(axis=1, dtype=np.float64)
        # By chance, each label is wrong or not.
        chance = np.sqrt((wrong[:, inside] * (1 - wrong[:, inside])).mean(axis=1, dtype=np.float64) / len(members))
        shares += chance * np.random.default_rng([seed, 2]).standard_normal(DRAWS)
        open_share = (~reviewed[members]).mean()
        counts = (shares * scales + offsets * open_share) * len(members)
        low, high = credible_interval(counts, expected)
        return expected, max(low, 0.0), min(high, float(len(members)))

    everything = counted(np.ones(len(given), dtype=bool))
    shares = tuple(count / max(1, len(labelled)) for count in everything)
    unlearned = not_learned(posterior, class_names)
    per_draw = np.stack([transition_matrix(expected_counts(one, given[sample], classes).T) for one in draws])
    return Estimates(
        level=LEVEL,
        mislabelled=WrongLabels(*everything, *shares),
        errors_left=ErrorsLeft(*counted(~reviewed), int((given[~reviewed] >= 0).sum())),
        reviewed=int(reviewed.sum()),
        verdicts={verdict: int((verdicts.verdict == verdict).sum()) for verdict in VERDICTS},
        confusion=expected_counts(posterior.distribution, given, classes).tolist(),
        per_class=tuple(
            ClassEstimate(name, int((given == label).sum()), *counted(given == label))
            for label, name in enumerate(class_names)
        ),
        sources=_sources(posterior, per_draw, reviews),
        flagged=int(verdicts.flagged.sum()),
        flag_above=verdicts.flag_above,
        not_learned=unlearned,
        remarks=_remarks(posterior, shares[2] - shares[1], unlearned, int(reviewed.sum())),
    )


def pairs_of(confusion: NDArray[np.float64], most: int) -> tuple[ClassPair, ...]:
    """The pairs of classes between which most labels are wrong, the first the most; of expected counts `(given,
    true)`."""
    off = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-off, axis=None, kind="stable")[:most]
    examples = confusion.sum(axis=1)
    return tuple(
        ClassPair(given, true, float(off[given, true]), float(off[given, true] / examples[given]))
        for given, true in (divmod(int(place), len(confusion)) for place in order)
        if off[given, true] > 0
    )


def not_learned(posterior: LabelPosterior, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """The classes whose labels the networks cannot predict: they say hardly more for such a label where it was given
    than everywhere. Only of networks that have not seen the labels can that be told."""
    observations = posterior.observations
    labelled = evenly(np.flatnonzero(observations.given_label >= 0), MOST_ROWS)
    if not posterior.out_of_sample or not len(labelled):
        return ()
    some = observations.take(labelled)
    probs, given = softmax(some.centred(), axis=1), some.given_label
    everywhere = probs.mean(axis=0)
    counts = np.bincount(given, minlength=len(class_names))
    where_given = np.bincount(given, probs[np.arange(len(given)), given], len(class_names)) / np.maximum(counts, 1)
    skill = (where_given - everywhere) / np.maximum(1 - everywhere, 1e-9)
    return tuple(name for name, seen, one in zip(class_names, counts, skill, strict=True) if seen and one < LEARNED)


def _remarks(posterior: LabelPosterior, width: float, unlearned: tuple[str, ...], reviewed: int) -> tuple[str, ...]:
    remarks = []
    left_open = posterior.hypotheses.left_open
    if width > WIDE and not reviewed:
        reason = (
            f"the model that predicts the labels is often unsure itself (its first choice has {1 - left_open:.0%} on "
            "average), so that a wrong label, an ambiguous example and a weak model look alike"
            if left_open > WIDE
            else "labels that err by a rule look like labels that are right"
        )
        remarks.append(
            f"These data alone do not tell well how many labels are wrong: {reason}. Some thirty examples reviewed "
            'in the order "at random" would tell.'
        )
    if unlearned:
        names = ", ".join(unlearned[:5]) + (f" and {len(unlearned) - 5} more" if len(unlearned) > 5 else "")
        remarks.append(
            f"Not learned: {names}. The model predicts these labels no better than chance, so what it says against "
            "them says more of the model than of the labels."
        )
    return tuple(remarks)


def credible_interval(draws: NDArray[np.floating[Any]], centre: float | NDArray[np.float64]) -> Any:
    """Where a further draw lies with probability `LEVEL`, for draws along the first axis, moved to their `centre`.

    What the posterior expects is the centre, not the mean of the draws: noise in the numbers makes every sure answer
    less sure, and so moves the draws to one side. (FER2013, 200 random reviews: by .020 of the labels.) The quantiles
    allow for how few draws there are.
    """
    half = (1 - LEVEL) / 2
    quantiles = np.quantile(draws, [half, 1 - half], axis=0, method="weibull")
    return (quantiles - draws.mean(axis=0) + centre).tolist()


def _sources(
    posterior: LabelPosterior, per_draw: NDArray[np.float64], reviews: Reviews | None
) -> tuple[SourceEstimate, ...]:
    counts = expected_counts(posterior.distribution, posterior.observations.given_label, per_draw.shape[1]).T
    expected = transition_matrix(counts)
    low, high = np.clip(credible_interval(per_draw, expected), 0, 1).tolist()
    people = [*zip(posterior.annotator_names, posterior.annotators, strict=True)]
    if reviews is not None:
        people += zip(reviews.reviewer_names, posterior.reviewers, strict=True)
    return (
        SourceEstimate("given labels", expected.tolist(), low, high),
        *(SourceEstimate(name, confusion.tolist()) for name, confusion in people),
    )
