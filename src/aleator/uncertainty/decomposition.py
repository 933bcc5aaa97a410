"""What the data leave open, and what the model does not know."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Uncertainty(NamedTuple):
    """Three parts in nats, each `(example,)`: `total = aleatoric + epistemic`."""

    total: Tensor
    aleatoric: Tensor
    epistemic: Tensor


def information_theoretic(log_probs: Tensor) -> Uncertainty:
    """Entropy of the mean distribution, mean entropy of the draws, and their difference, the mutual information.

    Takes log-probabilities `(draw, example, class)`. The epistemic part is zero when the draws agree (Depeweg et al.
    2018, arXiv 1710.07283, eq. 3).
    """
    mean = torch.logsumexp(log_probs, dim=0) - math.log(len(log_probs))
    total = torch.special.entr(mean.exp()).sum(-1)
    aleatoric = torch.special.entr(log_probs.exp()).sum(-1).mean(0)
    # The difference of two nearly equal sums may round below zero.
    return Uncertainty(total, aleatoric, (total - aleatoric).clamp(min=0))
