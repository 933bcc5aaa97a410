"""The head of Gaussian logits and their expected softmax, as layers."""

from typing import Any

import keras
from keras import ops

from aleator.keras.expected_softmax import log_expected_softmax
from aleator.uncertainty.gaussian_logits import SPREAD_FLOOR


@keras.saving.register_keras_serializable("aleator")
class GaussianLogits(keras.layers.Layer):  # type: ignore[misc]
    """From an embedding `(example, feature)` to a Gaussian for each class's logit, `(example, 2, class)`: the means,
    then the spreads (standard deviations, in logits).

    Kendall & Gal 2017 (arXiv 1703.04977), section 3. Computed in single precision also where the rest of the model is
    in half: a logit's steps would be 0.03 otherwise.
    """

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})
        self.classes = classes
        self.mean = keras.layers.Dense(classes, dtype="float32", name="mean")
        # The spread starts equal for all classes and examples, so that what varies later was learned.
        self.raw_spread = keras.layers.Dense(classes, kernel_initializer="zeros", dtype="float32", name="raw_spread")

    def build(self, shape: Any) -> None:
        self.mean.build(shape)
        self.raw_spread.build(shape)
        self.built = True

    def call(self, embedding: Any) -> Any:
        spread = ops.softplus(self.raw_spread(embedding)) + SPREAD_FLOOR
        return ops.stack([self.mean(embedding), spread], axis=-2)

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        return (*shape[:-1], 2, self.classes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable("aleator")
class LogExpectedSoftmax(keras.layers.Layer):  # type: ignore[misc]
    """From Gaussian logits `(example, 2, class)` to the log of their expected softmax, `(example, class)`.

    `keras.ops.exp` makes probabilities of it. `metrics=["accuracy"]` works as usual: the greatest stays the greatest.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})

    def call(self, logits: Any) -> Any:
        return log_expected_softmax(logits[..., 0, :], logits[..., 1, :])

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        return (*shape[:-2], shape[-1])
