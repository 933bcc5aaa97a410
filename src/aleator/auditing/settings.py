"""What an audit is asked to do, and what follows from it for a data set of a given size."""

import math
from dataclasses import dataclass

import torch

from aleator.errors import AleatorError
from aleator.learning.augment import Augmentation
from aleator.learning.loop import TrainingSettings
from aleator.models.posteriors import DEFAULT, POSTERIORS


@dataclass(frozen=True)
class Effort:
    """How much is computed."""

    members: int
    epochs: int
    max_side: int
    """Pictures are worked on with at most this many pixels a side."""


EFFORTS = {
    "quick": Effort(members=2, epochs=5, max_side=48),
    "standard": Effort(members=2, epochs=12, max_side=64),
    "thorough": Effort(members=5, epochs=20, max_side=64),
}
FEWEST_STEPS, MOST_EPOCHS = 700, 60
"""A small data set is passed more often, until the network has taken so many steps; but not more often than this."""


@dataclass(frozen=True)
class AuditSettings:
    """The settings of one audit; they are written into `audit.json`."""

    effort: str = "standard"
    seed: int = 0
    device: str = "auto"
    members: int | None = None
    posterior: str = DEFAULT
    use_votes: bool = False
    flip: bool = True

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            raise AleatorError(f"effort is one of {', '.join(EFFORTS)}, not {self.effort!r}.")
        if self.posterior not in POSTERIORS:
            raise AleatorError(f"posterior is one of {', '.join(POSTERIORS)}, not {self.posterior!r}.")
        fewest = 2 if self.posterior == DEFAULT else 1
        if self.members is not None and not fewest <= self.members <= 100:
            raise AleatorError(
                f"members is a number from {fewest} to 100, not {self.members}: what the data leaves open and what "
                "the model does not know can be told apart only where models can disagree."
            )
        if not 0 <= self.seed < 2**63:
            raise AleatorError(f"seed is a whole number from 0 up, not {self.seed}.")

    @property
    def member_count(self) -> int:
        return self.members or (EFFORTS[self.effort].members if self.posterior == DEFAULT else 1)

    def training(self, examples: int) -> TrainingSettings:
        """How to train on this many labelled examples."""
        batch_size = 128 if examples >= 4096 else 64 if examples >= 1024 else 32
        batch_size = max(2, min(batch_size, examples // 2))
        steps_per_epoch = max(1, examples // batch_size)
        epochs = max(EFFORTS[self.effort].epochs, math.ceil(FEWEST_STEPS / steps_per_epoch))
        return TrainingSettings(
            epochs=min(epochs, MOST_EPOCHS),
            batch_size=batch_size,
            augmentation=Augmentation(flip=self.flip),
        )


def pick_device(name: str) -> torch.device:
    """`auto` takes a GPU if there is one; a device that is asked for and absent is an error."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise AleatorError(f"device {name!r} cannot be used here ({reason}); use --device auto or cpu.") from error
    return device
