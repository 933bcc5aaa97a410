"""Members of an ensemble, and folds of a cross-validation: training tasks that do not depend on each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.learning.loop import Predictions, TrainingSettings, predict, train
from aleator.models.network import Network, NetworkSpec


@dataclass(frozen=True)
class Task:
    """One training: a seed and the rows to train on. All rows are predicted."""

    seed: int
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Member:
    """One trained network and what it said of every example."""

    network: Network
    predictions: Predictions
    margin_history: NDArray[np.float32]
    """Log-odds margin of the given label in each epoch, `(epoch, example)`, NaN where not seen."""


def fit_member(
    task: Task,
    spec: NetworkSpec,
    examples: NDArray[np.generic],
    labels: NDArray[np.int64],
    settings: TrainingSettings,
    device: torch.device,
    on_step: Callable[[int, int], None] = lambda step, steps: None,
) -> Member:
    """Train one network and predict every example with it."""
    network, margins = train(
        spec, examples, labels, task.rows, settings, seed=task.seed, device=device, on_step=on_step
    )
    predictions = predict(network, examples, flip=settings.augmentation.flip, device=device)
    return Member(network, predictions, margins)


def ensemble_tasks(labels: NDArray[np.int64], members: int, seed: int) -> list[Task]:
    """Members that differ in their seed and each train on every labelled example."""
    rows = np.flatnonzero(labels >= 0)
    return [Task(_member_seed(seed, member), rows) for member in range(members)]


def fold_tasks(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: int
) -> tuple[list[Task], NDArray[np.int64]]:
    """Cross-validation tasks, and the fold `(example,)` whose network has not seen the example.

    Examples of one group (copies of one picture) share a fold; `groups` is -1 where an example stands alone.
    """
    generator = np.random.default_rng(seed)
    alone = groups < 0
    unit = np.where(alone, np.arange(len(groups)) + groups.max(initial=-1) + 1, groups)
    _, unit = np.unique(unit, return_inverse=True)
    fold = (generator.permutation(unit.max() + 1) % folds)[unit]
    tasks = [
        Task(_member_seed(seed, number), np.flatnonzero((labels >= 0) & (fold != number))) for number in range(folds)
    ]
    return tasks, fold


def _member_seed(seed: int, member: int) -> int:
    return int(np.random.SeedSequence([seed, member]).generate_state(1)[0])
