"""DUQ: classes are points in feature space, and doubt is the distance from all of them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aleator.models.heads import GaussianLogitHead
from aleator.models.posteriors.base import LossOf
from aleator.models.posteriors.surgery import Varying, VaryingPosterior, last_linear

START_HEIGHT = 8.0


class KernelLayer(Varying):
    """In the place of the last linear layer: `K_c = exp(-mean (W_c x - centroid_c)^2 / (2 length^2))` for each class.

    The mean of a logit is `height * K_c`; in a draw, `height * doubt * e_c` is added, where the doubt is
    `1 - max K` times a number.
    """

    total: Tensor
    count: Tensor

    def __init__(self, linear: nn.Linear, classes: int, size: int, length: float, doubt: float) -> None:
        super().__init__()
        self.classes, self.length, self.doubt = classes, length, doubt
        # What gives the spreads, where there are any; they start equal.
        self.rest = None if linear.out_features == classes else nn.Linear(linear.in_features, classes)
        if self.rest is not None:
            nn.init.zeros_(self.rest.weight)
            nn.init.zeros_(self.rest.bias)
        self.project = nn.Parameter(torch.randn(classes, size, linear.in_features) / linear.in_features**0.5)
        self.log_height = nn.Parameter(torch.zeros(()))
        self.register_buffer("total", torch.randn(classes, size))
        self.register_buffer("count", torch.ones(classes))
        self.features = self.kernels = torch.zeros(0)

    def forward(self, inputs: Tensor) -> Tensor:
        self.features = torch.einsum("cmd,nd->ncm", self.project, inputs)
        distance = (self.features - self.total / self.count[:, None]).square().mean(-1)
        self.kernels = torch.exp(-distance / (2 * self.length**2))
        height = START_HEIGHT * self.log_height.exp()
        mean = height * self.kernels
        if self.chosen is not None:
            unlike = 1 - self.kernels.amax(dim=-1, keepdim=True)
            mean = mean + height * self.doubt * unlike * self.noise((self.classes,), mean)
        return mean if self.rest is None else torch.cat([mean, self.rest(inputs)], dim=-1)

    @torch.no_grad()
    def follow(self, targets: Tensor, momentum: float) -> None:
        """Move the centroids towards the features of the last batch, by labels or soft labels."""
        share = (F.one_hot(targets, self.classes) if targets.ndim == 1 else targets).float()
        self.count.lerp_(share.sum(0), 1 - momentum)
        self.total.lerp_((share.unsqueeze(2) * self.features.detach()).sum(0), 1 - momentum)


PENALISED = 4
"""One in so many examples is asked for its gradient, which costs four times what learning from it does; batches are in
random order."""


@dataclass(frozen=True)
class DUQ(VaryingPosterior):
    """van Amersfoort et al. (2020, arXiv 2003.02037): one pass, and doubt about all that is far from every class.

    The paper's network is a point: the draws are our reading of it. Far from every centroid all kernels are nothing,
    the means are equal and the draws differ most; at a centroid they agree. It is trained here by the same objective
    as every other network, on the softmax of the kernels, with the paper's two-sided gradient penalty. Label noise
    pushes examples away from every centroid, so that its epistemic part rises with it.
    """

    draws: int = 16
    size: int = 64
    """Length of a class's feature vector."""
    length: float = 0.5
    doubt: float = 0.5
    momentum: float = 0.99
    penalty: float = 0.05
    """Weight of `(|gradient of sum K| - 1)^2`, with inputs in units of their deviation; 0 leaves it out."""

    def prepare(self, network: nn.Module) -> None:
        remedy = "the method replaces a linear last layer; choose another posterior, for example swag."
        parent, name, linear = last_linear(network, remedy=remedy)
        classes = linear.out_features // (2 if isinstance(parent, GaussianLogitHead) else 1)
        setattr(parent, name, KernelLayer(linear, classes, self.size, self.length, self.doubt))

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss_of: LossOf, examples: int) -> Tensor:
        layer = next(module for module in network.modules() if isinstance(module, KernelLayer))
        loss = loss_of(network(inputs), 0)
        layer.follow(targets, self.momentum)
        if self.penalty > 0:
            some = inputs[: max(2, len(inputs) // PENALISED)].detach().float().requires_grad_()
            network(some)
            (slope,) = torch.autograd.grad(layer.kernels.sum(), some, create_graph=True)
            steepness = slope.flatten(1).norm(dim=1) * inputs.detach().float().std()
            loss = loss + self.penalty * ((steepness - 1) ** 2).mean()
        return loss
