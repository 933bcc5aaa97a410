"""timm's networks for pictures."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import Extractor, Say, wrong_kind
from aleator.embedding.hub import hash_of_weights, hub_file, missing_extra, other_weights, read_weights, url_file
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError, UnknownNameError

FILES = ("model.safetensors", "pytorch_model.bin")


def open_network(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    """Its weights are the named file's, or the user's cache's, or the hub's."""
    if kind != "images":
        raise wrong_kind(backbone.name, "images", kind)
    try:
        import timm
    except ImportError as error:
        raise missing_extra(backbone.name, "timm", "timm") from error
    if not timm.is_model(backbone.network):
        near = get_close_matches(backbone.network, timm.list_models(), 3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UnknownNameError(f"timm knows no network {backbone.network!r}.{hint} `timm.list_models()` lists all.")
    network = _with_weights(backbone, _state(backbone, say))
    config = timm.data.resolve_model_data_config(network)
    preprocessing = backbone.seen(_preprocessing(config))
    record = record_of(backbone.name, "images", hash_of_weights(network), preprocessing)
    return TorchExtractor(network, record, settings, preprocessing, {})


def make_network(name: str, architecture: dict[str, Any]) -> nn.Module:
    """One with random weights, without its head."""
    try:
        import timm
    except ImportError as error:
        raise missing_extra(f"timm:{name}", "timm", "timm") from error
    return timm.create_model(name, pretrained=False, num_classes=0)  # type: ignore[no-any-return]


def _state(backbone: Backbone, say: Say) -> tuple[Path, dict[str, Tensor]]:
    from timm.models import get_pretrained_cfg

    if backbone.weights is not None:
        return backbone.weights, read_weights(backbone.weights, backbone.name)
    config = get_pretrained_cfg(backbone.network)
    if config is not None and config.hf_hub_id:
        files = (config.hf_hub_filename,) if config.hf_hub_filename else FILES
        path = hub_file(backbone.name, config.hf_hub_id, files, say)
    elif config is not None and config.url:
        path = url_file(backbone.name, config.url, say)
    else:
        raise AleatorError(f"timm has no weights for {backbone.network!r}; name a file that you have: --weights FILE.")
    return path, read_weights(path, backbone.name)


def _with_weights(backbone: Backbone, found: tuple[Path, dict[str, Tensor]]) -> nn.Module:
    """The network without its head; the head that the weights may have, of however many classes, is left out."""
    import timm

    path, state = found
    network: Any = make_network(backbone.network, {})
    wanted = network.state_dict()
    head = network.pretrained_cfg.get("classifier") or ()
    heads = (head,) if isinstance(head, str) else tuple(head)
    others = [name for name in state if name not in wanted and name.rpartition(".")[0] not in heads]
    if not others and all(name in state and state[name].shape == value.shape for name, value in wanted.items()):
        network.load_state_dict({name: state[name] for name in wanted})
        return network  # type: ignore[no-any-return]
    try:  # weights of other layouts, which timm knows how to read; without its head it would not say what is missing
        network = timm.create_model(backbone.network, pretrained=True, pretrained_cfg_overlay={"state_dict": state})
    except (RuntimeError, KeyError, AttributeError, ValueError, TypeError) as error:
        raise other_weights(path, backbone.name, error) from error
    network.reset_classifier(0)
    return network  # type: ignore[no-any-return]


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    _, height, width = config["input_size"]
    modes = {"center": "crop", "squash": "squash", "border": "border"}
    interpolation = config["interpolation"]
    return Preprocessing(
        height,
        width,
        modes[config.get("crop_mode") or "center"],  # type: ignore[arg-type]
        float(min(1, config["crop_pct"] or 1)),
        interpolation if interpolation in ("nearest", "bilinear", "bicubic", "lanczos") else "bicubic",
        tuple(map(float, config["mean"])),
        tuple(map(float, config["std"])),
    )
