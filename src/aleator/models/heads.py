"""The head: from an embedding to Gaussian logits, a mean and a spread for each class."""

import torch
from torch import Tensor, nn

from aleator.uncertainty.gaussian_logits import spread_from_raw


class GaussianLogitHead(nn.Module):
    """Predicts a Gaussian for each class's logit (Kendall & Gal 2017, arXiv 1703.04977, section 3).

    Returns `(mean, spread)`, each `(example, class)`; the spread is a standard deviation, in logits. Without a spread
    it is the plain softmax classifier, and the spread is zero.
    """

    def __init__(self, embedding: int, classes: int, *, spread: bool = True) -> None:
        super().__init__()
        self.spread = spread
        self.linear = nn.Linear(embedding, 2 * classes)
        # The spread starts equal for all classes and examples, so that what varies later was learned.
        with torch.no_grad():
            self.linear.weight[classes:].zero_()
            self.linear.bias[classes:].zero_()

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        # In single precision: half-precision logits would put steps of 0.03 into a confident answer.
        with torch.autocast(embedding.device.type, enabled=False):
            mean, raw = self.linear(embedding.float()).chunk(2, dim=-1)
            return mean, spread_from_raw(raw) if self.spread else torch.zeros_like(raw)
