"""Objectives: what the network is asked to minimise, one number per example. `OBJECTIVES` names them all.

Each is a subclass of `aleator.learning.objectives.base.Objective` in a file of its own, and one line here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aleator.registry import Registry

if TYPE_CHECKING:
    from aleator.learning.objectives.base import Objective

_HERE = "aleator.learning.objectives"
OBJECTIVES: "Registry[Callable[..., Objective]]" = Registry(
    "objective",
    {
        "cross_entropy": f"{_HERE}.cross_entropy:CrossEntropy",
        "label_smoothing": f"{_HERE}.label_smoothing:LabelSmoothing",
        "generalised_cross_entropy": f"{_HERE}.generalised:GeneralisedCrossEntropy",
        "symmetric_cross_entropy": f"{_HERE}.symmetric:SymmetricCrossEntropy",
        "soft_bootstrapping": f"{_HERE}.bootstrapping:SoftBootstrapping",
        "forward_correction": f"{_HERE}.forward_correction:ForwardCorrection",
        "early_learning": f"{_HERE}.early_learning:EarlyLearning",
        "learned_noise": f"{_HERE}.learned_noise:LearnedNoise",
        "votes": f"{_HERE}.votes:VoteLikelihood",
    },
)
"""Each is made by `(examples, classes, **options)`."""
CORRECTING = ("forward_correction", "learned_noise")
"""Under these, from labels, a network learns to predict the true label and not the given one."""
