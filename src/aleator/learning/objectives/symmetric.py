"""Symmetric cross-entropy: cross-entropy, plus the same with label and prediction exchanged."""

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.learning.objectives.targets import as_weights
from aleator.uncertainty.gaussian_logits import log_likelihood


class SymmetricCrossEntropy(Objective):
    """`alpha * -sum_k t_k log p_k + beta * -sum_k p_k log t_k` (Wang et al. 2019, arXiv 1908.06112, eq. 7).

    The log of nothing is taken to be `log_of_zero`; for a label the second term is then `-log_of_zero (1 - p(label))`,
    an absolute error, which does not grow beyond bounds for a label that cannot be right. Vote counts are taken as
    shares in it.
    """

    def __init__(
        self, examples: int, classes: int, *, alpha: float = 0.1, beta: float = 1.0, log_of_zero: float = -4.0
    ) -> None:
        super().__init__(examples, classes)
        self.alpha, self.beta, self.log_of_zero = alpha, beta, log_of_zero

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        weights = as_weights(targets, log_probs)
        share = weights / weights.sum(1, keepdim=True)
        reverse = -(log_probs.exp() * share.log().clamp(min=self.log_of_zero)).sum(1)
        return self.beta * reverse - self.alpha * log_likelihood(log_probs, targets)
