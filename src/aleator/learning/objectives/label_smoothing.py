"""Label smoothing: a part of each label is given to all classes."""

from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.uncertainty.gaussian_logits import log_likelihood


class LabelSmoothing(Objective):
    """Cross-entropy with `(1 - smoothing) t + smoothing / classes` (Szegedy et al. 2016, arXiv 1512.00567, section 7).

    It keeps the network from growing sure of anything; it does not keep it from memorising.
    """

    def __init__(self, examples: int, classes: int, *, smoothing: float = 0.1) -> None:
        super().__init__(examples, classes)
        self.smoothing = smoothing

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        # Vote counts keep their weight: what is smoothed away of them is given to all classes.
        total = 1.0 if targets.ndim == 1 else targets.sum(1)
        return -(1 - self.smoothing) * log_likelihood(log_probs, targets) - self.smoothing * total * log_probs.mean(1)
