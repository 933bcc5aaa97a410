"""Steps: how a batch becomes a loss for each example. One at a time; any objective fits any step."""

from collections.abc import Callable

from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.learning.steps.flip_consistency import flip_consistency
from aleator.learning.steps.mixup import mixup
from aleator.learning.steps.plain import plain
from aleator.learning.steps.relative_uncertainty import relative_uncertainty

STEPS: dict[str, Callable[..., Step]] = {
    "plain": plain,
    "mixup": mixup,
    "flip_consistency": flip_consistency,
    "relative_uncertainty": relative_uncertainty,
}
"""Each is made by `(**options)`."""

__all__ = ["STEPS", "Batch", "Step", "log_probs_of", "mixed_precision"]
