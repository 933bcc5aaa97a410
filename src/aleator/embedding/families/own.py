"""A module or a callable of the user's own."""

import copy
from typing import Any

from torch import nn

from aleator.embedding.backbone import Kind, OwnBackbone
from aleator.embedding.extractor import Extractor, wrong_kind
from aleator.embedding.hub import hash_of_weights
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError


def open_own(backbone: OwnBackbone, kind: Kind, settings: EmbedSettings) -> Extractor:
    """Raises AleatorError for a callable without a name: kept features could not be told from another's."""
    network: Any = backbone.network
    name = backbone.name or type(network).__name__
    if kind != backbone.kind:
        raise wrong_kind(name, backbone.kind, kind)
    weights = ""
    if isinstance(network, nn.Module):
        network = copy.deepcopy(network)  # the user's goes on training, or stays on its device
        weights = hash_of_weights(network)
    elif backbone.name is None:
        raise AleatorError(
            "A network that is no torch module needs a name, by which its features are known again: "
            "OwnBackbone(network, name=...)."
        )
    preprocessing = backbone.preprocessing if kind == "images" else None
    return TorchExtractor(network, record_of(name, kind, weights, preprocessing), settings, preprocessing)
