"""The default for labels as they are given: it learns how they err, and does not memorise them."""

from torch import Tensor, nn

from aleator.learning.objectives.early_learning import EarlyLearning
from aleator.learning.objectives.forward_correction import ForwardCorrection


class LearnedNoise(nn.Module):
    """Forward correction by a confusion that is learned, held back from memorising by early learning.

    Each makes up for the other. The confusion can be learned from a network that has not memorised the labels, and
    early learning keeps it from that. Early learning alone feeds on itself where many labels are wrong, and drifts
    towards a few classes; the correction takes the wrong labels' pull away, so that it has less to resist.

    The pull is a third of what early learning takes alone: with more of it a network agrees with its first mistakes
    and grows surer than any label made it (40 % of FER+'s labels wrong, five epochs: .704 right with 3, .769 with 1).
    """

    def __init__(self, examples: int, classes: int, *, strength: float = 1.0) -> None:
        super().__init__()
        self.correction = ForwardCorrection(examples, classes)
        self.memory = EarlyLearning(examples, classes, strength=strength)

    @property
    def per_example(self) -> tuple[Tensor, ...]:
        return self.memory.per_example

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        corrected: Tensor = self.correction(log_probs, targets, rows)
        return corrected + self.memory.disagreement(log_probs, rows)

    def after_epoch(self) -> None:
        self.correction.after_epoch()
