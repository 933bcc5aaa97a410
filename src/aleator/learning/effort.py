"""How much is computed, and what follows from it for a data set of a given size."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from aleator.learning.settings import Augmentation, TrainingSettings

FEWEST_STEPS, MOST_EPOCHS = 700, 60
"""Of a training on a small data set, where nothing else is said."""
FEW = 1_000
"""Examples that are trained on; with fewer of them, passes are `Effort.few_epochs` at most."""


@dataclass(frozen=True)
class Effort:
    """How much is computed."""

    members: int
    epochs: int
    max_side: int
    """Pictures are worked on with at most this many pixels a side."""
    backbone: str
    """For pictures; feature vectors get a perceptron."""
    step_factor: int = 1
    """A small data set is passed more often, until the network has taken this many times FEWEST_STEPS;"""
    most_epochs: int = MOST_EPOCHS
    """but not more often than this,"""
    few_epochs: int = MOST_EPOCHS
    """and fewer than FEW examples not more often than this: what networks learn of so few is little either way."""

    @property
    def fewest_steps(self) -> int:
        """Of a training on a small data set."""
        return self.step_factor * FEWEST_STEPS


AUDIT_EFFORTS = {
    "quick": Effort(members=3, epochs=3, max_side=48, backbone="small_vgg", most_epochs=8, few_epochs=8),
    "standard": Effort(members=3, epochs=12, max_side=64, backbone="small_vgg", most_epochs=24, few_epochs=12),
    "thorough": Effort(
        members=5, epochs=24, max_side=64, backbone="small_vgg", step_factor=2, most_epochs=48, few_epochs=24,
    ),
}  # fmt: skip
TRAINING_EFFORTS = {
    "quick": Effort(members=2, epochs=5, max_side=64, backbone="small_vgg"),
    "standard": Effort(members=2, epochs=12, max_side=64, backbone="deep_vgg"),
    "thorough": Effort(members=4, epochs=20, max_side=64, backbone="deep_vgg"),
}
"""The same names."""

FINETUNING_EPOCHS = {"quick": 3, "standard": 8, "thorough": 16}
"""Passes over the data by networks that have learned before."""
FINETUNING_STEPS, FINETUNING_BATCH = 200, 32
"""Small data sets are passed more often, up to twice as often, until the network has taken so many steps."""
HEAD_RATE, BACKBONE_RATE = 5e-4, 0.2
"""Learning rate of the new head, and of the pretrained network for one of the head's."""

if TYPE_CHECKING:
    EffortName = str
else:
    EffortName = Literal[tuple(AUDIT_EFFORTS)]


LearnerName = Literal["auto", "networks"]
"""Who learns: what suits the data, or networks also where that is something simpler."""


class Schedule(NamedTuple):
    """How the examples are passed."""

    epochs: int
    batch_size: int


def schedule(
    examples: int,
    epochs: int,
    *,
    batch_size: int | None = None,
    fewest_steps: int | None = None,
    most_epochs: int | None = None,
) -> Schedule:
    """The batch size for so many examples, and `epochs` or, for a small data set, more of them.

    `batch_size`: the largest one; by default the smaller, the fewer examples there are. `fewest_steps`: FEWEST_STEPS
    unless told otherwise. `most_epochs`: MOST_EPOCHS unless told otherwise.
    """
    largest = batch_size or (128 if examples >= 4096 else 64 if examples >= 1024 else 32)
    batch_size = max(2, min(largest, examples // 2))
    needed = math.ceil((fewest_steps or FEWEST_STEPS) / max(1, examples // batch_size))
    return Schedule(min(max(epochs, needed), most_epochs or MOST_EPOCHS), batch_size)


def finetuning(
    examples: int, effort: str, *, objective: str, flip: bool, epochs: int | None = None
) -> TrainingSettings:
    """How a network that has learned before is trained on, on this many examples; `epochs` where they are asked for."""
    passes = FINETUNING_EPOCHS[effort]
    plan = schedule(
        examples, passes, batch_size=FINETUNING_BATCH, fewest_steps=FINETUNING_STEPS, most_epochs=2 * passes
    )
    return TrainingSettings(
        epochs=epochs or plan.epochs,
        batch_size=plan.batch_size,
        learning_rate=HEAD_RATE,
        backbone_rate=BACKBONE_RATE,
        fitted_head=True,
        objective=objective,
        augmentation=Augmentation(flip=flip),
    )
