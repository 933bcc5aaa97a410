"""How labels err, by networks that learned with their errors, and what the networks then believe of each label."""

import math

import numpy as np
from numpy.typing import NDArray

from aleator.learning.settings import TrainingSettings
from aleator.noise.label_noise import LabelNoise, told
from aleator.noise.likelihood import ENOUGH, estimate_corrected
from aleator.noise.memorised import memorised

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def noise_of(training: TrainingSettings, log_probs: Floats, labels: Labels) -> LabelNoise:
    """How the labels of examples err: as the training was told, or as they show."""
    if "confusion" in training.options:
        return told(np.array(training.options["confusion"]))
    some = _some(len(labels))
    return estimate_corrected(log_probs[some], labels[some])


def believed_labels(
    training: TrainingSettings, log_probs: Floats, labels: Labels, held_out: NDArray[np.bool_]
) -> Floats:
    """What networks believe of the true labels where they know the given ones, `(example, class)`.

    Of the examples that they were trained on they may have memorised labels, and these would count twice: in what the
    networks say, and as what was given. The memorised part is taken back before: one number is subtracted from the
    logit of each given label, so that the labels are as probable as those of the held-out examples are.

    Args:
        training: the settings of the training; its objective is one of CORRECTING.
        log_probs: `(example, class)`, of the members' mean distribution.
        labels: the given ones, `(example,)`, all known.
        held_out: `(example,)`: no network was trained on these.
    """
    trained = np.flatnonzero(~held_out)
    unlearned = log_probs.copy()
    unlearned[trained, labels[trained]] -= _memorised(training, log_probs, labels, held_out)
    return noise_of(training, unlearned, labels).posterior(unlearned, labels)


def _memorised(training: TrainingSettings, log_probs: Floats, labels: Labels, held_out: NDArray[np.bool_]) -> float:
    """How much more the networks say for a label that they were trained on, in logits."""
    noise = noise_of(training, log_probs[held_out], labels[held_out])
    expected = noise.p_given(log_probs[held_out], labels[held_out]).mean()
    trained = np.flatnonzero(~held_out)
    trained = trained[_some(len(trained))]
    return memorised(log_probs[trained], labels[trained], float(expected), noise.p_given)


def _some(examples: int) -> slice:
    return slice(None, None, math.ceil(examples / ENOUGH))
