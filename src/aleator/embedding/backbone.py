"""Which pretrained network: by name, or one of the user's own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aleator.embedding.preprocessing import Preprocessing, PreprocessingChanges
from aleator.errors import UnknownNameError

Kind = Literal["images", "texts"]
"""Of the examples that a network takes: an `ExampleSource`'s kind."""
AUTO = "auto"
"""In the place of a name: the network at hand that predicts labels best."""
_HERE = "aleator.embedding.families"


@dataclass(frozen=True)
class Family:
    """Networks that one library knows."""

    form: str
    """What a user writes, as `timm:NAME`."""
    what: str
    """What they are, for people."""
    place: str
    """What opens one: `module:function`."""
    makes: str | None = None
    """What makes one of a name and a description without weights, `module:function`; None where none can be trained."""


FAMILIES: dict[str, Family] = {
    "timm": Family(
        "timm:NAME", "timm's networks for pictures", f"{_HERE}.timm:open_network", f"{_HERE}.timm:make_network"
    ),
    "torchvision": Family(
        "torchvision:NAME",
        "torchvision's classifiers",
        f"{_HERE}.torchvision:open_network",
        f"{_HERE}.torchvision:make_network",
    ),
    "hf": Family(
        "hf:NAME",
        "transformers' networks for pictures or texts",
        f"{_HERE}.hf:open_network",
        f"{_HERE}.hf:make_network",
    ),
    "sentence-transformers": Family(
        "sentence-transformers:NAME", "networks for sentences", f"{_HERE}.sentence_transformers:open_network"
    ),
    "onnx": Family("onnx:FILE", "any network as an ONNX graph", f"{_HERE}.onnx:open_network"),
}
"""What stands before the colon of a network's name. A new one is a file and a line."""


def is_pretrained(name: str) -> bool:
    """Whether this is a pretrained network's name, or `AUTO`; networks that are trained from scratch have no colon."""
    return ":" in name or name == AUTO


def family_forms() -> str:
    """All forms that a network is named in, in one line."""
    return "; ".join(f"{family.form} ({family.what})" for family in FAMILIES.values())


@dataclass(frozen=True)
class Backbone:
    """A pretrained network by its name, as `timm:resnet18` or `onnx:faces.onnx`.

    Raises UnknownNameError, which lists the forms, for a name without a family.
    """

    name: str
    weights: Path | None = None
    """A file (or, for transformers, a folder) of weights, instead of those of the user's cache or the hub."""
    preprocessing: Preprocessing | PreprocessingChanges | None = None
    """What pictures are brought to, instead of what the network says of itself, or what is different in it."""

    def __post_init__(self) -> None:
        if self.weights is not None:
            object.__setattr__(self, "weights", Path(self.weights))
        family, _, network = self.name.partition(":")
        if not self.is_auto and (family not in FAMILIES or not network):
            raise UnknownNameError(f"{self.name!r} names no pretrained network; wanted is {family_forms()}.")

    @property
    def is_auto(self) -> bool:
        """Whether the network is still to be chosen."""
        return self.name == AUTO

    @property
    def family(self) -> str:
        """What stands before the colon."""
        return self.name.partition(":")[0]

    @property
    def network(self) -> str:
        """The name that the family knows it by: what stands after the colon."""
        return self.name.partition(":")[2]

    def seen(self, own: Preprocessing) -> Preprocessing:
        """What pictures are brought to, where `own` is what the network says of itself."""
        asked = self.preprocessing
        return asked if isinstance(asked, Preprocessing) else own if asked is None else asked.on(own)


@dataclass(frozen=True)
class OwnBackbone:
    """A network of the user's own: an `nn.Module`, or any callable from a batch to vectors `(example, feature)`.

    A batch is a float32 tensor `(example, channel, height, width)` of pictures after `preprocessing`, or a list of
    texts. What is returned may be a tensor or an array; of feature maps
    `(example, feature, height, width)` the mean over the places is taken.
    """

    network: Callable[[Any], Any]
    kind: Kind = "images"
    preprocessing: Preprocessing = Preprocessing()
    name: str | None = None
    """A module is known by its weights; any other callable needs a name, and two of one name are taken for the same."""
