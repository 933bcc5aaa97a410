"""The metrics against scikit-learn, by hand, and where a wrong sign or a wrong tie would show."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import brier_score_loss, f1_score, log_loss, roc_auc_score

from aleator.uncertainty.metrics import (
    DISENTANGLEMENT_OF_A_CONSTANT,
    Sweep,
    auroc,
    auroc_within_label,
    best_f1,
    brier_score,
    disentanglement_error,
    entropy,
    f1,
    negative_log_likelihood,
    risk_coverage,
    vote_agreement,
)


def predictions(count: int = 400, classes: int = 4, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    probs = random.dirichlet(np.full(classes, 0.7), count)
    labels = np.array([random.choice(classes, p=p) for p in probs])
    return probs, labels


# Scores of probabilities


def test_likelihood_and_brier_agree_with_scikit_learn() -> None:
    probs, labels = predictions()
    assert negative_log_likelihood(np.log(probs), labels) == pytest.approx(log_loss(labels, probs))
    one_hot = np.eye(4)[labels]
    assert negative_log_likelihood(np.log(probs), one_hot) == pytest.approx(log_loss(labels, probs))
    each = sum(brier_score_loss(labels == k, probs[:, k]) for k in range(4))
    assert brier_score(probs, labels) == pytest.approx(each)
    assert brier_score(probs, one_hot) == pytest.approx(each)


def test_soft_labels_by_hand_and_what_is_impossible_costs_nothing_where_nothing_is_wanted() -> None:
    log_probs = np.log(np.array([[0.5, 0.5, 1e-300]]))
    log_probs[0, 2] = -np.inf
    assert negative_log_likelihood(log_probs, np.array([[0.5, 0.5, 0.0]])) == pytest.approx(math.log(2))
    assert brier_score([[1.0, 0.0]], [[0.5, 0.5]]) == pytest.approx(0.5)


def test_entropy_of_counts_is_that_of_their_shares() -> None:
    assert entropy([[5, 5, 0], [10, 0, 0]]) == pytest.approx([math.log(2), 0.0])


# Selection


def test_risk_by_hand_with_a_tie() -> None:
    curve = risk_coverage([0.1, 0.5, 0.5, 0.9], [True, False, True, False])
    assert curve.coverage == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert curve.risk == pytest.approx([0, 0.25, 1 / 3, 0.5])
    assert curve.area == pytest.approx((0.25 + 1 / 3 + 0.5) / 4)
    assert curve.accuracy_at(0.75) == pytest.approx(2 / 3)
    assert curve.accuracy_at(1) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="coverage is 0"):
        curve.accuracy_at(0)


@given(st.permutations(range(12)), st.integers(0, 99))
def test_the_order_of_rows_does_not_matter_even_with_ties(order: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    uncertainty, correct = random.integers(0, 4, 12), random.random(12) < 0.6
    shuffled = risk_coverage(uncertainty[order], correct[order])
    assert risk_coverage(uncertainty, correct).area == pytest.approx(shuffled.area)


def test_a_constant_has_the_plain_error_and_a_perfect_order_the_least_area() -> None:
    correct = np.arange(100) >= 30
    assert risk_coverage(np.zeros(100), correct).area == pytest.approx(0.3)
    perfect = risk_coverage(~correct, correct)
    # Wrong answers come last, thirty of them with one common share each.
    assert perfect.risk[69] == 0
    assert perfect.area < risk_coverage(correct, correct).area
    assert perfect.accuracy_at(0.7) == 1


def test_auroc_agrees_with_scikit_learn_and_has_no_value_for_one_kind() -> None:
    random = np.random.default_rng(0)
    score, positive = random.integers(0, 9, 300), random.random(300) < 0.3
    assert auroc(score, positive) == pytest.approx(roc_auc_score(positive, score))
    assert math.isnan(auroc(score, np.ones(300, dtype=bool)))


def test_knowing_only_the_label_is_worth_nothing_within_labels() -> None:
    random = np.random.default_rng(0)
    label = random.integers(0, 3, 900)
    wrong = random.random(900) < np.array([0.1, 0.5, 0.8])[label]
    by_label = np.array([0.1, 0.5, 0.8])[label]
    assert auroc(by_label, wrong) > 0.75
    assert auroc_within_label(by_label, wrong, label) == pytest.approx(0.5)
    assert auroc_within_label(wrong.astype(float), wrong, label) == 1
    lonely = np.array([0, 0, 1])
    assert auroc_within_label([1.0, 0.0, 5.0], [True, False, True], lonely) == 1.0


# Votes


def crowd(examples: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    truth = random.dirichlet(np.full(5, 0.4), examples)
    return truth, random.multinomial(10, truth)


def test_the_ceiling_is_what_the_true_entropy_reaches() -> None:
    truth, votes = crowd(4000)
    result = vote_agreement(entropy(truth), votes)
    assert result.examples == 4000
    assert result.spearman == pytest.approx(spearmanr(entropy(truth), entropy(votes)).statistic)
    assert result.ceiling == pytest.approx(result.spearman, abs=0.03)
    assert result.class_mean < 0.3  # all classes are alike here


def test_the_class_mean_is_what_the_majority_alone_tells() -> None:
    random = np.random.default_rng(0)
    kind = random.integers(0, 2, 3000)
    truth = np.where(kind[:, None] == 0, [0.97, 0.01, 0.02], [0.15, 0.5, 0.35])
    votes = np.array([random.multinomial(10, p) for p in truth])
    result = vote_agreement(entropy(truth), votes)
    majority = votes.argmax(1)
    mean = np.array([entropy(votes)[majority == k].mean() for k in range(3)])
    assert result.class_mean == pytest.approx(spearmanr(mean[majority], entropy(votes)).statistic)
    assert result.class_mean > 0.6


def test_votes_that_are_too_few_are_left_out_and_a_constant_has_no_correlation() -> None:
    truth, votes = crowd(300)
    votes[:100] = [1, 1, 0, 0, 0]
    assert vote_agreement(entropy(truth), votes).examples == 200
    assert math.isnan(vote_agreement(np.zeros(300), votes).spearman)
    with pytest.raises(ValueError, match="needs three"):
        vote_agreement(np.zeros(300), np.ones((300, 2)))
    with pytest.raises(ValueError, match="one for each"):
        vote_agreement(np.zeros(299), votes)


def test_no_signal_in_the_votes_has_no_ceiling_above_zero() -> None:
    votes = np.random.default_rng(0).multinomial(10, [0.25] * 4, size=5000)
    assert vote_agreement(np.arange(5000), votes).ceiling < 0.25


# Disentanglement


SIZES = np.linspace(0.3, 0.9, 7)
"""Accuracies along both sweeps."""


def test_a_perfect_split_a_constant_a_total_and_a_swapped_split() -> None:
    grows, still = 1 - SIZES, np.full(7, 0.2)
    assert disentanglement_error(Sweep(SIZES, still, grows), Sweep(SIZES, grows, still)) == pytest.approx(0)
    constant = Sweep(SIZES, still, still)
    assert disentanglement_error(constant, constant) == pytest.approx(DISENTANGLEMENT_OF_A_CONSTANT)
    total = Sweep(SIZES, grows, grows)
    assert disentanglement_error(total, total) == pytest.approx(0.5)
    swapped = disentanglement_error(Sweep(SIZES, grows, still), Sweep(SIZES, still, grows))
    assert swapped == pytest.approx(1.0)


def test_uncertainty_that_falls_with_the_error_is_the_worst() -> None:
    """A wrong sign of the correlation, as in a published package, would call this perfect."""
    falls = SIZES
    worst = disentanglement_error(Sweep(SIZES, falls, falls), Sweep(SIZES, falls, falls))
    assert worst == pytest.approx(1.5)


def test_rounding_noise_is_no_trend_and_sweeps_must_fit() -> None:
    noise = 0.3 + 1e-12 * np.arange(7)
    constant = Sweep(SIZES, noise, noise)
    assert disentanglement_error(constant, constant) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="two steps"):
        disentanglement_error(Sweep(SIZES, SIZES[:3], SIZES), constant)


def test_f1_agrees_with_scikit_learn_and_no_cut_is_better_than_the_best() -> None:
    random = np.random.default_rng(0)
    positive = random.random(200) < 0.3
    score = random.normal(size=200) + positive
    each = [f1(score >= cut, positive) for cut in score]
    assert each[:5] == pytest.approx([f1_score(positive, score >= cut) for cut in score[:5]])
    assert best_f1(score, positive) == pytest.approx(max(each))
    assert f1(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)) == 0
