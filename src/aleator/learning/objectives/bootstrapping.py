"""Soft bootstrapping: the network's own opinion is a part of the label."""

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.uncertainty.gaussian_logits import log_likelihood


class SoftBootstrapping(Objective):
    """`-sum_k (trust t_k + (1 - trust) p_k) log p_k` (Reed et al. 2015, arXiv 1412.6596, eq. 6).

    The second part is `(1 - trust)` times the entropy of the prediction, and its gradient flows: agreeing with oneself
    is rewarded.
    """

    def __init__(self, examples: int, classes: int, *, trust: float = 0.95) -> None:
        super().__init__(examples, classes)
        self.trust = trust

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        entropy = -(log_probs.exp() * log_probs).sum(1)
        return (1 - self.trust) * entropy - self.trust * log_likelihood(log_probs, targets)
