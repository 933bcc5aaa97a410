"""How many wrong labels nobody has found yet, told by what the audit says and by what reviews found.

On one data set an audit is off more than on another, so its probabilities are where one starts, and reviewed labels
tell how far they are off. The log-odds that a label is wrong are what the audit said before anybody decided, and three
deviations from it: an offset for all labels; a smooth curve over what it said (a Gaussian process: calibration that
differs from the sure labels to the unsure ones), both about as large as the interval that the audit gave itself makes
probable; and some part of what it says otherwise since people answered. What reviews found narrows these, as a logistic
regression; the labels that nobody reviewed are then added up under plausible deviations. Without reviews that is about
the audit's own number and interval, so that it can take over from these with the first label that was drawn at random.

People pick labels to review for other reasons than their probability, too, and now and then their hand slips. So a
label that was drawn at random (`sampled.py`) counts fully, and another one `OTHERS` as much.

The constants were chosen on one half of the portfolio's data sets, by simulated reviews; `docs/bench_portfolio.md` has
both halves.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm

from aleator.auditing.sampled import drawing_order, drawn_and_reviewed
from aleator.decisions.decision import UNUSABLE
from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import settle
from aleator.noise.hypotheses import drawn
from aleator.noise.sources import REVIEWER_ACCURACY
from aleator.verdicts.estimates import LEVEL, ErrorsLeft, Estimates, WrongLabels

OTHERS = 0.2
"""How much a reviewed label counts that was not drawn at random, to one that was."""
SLIPS = 1 - REVIEWER_ACCURACY
"""Share of wrong answers among them. What is drawn at random and surprises is looked at twice."""
SUREST = 8.0
"""Logits beyond which nothing is believed."""
KNOTS = np.arange(-SUREST, SUREST + 1)
"""Between which the curve is straight."""
BENT, REACH = 0.5, 2.0
"""Part of the deviations' variance that the curve has and not the offset, and how far, in logits, the curve hangs
together along what was said."""
SMALLEST = 0.7
"""No audit states so narrow an interval that this standard deviation, in logits, would not be added to it."""
LEARNED = 0.2
"""Standard deviation of the part of what the audit says otherwise since people answered."""
WIDTHS, PRIOR_OF_WIDTHS = np.array([0.6, 1.2, 2.4, 4.8]), np.array([0.7, 0.15, 0.1, 0.05])
"""How many times as large as stated all deviations may be, with their probabilities. Most audits state more than they
are off; one that proves to be off in one place is believed less everywhere."""
CELL = 0.1
"""Logits by which examples may differ and still be counted as one."""
SIDE = round(2 * SUREST / CELL) + 1
LEAST = 1e-9
SHIFTS = np.arange(-6, 6 + CELL, CELL)
"""Offsets among which those are looked for that would give an end of the audit's interval."""
DRAWS = 1000


def told_by_reviews(
    estimates: Estimates,
    given: NDArray[np.integer],
    suspicion: Callable[[NDArray[np.int64]], NDArray[np.floating]],
    stated: Callable[[], WrongLabels],
    found: float,
    reviews: Reviews,
) -> Estimates:
    """The estimates with what is left counted by what was found, where anything was drawn at random.

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
    told = (settled.kind != UNUSABLE) & (given[settled.row] >= 0)
    rows, share = settled.row[told], settled.share[told]
    drawn_rows = np.isin(rows, drawn_and_reviewed(drawing_order(given), reviewed))
    if not drawn_rows.any():
        return estimates
    outcomes = Outcomes(suspicion(rows), 1 - share[np.arange(len(rows)), given[rows]], drawn_rows)
    open_rows = np.flatnonzero(~reviewed & (given >= 0))
    left = count_left(outcomes, suspicion(open_rows), stated())
    labelled = max(1, int((given >= 0).sum()))
    total = [found + one for one in left]
    return replace(
        estimates,
        mislabelled=WrongLabels(*total, *(one / labelled for one in total)),
        errors_left=ErrorsLeft(*left, len(open_rows)),
        remarks=(
            *estimates.remarks,
            f"How many are left is estimated from all reviews; the {int(outcomes.drawn.sum()):,} that were drawn at "
            "random tell most. The numbers of each class come from all reviews alike.",
        ),
    )


@dataclass(frozen=True)
class Outcomes:
    """What was said of reviewed labels, and what they turned out to be."""

    suspicion: NDArray[np.floating]
    """The probabilities of being wrong, before anybody decided and now, `(2, reviewed)`."""
    wrong: NDArray[np.floating]
    """What it turned out to be, 0 to 1, `(reviewed,)`."""
    drawn: NDArray[np.bool_]
    """Which were drawn at random."""


def count_left(outcomes: Outcomes, left: NDArray[np.floating], stated: WrongLabels) -> tuple[float, float, float]:
    """Wrong labels among those that nobody reviewed, with the interval.

    Args:
        outcomes: what is known of those that were reviewed.
        left: the probabilities of being wrong of the others, before anybody decided and now, `(2, left)`.
        stated: how many labels were said to be wrong before anybody decided.
    """
    if not left.shape[1]:
        return 0.0, 0.0, 0.0
    said = _cells(np.concatenate([outcomes.suspicion, left], axis=1))
    offset, deviation = _offset(said, stated)
    root = np.asarray(np.linalg.cholesky(_covariance(deviation)), dtype=np.float64)
    random = np.random.default_rng(0)
    numbers = _plausible(_Likelihood.of(outcomes, offset, root), random)
    cells, of_cell = _counted(_cells(left))
    base, design = _design(cells)
    share = expit(offset + base[:, None] + design @ root @ numbers.T)
    expected = of_cell @ share
    # By chance, each label is wrong or not.
    counts = expected + random.standard_normal(DRAWS) * np.sqrt(of_cell @ (share * (1 - share)))
    half = (1 - LEVEL) / 2
    low, high = np.quantile(counts, [half, 1 - half])
    low, high = max(0.0, float(low)), min(float(high), float(left.shape[1]))
    return float(np.clip(np.median(expected), low, high)), low, high


def _plausible(likelihood: "_Likelihood", random: np.random.Generator) -> NDArray[np.float64]:
    """Numbers `(draw, number)` as often as they are probable, whatever the width of the prior."""
    proposed, log_weights = [], []
    for width, probable in zip(WIDTHS, PRIOR_OF_WIDTHS, strict=True):
        numbers, log_weight = likelihood.proposed(width, random)
        proposed.append(numbers)
        log_weights.append(log_weight + np.log(probable))
    weights = np.exp(np.array(log_weights) - np.max(log_weights))
    # Without this bound (Ionides 2008) a few draws could stand for all.
    weights = np.minimum(weights, weights.mean(axis=1, keepdims=True) * np.sqrt(DRAWS)).ravel()
    return np.asarray(np.concatenate(proposed)[drawn(weights / weights.sum(), DRAWS, random)])


@dataclass(frozen=True)
class _Likelihood:
    """Of the deviations, by what the reviewed labels turned out to be; a row for all that are like each other.

    The deviations are numbers that are independent in the prior, all with the same width.
    """

    base: NDArray[np.float64]
    """What is expected of each, in logits."""
    design: NDArray[np.float64]
    """`(row, number)`."""
    wrong: NDArray[np.float64]
    """How much the answers that it is wrong count together, `(row,)`."""
    right: NDArray[np.float64]
    slips: NDArray[np.float64]
    """Probability that an answer is not what was meant."""

    @classmethod
    def of(cls, outcomes: Outcomes, offset: float, root: NDArray[np.float64]) -> "_Likelihood":
        """`offset` is expected for all; `root` is a square root of the deviations' covariance as stated."""
        both = []
        for kind, weight, slips in ((outcomes.drawn, 1.0, LEAST), (~outcomes.drawn, OTHERS, SLIPS)):
            of_each = _cells(outcomes.suspicion[:, kind])
            cells, asked = _counted(of_each)
            wrong = np.bincount(of_each, outcomes.wrong[kind])[cells]
            base, design = _design(cells)
            both.append(
                (offset + base, design @ root, weight * wrong, weight * (asked - wrong), np.full(len(cells), slips))
            )
        return cls(*(np.concatenate(parts) for parts in zip(*both, strict=True)))

    def proposed(self, width: float, random: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draws of the numbers `(draw, number)` from Laplace's approximation, and the logarithms of how much each
        counts `(draw,)`: the approximation is symmetric, and few wrong labels say much more of how many there may be
        at most than at least."""
        size = self.design.shape[1]
        mode = minimize(self._loss, np.zeros(size), args=(width,), jac=True, method="L-BFGS-B").x
        lower = np.linalg.cholesky(self._curvature(mode) + np.eye(size) / width**2)
        noise = random.standard_normal((DRAWS, size))
        numbers = mode + noise @ np.linalg.inv(lower)
        log_weight = self._log(numbers) - 0.5 * (numbers**2).sum(axis=1) / width**2 + 0.5 * (noise**2).sum(axis=1)
        return numbers, log_weight - size * np.log(width) - np.log(np.diag(lower)).sum()

    def _loss(self, numbers: NDArray[np.float64], width: float) -> tuple[float, NDArray[np.float64]]:
        answered, slope = self._answers(numbers)
        steepness = slope * (self.wrong / answered - self.right / (1 - answered))
        value = 0.5 * float(numbers @ numbers) / width**2 - float(self._log(numbers[None])[0])
        return value, numbers / width**2 - self.design.T @ steepness

    def _curvature(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fisher's information."""
        answered, slope = self._answers(numbers)
        known = (self.wrong + self.right) * slope**2 / (answered * (1 - answered))
        return np.asarray(self.design.T @ (self.design * known[:, None]))

    def _answers(self, numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The probability that each answer is "wrong", and its derivative by the logits."""
        share = expit(self.base + self.design @ numbers)
        return self._heard(share, self.slips), (1 - 2 * self.slips) * share * (1 - share)

    def _log(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of several `(draw, number)`, `(draw,)`."""
        answered = self._heard(expit(self.base[:, None] + self.design @ numbers.T), self.slips[:, None])
        return np.asarray(self.wrong @ np.log(answered) + self.right @ np.log1p(-answered))

    @staticmethod
    def _heard(share: NDArray[np.float64], slips: NDArray[np.float64]) -> NDArray[np.float64]:
        return slips + (1 - 2 * slips) * share


def _offset(said: NDArray[np.int64], stated: WrongLabels) -> tuple[float, float]:
    """Mean and standard deviation of the deviations: so wide that the number of wrong labels goes through the interval
    that was stated, and such that on average it is what was stated; of the cell of each example."""
    cells, of_cell = _counted(said // SIDE)

    def shifted(numbers: list[float], flattened: float) -> Any:
        totals = [of_cell @ expit((_logits(cells) + shift) / flattened) for shift in SHIFTS]
        return np.interp(numbers, totals, SHIFTS)

    low, high = shifted([stated.low, stated.high], 1.0)
    deviation = float(np.hypot((high - low) / (2 * norm.ppf((1 + LEVEL) / 2)), SMALLEST))
    # The mean of a logistic function of what is normally distributed, as MacKay (1992) has it.
    (mean,) = shifted([stated.count], float(np.sqrt(1 + np.pi / 8 * (WIDTHS[0] * deviation) ** 2)))
    return float(mean), deviation


def _covariance(deviation: float) -> NDArray[np.float64]:
    """Of the numbers: the deviation at each of the `KNOTS`, and the part of what was learned since."""
    result = np.diag(np.full(len(KNOTS) + 1, 1e-6))
    apart = (KNOTS[:, None] - KNOTS) / REACH
    result[:-1, :-1] += deviation**2 * (1 - BENT + BENT * np.exp(-0.5 * apart**2))
    result[-1, -1] += LEARNED**2
    return result


def _cells(suspicion: NDArray[np.floating]) -> NDArray[np.int64]:
    """The cell of each example, by the probabilities of being wrong, before anybody decided and now, `(2, example)`:
    those of one cell are all but equal."""
    sure = np.clip(logit(np.clip(suspicion.astype(np.float64), 1e-6, 1 - 1e-6)), -SUREST, SUREST)
    first, now = np.rint((sure + SUREST) / CELL).astype(np.int64)
    return np.asarray(first * SIDE + now)


def _counted(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each cell that occurs, and how often."""
    counts = np.bincount(cells)
    occurring = np.flatnonzero(counts)
    return occurring, counts[occurring]


def _design(cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What was said, in logits `(cell,)`, and what each of the numbers moves, `(cell, number)`: the curve between two
    knots, and what is said otherwise now."""
    first, now = _logits(cells // SIDE), _logits(cells % SIDE)
    below = np.minimum(np.floor(first - KNOTS[0]).astype(np.int64), len(KNOTS) - 2)
    beyond = first - KNOTS[below]
    design = np.zeros((len(cells), len(KNOTS) + 1))
    rows = np.arange(len(cells))
    design[rows, below], design[rows, below + 1], design[:, -1] = 1 - beyond, beyond, now - first
    return first, design


def _logits(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(steps * CELL - SUREST)
