"""A pretrained network before a model: what it makes of examples is what the model was trained on, and predicts by."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aleator.embedding import Backbone, EmbedSettings, PreprocessingChanges
from aleator.embedding.extractor import MADE_OF, NetworkRecord
from aleator.errors import ModelError

if TYPE_CHECKING:
    from aleator.embedding.extractor import Extractor


@dataclass(frozen=True)
class PretrainedNetwork:
    """Which one, in the model's card: enough to open it again, and to know that it is the same."""

    name: str
    weights: Path | None
    """The file that they were read from; None for those of a cache or hub."""
    changes: PreprocessingChanges | None
    """What was said of the preprocessing."""
    record: NetworkRecord

    def open(self, device: str, weights: Path | None = None) -> "Extractor":
        """The network, ready to make vectors; `weights` are where the file is now.

        Raises AleatorError where it is not to be had, and ModelError where it is another one.
        """
        from aleator.embedding.embed import open_backbone

        backbone = Backbone(self.name, weights or self.weights, self.changes)
        found = open_backbone(backbone, self.record.kind, EmbedSettings(device=device))
        for what in ("weights", "preprocessing", "dimension"):
            if getattr(found.record, what) != getattr(self.record, what):
                raise ModelError(
                    f"The model was trained on what {self.name} makes of {MADE_OF[self.record.kind]}, and its {what} "
                    "is another here: name the file that it was trained with, --weights FILE, or train the model again."
                )
        found.record = replace(found.record, name=self.record.name)  # a graph may lie elsewhere
        return found


def network_of(backbone: Backbone, record: NetworkRecord) -> PretrainedNetwork:
    """For the card; paths are absolute, so that the model is predicted with from anywhere."""
    family, _, place = backbone.name.partition(":")
    if Path(place.partition("#")[0]).exists():
        file, mark, output = place.partition("#")
        place = f"{Path(file).resolve()}{mark}{output}"
    changes = backbone.preprocessing if isinstance(backbone.preprocessing, PreprocessingChanges) else None
    weights = None if backbone.weights is None else backbone.weights.resolve()
    return PretrainedNetwork(f"{family}:{place}", weights, changes, record)
