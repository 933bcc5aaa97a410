"""Hypotheses on how labels err: what they say together, and how answers weigh them."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.data.synthetic_noise import symmetric
from aleator.noise.crowd import Crowd
from aleator.noise.hypotheses import LEAST_WEIGHT, MOST_CLASSES, close_calls, explain, only
from aleator.noise.label_noise import centred, nothing_known
from aleator.noise.memorised import memorised
from aleator.noise.pooling import pooled
from benchmarks.portfolio.made_up import made_up_sets


def classifier(truth: NDArray[np.int64], strength: float, classes: int, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return np.asarray(
        log_softmax(random.normal(size=(len(truth), classes)) + strength * np.eye(classes)[truth], axis=1)
    )


def test_a_good_classifier_leaves_little_open_and_a_weak_one_much() -> None:
    truth = np.random.default_rng(1).integers(0, 5, 3000)
    labels = symmetric(truth, 5, 0.2, np.random.default_rng(2))
    good, weak = (explain(classifier(truth, strength, 5), labels) for strength in (6.0, 1.0))
    assert good.left_open < 0.05 < 0.25 < weak.left_open
    assert good.weights.sum() == pytest.approx(1)

    def shares(strength: float) -> NDArray[np.float64]:
        log_probs = centred(classifier(truth, strength, 5))
        each = explain(log_probs, labels).each(log_probs, labels)
        return 1 - each[:, np.arange(3000), labels].mean(axis=1)

    assert np.ptp(shares(6.0)) < 0.1 < np.ptp(shares(1.0))


def test_how_close_calls_are_does_not_depend_on_how_sure_a_classifier_is() -> None:
    random = np.random.default_rng(3)
    truth = random.integers(0, 4, 4000)
    apart = centred(random.normal(size=(4000, 4)) + 8 * np.eye(4)[truth])
    across = centred(random.normal(size=(4000, 4)))
    assert close_calls(apart) < 0.1 < 0.3 < close_calls(across)
    for logits in (apart, across):
        assert close_calls(0.2 * logits) == pytest.approx(close_calls(logits))


def test_where_no_call_is_close_the_first_choice_is_believed_though_labels_are_uncertain() -> None:
    """A crowd of two minds about examples that lie far apart: what a classifier is unsure of is the crowd's."""
    random = np.random.default_rng(4)
    truth = random.integers(0, 4, 3000)
    logits = centred(random.normal(size=(3000, 4)) * 0.25 + 2.0 * np.eye(4)[truth])
    crowd = np.exp(log_softmax(logits, axis=1))
    labels = (random.random((3000, 1)) > crowd.cumsum(axis=1)[:, :-1]).sum(axis=1)
    wrong = labels != truth
    said = 1 - explain(logits, labels).posterior(logits, labels)[np.arange(3000), labels]
    assert said.mean() == pytest.approx(wrong.mean(), abs=0.12)
    assert said[wrong].mean() > 0.5


def test_the_mixture_is_the_weighted_mean_and_answers_weigh_it_by_bayes() -> None:
    truth = np.random.default_rng(1).integers(0, 3, 1000)
    labels = symmetric(truth, 3, 0.2, np.random.default_rng(2))
    log_probs = centred(classifier(truth, 2.0, 3))
    hypotheses = explain(log_probs, labels)
    each = hypotheses.each(log_probs, labels)
    assert np.allclose(
        hypotheses.posterior(log_probs, labels), np.tensordot(hypotheses.weights, each, axes=1), atol=1e-5
    )
    evidence = np.linspace(0, 3, len(hypotheses.weights))
    expected = hypotheses.weights * np.exp(evidence)
    expected /= expected.sum()
    kept = expected >= LEAST_WEIGHT
    assert np.allclose(hypotheses.weighed(evidence).weights, expected[kept] / expected[kept].sum())


def test_with_many_classes_the_leading_ones_say_what_all_say(monkeypatch: pytest.MonkeyPatch) -> None:
    classes = MOST_CLASSES + 16
    truth = np.random.default_rng(1).integers(0, classes, 2000)
    labels = symmetric(truth, classes, 0.2, np.random.default_rng(2))
    labels[0] = -1
    log_probs = centred(classifier(truth, 4.0, classes))
    hypotheses = explain(log_probs, labels)
    few = hypotheses.posterior(log_probs, labels)
    monkeypatch.setattr("aleator.noise.hypotheses.MOST_CLASSES", classes)
    every = hypotheses.posterior(log_probs, labels)
    assert np.allclose(few.sum(axis=1), 1, atol=1e-5)
    rows = np.arange(1, 2000)
    assert np.abs(few - every)[rows, labels[1:]].max() < 0.03
    assert (few.argmax(axis=1) == every.argmax(axis=1)).mean() > 0.999


def test_without_labels_nothing_is_explained() -> None:
    log_probs = np.log(np.random.default_rng(0).dirichlet([1, 1, 1], 10))
    hypotheses = explain(log_probs, np.full(10, -1))
    assert len(hypotheses.crowds) == 1
    said = only(Crowd(nothing_known(3), np.inf)).posterior(centred(log_probs), np.full(10, -1))
    assert np.allclose(said, np.exp(log_probs), atol=1e-5)


@pytest.mark.slow
def test_shares_of_made_up_sets_are_inside_what_the_hypotheses_allow() -> None:
    """Sets whose crowd, confusion and learner are drawn at random, and which no constant was chosen on."""
    inside, errors = [], []
    for one in made_up_sets(40, seed=1):
        log_probs = centred(np.log(one.pred_probs))
        each = explain(log_probs, one.given).each(log_probs, one.given)
        shares = 1 - each[:, np.arange(len(one.given)), one.given].mean(axis=1)
        share = float((one.given != one.truth).mean())
        inside.append(shares.min() - 0.03 <= share <= shares.max() + 0.03)
        errors.append(abs(float(np.median(shares)) - share))
    assert np.mean(inside) >= 0.85
    assert np.mean(errors) < 0.09


def test_pooling_hears_who_knows_and_not_who_guesses() -> None:
    truth = np.random.default_rng(1).integers(0, 4, 4000)
    labels = symmetric(truth, 4, 0.1, np.random.default_rng(2))
    two = [classifier(truth, 2.0, 4, seed) for seed in (3, 4)]
    guess = classifier(np.random.default_rng(5).integers(0, 4, 4000), 2.0, 4, 5)

    def right(log_probs: NDArray[np.float64]) -> float:
        return float((log_probs.argmax(axis=1) == truth).mean())

    assert right(pooled(two, labels)) > max(map(right, two)) + 0.02
    assert right(pooled([two[0], guess], labels)) > right(two[0]) - 0.01
    assert np.allclose(pooled(two[:1], labels), centred(two[0]))


def test_what_was_memorised_is_found() -> None:
    truth = np.random.default_rng(1).integers(0, 4, 2000)
    labels = symmetric(truth, 4, 0.3, np.random.default_rng(2))
    fresh = classifier(truth, 2.0, 4)

    def p_given(log_probs: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(log_softmax(log_probs, axis=1))[np.arange(len(given)), given])

    expected = float(p_given(fresh, labels).mean())
    learned = fresh + 1.7 * np.eye(4)[labels]
    assert memorised(learned, labels, expected, p_given) == pytest.approx(1.7, abs=0.01)
    assert memorised(fresh - 1, labels, 1.0, p_given) == 0
