"""torchvision's classifiers, without their last layer."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from torch import nn

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import Extractor, Say, wrong_kind
from aleator.embedding.hub import hash_of_weights, missing_extra, other_weights, read_weights, url_file
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError, UnknownNameError


def open_network(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    """Its weights are the named file's, or torch.hub's cache's, or are downloaded from pytorch.org."""
    if kind != "images":
        raise wrong_kind(backbone.name, "images", kind)
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:  # a torchvision beside another torch raises RuntimeError
        raise missing_extra(backbone.name, "torchvision", "torchvision") from error
    known = models.list_models(module=models)
    if backbone.network not in known:
        near = get_close_matches(backbone.network, known, 3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UnknownNameError(
            f"torchvision has no classifier {backbone.network!r}.{hint} `torchvision.models.list_models()` lists all."
        )
    weights: Any = models.get_model_weights(backbone.network).DEFAULT
    path = backbone.weights or url_file(backbone.name, weights.url, say)
    state = read_weights(path, backbone.name)
    network = _without_head(_network(backbone.network, len(weights.meta["categories"]), path, state), backbone.name)
    preprocessing = backbone.seen(_preprocessing(weights.transforms()))
    record = record_of(backbone.name, "images", hash_of_weights(network), preprocessing)
    return TorchExtractor(network, record, settings, preprocessing, {})


def make_network(name: str, architecture: dict[str, Any]) -> nn.Module:
    """One with random weights, without its head."""
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:
        raise missing_extra(f"torchvision:{name}", "torchvision", "torchvision") from error
    return _without_head(models.get_model(name, weights=None), f"torchvision:{name}")


def _network(name: str, classes: int, path: Path, state: dict[str, Any]) -> nn.Module:
    """The network with weights of its usual classes, or of another number of them."""
    from torchvision import models

    network = models.get_model(name, weights=None, num_classes=classes)
    head, _ = _head(network, f"torchvision:{name}")
    bias = state.get(f"{head}.bias")
    if bias is not None and len(bias) != classes:
        network = models.get_model(name, weights=None, num_classes=len(bias))
    wanted = network.state_dict()
    try:
        network.load_state_dict({key: value for key, value in state.items() if key in wanted or "aux" not in key})
    except RuntimeError as error:
        raise other_weights(path, f"torchvision:{name}", error) from error
    return network  # type: ignore[no-any-return]


def _head(network: nn.Module, name: str) -> tuple[str, nn.Module]:
    """The last linear layer, or where there is none the last convolution."""
    for kind in (nn.Linear, nn.Conv2d):
        found = [(where, layer) for where, layer in network.named_modules() if isinstance(layer, kind)]
        if found:
            return found[-1]
    raise AleatorError(f"{name} has no last layer that could be left out.")


def _without_head(network: nn.Module, name: str) -> nn.Module:
    where, _ = _head(network, name)
    parent, _, last = where.rpartition(".")
    setattr(network.get_submodule(parent), last, nn.Identity())
    return network


def _preprocessing(transforms: Any) -> Preprocessing:
    size, crop = transforms.resize_size[0], transforms.crop_size[0]
    return Preprocessing(
        crop,
        crop,
        "crop",
        min(1.0, crop / size),
        transforms.interpolation.value,
        tuple(map(float, transforms.mean)),
        tuple(map(float, transforms.std)),
    )
