"""Backbones: examples in, one embedding per example out. `BACKBONES` names Aleator's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aleator.registry import Registry

if TYPE_CHECKING:
    from torch import nn

_HERE = "aleator.models.backbones"
BACKBONES: "Registry[Callable[[tuple[int, ...]], nn.Sequential]]" = Registry(
    "backbone",
    {
        "small_vgg": f"{_HERE}.small_vgg:small_vgg",
        "deep_vgg": f"{_HERE}.deep_vgg:deep_vgg",
        "mlp": f"{_HERE}.mlp:mlp",
    },
)
"""Each is made by the shape of an example, `(channel, height, width)` or `(feature,)`."""


@dataclass(frozen=True)
class BackboneChoice:
    """Which backbone, and the rule that picked it, in words."""

    name: str
    reason: str


def usual_backbone(kind: Literal["images", "features"]) -> BackboneChoice:
    """The stated rule: pictures get a small plain convolutional net, feature vectors a small perceptron."""
    if kind == "features":
        return BackboneChoice("mlp", "feature vectors: a perceptron with two hidden layers")
    return BackboneChoice("small_vgg", "pictures: a plain convolutional net made for up to 64x64 pixels on a CPU")
