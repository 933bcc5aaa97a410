"""What is left: the count against what is true, and how it follows from what was reviewed."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from aleator.auditing.left import Outcomes, count_left, told_by_reviews
from aleator.auditing.sampled import drawing_order, drawn_and_reviewed
from aleator.decisions.reviews import no_reviews, reviews_of_labels
from aleator.verdicts.estimates import ErrorsLeft, Estimates, WrongLabels

ANYTHING = WrongLabels(1500.0, 0.0, 3000.0, 0.5, 0.0, 1.0)
"""An audit that does not know."""
SURE = WrongLabels(500.0, 400.0, 600.0, 500 / 3000, 400 / 3000, 0.2)
"""One that thinks it knows."""
EXAMPLES = 3000


class Trial:
    """Labels whose probabilities of being wrong are off by so many logits, some of them reviewed."""

    def __init__(self, seed: int, off: float) -> None:
        self.random = np.random.default_rng(seed)
        sure = self.random.normal(-2.5, 2.0, EXAMPLES)
        self.wrong, self.first = self.random.random(EXAMPLES) < expit(sure + off), expit(sure)
        self.order = self.random.permutation(EXAMPLES)
        self.reviewed = np.zeros(EXAMPLES, dtype=bool)

    def review(self, drawn: int, suspicious: int = 0) -> None:
        """So many of the drawing order, and so many of the most suspicious."""
        self.reviewed[np.argsort(-self.first)[:suspicious]] = True
        self.reviewed[self.order[:drawn]] = True

    @property
    def truly(self) -> int:
        return int(self.wrong[~self.reviewed].sum())

    def counted(self, stated: WrongLabels) -> tuple[float, float, float]:
        rows, both = np.flatnonzero(self.reviewed), np.stack([self.first, self.first])
        drawn = np.isin(rows, drawn_and_reviewed(self.order, self.reviewed))
        outcomes = Outcomes(both[:, rows], self.wrong[rows].astype(float), drawn)
        return count_left(outcomes, both[:, ~self.reviewed], stated)


@pytest.mark.parametrize("off", [-1.5, 0.0, 2.0])
def test_the_interval_holds_what_is_left_whatever_the_audit_believed(off: float) -> None:
    held, near = [], []
    for seed in range(60):
        trial = Trial(seed, off)
        trial.review(120, 400)
        count, low, high = trial.counted(ANYTHING)
        held.append(low <= trial.truly <= high)
        near.append((count - trial.truly) / trial.wrong.sum())
    assert np.mean(held) >= 0.83  # of 0.9; 60 trials
    assert abs(np.mean(near)) < 0.08


@pytest.mark.parametrize("off", [-1.0, 1.0])
def test_an_audit_that_is_too_sure_of_itself_is_given_up(off: float) -> None:
    """It says 500, give or take a hundred, and there are a third less, or two thirds more."""
    held = []
    for seed in range(30):
        trial = Trial(seed, off)
        trial.review(60, 300)
        _, low, high = trial.counted(SURE)
        held.append(low <= trial.truly <= high)
    assert np.mean(held) >= 0.8


@pytest.mark.parametrize("stated", [ANYTHING, SURE])
def test_more_reviews_make_it_narrower(stated: WrongLabels) -> None:
    """Nothing takes over at any number of reviews. (Where the audit is off, finding that out may make it wider.)"""
    widths = np.zeros(11)
    for seed in range(12):
        trial = Trial(seed, 0.0)
        for step in range(11):
            trial.review(4 * step, 40 * step)
            _, low, high = trial.counted(stated)
            widths[step] += (high - low) / 12
    assert all(later < before for before, later in pairwise(widths))
    assert widths[-1] < 0.6 * widths[0]


def test_it_starts_from_what_the_audit_said() -> None:
    trial = Trial(0, 0.0)
    stated = WrongLabels(*(trial.first.sum() * np.array([1.0, 0.3, 1.9])), 0.0, 0.0, 0.0)
    count, low, high = trial.counted(stated)
    assert count == pytest.approx(stated.count, rel=0.1)
    assert 1.0 < (high - low) / (stated.high - stated.low) < 1.6


def test_what_was_drawn_at_random_counts_more() -> None:
    """The same answers to the same labels, which all turn out to be right."""
    sure = np.full((2, 60), 0.3)
    rest = np.full((2, 500), 0.3)
    stated = WrongLabels(168.0, 50.0, 300.0, 0.3, 0.1, 0.5)

    def high(drawn: bool) -> float:
        return count_left(Outcomes(sure, np.zeros(60), np.full(60, drawn)), rest, stated)[2]

    assert high(drawn=True) < 0.7 * high(drawn=False)


def test_nothing_left_is_nothing_wrong() -> None:
    outcomes = Outcomes(np.full((2, 1), 0.5), np.array([1.0]), np.array([True]))
    assert count_left(outcomes, np.empty((2, 0)), ANYTHING) == (0.0, 0.0, 0.0)


def test_all_labels_reviewed_alike_are_counted_in_cells() -> None:
    """Very many reviewed labels take no more memory than a few kinds of them, and shares of an answer are heard."""
    sure = np.full((2, 100_000), 0.2)
    outcomes = Outcomes(sure, np.full(100_000, 0.25), np.ones(100_000, dtype=bool))
    count, low, high = count_left(outcomes, sure, ANYTHING)
    assert count == pytest.approx(25_000, rel=0.02)
    assert low < 25_000 < high


def estimates() -> Estimates:
    return Estimates(
        0.9, WrongLabels(300.0, 200.0, 400.0, 0.3, 0.2, 0.4), ErrorsLeft(250.0, 150.0, 350.0, 800), 200, {}, []
    )


def told(said: NDArray[np.int64], classes: int = 2) -> Estimates:
    """A thousand labels, all called 0 and thought wrong with a tenth."""
    given, first = np.zeros(1000, dtype=np.int64), np.full(1000, 0.1, dtype=np.float32)
    reviews = reviews_of_labels(said, classes) if (said >= 0).any() else no_reviews(classes)
    return told_by_reviews(
        estimates(), given, lambda rows: np.stack([first[rows], first[rows]]), lambda: ANYTHING, 7.0, reviews
    )


def test_the_estimates_say_what_is_left_and_what_is_wrong_in_all() -> None:
    assert told(np.full(1000, -1)) == estimates()  # nobody reviewed anything
    order, said = drawing_order(np.zeros(1000, dtype=np.int64)), np.full(1000, -1)
    said[order[-200:]] = 0
    assert told(said) == estimates()  # nothing was drawn at random
    said[np.concatenate([order[:100], order[-200:]])] = 0
    helped = told(said)
    left = helped.errors_left
    assert left.examples == 700
    assert left.count < 30  # none of a hundred was wrong
    assert helped.mislabelled.count == pytest.approx(7 + left.count)
    assert helped.mislabelled.share_high == pytest.approx((7 + left.high) / 1000)
    assert "the 100 that were drawn at random" in helped.remarks[-1]
