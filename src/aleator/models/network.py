"""A backbone and a head together, described by a spec that is written beside the weights."""

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from aleator.models.backbones import BACKBONES
from aleator.models.backbones.build import build_backbone, embedding_size
from aleator.models.heads import GaussianLogitHead
from aleator.models.posteriors import DEFAULT, POSTERIORS
from aleator.models.winograd import Conv3x3


@dataclass(frozen=True)
class NetworkSpec:
    """All that is needed to build the network again before its weights are loaded."""

    backbone: str
    shape: tuple[int, ...]
    """Shape of one example: `(channel, height, width)` or `(feature,)`."""
    classes: int
    dropout: float = 0.3
    posterior: str = DEFAULT
    """A name of `POSTERIORS`."""
    spread: bool = True
    """Without it, the logits have no spread: a plain softmax classifier."""
    sizes: tuple[int, ...] = ()
    """Of the features of a regression, which follow from the data: axes, landmarks and features of the kernel."""


class Output(NamedTuple):
    """Gaussian logits `(example, class)` and the embedding `(example, feature)`."""

    mean: Tensor
    spread: Tensor
    embedding: Tensor


class Network(nn.Module):
    """Examples in, Gaussian logits and embedding out."""

    def __init__(self, spec: NetworkSpec, backbone: nn.Module | None = None) -> None:
        """`backbone`: a module of the user's own instead of the one that the spec names."""
        super().__init__()
        self.spec = spec
        self.backbone = build_backbone(spec.backbone, spec.shape, spec.sizes) if backbone is None else backbone
        self.dropout = nn.Dropout(spec.dropout)
        self.head = GaussianLogitHead(embedding_size(self.backbone, spec.shape), spec.classes, spread=spec.spread)
        POSTERIORS[spec.posterior]().prepare(self)

    def forward(self, examples: Tensor) -> Output:
        return self.read(self.backbone(examples))

    def read(self, embedding: Tensor) -> Output:
        """What the head makes of embeddings `(example, feature)`."""
        mean, spread = self.head(self.dropout(embedding))
        return Output(mean, spread, embedding)


def on_device(network: Network, device: torch.device) -> Network:
    """The network, moved to the device, kernels with channels last: so are its features then, those of grey pictures
    too, and a pooling of them takes a sixteenth of the time on a processor."""
    return cast(Network, network.to(device, memory_format=torch.channels_last))  # type: ignore[call-overload]


def folded(network: Network) -> Network:
    """The same function as a network in evaluation mode: what a batch normalisation does is done by the convolution
    before it.

    Only in Aleator's own backbones, which are plain sequences of layers; others are returned as they are. What is not
    folded is shared with the network.
    """
    backbone = network.backbone
    if network.spec.backbone not in BACKBONES or not isinstance(backbone, nn.Sequential):
        return network
    layers = list(backbone)
    for place, (layer, after) in enumerate(pairwise(backbone)):
        if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
            fused = fuse_conv_bn_eval(layer, after)
            if isinstance(fused, Conv3x3):
                fused.keep_kernels()
            layers[place], layers[place + 1] = fused, nn.Identity()
    made = copy.copy(network)
    made._modules = {**network._modules, "backbone": nn.Sequential(*layers)}
    return made
