"""The noise of labels is found from labels alone, where the doubt of the examples is honest."""

import numpy as np
import pytest
from scipy.special import log_softmax

from aleator.noise.label_noise import LabelNoise
from aleator.noise.likelihood import learn_label_noise


def examples(
    confusion: np.ndarray, count: int = 12_000, bias: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a perfect classifier says of examples, some clear and some not, and a label that it is right to expect.

    `bias`, in logits, of the last class.
    """
    random, classes = np.random.default_rng(0), len(confusion)
    logits = random.normal(size=(count, classes)) * 4
    logits[:, -1] += bias
    log_q = log_softmax(logits, axis=1)
    true = np.array([random.choice(classes, p=row) for row in np.exp(log_q)])
    return log_q, np.array([random.choice(classes, p=confusion[one]) for one in true]), true


SYMMETRIC = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
PAIR = 0.75 * np.eye(4) + 0.25 * np.roll(np.eye(4), 1, axis=1)


@pytest.mark.parametrize("confusion", [np.eye(4), SYMMETRIC, PAIR], ids=["none", "symmetric", "pair"])
@pytest.mark.parametrize("sharpness", [1.0, 2.5])
@pytest.mark.parametrize("shifted", [True, False])
def test_confusion_and_sharpness_are_told_apart(confusion: np.ndarray, sharpness: float, shifted: bool) -> None:
    log_q, given, true = examples(confusion)
    noise = learn_label_noise(log_q / sharpness, given, shifted=shifted)
    assert np.allclose(noise.confusion.sum(axis=1), 1)
    assert np.abs(noise.confusion - confusion).max() < 0.04
    assert noise.sharpness == pytest.approx(sharpness, rel=0.12)
    assert np.abs(noise.shift - noise.shift.mean()).max() < (0.3 if shifted else 1e-9)
    doubt, wrong = noise.p_mislabelled(log_q / sharpness, given), given != true
    assert doubt.mean() == pytest.approx(wrong.mean(), abs=0.02)
    assert not wrong.any() or doubt[wrong].mean() > 2 * doubt[~wrong].mean()


@pytest.mark.parametrize("confusion", [np.eye(4), SYMMETRIC, PAIR], ids=["none", "symmetric", "pair"])
def test_a_class_of_which_the_examples_say_little_errs_as_often_as_the_others(confusion: np.ndarray) -> None:
    log_q, given, true = examples(confusion, bias=-12.0)
    assert 0 < (true == 3).sum() < 30
    noise = learn_label_noise(log_q, given, alike=0.2, shifted=False)
    assert np.allclose(noise.confusion.sum(axis=1), 1)
    assert np.abs(np.diag(noise.confusion) - np.diag(confusion)).max() < 0.03
    assert np.abs(noise.confusion - confusion)[:3].max() < 0.03


def test_few_examples_and_impossible_ones_are_taken_to_be_right() -> None:
    log_probs = np.log(np.array([[0.9, 0.1], [0.1, 0.9], [1.0, 1e-300]]))
    noise = learn_label_noise(log_probs, np.array([0, 1, 1]))
    assert np.isfinite(noise.confusion).all()
    assert (np.diag(noise.confusion) > 0.8).all()


def test_how_much_of_the_labels_is_explained() -> None:
    labels = np.arange(400) % 4
    knows, guesses = np.where(np.eye(4)[labels] > 0, 0.0, -9.0), np.zeros((400, 4))
    right, noisy = (LabelNoise(1.0, np.zeros(4), confusion) for confusion in (np.eye(4), SYMMETRIC))
    assert right.explained(knows, labels) == pytest.approx(1, abs=1e-3)
    assert right.explained(guesses, labels) == pytest.approx(0, abs=1e-9)
    assert noisy.explained(knows, labels) == pytest.approx(1 - np.log(0.7) / np.log(0.25), abs=1e-3)
