"""What a user may say of a pretrained network, the same wherever one is named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.data.options import ONE_TEXT
from aleator.embedding.backbone import AUTO, FAMILIES, Backbone, family_forms, is_pretrained
from aleator.embedding.preprocessing import PreprocessingChanges
from aleator.errors import AleatorError

PRETRAINED = f"{family_forms()}; {AUTO} takes, of those in your caches, the one that predicts labels best"


@dataclass(frozen=True, kw_only=True)
class PretrainedOptions:
    """A pretrained network and what its pictures are brought to. The fields' texts are the command line's help."""

    backbone: Annotated[
        str | None, Parameter(help=f"A pretrained network that makes features of pictures or texts: {PRETRAINED}.")
    ] = None
    """A name as `timm:NAME` (see `FAMILIES`) or `AUTO`."""
    weights: Path | None = None
    """A file of the pretrained network's weights (.safetensors, or a state dict of torch.save), or a folder for
    transformers; without it those of your cache or, said before, of the hub."""
    picture_size: int | None = None
    """Pixels of each side that the pretrained network is given, where it is not what the network says of itself."""
    crop: float | None = None
    """The middle part of each picture's shorter side that it is given, 1 for all of it."""
    mean: Annotated[str | tuple[float, ...] | None, ONE_TEXT] = None
    """Of each channel, subtracted from values from 0 to 1: three numbers with commas between them, or one for grey."""
    std: Annotated[str | tuple[float, ...] | None, ONE_TEXT] = None
    """Of each channel, what is left is divided by it."""

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, _numbers(getattr(self, name), name))
        if self.weights is not None:
            object.__setattr__(self, "weights", Path(self.weights))
        if self.backbone is None or not is_pretrained(self.backbone):
            said = [
                name for name in ("weights", "picture_size", "crop", "mean", "std") if getattr(self, name) is not None
            ]
            if said:
                raise AleatorError(f"{said[0]} is of a pretrained network: name it with backbone ({PRETRAINED}).")
        elif self.backbone != AUTO:
            Backbone(self.backbone)  # an unknown form is told at once
        elif self.weights is not None:
            raise AleatorError("weights are of one pretrained network: name it with backbone, not auto.")
        _ = self.changes

    @property
    def changes(self) -> PreprocessingChanges:
        """What is said of the preprocessing."""
        return PreprocessingChanges(self.picture_size, self.crop, self.mean, self.std)  # type: ignore[arg-type]

    @property
    def pretrained(self) -> Backbone | None:
        """The named network; None where none is."""
        if self.backbone is None or not is_pretrained(self.backbone):
            return None
        return Backbone(self.backbone, self.weights, self.changes if self.changes else None)


@dataclass(frozen=True, kw_only=True)
class FinetuneOptions(PretrainedOptions):
    """The same where networks are trained, too."""

    finetune: Annotated[bool, Parameter(negative=())] = False
    """Train the whole pretrained network on the pictures, from its weights on, instead of learning on its features: for
    a GPU, or patience; how long it takes is said before."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.finetune:
            return
        if self.backbone is None or not is_pretrained(self.backbone):
            raise AleatorError(f"finetune trains a pretrained network: name it with backbone ({PRETRAINED}).")
        family = self.backbone.partition(":")[0]
        if self.backbone != AUTO and FAMILIES[family].makes is None:
            trained = ", ".join(one.form for one in FAMILIES.values() if one.makes is not None)
            raise AleatorError(f"{self.backbone} cannot be trained; finetune takes {trained}.")


def _numbers(value: str | tuple[float, ...] | None, name: str) -> tuple[float, ...] | None:
    if value is None:
        return None
    try:
        return tuple(float(part) for part in (value.split(",") if isinstance(value, str) else value))
    except ValueError as error:
        raise AleatorError(f"{name} is numbers with commas between them, as .485,.456,.406, not {value!r}.") from error
