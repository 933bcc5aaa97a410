"""A backbone and a head together, described by a spec that is written beside the weights."""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from aleator.models.backbones import EMBEDDING_SIZE, build_backbone
from aleator.models.heads import GaussianLogitHead
from aleator.models.posteriors import DEFAULT, POSTERIORS


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


class Output(NamedTuple):
    """Gaussian logits `(example, class)` and the embedding `(example, feature)`."""

    mean: Tensor
    spread: Tensor
    embedding: Tensor


class Network(nn.Module):
    """Examples in, Gaussian logits and embedding out."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        self.backbone = build_backbone(spec.backbone, spec.shape)
        self.dropout = nn.Dropout(spec.dropout)
        self.head = GaussianLogitHead(EMBEDDING_SIZE, spec.classes, spread=spec.spread)
        POSTERIORS[spec.posterior]().prepare(self)

    def forward(self, examples: Tensor) -> Output:
        embedding = self.backbone(examples)
        mean, spread = self.head(self.dropout(embedding))
        return Output(mean, spread, embedding)
