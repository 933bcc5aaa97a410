"""Bayes by backprop: a Gaussian for each weight of a layer, one weight drawn for each batch."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from aleator.models.posteriors.base import LossOf
from aleator.models.posteriors.surgery import Kinds, VaryingPosterior, replace
from aleator.models.posteriors.variational import VariationalLayer, default_prior, divergence


@dataclass(frozen=True)
class BayesByBackprop(VaryingPosterior):
    """Blundell et al. (2015, arXiv 1505.05424), with a Gaussian prior, whose divergence has a closed form.

    The divergence is summed over the weights and divided by the number of examples: a mean over the weights, as in
    some published code, is a prior that hardly counts.
    """

    draws: int = 16
    prior: float | None = None
    """Deviation of a weight before any data; by default, three times that of a fresh layer."""
    kinds: Kinds = (nn.Linear,)
    flipout: ClassVar[bool] = False

    def prepare(self, network: nn.Module) -> None:
        remedy = f"name the kinds of layers that it has, as in {type(self).__name__}(kinds=(nn.Conv2d,))."
        replace(
            network,
            self.kinds,
            lambda layer: VariationalLayer(layer, prior=self.prior or default_prior(layer), flipout=self.flipout),
            remedy=remedy,
        )

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss_of: LossOf, examples: int) -> Tensor:
        return loss_of(network(inputs), 0) + divergence(network) / examples
