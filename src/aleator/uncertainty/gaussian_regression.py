"""The two-head Gaussian for regression: a mean and a spread per example, and how to train them.

The split into aleatoric and epistemic variance is `decomposition.regression`.
"""

import math

import torch
from torch import Tensor


def gaussian_nll(mean: Tensor, spread: Tensor, target: Tensor) -> Tensor:
    """Return the negative log-density of the target for each example, in nats; all `(...,)`, spread above zero.

    The spread is a standard deviation in units of the target: `gaussian_logits.spread_from_raw` of a head's output.
    """
    return 0.5 * ((target - mean) / spread) ** 2 + spread.log() + 0.5 * math.log(2 * math.pi)


def beta_nll(mean: Tensor, spread: Tensor, target: Tensor, *, beta: float = 0.5) -> Tensor:
    """Return `gaussian_nll` times `variance ** beta`, whose weight has no gradient (Seitzer et al. 2022, 2203.09168).

    The plain likelihood stops fitting the mean wherever the spread is large. With `beta = 1` the mean is trained as
    by squared error; 0 is the plain likelihood.
    """
    if not 0 <= beta <= 1:
        raise ValueError(f"beta is {beta}: it lies between 0 (likelihood) and 1 (squared error)")
    weight: Tensor = torch.pow(spread.detach(), 2 * beta)
    return weight * gaussian_nll(mean, spread, target)
