"""How many wrong labels nobody has found yet, told by reviewed labels that were drawn at random.

What people review in an order of ours are the most suspicious labels, and these say little of the rest. So the review
page draws one example in ten at random, always the next of one fixed order. The first examples of that order, as far
as they are reviewed, are then a simple random sample of all labels, whoever reviewed the others in whatever order, and
nothing but the log is needed to know them. From it is learned how far the audit can be trusted: a logistic regression
of "wrong" on what it said before anybody decided and what it says now (two probabilities of being wrong, as logits),
fitted to those of the sample that are like what is left, and then applied to what nobody has reviewed (a regression
estimator). While the sample is small, the interval is narrowed by what the audit said at first of how many are wrong.

Simulated reviewers on eight data sets, three times each: at the stop sign the number is within a tenth or within one
label of the truth in 16 of 24 reviews; by what was said first alone, with all of the sample alike, in 7
(`docs/review.md`).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm, t

from aleator.decisions.decision import UNUSABLE
from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import settle
from aleator.rows import random_order
from aleator.verdicts.estimates import LEVEL, ErrorsLeft, Estimates, WrongLabels

FEWEST = 10
"""Reviewed examples of the sample below which it says nothing."""
MOST_OF_ALL = 0.5
"""Where the sample is a larger part of what was reviewed, there was no other order that could mislead."""
GAP = 0.02
"""Share of the sample that may be missing: what was skipped, and what somebody looks at just now."""
START = np.array([0.0, 1.0, 0.0])
"""Intercept, slope of the mean of what is said before and now, and of half their difference, where the audit is right
as it stands."""
LOOSENESS = np.array([3.0, 0.5, 0.5])
"""Standard deviations about `START`."""
LIKE_THE_REST = 0.8
"""Sampled examples that are more suspicious than this share of what is left count less."""
TRUST = 2.0
"""How many times as wide as it says the audit's first interval of all wrong labels is taken."""
FREEDOM = 4
"""Degrees of freedom of how far that may be off."""
CELL = 0.1
"""Logits by which examples may differ and still be counted as one."""
SUREST = 8.0
DRAWS = 1000


def drawing_order(given: NDArray[np.integer]) -> NDArray[np.int64]:
    """All examples with a given label, in the order in which they are drawn at random; `given` is -1 without one."""
    order = random_order(len(given))
    return order[given[order] >= 0]


def drawn_and_reviewed(order: NDArray[np.int64], reviewed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The sample: the first of the drawing order, as far as (nearly) all of them are reviewed."""
    order = order[: int(np.count_nonzero(reviewed) / (1 - GAP)) + 1]  # no sample is longer
    done = reviewed[order]
    missing = np.cumsum(~done)
    enough = np.flatnonzero(done & (missing <= GAP * np.arange(1, len(order) + 1)))
    return order[: enough[-1] + 1][done[: enough[-1] + 1]] if len(enough) else order[:0]


def told_by_sample(
    estimates: Estimates,
    given: NDArray[np.integer],
    suspicion: Callable[[NDArray[np.int64]], NDArray[np.floating]],
    stated: Callable[[], WrongLabels],
    found: float,
    reviews: Reviews,
) -> Estimates:
    """The estimates with what is left counted by the sample, where there is one that is needed.

    Args:
        estimates: the posterior's.
        given: `(example,)`, -1 without a label.
        suspicion: finds the probabilities that the given labels of some rows are wrong, before anybody decided and now
            (but for what was answered to these very examples), `(2, row)`; asked only where it is needed.
        stated: finds how many labels were said to be wrong before anybody decided.
        found: wrong labels among those that were reviewed, as they are judged.
        reviews: all decisions.
    """
    settled = settle(reviews)
    reviewed = np.zeros(len(given), dtype=bool)
    reviewed[settled.row] = True
    sample = drawn_and_reviewed(drawing_order(given), reviewed)
    if len(sample) < FEWEST or len(sample) > MOST_OF_ALL * len(settled):
        return estimates
    place = np.searchsorted(settled.row, sample)
    usable = settled.kind[place] != UNUSABLE
    sample, place = sample[usable], place[usable]
    wrong = 1 - settled.share[place, given[sample]]
    open_rows = np.flatnonzero(~reviewed & (given >= 0))
    count, low, high = count_left(suspicion(sample), wrong, suspicion(open_rows), stated(), found)
    labelled = max(1, int((given >= 0).sum()))
    total = [found + one for one in (count, low, high)]
    return replace(
        estimates,
        mislabelled=WrongLabels(*total, *(one / labelled for one in total)),
        errors_left=ErrorsLeft(count, low, high, len(open_rows)),
        remarks=(
            *estimates.remarks,
            f"How many are left is estimated from the {len(sample):,} reviewed labels that were drawn at random; more "
            "of them make the interval narrower. The numbers of each class come from all reviews.",
        ),
    )


def count_left(
    sampled: NDArray[np.floating],
    wrong: NDArray[np.floating],
    left: NDArray[np.floating],
    stated: WrongLabels,
    found: float,
) -> tuple[float, float, float]:
    """Wrong labels among `left`, with the interval.

    Args:
        sampled: the probabilities of being wrong of each example of the sample, before anybody decided and now,
            `(2, sample)`.
        wrong: what it turned out to be, 0 to 1, `(sample,)`.
        left: the same probabilities of each example that nobody reviewed, `(2, left)`.
        stated: how many labels were said to be wrong before anybody decided.
        found: wrong labels among those that were reviewed.
    """
    if not left.shape[1]:
        return 0.0, 0.0, 0.0
    places, of_cell = _cells(left)
    # What is more suspicious than what is left says little of it: e times less for each logit.
    most = np.quantile(places[:, 1], LIKE_THE_REST, weights=of_cell, method="inverted_cdf")
    design = _design(_logit(sampled))
    weight = np.exp(-np.maximum(design[:, 1] - most, 0))

    def loss(numbers: NDArray[np.float64]) -> float:
        said = design @ numbers
        likelihood = weight * (wrong * np.logaddexp(0, -said) + (1 - wrong) * np.logaddexp(0, said))
        return float(likelihood.sum() + 0.5 * (((numbers - START) / LOOSENESS) ** 2).sum())

    numbers = minimize(loss, START, method="BFGS").x
    said = expit(design @ numbers)
    curvature = design.T @ (design * (weight * said * (1 - said))[:, None]) + np.diag(LOOSENESS**-2)
    random = np.random.default_rng(0)
    plausible = random.multivariate_normal(numbers, np.linalg.inv(curvature), DRAWS)
    share = expit(places @ plausible.T)
    expected = of_cell @ share
    counts = expected + random.standard_normal(DRAWS) * np.sqrt(of_cell @ (share * (1 - share)))
    # A draw counts by how well the audit's first estimate of all wrong labels allows it: Student's t, so that an
    # estimate that proves to be wrong is given up.
    width = max(1.0, TRUST * (stated.high - stated.low) / (2 * norm.ppf((1 + LEVEL) / 2)))
    allowed = t.pdf((found + expected - stated.count) / width, FREEDOM)
    half = (1 - LEVEL) / 2
    low, high = np.quantile(counts, [half, 1 - half], weights=allowed, method="inverted_cdf")
    low, high = max(0.0, float(low)), min(float(high), float(left.shape[1]))
    return float(np.clip(of_cell @ expit(places @ numbers), low, high)), low, high


def _cells(left: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The design `(cell, number)` of examples that are all but equal, and how many are in each cell."""
    steps = round(2 * SUREST / CELL) + 1
    first, now = np.rint((_logit(left) + SUREST) / CELL).astype(np.int64)
    counts = np.bincount(first * steps + now)
    cells = np.flatnonzero(counts)
    return _design(np.stack(np.divmod(cells, steps)) * CELL - SUREST), counts[cells]


def _logit(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.clip(logit(np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)), -SUREST, SUREST))


def _design(sure: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(example, number)` of logits `(2, example)`."""
    return np.stack([np.ones(sure.shape[1]), sure.mean(axis=0), (sure[0] - sure[1]) / 2], axis=1)
