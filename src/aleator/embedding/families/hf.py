"""transformers' networks, for pictures or texts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import MADE_OF, Extractor, NetworkRecord, Say
from aleator.embedding.hub import (
    OFFLINE,
    check_reachable,
    hash_of_weights,
    missing_extra,
    not_here,
    offline,
    other_weights,
    read_weights,
    unreachable,
)
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError

MOST_TOKENS = 512
"""Of a text; the rest is not read, as by the networks themselves."""
PROCESSORS = {"images": "AutoImageProcessor", "texts": "AutoTokenizer"}


def open_network(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    """NAME is a model of the hub or a folder; `weights` is a folder with all of it, or a file of weights alone."""
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise missing_extra(backbone.name, "transformers", "hf") from error
    with _quietly():
        return _opened(backbone, kind, settings, say)


def _opened(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    place = str(backbone.weights) if backbone.weights and backbone.weights.is_dir() else backbone.network
    network, missing = _load(backbone, "AutoModel", place, say)
    if backbone.weights is not None and not backbone.weights.is_dir():
        missing = _weights_of_file(network, backbone)
    pooler = [name for name in missing if _is_pooler(name)]
    others = [name for name in missing if not _is_pooler(name)]
    if others:
        raise AleatorError(
            f"{place} does not hold the weights of {backbone.name}: {len(others)} are missing, as {others[0]}."
        )
    try:
        reader, _ = _load(backbone, PROCESSORS[kind], place, say)
    except AleatorError as error:
        raise AleatorError(
            f"{backbone.name} ({type(network).__name__}) takes no {MADE_OF[kind]}, which the examples are: it has no "
            f"{PROCESSORS[kind]}. Name a network for these."
        ) from error
    if kind == "texts" and getattr(network.config, "is_encoder_decoder", False):
        network = network.get_encoder()
    record = record_of(backbone.name, kind, hash_of_weights(network), _reading(reader, kind))
    extractor = _Pictures if kind == "images" else _Texts
    return extractor(_Pooled(network, kind, trust_pooler=not pooler), reader, record, settings)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without transformers' reports on weights that a network without its head does not need."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()


def _load(backbone: Backbone, loader: str, place: str, say: Say) -> tuple[Any, list[str]]:
    """From a folder or the cache; else from the hub, said before. With a network, the names of weights it lacks."""
    import transformers

    loading: dict[str, Any] = {"output_loading_info": True} if loader == "AutoModel" else {}
    where = place if os.path.isdir(place) else f"huggingface.co/{place}"
    try:
        loaded = getattr(transformers, loader).from_pretrained(place, local_files_only=True, **loading)
    except (OSError, ValueError, ImportError) as error:
        if os.path.isdir(place):
            raise AleatorError(f"{place} holds no {loader} of transformers: {_first(error)}") from error
        if offline():
            raise not_here(backbone.name, where, f"{OFFLINE[0]} forbids to download them") from error
        check_reachable(backbone.name, where)
        say(f"downloading {backbone.name} from {where}")
        try:
            loaded = getattr(transformers, loader).from_pretrained(place, **loading)
        except Exception as failure:  # which library asks the hub is its own affair, and so are its errors
            raise not_here(backbone.name, where, unreachable(failure)) from failure
    return (loaded[0], list(loaded[1]["missing_keys"])) if loading else (loaded, [])


def _weights_of_file(network: nn.Module, backbone: Backbone) -> list[str]:
    """Load a file of weights into the network; the names that it lacks."""
    assert backbone.weights is not None
    state = read_weights(backbone.weights, backbone.name)
    prefix = f"{getattr(network, 'base_model_prefix', '')}."  # before the names of a network with a head
    if any(name.startswith(prefix) for name in state):
        state = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    try:
        missing, others = network.load_state_dict(state, strict=False)
        if any(not _is_pooler(name) for name in others):
            raise RuntimeError(f"it also holds {others[0]}")
        return list(missing)
    except RuntimeError as error:
        raise other_weights(backbone.weights, backbone.name, error) from error


def _is_pooler(name: str) -> bool:
    return "pooler" in name


def _reading(reader: Any, kind: Kind) -> str:
    """What decides how examples are read, in words."""
    if kind == "images":
        return str(reader.to_json_string())
    return f"{type(reader).__name__} of {len(reader)} tokens, at most {_most_tokens(reader)}"


def _most_tokens(tokenizer: Any) -> int:
    return min(int(tokenizer.model_max_length), MOST_TOKENS)


class _Pooled(nn.Module):
    """One vector of each example: the network's own, else its first token, else the mean over what it looked at."""

    def __init__(self, network: nn.Module, kind: Kind, *, trust_pooler: bool) -> None:
        super().__init__()
        self.network, self.kind, self.trust_pooler = network, kind, trust_pooler
        self.has_first_token = any("cls_token" in name or "class_embedding" in name for name in network.state_dict())

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        of_both = getattr(self.network, "get_image_features" if self.kind == "images" else "get_text_features", None)
        if of_both is not None:  # CLIP and its kin know pictures and texts
            made = of_both(**batch)
            return made if isinstance(made, Tensor) else made.pooler_output
        made = self.network(**batch)
        hidden: Tensor = made.last_hidden_state
        if self.kind == "texts":
            mask = batch["attention_mask"].to(hidden.dtype)[:, :, None]
            return (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        own = getattr(made, "pooler_output", None)
        if own is not None and self.trust_pooler:
            return own.flatten(1)  # type: ignore[no-any-return]
        if hidden.ndim == 4:
            return hidden.mean(dim=(2, 3))
        return hidden[:, 0] if self.has_first_token else hidden.mean(dim=1)


class _Pictures(TorchExtractor):
    def __init__(self, network: nn.Module, reader: Any, record: NetworkRecord, settings: EmbedSettings) -> None:
        self.reader = reader
        sides = [*_numbers(reader.size), *_numbers(getattr(reader, "crop_size", None))]
        super().__init__(network, record, settings)
        self.decoded_side = 2 * max(sides) if sides else None

    def prepare(self, example: Any) -> NDArray[np.float32]:
        read = self.reader(images=example.convert("RGB"), return_tensors="np")
        return np.asarray(read["pixel_values"][0], dtype=np.float32)

    def collate(self, prepared: Sequence[Any]) -> dict[str, Tensor]:
        return {"pixel_values": torch.from_numpy(np.stack(prepared)).to(self.device, non_blocking=True)}


class _Texts(TorchExtractor):
    def __init__(self, network: nn.Module, reader: Any, record: NetworkRecord, settings: EmbedSettings) -> None:
        self.reader = reader
        if reader.pad_token is None:
            reader.pad_token = reader.eos_token
        super().__init__(network, record, settings)

    def collate(self, prepared: Sequence[Any]) -> dict[str, Tensor]:
        read = self.reader(
            list(prepared), padding=True, truncation=True, max_length=_most_tokens(self.reader), return_tensors="pt"
        )
        return {name: value.to(self.device) for name, value in read.items()}


def _numbers(size: Any) -> list[int]:
    values = size.values() if hasattr(size, "values") else [size]
    return [int(value) for value in values if isinstance(value, int) and value > 0]


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
