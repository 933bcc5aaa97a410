"""The judge against cases with one right answer, and estimates that add up."""

import numpy as np
import pytest
from numpy.typing import NDArray

from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import settle
from aleator.noise.crowd import Crowd
from aleator.noise.hypotheses import only
from aleator.noise.label_noise import nothing_known
from aleator.verdicts import (
    VERDICTS,
    LabelPosterior,
    Observations,
    Verdicts,
    estimate_data_set,
    judge,
    review_order,
    unfamiliar_examples,
    weigh_sources,
)
from aleator.verdicts.judge import conflicting_copies
from aleator.verdicts.truth_model import unaided

SURE, SPLIT = [0.96, 0.02, 0.02], [0.4, 0.35, 0.25]


def believed(distribution: list[list[float]], given: list[int]) -> LabelPosterior:
    """A posterior that was not weighed but stated."""
    probs = np.array(distribution)
    observations = Observations(np.log(probs), np.array(given))
    truth_model = unaided(observations, only(Crowd(nothing_known(3), np.inf)))
    nobody = np.empty(0, np.int64)
    return LabelPosterior(
        observations, truth_model,
        None,
        nobody, np.empty(0, bool), np.empty((0, 3)), np.empty((0, 3)), (), np.empty((0, 3, 3)), np.empty((0, 3, 3)),
    )  # fmt: skip


def judged(distribution: list[list[float]], given: list[int], **more: NDArray[np.generic]) -> Verdicts:
    return judge(believed(distribution, given), **more)  # type: ignore[arg-type]


def test_the_verdict_is_what_costs_least() -> None:
    result = judged([SURE, SURE, SPLIT, SPLIT, [0.7, 0.29, 0.01]], [0, 1, 0, 2, 0])
    assert result.verdict.tolist() == ["ok", "mistake", "ambiguous", "ambiguous", "ok"]
    assert result.p_mislabelled == pytest.approx([0.04, 0.98, 0.6, 0.75, 0.3], abs=1e-5)
    assert result.suggested_label.tolist() == [0, 0, 0, 0, 0]
    assert set(result.verdict) <= set(VERDICTS)


def test_an_example_without_a_label_has_no_verdict_but_a_suggestion() -> None:
    result = judged([SURE, SURE], [-1, 0])
    assert result.verdict.tolist() == ["", "ok"]
    assert np.isnan(result.p_mislabelled[0])
    assert result.suggested_label[0] == 0


def test_unfamiliar_is_far_and_unclear_or_disputed() -> None:
    predicted = np.array([SURE] * 198 + [[0.7, 0.2, 0.1], SURE])
    distance = np.array([*np.linspace(0.1, 0.12, 198), 5.0, 5.0])
    assert np.flatnonzero(unfamiliar_examples(np.zeros(200), distance, predicted)).tolist() == [198]
    disputed = unfamiliar_examples(np.array([0.01] * 199 + [0.6]), np.linspace(0.1, 0.2, 200), predicted)
    assert np.flatnonzero(disputed).tolist() == [199]
    assert judged([SURE, SURE], [0, 1], unfamiliar=np.array([False, True])).verdict.tolist() == ["ok", "unfamiliar"]


def test_copies_with_different_labels_are_in_conflict() -> None:
    given, groups = np.array([0, 1, 0, 0, 1, -1]), np.array([0, 0, 1, 1, -1, 1])
    assert conflicting_copies(given, groups).tolist() == [True, True, False, False, False, False]
    assert judged([SURE] * 6, given.tolist(), duplicate_group=groups).verdict[0] == "conflict"


def test_what_reviewers_decided_stands() -> None:
    answer = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0], [0, 0, 0], [0, 1, 0]])
    reviews = Reviews(np.array([0, 1, 2, 3, 1]), answer, np.array([0, 0, 0, 0, 1]), ("a", "b"))
    settled = settle(reviews)
    assert settled.row.tolist() == [0, 1, 2, 3]
    assert settled.share.tolist() == [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0], [0, 0, 0]]
    result = judge(believed([SURE] * 4, [0, 0, 0, 0]), reviews=reviews)
    assert result.verdict.tolist() == ["ok", "mistake", "ambiguous", "unfamiliar"]


def test_estimates_add_up_and_their_interval_holds_the_estimate() -> None:
    random = np.random.default_rng(0)
    given = random.integers(-1, 3, 300)
    posterior = weigh_sources(Observations(np.log(random.dirichlet([1, 1, 1], 300)), given))
    result = judge(posterior)
    estimates = estimate_data_set(posterior, result, ("a", "b", "c"))
    wrong = estimates.mislabelled
    assert wrong.low < wrong.count < wrong.high
    assert wrong.count == pytest.approx(np.nansum(result.p_mislabelled))
    confusion = np.array(estimates.confusion)
    assert confusion.sum() == pytest.approx((given >= 0).sum(), rel=1e-4)
    assert confusion.sum() - np.trace(confusion) == pytest.approx(wrong.count, rel=1e-4)
    assert sum(row.mislabelled for row in estimates.per_class) == pytest.approx(wrong.count)
    assert sum(estimates.verdicts.values()) == (given >= 0).sum()
    source = estimates.sources[0]
    assert np.sum(source.confusion, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (np.array(source.low) <= source.high).all()


def test_the_order_leaves_out_what_is_decided_and_begins_where_it_is_unclear() -> None:
    random = np.random.default_rng(0)
    unclear = random.random(2000) < 0.5
    probs = np.where(unclear[:, None], [[0.4, 0.35, 0.25]], [[0.98, 0.01, 0.01]])
    posterior = believed(probs.tolist(), random.integers(0, 3, 2000).tolist())
    decided = np.arange(100)
    reviews = Reviews(decided, np.eye(3)[np.zeros(100, int)], np.zeros(100, np.int64))
    order = review_order(posterior, reviews)
    assert sorted(order.tolist()) == list(range(100, 2000))
    assert unclear[order[:200]].mean() > 0.8
    assert np.array_equal(order, review_order(posterior, reviews))
