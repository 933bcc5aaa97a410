"""Steps: how a batch becomes a loss for each example. One at a time; any objective fits any step."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aleator.registry import Registry

if TYPE_CHECKING:
    from aleator.learning.steps.batch import Step

PLAIN = "plain"
"""No step of its own: predict, and compare with the targets as the posterior does. The loop itself does it."""
_HERE = "aleator.learning.steps"
STEPS: "Registry[Callable[..., Step]]" = Registry(
    "step",
    {
        "mixup": f"{_HERE}.mixup:mixup",
        "flip_consistency": f"{_HERE}.flip_consistency:flip_consistency",
        "relative_uncertainty": f"{_HERE}.relative_uncertainty:relative_uncertainty",
    },
)
"""All others. Each is made by `(**options)`."""
