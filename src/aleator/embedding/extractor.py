"""A network that is ready to make vectors of examples."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.errors import AleatorError

if TYPE_CHECKING:
    from torch import nn

Say = Callable[[str], None]
"""Tells the user what is about to happen, as a download."""
MADE_OF = {"images": "pictures", "texts": "texts"}


@dataclass(frozen=True)
class NetworkRecord:
    """Which network made features: enough to know them again, and to say it in a report."""

    name: str
    kind: Kind
    """Of the examples that it takes."""
    weights: str
    """A hash of them."""
    preprocessing: str
    """What examples are brought to, in words; a part of the identity."""
    dimension: int
    """Features of an example."""
    precision: str = "float32"
    """What the network computed in."""

    @property
    def identity(self) -> str:
        """The same network with the same weights, preprocessing and precision has the same."""
        parts = self.name, self.kind, self.weights, self.preprocessing, str(self.dimension), self.precision
        return "\n".join(parts)

    @property
    def key(self) -> str:
        """The identity, short enough for the name of a folder."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Trainable:
    """A network whose weights can be changed, from pictures after their preprocessing to vectors."""

    module: "nn.Module"
    preprocessing: Preprocessing
    architecture: dict[str, Any]
    """What its family needs beside its name to make it again, as JSON has it."""


class Extractor(ABC):
    """A network that is ready to make vectors of examples of one kind."""

    record: NetworkRecord
    batch_size: int = 32
    """Examples that it takes best at a time."""
    decoded_side: int | None = None
    """A picture need not be decoded larger than that, in pixels of its shorter side; None where all is wanted."""

    @abstractmethod
    def prepare(self, example: Any) -> Any:
        """One example (a picture or a text) made ready, in a thread that decodes."""

    @abstractmethod
    def vectors(self, prepared: Sequence[Any]) -> NDArray[np.float32]:
        """Of a batch of what `prepare` returned: `(example, dimension)`."""

    def trainable(self) -> Trainable:
        """The network, to be trained. Raises AleatorError where it cannot be."""
        raise AleatorError(
            f"{self.record.name} cannot be trained: it is no network of PyTorch for pictures, made by a name. Leave "
            "finetune out, or name one of timm, torchvision or transformers (hf)."
        )


class Opener(Protocol):
    """Opens one of a family's networks for examples of a kind."""

    def __call__(self, backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor: ...


def wrong_kind(name: str, takes: Kind, kind: Kind) -> AleatorError:
    return AleatorError(
        f"{name} takes {MADE_OF[takes]}, and the examples are {MADE_OF[kind]}; name a network for these."
    )


def try_one(extractor: Extractor) -> int:
    """Features that the network makes of one example. Raises AleatorError where it does not take such examples."""
    examples: dict[str, Any] = {"images": Image.new("RGB", (64, 64)), "texts": "one text"}
    try:
        return int(extractor.vectors([extractor.prepare(examples[extractor.record.kind])]).shape[1])
    except AleatorError:
        raise
    except Exception as error:  # a foreign network fails in its own ways
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise AleatorError(
            f"{extractor.record.name} does not take {MADE_OF[extractor.record.kind]} as they are given to it "
            f"({extractor.record.preprocessing or 'as they are'}): {first[0]}"
        ) from error
