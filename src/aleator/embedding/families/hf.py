"""transformers' networks, for pictures or texts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import MADE_OF, Extractor, NetworkRecord, Say, Trainable
from aleator.embedding.hub import from_cache_or_hub, hash_of_weights, missing_extra, other_weights, read_weights
from aleator.embedding.preprocessing import Interpolation, Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError

MOST_TOKENS = 512
"""Of a text; the rest is not read, as by the networks themselves."""
INTERPOLATIONS: dict[Any, Interpolation] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""By Pillow's numbers."""
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
    reader: Any = None
    asked = kind == "images" and backbone.preprocessing is not None
    try:
        reader, _ = _load(backbone, PROCESSORS[kind], place, say)
    except AleatorError as error:
        if not asked:
            raise AleatorError(
                f"{backbone.name} ({type(network).__name__}) takes no {MADE_OF[kind]}, which the examples are: it has "
                f"no {PROCESSORS[kind]}. Name a network for these."
            ) from error
    if kind == "texts" and getattr(network.config, "is_encoder_decoder", False):
        network = network.get_encoder()
    pooled = _Pooled(network, kind, trust_pooler=not pooler)
    weights = hash_of_weights(network)
    if asked:
        seen = backbone.seen(_preprocessing(reader) if reader is not None else Preprocessing())
        return _PicturesAsAsked(pooled, record_of(backbone.name, kind, weights, seen), settings, seen)
    record = record_of(backbone.name, kind, weights, _reading(reader, kind))
    extractor = _Pictures if kind == "images" else _Texts
    return extractor(pooled, reader, record, settings)


def make_network(name: str, architecture: dict[str, Any]) -> nn.Module:
    """One for pictures with random weights, of the configuration in `architecture`."""
    try:
        from transformers import AutoConfig, AutoModel
    except ImportError as error:
        raise missing_extra(f"hf:{name}", "transformers", "hf") from error
    config = AutoConfig.for_model(**architecture["config"])
    return _Named(_Pooled(AutoModel.from_config(config), "images", trust_pooler=architecture["trust_pooler"]))


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
    """A network, with the names of weights that it lacks, or what reads its examples."""
    import transformers

    loading: dict[str, Any] = {"output_loading_info": True} if loader == "AutoModel" else {}

    def load(**options: Any) -> Any:
        return getattr(transformers, loader).from_pretrained(place, **loading, **options)

    loaded = from_cache_or_hub(backbone.name, place, load, say, f"{loader} of transformers")
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


class _Named(nn.Module):
    """A network for pictures that takes them by their place, not by their name."""

    def __init__(self, network: _Pooled) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        made: Tensor = self.network({"pixel_values": pictures})
        return made


def _trainable(network: Any, preprocessing: Preprocessing) -> Trainable:
    config = network.network.config.to_dict()
    return Trainable(_Named(network), preprocessing, {"config": config, "trust_pooler": network.trust_pooler})


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

    def trainable(self) -> Trainable:
        return _trainable(self.network, _preprocessing(self.reader))


class _PicturesAsAsked(TorchExtractor):
    """Pictures after a preprocessing that the user named."""

    def collate(self, prepared: Sequence[Any]) -> dict[str, Tensor]:
        return {"pixel_values": super().collate(prepared)}

    def trainable(self) -> Trainable:
        assert self.preprocessing is not None
        return _trainable(self.network, self.preprocessing)


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


def _preprocessing(reader: Any) -> Preprocessing:
    """What a reader of pictures does, as far as it says so."""
    usual = Preprocessing()
    cropped = _numbers(getattr(reader, "crop_size", None)) if getattr(reader, "do_center_crop", False) else []
    scaled = _numbers(getattr(reader, "size", None))
    sides = cropped or scaled or [usual.height]
    mean, std = (tuple(getattr(reader, name, None) or ()) for name in ("image_mean", "image_std"))
    return Preprocessing(
        sides[0],
        sides[-1],
        "crop" if cropped or not scaled else "squash",
        min(1.0, sides[0] / scaled[0]) if cropped and scaled else 1.0,
        INTERPOLATIONS.get(getattr(reader, "resample", None), usual.interpolation),
        mean or usual.mean,
        std or usual.std,
    )


def _numbers(size: Any) -> list[int]:
    """The sides that a reader names, in its order."""
    values = [size] if isinstance(size, int) else getattr(size, "__dict__", size or {}).values()
    return [int(value) for value in values if isinstance(value, int) and value > 0]
