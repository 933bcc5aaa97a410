"""What is trained on what: the parts that all trainings of an ensemble share, and what sets one apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aleator.learning.settings import TrainingSettings
from aleator.models.network import NetworkSpec

Targets = NDArray[np.int64] | NDArray[np.float32]
"""Labels `(example,)`, or soft labels or vote counts `(example, class)`."""


@dataclass(frozen=True)
class TrainingJob:
    """Networks of one kind, trained on one data set in one way."""

    spec: NetworkSpec
    examples: NDArray[np.generic]
    """Pictures `(example, channel, height, width)` as uint8, or feature vectors `(example, feature)`."""
    targets: Targets
    settings: TrainingSettings
    device: torch.device
    weights: NDArray[np.float32] | None = None
    """`(example,)`, multiply the losses."""
    backbone: nn.Module | None = None
    """A module of the user's own in the place of the backbone that the spec names; copies of it are trained."""

    @property
    def known_by(self) -> tuple[Any, ...]:
        """All that results follow from, as plain values: a kind of device, not which one it is."""
        backbone: tuple[Any, ...] = ()
        if self.backbone is not None:
            tensors = (tensor.detach().cpu().contiguous().reshape(-1) for tensor in self.backbone.state_dict().values())
            backbone = repr(self.backbone), *(tensor.view(torch.uint8).numpy() for tensor in tensors)
        return self.spec, self.examples, self.targets, self.settings, self.device.type, self.weights, backbone


@dataclass(frozen=True)
class Task:
    """One training: a seed and the rows to train on. All rows are predicted."""

    seed: int
    rows: NDArray[np.int64]
    start: NDArray[np.uint8] | None = None
    """The weights to begin with, of a network of the same kind, as a trained `Member` has them; None draws new ones."""
