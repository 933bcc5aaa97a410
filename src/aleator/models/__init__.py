"""Networks: backbones that turn examples into embeddings, and the head that predicts Gaussian logits."""

from aleator.models.backbones import BackboneChoice, build_backbone, choose_backbone
from aleator.models.heads import GaussianLogitHead
from aleator.models.network import Network, NetworkSpec

__all__ = [
    "BackboneChoice",
    "GaussianLogitHead",
    "Network",
    "NetworkSpec",
    "build_backbone",
    "choose_backbone",
]
