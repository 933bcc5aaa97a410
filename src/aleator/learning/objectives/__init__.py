"""Objectives: what the network is asked to minimise, one number per example.

An objective takes log-probabilities `(example, class)`, labels `(example,)` and the examples' row numbers, and
returns a loss for each example. Weights and reduction happen outside. One that remembers something about each
example keeps it in a buffer, so that it is saved with the checkpoint.
"""

from collections.abc import Callable

from torch import nn

from aleator.learning.objectives.cross_entropy import CrossEntropy
from aleator.learning.objectives.early_learning import EarlyLearning

OBJECTIVES: dict[str, Callable[[int, int], nn.Module]] = {
    "cross_entropy": CrossEntropy,
    "early_learning": EarlyLearning,
}

__all__ = ["OBJECTIVES", "CrossEntropy", "EarlyLearning"]
