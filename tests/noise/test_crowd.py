"""The crowd's posterior: against draws of what it integrates, and in the limits that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import softmax

from aleator.noise.crowd import QUADRATURE, Crowd
from aleator.noise.label_noise import LabelNoise

CLASSES = 4
NOISY = 0.88 * np.eye(CLASSES) + 0.03


def crowd(doubt: float, confusion: NDArray[np.float64] = NOISY) -> Crowd:
    return Crowd(LabelNoise(1.0, np.zeros(len(confusion)), confusion), doubt)


def some(count: int, seed: int = 0, classes: int = CLASSES) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    return np.log(random.dirichlet(np.full(classes, 0.5), count)), random.integers(0, classes, count)


def drawn(log_q: NDArray[np.float64], labels: NDArray[np.int64], doubt: float) -> NDArray[np.float64]:
    """The definition: logits with Gumbel errors, an answer of one of the crowd, noted through the confusion."""
    mean = np.hypot(1, doubt) * log_q
    logits = mean + doubt * np.random.default_rng(1).gumbel(size=(200_000, *mean.shape))
    first = logits.argmax(axis=2)
    answers = np.exp(logits - logits.max(axis=2, keepdims=True))
    noted = answers / answers.sum(axis=2, keepdims=True) @ NOISY
    result = np.empty(mean.shape)
    for row, label in enumerate(labels):
        weight = noted[:, row, label] if label >= 0 else np.ones(len(noted))
        result[row] = np.bincount(first[:, row], weight, minlength=CLASSES) / weight.sum()
    return result


@pytest.mark.parametrize(("doubt", "error"), [(0.3, 0.01), (1.0, 0.03), (3.0, 0.05)])
def test_the_posterior_is_that_of_the_draws(doubt: float, error: float) -> None:
    log_q, labels = some(5)
    labels[0] = -1
    assert np.abs(crowd(doubt).posterior(log_q, labels) - drawn(log_q, labels, doubt)).max() < error


def test_a_crowd_that_is_known_says_its_first_choice_whatever_the_label() -> None:
    log_q, labels = some(200)
    clear = np.sort(log_q, axis=1)[:, -1] - np.sort(log_q, axis=1)[:, -2] > 1
    posterior = crowd(0.02).posterior(log_q, labels)[clear]
    assert (posterior.argmax(axis=1) == log_q[clear].argmax(axis=1)).all()
    assert posterior.max(axis=1).min() > 0.99


def test_a_crowd_of_one_mind_is_a_noisy_label_of_one_truth() -> None:
    log_q, labels = some(200)
    exact = crowd(np.inf).noise.posterior(log_q, labels)
    assert np.allclose(crowd(np.inf).posterior(log_q, labels), exact, atol=1e-5)
    assert np.abs(crowd(200.0).posterior(log_q, labels) - exact).max() < 0.03


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**16), st.sampled_from([0.1, 0.5, 1.2, 3.0, 8.0, np.inf]), st.integers(2, 30))
def test_rows_are_distributions_and_classes_have_no_order(seed: int, doubt: float, classes: int) -> None:
    log_q, labels = some(20, seed, classes)
    labels[0] = -1
    confusion = np.random.default_rng(seed).dirichlet(np.ones(classes), classes)
    posterior = crowd(doubt, confusion).posterior(log_q, labels)
    assert np.isfinite(posterior).all()
    assert np.allclose(posterior.sum(axis=1), 1, atol=1e-5)
    order = np.random.default_rng(seed + 1).permutation(classes)
    place = np.argsort(order)
    turned = crowd(doubt, confusion[np.ix_(order, order)]).posterior(
        log_q[:, order], np.where(labels < 0, -1, place[labels])
    )
    assert np.allclose(turned, posterior[:, order], atol=2e-5)


@pytest.mark.parametrize("doubt", [0.5, 1.2, 3.0, 8.0])
def test_the_table_changes_no_probability(doubt: float) -> None:
    """Beside the same sum over nodes, each of its means integrated for itself."""
    log_q, labels = some(40)
    of_given = NOISY[:, labels].T
    first = softmax(np.hypot(1, doubt) / doubt * log_q, axis=1)
    v = np.exp(np.linspace(-60, 4.6, 20_001))
    joint = np.zeros_like(first)
    for point, weight in zip(*QUADRATURE, strict=True):
        x = -np.log(point) * first[..., None]
        others = np.trapezoid((1 + v / x) ** -doubt * np.exp(-v), v)
        noted = others * of_given
        answers = others.sum(axis=1, keepdims=True) + 1 - others
        joint += weight * (of_given + noted.sum(axis=1, keepdims=True) - noted) / answers
    joint *= first
    expected = joint / joint.sum(axis=1, keepdims=True)
    assert np.abs(crowd(doubt).posterior(log_q, labels) - expected).max() < 2e-5


def test_the_likelier_a_label_is_the_less_wrong_it_is() -> None:
    share = np.linspace(0.02, 0.98, 60)
    log_q = np.log(np.stack([share, 1 - share], axis=1))
    for doubt in (0.5, 1.2, 3.0, np.inf):
        right = crowd(doubt, 0.8 * np.eye(2) + 0.1).posterior(log_q, np.zeros(60, np.int64))[:, 0]
        assert (np.diff(right) > 0).all()


def test_extreme_probabilities_stay_numbers() -> None:
    log_q = np.log(np.array([[1.0, 1e-30, 1e-30], [1e-30, 1.0, 1e-30]]))
    for doubt in (0.01, 1.0, 100.0, np.inf):
        posterior = crowd(doubt, np.eye(3)).posterior(log_q, np.array([1, 1]))
        assert np.isfinite(posterior).all()
        assert posterior[1, 1] > 0.99
