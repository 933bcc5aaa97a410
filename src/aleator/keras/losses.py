"""The likelihood of labels, soft labels and votes, as losses."""

from typing import Any

import keras
from keras import ops

from aleator.keras.expected_softmax import log_expected_softmax
from aleator.uncertainty.gaussian_logits import normal_draws

DRAWS, ONE_VOTE = 64, 1.001
"""As in PyTorch's objective."""


@keras.saving.register_keras_serializable("aleator")
class NegativeLogLikelihood(keras.losses.Loss):  # type: ignore[misc]
    """`-log p(label)` of log-probabilities `(example, class)`, as `LogExpectedSoftmax` gives them.

    The target is integer labels `(example,)` or `(example, 1)`, or `(example, class)`: a soft label, or counts of votes
    (whose multinomial coefficient, which no model changes, is left out).
    """

    def call(self, target: Any, log_probs: Any) -> Any:
        weights = _weights(target, log_probs)
        return -ops.sum(weights * ops.where(weights == 0, 0.0, log_probs), axis=-1)


@keras.saving.register_keras_serializable("aleator")
class VoteNegativeLogLikelihood(keras.losses.Loss):  # type: ignore[misc]
    """Of counts of votes `(example, class)` and Gaussian logits `(example, 2, class)`: how likely the votes are, and
    how far the spread is from how much the voters differ.

    From one label an example only the expected softmax can be learned; two votes of one example tell what people would
    differ about from what the network cannot see. It is PyTorch's `votes` objective; labels are one vote each.
    """

    def __init__(self, strength: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.strength = strength

    def call(self, target: Any, logits: Any) -> Any:
        mean, spread = logits[..., 0, :], logits[..., 1, :]
        log_probs = log_expected_softmax(mean, spread)
        votes = _weights(target, log_probs)
        count = ops.sum(votes, axis=-1)
        pairs = ops.maximum(count * (count - 1), 1)
        observed = (ops.square(count) - ops.sum(ops.square(votes), axis=-1)) / pairs
        noise = ops.convert_to_tensor(normal_draws(DRAWS, mean.shape[-1]).float().numpy())
        draws = ops.softmax(mean[..., None, :] + spread[..., None, :] * noise, axis=-1)
        expected = 1 - ops.mean(ops.sum(ops.square(draws), axis=-1), axis=-1)
        likelihood = ops.sum(votes * ops.where(votes == 0, 0.0, log_probs), axis=-1)
        return self.strength * ops.where(count > ONE_VOTE, count, 0.0) * ops.square(expected - observed) - likelihood

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "strength": self.strength}


def _weights(target: Any, log_probs: Any) -> Any:
    """A weight for each class, `(example, class)`: one-hot for labels, soft labels and counts as they are."""
    classes = log_probs.shape[-1]
    if len(target.shape) == len(log_probs.shape) and target.shape[-1] == 1 and classes > 1:
        target = ops.squeeze(target, axis=-1)
    if len(target.shape) == len(log_probs.shape) - 1:
        return ops.one_hot(ops.cast(target, "int32"), classes, dtype="float32")
    if target.shape[-1] != classes:
        raise ValueError(
            f"The target has shape {tuple(target.shape)}, and there are {classes} classes: give integer labels without "
            "the last axis, or a weight for each class along it."
        )
    return ops.cast(target, "float32")
