"""Cross-entropy: the plain objective, and the baseline of every comparison."""

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.uncertainty.gaussian_logits import log_likelihood


class CrossEntropy(Objective):
    """`-sum_k t_k log p_k`, which is `-log p(label)` for a label, and a multinomial likelihood for vote counts.

    It memorises wrong labels in a long run: judge its predictions only out of sample.
    """

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        return -log_likelihood(log_probs, targets)
