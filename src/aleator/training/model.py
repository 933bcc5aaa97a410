"""A trained model: a folder with its members, its card as data and as text; nothing in it is unpickled."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aleator.data.images import Geometry, load_pixels
from aleator.data.sources import ExampleSource, FeatureArray, ImageSource
from aleator.embedding.extractor import Extractor
from aleator.errors import DataError, ModelError, while_reading
from aleator.files import file_digest
from aleator.learning.checkpoints import load_network
from aleator.learning.devices import pick_device
from aleator.learning.prediction import Predictions, predict_examples
from aleator.models.network import Network, folded
from aleator.records import read_json
from aleator.training.abstention import AbstentionRule, EnsemblePrediction, prediction_of
from aleator.training.card import SCHEMA_VERSION, ModelCard, read_card
from aleator.training.familiarity import Familiarity, read_familiarity
from aleator.training.settings import CUSTOM
from aleator.vectors.vectoriser import Vectoriser, read_vectoriser

AGAIN = " Train the model again."
CARD, FAMILIARITY, VECTORS = "model.json", "familiarity.safetensors", "vectors.npz"


@dataclass(frozen=True)
class Model:
    """Networks that answer together, and what was set for them from held-out examples."""

    folder: Path
    card: ModelCard
    """The content of `model.json`."""
    networks: tuple[Network, ...]
    device: torch.device
    familiarity: Familiarity | None = None
    """For pictures, and what a pretrained network makes of examples; other vectors are unfamiliar where the networks
    disagree."""
    vectoriser: Vectoriser | None = None
    """For texts and tables: how they become the vectors that the networks take."""
    pretrained: Extractor | None = None
    """What makes vectors of examples where the model was trained on its features."""

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.card.class_names

    @property
    def kind(self) -> str:
        """`images`, `features`, `texts` or `table`."""
        return self.card.data.kind

    @property
    def rule(self) -> AbstentionRule:
        """When it answers."""
        return self.card.decision

    @property
    def of_voters(self) -> bool:
        """The spread of its logits is doubt about how people would vote, and uncertainty that of a voter's answer."""
        return self.card.training is not None and self.card.training.objective == "votes"

    @property
    def geometry(self) -> Geometry:
        """The size that pictures are brought to."""
        data = self.card.data
        assert data.height is not None
        assert data.width is not None
        assert data.channels is not None
        return Geometry(data.height, data.width, data.channels, data.geometry_reason or "", data.values)

    @cached_property
    def _folded(self) -> tuple[Network, ...]:
        """Once for all calls: folding and transforming kernels takes as long as thirty pictures."""
        return tuple(folded(network) for network in self.networks)

    def pictures(self, source: ImageSource) -> tuple[NDArray[np.uint8], dict[int, str]]:
        """Pictures as the networks take them, and the rows of those that cannot be read, with the reason."""
        seen = None if self.card.finetuned is None else self.card.finetuned.preprocessing
        pixels, unreadable = load_pixels(
            source, self.geometry, bring=None if seen is None else seen.apply,
            side=None if seen is None else seen.longest, most_unreadable=1.0,
        )  # fmt: skip
        return pixels, dict(unreadable)

    def check(self, source: ExampleSource, where: str) -> None:
        """Raise DataError unless the examples are of the kind that the model was trained on.

        On features of a pretrained network it was: then such features are taken too."""
        if self.pretrained is not None and isinstance(source, FeatureArray):
            self._check_count(source, where)
            return
        if source.kind != self.kind:
            raise DataError(f"{where} holds {source.kind}, and the model was trained on {self.kind}.")
        if isinstance(source, FeatureArray):
            self._check_count(source, where)

    def _check_count(self, source: FeatureArray, where: str) -> None:
        if source.values.shape[1] != self.card.data.features:
            raise DataError(
                f"{where} has {source.values.shape[1]} features, and the model was trained on "
                f"{self.card.data.features}."
            )

    def predict(self, examples: NDArray[np.generic]) -> EnsemblePrediction:
        """What the members say of examples `(example, channel, height, width)` uint8, or `(example, feature)`: vectors,
        or what the pretrained network makes of examples."""
        flip = self.card.settings.flip
        each = [predict_examples(network, examples, flip=flip, device=self.device) for network in self._folded]
        features = examples if self.pretrained is not None else None
        mean, spread, *distance = members_say(each, self.familiarity, features)
        return prediction_of(mean, spread, self.rule.temperature, *distance, voters=self.of_voters)


def members_say(
    each: list[Predictions], familiarity: Familiarity | None, features: NDArray[np.generic] | None = None
) -> tuple[NDArray[np.float32], ...]:
    """Mean and spread of the members' logits, `(member, example, class)`, and, with familiarity, the distances from the
    training examples, `(member, example)`, of the members' embeddings, or of a pretrained network's features
    `(example, feature)`, which are the same for all."""
    mean, spread = np.stack([one.mean for one in each]), np.stack([one.spread for one in each])
    if familiarity is None:
        return mean, spread
    embeddings = [one.embedding for one in each] if features is None else [np.asarray(features, np.float32)]
    return mean, spread, familiarity.distance(embeddings)


def load_model(
    folder: str | Path, *, backbone: nn.Module | None = None, device: str = "auto", weights: Path | None = None
) -> Model:
    """Read a model that `aleator train` wrote.

    Args:
        folder: the model's.
        backbone: for a model whose backbone was a module of the user's own, the same module.
        device: auto, cpu, cuda, ...
        weights: for a model on a pretrained network's features, where the file of its weights is now, if it moved.

    Raises ModelError when the folder holds no model, one of another version, or one that was altered or cut off, and
    AleatorError when its pretrained network is not to be had.
    """
    folder = Path(folder)
    card = _read(folder)
    files = [(folder / member.file, member.sha256) for member in card.members]
    known = card.familiarity
    if card.model.backbone == CUSTOM and backbone is None:
        raise ModelError(
            f"The backbone of {folder} is a module of your own: pass it, load_model(..., backbone=module)."
        )
    check = [*files, *((folder / one.file, one.sha256) for one in (known, card.vectors) if one is not None)]
    for path, digest in check:
        if not path.is_file():
            raise ModelError(f"{path} is missing; train the model again.")
        if file_digest(path) != digest:
            raise ModelError(f"{path} was altered or cut off since it was trained; train the model again.")
    if card.finetuned is not None:
        backbone = card.finetuned.build()
    with while_reading(folder, "a model", ModelError, AGAIN):
        networks = tuple(load_network(path, backbone) for path, _ in files)
        familiarity = None if known is None else read_familiarity(folder / known.file)
        vectoriser = None if card.vectors is None else read_vectoriser(folder / card.vectors.file)
        model = Model(folder, card, networks, pick_device(device), familiarity, vectoriser)
        _check(model)
    if card.pretrained is None and weights is not None:
        raise ModelError(f"{folder} was trained on no pretrained network's features; leave --weights out.")
    if card.pretrained is not None:
        model = replace(model, pretrained=card.pretrained.open(device, weights))
    return model


def _read(folder: Path) -> ModelCard:
    if not (folder / CARD).is_file():
        raise ModelError(f"{folder} holds no model; run `aleator train DATA -o {folder}`.")
    with while_reading(folder / CARD, "a model's card", ModelError, AGAIN):
        content = read_json(folder / CARD)
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version not in (SCHEMA_VERSION - 1, SCHEMA_VERSION):
            raise ModelError(
                f"{folder} was written with schema version {version}, this version of Aleator reads "
                f"{SCHEMA_VERSION - 1} and {SCHEMA_VERSION}; train the model again."
            )
        return read_card(content)


def _check(model: Model) -> None:
    """Raise ModelError unless the card and the networks are of the same classes and examples."""
    data, classes = model.card.data, len(model.class_names)
    flat = model.kind != "images" or model.card.pretrained is not None
    shape = (data.features,) if flat else (data.channels, data.height, data.width)
    for network in model.networks:
        if network.spec.classes != classes or (network.spec.shape != shape and not (flat and data.features is None)):
            raise ModelError(
                f"The card of {model.folder} is of {classes} classes and examples {shape}, a network in it of "
                f"{network.spec.classes} and {network.spec.shape}: it was altered.{AGAIN}"
            )
    if not model.networks or not 0 < model.rule.temperature < np.inf:
        raise ModelError(f"The card of {model.folder} names no networks or no temperature: it was altered.{AGAIN}")
