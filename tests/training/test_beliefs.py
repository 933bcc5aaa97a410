import numpy as np
import pytest
from scipy.special import log_softmax

from aleator.learning.settings import TrainingSettings
from aleator.training.beliefs import believed_labels, noise_of

EXAMPLES, CLASSES = 12_000, 5
HOW = TrainingSettings(objective="learned_noise")


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What a calibrated network says, the true labels, given ones of which 40 % are wrong, and what is held out."""
    random = np.random.default_rng(0)
    said = log_softmax(random.normal(scale=2.5, size=(EXAMPLES, CLASSES)), axis=1)
    true = (said + random.gumbel(size=said.shape)).argmax(axis=1)
    wrong = random.random(EXAMPLES) < 0.4
    given = np.where(wrong, (true + random.integers(1, CLASSES, EXAMPLES)) % CLASSES, true)
    return said, true, given, random.random(EXAMPLES) < 0.1


def memorised(said: np.ndarray, given: np.ndarray, held_out: np.ndarray, logits: float) -> np.ndarray:
    return log_softmax(said + logits * np.eye(CLASSES)[given] * ~held_out[:, None], axis=1)


@pytest.mark.parametrize("logits", [0.0, 2.0, 4.0])
def test_what_was_memorised_does_not_count_twice(world: tuple[np.ndarray, ...], logits: float) -> None:
    said, true, given, held_out = world
    best = noise_of(HOW, said, given).posterior(said, given)
    believed = believed_labels(HOW, memorised(said, given, held_out, logits), given, held_out)
    right = (believed.argmax(axis=1) == true).mean()
    assert right > (best.argmax(axis=1) == true).mean() - 0.01
    assert believed[np.arange(EXAMPLES), true].mean() == pytest.approx(best[np.arange(EXAMPLES), true].mean(), abs=0.02)
    np.testing.assert_allclose(believed.sum(axis=1), 1)


def test_a_label_that_was_memorised_would_be_believed(world: tuple[np.ndarray, ...]) -> None:
    """What the correction is for: without it, most wrong labels pass for right ones."""
    said, true, given, held_out = world
    heard = memorised(said, given, held_out, 4.0)
    naive = noise_of(HOW, heard, given).posterior(heard, given)
    wrong = given != true
    believed = believed_labels(HOW, heard, given, held_out)
    assert (naive.argmax(axis=1) == given)[wrong].mean() > 2 * (believed.argmax(axis=1) == given)[wrong].mean()


def test_a_confusion_that_was_told_is_believed(world: tuple[np.ndarray, ...]) -> None:
    said, _, given, held_out = world
    told = TrainingSettings(objective="forward_correction", options={"confusion": np.eye(CLASSES).tolist()})
    believed = believed_labels(told, said, given, held_out)
    np.testing.assert_array_equal(believed.argmax(axis=1), given)
