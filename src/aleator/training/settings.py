"""What a training is asked to do, and what follows from it for a data set of a given size."""

import math
from dataclasses import dataclass, field
from typing import Any

from aleator.errors import AleatorError
from aleator.learning.augment import Augmentation
from aleator.learning.loop import TrainingSettings
from aleator.learning.objectives import CORRECTING, OBJECTIVES
from aleator.learning.steps import STEPS
from aleator.training.targets import Labels, Policy


@dataclass(frozen=True)
class Effort:
    """How much is computed."""

    members: int
    epochs: int
    backbone: str
    """For pictures; feature vectors get a perceptron."""


EFFORTS = {
    "quick": Effort(members=2, epochs=5, backbone="small_vgg"),
    "standard": Effort(members=2, epochs=12, backbone="deep_vgg"),
    "thorough": Effort(members=4, epochs=20, backbone="deep_vgg"),
}
FEWEST_STEPS, MOST_EPOCHS = 700, 60
"""A small data set is passed more often, until the network has taken so many steps; but not more often than this."""
MAX_SIDE = 64
"""Pictures are worked on with at most this many pixels a side."""


@dataclass(frozen=True)
class TrainSettings:
    """The settings of one training; they are written into the model's card."""

    labels: Labels = "given"
    policy: Policy = "soften"
    effort: str = "standard"
    seed: int = 0
    device: str = "auto"
    devices: int = 1
    """Processes, each with a processor or GPU of its own, that train each network together."""
    members: int | None = None
    backbone: str | None = None
    objective: str | None = None
    objective_options: dict[str, Any] = field(default_factory=dict)
    step: str = "plain"
    average: float = 0.99
    loss_mixture: bool = False
    second_pass: bool = False
    """Train the networks once more, on what they believe of the labels that they were trained on."""
    epochs: int | None = None
    held_out: float = 0.1
    flip: bool = True

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            raise AleatorError(f"effort is one of {', '.join(EFFORTS)}, not {self.effort!r}.")
        if self.members is not None and not 2 <= self.members <= 100:
            raise AleatorError(
                f"members is a number from 2 to 100, not {self.members}: what the data leaves open and what the "
                "model does not know can be told apart only where models can disagree."
            )
        if not 1 <= self.devices <= 1024:
            raise AleatorError(f"devices is a number from 1 up, not {self.devices}.")
        if self.objective is not None and self.objective not in OBJECTIVES:
            raise AleatorError(f"objective is one of {', '.join(OBJECTIVES)}, not {self.objective!r}.")
        if self.step not in STEPS:
            raise AleatorError(f"step is one of {', '.join(STEPS)}, not {self.step!r}.")
        if self.of_voters and (self.labels != "votes" or self.step != "plain"):
            raise AleatorError(
                "The objective 'votes' learns from pairs of votes of one example: it needs --labels votes and the step "
                f"'plain', not {self.labels} labels and the step {self.step!r}."
            )
        if not 0.02 <= self.held_out <= 0.5:
            raise AleatorError(f"the share that is held out lies from 0.02 to 0.5, not at {self.held_out}.")
        if not 0 <= self.average < 1:
            raise AleatorError(f"average is a decay from 0 to below 1, not {self.average}.")
        if self.epochs is not None and self.epochs < 1:
            raise AleatorError(f"epochs is a number from 1 up, not {self.epochs}.")
        if not 0 <= self.seed < 2**63:
            raise AleatorError(f"seed is a whole number from 0 up, not {self.seed}.")
        if self.second_pass and not self.corrects:
            raise AleatorError(
                "A second pass needs labels as they were given and an objective that learns how they err "
                f"({' or '.join(CORRECTING)}), not {self.objective_name} on {self.labels} labels."
            )

    @property
    def member_count(self) -> int:
        return self.members or EFFORTS[self.effort].members

    @property
    def corrects(self) -> bool:
        """The networks learn how labels err, and predict the true one: from labels, not from distributions."""
        one_label = self.labels == "given" or (self.labels != "votes" and self.policy == "keep")
        return one_label and self.objective_name in CORRECTING

    @property
    def of_voters(self) -> bool:
        """The networks learn how much voters differ from the counts of their votes."""
        return self.objective_name == "votes"

    def backbone_for(self, kind: str) -> str:
        return self.backbone or ("mlp" if kind == "features" else EFFORTS[self.effort].backbone)

    def training(self, examples: int) -> TrainingSettings:
        """How to train on this many examples."""
        batch_size = 128 if examples >= 4096 else 64 if examples >= 1024 else 32
        batch_size = max(2, min(batch_size, examples // 2))
        steps_per_epoch = max(1, examples // batch_size)
        epochs = max(EFFORTS[self.effort].epochs, math.ceil(FEWEST_STEPS / steps_per_epoch))
        return TrainingSettings(
            epochs=self.epochs or min(epochs, MOST_EPOCHS),
            batch_size=batch_size,
            objective=self.objective_name,
            options=self.objective_options,
            augmentation=Augmentation(flip=self.flip, erase=0.4),
            optimizer="muon",
            step=self.step,
            average=self.average,
            loss_mixture=self.loss_mixture,
        )

    @property
    def objective_name(self) -> str:
        """The one that was asked for, else what suits the labels.

        Labels as they are given are noisy and must not be memorised; distributions hold their doubt already.
        """
        if self.objective is not None:
            return self.objective
        if self.labels == "given":
            return "learned_noise"
        if self.labels == "votes" and self.step == "plain":
            return "votes"
        if self.labels != "votes" and self.policy == "keep":
            return "early_learning"  # what is wrong with the labels is in their weights
        return "cross_entropy"
