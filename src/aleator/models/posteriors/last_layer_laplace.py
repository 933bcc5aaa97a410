"""Last-layer Laplace: a Gaussian around the trained weights of the last layer, as wide as the data allow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from aleator.errors import AleatorError
from aleator.models.heads import GaussianLogitHead
from aleator.models.posteriors.base import gaussian_logits_of
from aleator.models.posteriors.surgery import Varying, VaryingPosterior, last_linear
from aleator.uncertainty.gaussian_logits import log_expected_softmax

MOST_WEIGHTS = 8000
"""Of the last layer: the covariance has the square of it as entries."""


class LaplaceLinear(Varying):
    """The last layer, with a Gaussian over the weights and biases that give the means of the logits."""

    root: Tensor
    """`(weight, weight)`: the covariance is `root @ root.T`. Weights are ordered by class, the bias last."""

    def __init__(self, linear: nn.Linear, classes: int) -> None:
        super().__init__()
        self.linear, self.classes = linear, classes
        count = classes * (linear.in_features + 1)
        if count > MOST_WEIGHTS:
            raise AleatorError(
                f"The last layer has {count:,} weights for the means of {classes} classes, and the covariance of more "
                f"than {MOST_WEIGHTS:,} does not fit in memory: choose another posterior, for example mc_dropout."
            )
        self.register_buffer("root", torch.zeros(count, count))

    def forward(self, inputs: Tensor) -> Tensor:
        answer: Tensor = self.linear(inputs)
        if self.chosen is None:
            return answer
        moved = (self.root @ self.noise(self.root.shape[:1], self.root)).view(self.classes, -1)
        shift = inputs @ moved[:, :-1].mT + moved[:, -1]
        return torch.cat([answer[..., : self.classes] + shift, answer[..., self.classes :]], dim=-1)


@dataclass(frozen=True)
class LastLayerLaplace(VaryingPosterior):
    """Daxberger et al. (2021, arXiv 2106.14806): nothing changes in the training, one pass over the data follows it.

    The precision is the Fisher information of the labels, summed over the examples, plus that of a Gaussian prior,
    which is chosen by the marginal likelihood. Doubt grows with the distance in the last layer's features, from a
    network that is as good as it was. The full covariance suits up to some thousand weights.
    """

    draws: int = 32
    prior_precision: float | None = None
    """By default the one with the greatest marginal likelihood."""

    def prepare(self, network: nn.Module) -> None:
        remedy = "the method acts on a linear last layer; choose another posterior, for example swag."
        parent, name, linear = last_linear(network, remedy=remedy)
        classes = linear.out_features // (2 if isinstance(parent, GaussianLogitHead) else 1)
        setattr(parent, name, LaplaceLinear(linear, classes))

    def after_training(self, network: nn.Module, batches: Callable[[], Iterable[Tensor]]) -> None:
        layer = next(module for module in network.modules() if isinstance(module, LaplaceLinear))
        information = fisher_information(network, layer, batches())
        weights = torch.cat([layer.linear.weight, layer.linear.bias[:, None]], 1)[: layer.classes]
        precision = self.prior_precision or best_prior_precision(information, weights.detach().double())
        # The inverse of the precision is (L L')^-1 = L'^-1 L^-1.
        lower = torch.linalg.cholesky(information + precision * torch.eye(len(information), dtype=torch.float64))
        root = torch.linalg.solve_triangular(lower, torch.eye(len(lower), dtype=torch.float64), upper=False).mT
        with torch.no_grad():
            layer.root.copy_(root)


def fisher_information(network: nn.Module, layer: LaplaceLinear, batches: Iterable[Tensor]) -> Tensor:
    """Sum over the examples of `E_label[g g']`, `g` the gradient of `log p(label)` with respect to the layer's weights
    and biases for the means; `(weight, weight)`, float64. For logits without spread, it is the Gauss-Newton matrix.
    """
    features: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda module, inputs: features.append(inputs[0].detach()))
    classes = layer.classes
    size = layer.linear.in_features + 1
    total = torch.zeros(classes, size, classes, size, dtype=torch.float64)
    try:
        for inputs in batches:
            features.clear()
            with torch.no_grad():
                output: Any = network(inputs)
            mean, spread = (part.double() for part in gaussian_logits_of(output))
            embedding = torch.cat([features[0].double(), features[0].new_ones(len(mean), 1).double()], 1).cpu()
            curvature = _curvature(mean, spread).cpu()
            for row in range(classes):
                for column in range(row, classes):
                    block = (embedding * curvature[:, row, column, None]).mT @ embedding
                    total[row, :, column] += block
                    if row != column:
                        total[column, :, row] += block
    finally:
        handle.remove()
    return total.reshape(classes * size, classes * size)


def _curvature(mean: Tensor, spread: Tensor) -> Tensor:
    """Fisher information of the logits' means, `(example, class, class)`."""
    with torch.enable_grad():
        leaf = mean.detach().clone().requires_grad_()
        log_probs = log_expected_softmax(leaf, spread)
        slopes = [torch.autograd.grad(column.sum(), leaf, retain_graph=True)[0] for column in log_probs.unbind(1)]
    slope = torch.stack(slopes, 1)  # (example, label, class)
    return torch.einsum("nl,nlj,nlk->njk", log_probs.detach().exp(), slope, slope)


def best_prior_precision(information: Tensor, weights: Tensor) -> float:
    """The prior precision, from 1e-4 to 1e4, with the greatest Laplace approximation of the marginal likelihood."""
    eigenvalues = torch.linalg.eigvalsh(information).clamp(min=0).numpy()
    squares = float((weights**2).sum())

    def minus_evidence(log_precision: float) -> float:
        precision = np.exp(log_precision)
        return float(
            0.5 * np.log(eigenvalues + precision).sum() - 0.5 * len(eigenvalues) * log_precision
            + 0.5 * precision * squares
        )  # fmt: skip

    found = minimize_scalar(minus_evidence, bounds=(np.log(1e-4), np.log(1e4)), method="bounded")
    return float(np.exp(found.x))
