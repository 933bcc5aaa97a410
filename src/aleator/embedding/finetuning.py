"""Pretrained networks that are trained on: made of their weights, and made again from a description without them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from aleator.data.images import Geometry, load_pixels
from aleator.data.sources import ImageSource
from aleator.data.value_range import ValueRange
from aleator.embedding.backbone import FAMILIES, Backbone
from aleator.embedding.embed import open_backbone
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.errors import AleatorError
from aleator.progress import Progress, silent
from aleator.registry import Registry


@dataclass(frozen=True)
class FinetunedNetwork:
    """What a network was trained from, and how it is made again where its weights are brought: without a hub."""

    name: str
    """As `timm:resnet18`."""
    weights: str
    """A hash of those that it began with."""
    preprocessing: Preprocessing
    """What pictures are brought to."""
    architecture: dict[str, Any] = field(default_factory=dict)
    """What its family needs beside the name to make it."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a picture: channels, height, width."""
        seen = self.preprocessing
        return seen.channels, seen.height, seen.width

    def build(self) -> nn.Module:
        """The network with random weights, from pictures `(example, channel, height, width)` of values from 0 to 255.

        Raises MissingExtraError where its library is not here.
        """
        family, _, network = self.name.partition(":")
        makers: dict[str, str] = {name: one.makes for name, one in FAMILIES.items() if one.makes is not None}
        families: Registry[Callable[..., nn.Module]] = Registry("family of networks that can be trained", makers)
        made = families[family](network, self.architecture)
        return FromPixels(made, self.preprocessing)

    def geometry(self, values: ValueRange | None) -> Geometry:
        """The size of the pictures; `values` are what those of more than 8 bits are scaled by."""
        channels, height, width = self.shape
        return Geometry(height, width, channels, f"as {self.name} takes them", values)


class FromPixels(nn.Module):
    """A network before which mean and deviation are taken away, and after which each picture has one vector."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        for name in ("mean", "std"):
            values = 255 * torch.tensor(getattr(preprocessing, name)).view(1, -1, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def train(self, mode: bool = True) -> "FromPixels":
        """What batch normalisation has learned of the mean and deviation stays: small batches would tell others, which
        its weights were not made for."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
        return self

    def forward(self, pictures: Tensor) -> Tensor:
        made: Tensor = self.network((pictures - self.mean) / self.std)
        return made.mean(dim=(2, 3)) if made.ndim == 4 else made


@dataclass(frozen=True)
class Finetuning:
    """All that training a pretrained network needs beside labels."""

    network: FinetunedNetwork
    module: nn.Module
    """From pictures as `pictures` are to vectors, with the pretrained weights."""
    pictures: NDArray[np.uint8]
    """`(example, channel, height, width)`, brought to what the network takes."""
    geometry: Geometry


def begin_finetuning(
    source: ImageSource,
    backbone: Backbone,
    *,
    values: ValueRange | None = None,
    cache: Path | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> Finetuning:
    """Open the network, and bring pictures, all of which can be read, to what it takes.

    `values` and `cache` are as in `load_pixels`. Raises AleatorError for a network that cannot be trained, or is not
    to be had.
    """
    settings = EmbedSettings(device=device, precision="float32")
    extractor = open_backbone(backbone, "images", settings, lambda message: progress(message, 0, 1))
    found = extractor.trainable()
    network = FinetunedNetwork(extractor.record.name, extractor.record.weights, found.preprocessing, found.architecture)
    module = FromPixels(found.module.cpu().float(), found.preprocessing)
    geometry = network.geometry(values)
    pictures, _ = load_pixels(
        source, geometry, bring=found.preprocessing.apply, side=found.preprocessing.longest, cache=cache,
        most_unreadable=0.0, progress=progress,
    )  # fmt: skip
    return Finetuning(network, module, pictures, geometry)


def check_finetunable(kind: str) -> None:
    """Raise AleatorError unless networks can be trained on examples of this kind."""
    if kind != "images":
        raise AleatorError(f"finetune trains networks of pictures, and the examples are {kind}: leave it out.")
