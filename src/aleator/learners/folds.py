"""Several cross-validations of the same examples, each with folds and example weights of its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.learning.members import balanced_folds

FOLDS = 5


@dataclass(frozen=True)
class Folds:
    """Who has not seen what."""

    fold: NDArray[np.int64]
    """The fold that each example is in, in each draw, `(draw, example)`."""
    weight: NDArray[np.float32]
    """Of each example in the losses, `(draw, example)`; zero without a label."""

    @property
    def draws(self) -> int:
        return len(self.fold)

    @property
    def count(self) -> int:
        """Folds in each draw."""
        return int(self.fold.max()) + 1

    def seen(self, draw: int, fold: int) -> NDArray[np.float32]:
        """Weights for a learner that leaves a fold out, `(example,)`."""
        return np.where(self.fold[draw] == fold, 0, self.weight[draw]).astype(np.float32)

    def first(self) -> "Folds":
        """The first draw alone."""
        return Folds(self.fold[:1], self.weight[:1])

    def take(self, rows: NDArray[np.int64]) -> "Folds":
        return Folds(self.fold[:, rows], self.weight[:, rows])


@dataclass(frozen=True)
class LabelledFolds:
    """Given labels that are to be predicted, and who has not seen which."""

    labels: NDArray[np.int64]
    """`(example,)`, -1 is none."""
    classes: int
    folds: Folds
    groups: NDArray[np.int64]
    """Of copies `(example,)`, -1 stands alone: copies are no neighbours of each other."""
    seed: int = 0


def draw_folds(labels: NDArray[np.int64], groups: NDArray[np.int64], draws: int, seed: int) -> Folds:
    """Folds that are balanced by class; examples of one group (-1 stands alone) share one.

    The first draw takes each example as it is. The others weigh them at random (the Bayesian bootstrap, Rubin 1981):
    how their learners differ is what a data set of this size leaves open.
    """
    fold = np.stack([balanced_folds(labels, groups, FOLDS, [seed, draw]) for draw in range(draws)])
    random = np.random.default_rng([seed, draws])
    weight: NDArray[Any] = random.exponential(size=fold.shape)
    weight[0] = 1
    return Folds(fold, np.where(labels >= 0, weight, 0).astype(np.float32))
