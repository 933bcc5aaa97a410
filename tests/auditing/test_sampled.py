"""What is left, by labels that were drawn at random: the sample by hand, and the count against what is true."""

import numpy as np
import pytest
from scipy.special import expit

from aleator.auditing.sampled import FEWEST, count_left, drawing_order, drawn_and_reviewed, told_by_sample
from aleator.decisions.reviews import no_reviews, reviews_of_labels
from aleator.verdicts.estimates import ErrorsLeft, Estimates, WrongLabels

ANYTHING = WrongLabels(1500.0, 0.0, 3000.0, 0.5, 0.0, 1.0)
"""An audit that does not know."""


def test_the_sample_is_what_is_reviewed_without_gaps_in_the_drawing_order() -> None:
    order = np.array([4, 2, 0, 1, 3, 5])
    reviewed = np.zeros(6, dtype=bool)
    assert drawn_and_reviewed(order, reviewed).tolist() == []
    reviewed[[4, 2, 1, 5]] = True  # 0 is missing: 1 and 5 were reviewed for another reason
    assert drawn_and_reviewed(order, reviewed).tolist() == [4, 2]
    reviewed[0] = True
    assert drawn_and_reviewed(order, reviewed).tolist() == [4, 2, 0, 1]
    long = np.arange(200)
    done = long != 60  # one of a hundred may be missing, as something that was skipped
    assert drawn_and_reviewed(long, done).tolist() == [row for row in range(200) if row != 60]


def test_only_labelled_examples_are_drawn_and_always_in_the_same_order() -> None:
    given = np.array([0, -1, 1, 1, -1, 0])
    assert sorted(drawing_order(given).tolist()) == [0, 2, 3, 5]
    assert np.array_equal(drawing_order(given), drawing_order(given))


@pytest.mark.parametrize("trust", [-1.5, 0.0, 2.0])
def test_the_interval_holds_what_is_left_whatever_the_audit_believed(trust: float) -> None:
    """The probabilities of being wrong are off by `trust` logits; beside a sample the most suspicious were reviewed."""
    random, held, near = np.random.default_rng(1), [], []
    for _ in range(60):
        sure = random.normal(-2.5, 2.0, 3000)
        wrong = random.random(3000) < expit(sure + trust)
        first = expit(sure)
        order = random.permutation(3000)
        reviewed = np.zeros(3000, dtype=bool)
        reviewed[np.argsort(-first)[:400]] = True
        reviewed[order[:120]] = True
        sample = drawn_and_reviewed(order, reviewed)
        both = np.stack([first, first])
        count, low, high = count_left(
            both[:, sample], wrong[sample].astype(float), both[:, ~reviewed], ANYTHING, float(wrong[reviewed].sum())
        )
        truly = int(wrong[~reviewed].sum())
        held.append(low <= truly <= high)
        near.append((count - truly) / wrong.sum())
    assert np.mean(held) >= 0.83  # of 0.9; 60 trials
    assert abs(np.mean(near)) < 0.08  # few of the sample are like what is left, so it leans on what the audit believed


def test_nothing_left_is_nothing_wrong() -> None:
    assert count_left(np.full((2, 1), 0.5), np.array([1.0]), np.empty((2, 0)), ANYTHING, 1.0) == (0.0, 0.0, 0.0)


def estimates() -> Estimates:
    return Estimates(
        0.9, WrongLabels(300.0, 200.0, 400.0, 0.3, 0.2, 0.4), ErrorsLeft(250.0, 150.0, 350.0, 800), 200, {}, []
    )


def test_it_is_asked_only_where_reviews_followed_another_order_too() -> None:
    given = np.zeros(1000, dtype=np.int64)
    first = np.full(1000, 0.1, dtype=np.float32)
    order = drawing_order(given)

    def told(rows: np.ndarray) -> Estimates:
        said = np.full(1000, -1)
        said[rows] = 0
        return told_by_sample(
            estimates(),
            given,
            lambda rows: np.stack([first[rows], first[rows]]),
            lambda: ANYTHING,
            7.0,
            reviews_of_labels(said, 2),
        )

    assert (
        told_by_sample(
            estimates(), given, lambda rows: np.stack([first[rows], first[rows]]), lambda: ANYTHING, 0.0, no_reviews(2)
        )
        == estimates()
    )
    assert told(order[:100]) == estimates()  # all at random: the posterior needs no help
    assert told(np.concatenate([order[: FEWEST - 1], order[-200:]])) == estimates()  # too few
    helped = told(np.concatenate([order[:100], order[-200:]]))
    left = helped.errors_left
    assert left.examples == 700
    assert left.count < 30  # none of a hundred was wrong
    assert helped.mislabelled.count == pytest.approx(7 + left.count)
    assert helped.mislabelled.share_high == pytest.approx((7 + left.high) / 1000)
    assert "100 reviewed labels that were drawn at random" in helped.remarks[-1]
