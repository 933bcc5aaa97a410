"""Generalised cross-entropy: between cross-entropy, which learns fast, and the absolute error, which forgives."""

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.learning.objectives.targets import as_weights


class GeneralisedCrossEntropy(Objective):
    """`sum_k t_k (1 - p_k^q) / q` (Zhang & Sabuncu 2018, arXiv 1805.07836, eq. 6); `q -> 0` is cross-entropy.

    Its gradient is that of cross-entropy times `p^q`: a label that the network finds very improbable hardly pulls.
    """

    def __init__(self, examples: int, classes: int, *, q: float = 0.7) -> None:
        super().__init__(examples, classes)
        self.q = q

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        # Not expm1: its gradient is computed as 1 + expm1, which is nothing long before exp is.
        return (as_weights(targets, log_probs) * (1 - (self.q * log_probs).exp())).sum(1) / self.q
