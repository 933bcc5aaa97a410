"""The default for labels as they are given: it learns how they err, and does not memorise them."""

import math

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.learning.objectives.early_learning import EarlyLearning
from aleator.learning.objectives.forward_correction import ForwardCorrection
from aleator.uncertainty.decomposition import information_theoretic

ENOUGH_TOLD = 0.3
"""Where the network tells the examples of a batch apart by so much, it is held whole to what it said."""


class LearnedNoise(Objective):
    """Forward correction by a confusion that is learned, held back from memorising by early learning.

    Each makes up for the other. The confusion can be learned from a network that has not memorised the labels, and
    early learning keeps it from that. Early learning alone feeds on itself where many labels are wrong, and drifts
    towards a few classes; the correction takes the wrong labels' pull away, so that it has less to resist.

    A label is memorised by being met often: the pull of early learning rises with the square of the epochs to its whole
    `strength`. It reaches it after `patience` epochs for each unit of the share of labels that the confusion calls
    wrong, and not before `least_epochs`. For where the confusion explains much of the noise, the labels need less
    help, and what the pull locks in early would be first mistakes; where mistakes depend on the example, as people's
    do, it explains less, and the pull has to be there in time. While a network says much the same of all examples, it
    has nothing yet to be held to, and would be held to a few classes.
    """

    def __init__(
        self, examples: int, classes: int, *, strength: float = 4.0, patience: float = 100.0, least_epochs: int = 10
    ) -> None:
        super().__init__(examples, classes)
        self.patience, self.least_epochs = patience, least_epochs
        self.correction = ForwardCorrection(examples, classes)
        self.memory = EarlyLearning(examples, classes, strength=strength)

    @property
    def per_example(self) -> tuple[Tensor, ...]:
        return self.memory.per_example

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        corrected: Tensor = self.correction(log_probs, targets, rows)
        whole_after = (self.patience * self.correction.share_wrong).clamp(min=self.least_epochs)
        share = (self.correction.epochs / whole_after).clamp(max=1).square()
        share = share * (told_apart(log_probs.detach()) / ENOUGH_TOLD).clamp(max=1)
        return corrected + share * self.memory.disagreement(log_probs, rows)

    def after_epoch(self, done: float) -> None:
        self.correction.after_epoch(done)


def told_apart(log_probs: Tensor) -> Tensor:
    """Mutual information of class and example in a batch `(example, class)`, as a share of the most there can be."""
    return information_theoretic(log_probs[:, None]).epistemic[0] / math.log(log_probs.shape[1])
