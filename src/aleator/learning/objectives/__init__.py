"""Objectives: what the network is asked to minimise, one number per example.

An objective takes log-probabilities `(example, class)`, targets and the examples' row numbers, and returns a loss for
each example. Targets are labels `(example,)` or soft labels `(example, class)`; a row of vote counts is a soft label
that weighs as much as it has votes. Weights and reduction happen outside. One that remembers something about each
example keeps it in a buffer, so that it is saved with the checkpoint. One that reads the Gaussian logits themselves has
a method `of_logits(mean, spread, targets)`, whose value is added to the loss in the plain step.
"""

from collections.abc import Callable

from torch import nn

from aleator.learning.objectives.bootstrapping import SoftBootstrapping
from aleator.learning.objectives.cross_entropy import CrossEntropy
from aleator.learning.objectives.early_learning import EarlyLearning
from aleator.learning.objectives.forward_correction import ForwardCorrection
from aleator.learning.objectives.generalised import GeneralisedCrossEntropy
from aleator.learning.objectives.label_smoothing import LabelSmoothing
from aleator.learning.objectives.learned_noise import LearnedNoise
from aleator.learning.objectives.symmetric import SymmetricCrossEntropy
from aleator.learning.objectives.votes import Votes

OBJECTIVES: dict[str, Callable[..., nn.Module]] = {
    "cross_entropy": CrossEntropy,
    "label_smoothing": LabelSmoothing,
    "generalised_cross_entropy": GeneralisedCrossEntropy,
    "symmetric_cross_entropy": SymmetricCrossEntropy,
    "soft_bootstrapping": SoftBootstrapping,
    "forward_correction": ForwardCorrection,
    "early_learning": EarlyLearning,
    "learned_noise": LearnedNoise,
    "votes": Votes,
}
"""Each is made by `(examples, classes, **options)`."""
CORRECTING = ("forward_correction", "learned_noise")
"""Under these, from labels, a network learns to predict the true label and not the given one."""

__all__ = [
    "CORRECTING",
    "OBJECTIVES",
    "CrossEntropy",
    "EarlyLearning",
    "ForwardCorrection",
    "GeneralisedCrossEntropy",
    "LabelSmoothing",
    "LearnedNoise",
    "SoftBootstrapping",
    "SymmetricCrossEntropy",
    "Votes",
]
