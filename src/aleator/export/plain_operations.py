"""The expected softmax with nothing but additions, products and exponentials, for graphs that hold no code.

The same integral as `aleator.uncertainty.quadrature`, on nodes that are constants: 32 Gauss-Hermite nodes for each
Gaussian, 96 equidistant ones along the axis of utilities, which is stretched by the row's greatest spread. Greatest
error of a probability among 400 random rows of seven classes, logits with a deviation of 4, beside quasi-random draws:

| spread up to | these nodes | 128 draws | 512 draws | 2048 draws |
|---|---|---|---|---|
| 0.5 | 2.0e-7 | 1.1e-3 | 1.7e-4 | 6.9e-5 |
| 1 | 2.0e-7 | 3.4e-3 | 9.0e-4 | 1.5e-4 |
| 2 | 2.4e-7 | 8.1e-3 | 2.2e-3 | 5.7e-4 |
| 4 | 9.5e-5 | 1.6e-2 | 7.3e-3 | 2.4e-3 |
"""

import numpy as np
import torch
from torch import Tensor, nn

HERMITE_NODES, UTILITY_NODES = 32, 96
LOW, HIGH, STRETCH = -5.0, 18.0, 0.6
LEAST = -1e4
"""The log of what is nothing in single precision: infinities would make differences of them undefined."""


class PlainExpectedSoftmax(nn.Module):
    """Log of the expected softmax of Gaussian logits, mean and spread `(example, class)`, for spreads up to 4."""

    noise: Tensor
    log_weight: Tensor
    utility: Tensor

    def __init__(self) -> None:
        super().__init__()
        nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE_NODES)
        self.register_buffer("noise", torch.tensor(nodes, dtype=torch.float32))
        self.register_buffer("log_weight", torch.tensor(np.log(weights / weights.sum()), dtype=torch.float32))
        self.register_buffer("utility", torch.linspace(LOW, HIGH, UTILITY_NODES))

    def forward(self, mean: Tensor, spread: Tensor) -> Tensor:
        stretch = 1 + STRETCH * spread.amax(dim=1, keepdim=True)
        place = torch.logsumexp(mean, dim=1, keepdim=True) + stretch * self.utility
        # (example, class, utility, noise): what the utility exceeds the logit by.
        excess = (place[:, None] - mean[:, :, None])[..., None] - spread[:, :, None, None] * self.noise
        below = self.log_weight - (-excess).exp()
        log_distribution = torch.logsumexp(below, dim=3).clamp(min=LEAST)
        log_density = torch.logsumexp(below - excess, dim=3).clamp(min=LEAST)
        others_below = log_distribution.sum(dim=1, keepdim=True) - log_distribution
        return torch.log_softmax(torch.logsumexp(log_density + others_below, dim=2), dim=1)
