"""Backbones: examples in, one embedding per example out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm

from aleator.errors import AleatorError, MissingExtraError
from aleator.models.winograd import Conv3x3


@dataclass(frozen=True)
class BackboneChoice:
    """Which backbone, and the rule that picked it, in words."""

    name: str
    reason: str


class StandardizeImage(nn.Module):
    """Each image to zero mean and unit deviation, so that exposure and contrast do not matter.

    Takes uint8 or float `(example, channel, height, width)`; colours of one image keep their relation.
    """

    def forward(self, images: Tensor) -> Tensor:
        images = images.float()
        centred = images - images.mean((1, 2, 3), keepdim=True)
        # As `std` has it, which takes twelve times as long on a processor.
        values = math.prod(images.shape[1:])
        deviation: Tensor = vector_norm(centred, dim=(1, 2, 3), keepdim=True) / math.sqrt(values - 1)
        # The constant keeps a blank image blank: without it, sensor noise would be blown up to full contrast.
        return centred / (deviation + 8.0)


class StandardizeFeatures(nn.Module):
    """Each feature to zero mean and unit deviation over the data set; the statistics are buffers."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        self.mean.copy_(values.mean(0))
        deviation = values.std(0)
        self.scale.copy_(torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def forward(self, values: Tensor) -> Tensor:
        return (values.float() - self.mean) / self.scale


def _conv(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    return [
        Conv3x3(inputs, outputs, stride),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


def small_vgg(shape: tuple[int, ...]) -> nn.Sequential:
    """Seven plain 3x3 convolutions, 0.9 M parameters, 44 MMAC on 48x48 grey.

    Measured on FER2013 on two cores it beats a residual net of half the operations by .012 AUROC at the
    same wall time: plain wide convolutions are what a CPU computes fastest.
    """
    channels, height, width = shape
    stem_stride = 2 if min(height, width) >= 40 else 1
    layers = [
        StandardizeImage(),
        *_conv(channels, 32, stem_stride),
        *_conv(32, 48),
        nn.MaxPool2d(2),
        *_conv(48, 96),
        *_conv(96, 96),
        nn.MaxPool2d(2),
        *_conv(96, 192),
        *_conv(192, 192),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers)


def mlp(shape: tuple[int, ...]) -> nn.Sequential:
    """Two hidden layers on standardised feature vectors."""
    (features,) = shape
    return nn.Sequential(
        StandardizeFeatures(features),
        nn.Linear(features, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Linear(256, 192),
        nn.BatchNorm1d(192),
        nn.ReLU(inplace=True),
    )


def deep_vgg(shape: tuple[int, ...]) -> nn.Sequential:
    """Nine plain 3x3 convolutions, wider than `small_vgg`: 2.3 M parameters, 98 MMAC on 48x48 grey.

    The network of `aleator train`, where one good answer counts for more than many quick ones.
    """
    channels, height, width = shape
    layers = [
        StandardizeImage(),
        *_conv(channels, 32, 2 if min(height, width) >= 40 else 1),
        *_conv(32, 64),
        nn.MaxPool2d(2),
        *_conv(64, 128),
        *_conv(128, 128),
        *_conv(128, 128),
        nn.MaxPool2d(2),
        *_conv(128, 256),
        *_conv(256, 256),
        *_conv(256, 256),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers)


BACKBONES: dict[str, Callable[[tuple[int, ...]], nn.Sequential]] = {
    "small_vgg": small_vgg,
    "deep_vgg": deep_vgg,
    "mlp": mlp,
}
TIMM = "timm:"
"""Before the name of a network that the timm library builds."""


def choose_backbone(kind: Literal["images", "features"]) -> BackboneChoice:
    """The stated rule: pictures get a small plain convolutional net, feature vectors a small perceptron."""
    if kind == "features":
        return BackboneChoice("mlp", "feature vectors: a perceptron with two hidden layers")
    return BackboneChoice("small_vgg", "pictures: a plain convolutional net made for up to 64x64 pixels on a CPU")


def build_backbone(name: str, shape: tuple[int, ...]) -> nn.Module:
    """A backbone by name for examples of `shape`: `(channel, height, width)` or `(feature,)`.

    `timm:NAME` is one of the timm library's, with random weights and without its head. Raises AleatorError for a name
    that is unknown and MissingExtraError without timm.
    """
    if name.startswith(TIMM):
        return _from_timm(name.removeprefix(TIMM), shape)
    if name not in BACKBONES:
        raise AleatorError(f"There is no backbone {name!r}; choose {', '.join(BACKBONES)}, or timm:NAME.")
    return BACKBONES[name](shape)


@torch.no_grad()
def embedding_size(backbone: nn.Module, shape: tuple[int, ...]) -> int:
    """Features that a backbone makes of an example of `shape`; found by trying one.

    Raises AleatorError when it does not take such examples, or makes something else than `(example, feature)`.
    """
    training = backbone.training
    try:
        embedding = backbone.eval()(torch.zeros(1, *shape))
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise AleatorError(f"The backbone does not take examples of shape {shape}: {error}") from error
    finally:
        backbone.train(training)
    if embedding.ndim != 2:
        raise AleatorError(
            f"The backbone makes {tuple(embedding.shape)} of one example; wanted are feature vectors (1, feature): "
            "add a mean over all places and nn.Flatten()."
        )
    return int(embedding.shape[1])


def _from_timm(name: str, shape: tuple[int, ...]) -> nn.Module:
    if len(shape) != 3:
        raise AleatorError(f"timm:{name} takes pictures, and the examples are feature vectors; leave --backbone out.")
    try:
        import timm
    except ImportError as error:
        raise MissingExtraError(
            f"timm:{name} needs timm, which is not installed; run: pip install 'aleator[timm]'"
        ) from error
    options = {"pretrained": False, "num_classes": 0, "in_chans": shape[0]}
    try:
        try:
            body = timm.create_model(name, img_size=shape[1:], **options)  # transformers must know it
        except TypeError:
            body = timm.create_model(name, **options)
    except (RuntimeError, AssertionError) as error:
        raise AleatorError(f"timm cannot build {name!r}: {error}") from error
    return nn.Sequential(StandardizeImage(), body)
