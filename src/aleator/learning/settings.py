"""How a network is trained, as plain values: importing them loads no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aleator.learning.steps import PLAIN

GROWN = 0.7
"""Share of the steps after which pictures that grow have all their pixels."""
OptimizerName = Literal["muon", "adamw"]


@dataclass(frozen=True)
class Augmentation:
    """How far a picture may move without changing its class."""

    rotation: float = 0.2
    """Largest turn either way, in radians."""
    zoom: float = 0.12
    """Largest change of scale, as a share."""
    shift: float = 0.075
    """Largest move along each axis, as a share of the side."""
    flip: bool = True
    """Mirror left and right; not for letters and digits."""
    erase: float = 0.0
    """Largest side of a rectangle that is painted over with the picture's mean, as a share; 0 erases nothing."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained. The defaults were measured on FER2013; see the benchmarks `detect` and `train`."""

    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 3e-3
    backbone_rate: float = 1.0
    """Learning rate of the backbone for one of the head: less for one that has learned before."""
    fitted_head: bool = False
    """Begin with a head that is fitted to what the backbone makes of the examples before it is trained."""
    weight_decay: float = 0.05
    optimizer: OptimizerName = "adamw"
    objective: str = "early_learning"
    """One of OBJECTIVES."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    step: str = PLAIN
    """How a batch becomes losses: PLAIN or one of STEPS."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the objective, such as `{"strength": 2.0}`."""
    step_options: Mapping[str, Any] = field(default_factory=dict)
    average: float = 0.0
    """Decay of the running mean of the weights that is kept instead of the last ones; 0 keeps the last ones."""
    first_side: float = 1.0
    """Progressive resizing (Howard 2018): the share of their sides that pictures have at first; then they have a side
    in the middle, and after GROWN of the steps the whole one."""
    loss_mixture: bool = False
    """Weigh each example by how its loss lies among all others, after a third of the epochs."""

    def scale_at(self, progress: float) -> float:
        """The share of their sides that pictures have after this share of the steps, in three stages."""
        grown = min(int(2 * progress / GROWN), 2) / 2
        return self.first_side + (1 - self.first_side) * grown

    def steps_per_epoch(self, examples: int) -> int:
        """Batches of each epoch; what is left over of the examples waits for another epoch, in another order."""
        return max(1, examples // self.batch_size)

    def steps(self, examples: int) -> int:
        """Steps of a training on so many examples."""
        return self.epochs * self.steps_per_epoch(examples)
