"""Gaussian logits in Keras 3, on any of its backends: the head, the exact expected softmax, and its losses.

    from aleator.keras import GaussianLogits, LogExpectedSoftmax, NegativeLogLikelihood

    head = keras.Sequential([GaussianLogits(7), LogExpectedSoftmax()])
    model.compile("adam", NegativeLogLikelihood(), metrics=["accuracy"])

The same values as `aleator.uncertainty.gaussian_logits` gives in PyTorch. Needs the extra `aleator[keras]`, and
whatever backend Keras is set to. A saved model holds the layers by name: import this module before it is loaded.
"""

from aleator.errors import MissingExtraError

try:
    import keras as _keras  # noqa: F401
except ImportError as error:
    raise MissingExtraError(
        "aleator.keras needs Keras, which is not installed; run: pip install 'aleator[keras]'"
    ) from error

from aleator.keras.expected_softmax import log_expected_softmax
from aleator.keras.layers import GaussianLogits, LogExpectedSoftmax
from aleator.keras.losses import NegativeLogLikelihood, VoteNegativeLogLikelihood

__all__ = [
    "GaussianLogits",
    "LogExpectedSoftmax",
    "NegativeLogLikelihood",
    "VoteNegativeLogLikelihood",
    "log_expected_softmax",
]
