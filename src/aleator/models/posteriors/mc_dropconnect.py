"""MC-dropconnect: single weights are dropped, in training and in prediction."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from aleator.models.posteriors.surgery import Kinds, Layer, Varying, VaryingPosterior, apply_layer, replace


class DropConnect(Varying):
    """A layer whose weights are dropped, and the others scaled so that their mean stays."""

    def __init__(self, layer: Layer, rate: float) -> None:
        super().__init__()
        self.layer, self.rate = layer, rate

    def forward(self, inputs: Tensor) -> Tensor:
        weight = self.layer.weight
        if self.training:
            weight = F.dropout(weight, self.rate)
        elif self.chosen is not None:
            weight = weight * (self.noise(weight.shape, weight, uniform=True) >= self.rate) / (1 - self.rate)
        return apply_layer(self.layer, inputs, weight, self.layer.bias)


@dataclass(frozen=True)
class MCDropConnect(VaryingPosterior):
    """Wan et al. (2013); Mobiny et al. (2019, arXiv 1906.04569). Acts where a network has no dropout to begin with."""

    draws: int = 16
    rate: float = 0.3
    """Share of the weights that is dropped, 0 to below 1."""
    kinds: Kinds = (nn.Linear,)

    def prepare(self, network: nn.Module) -> None:
        remedy = "name the kinds of layers that it has, as in MCDropConnect(kinds=(nn.Conv2d,))."
        replace(network, self.kinds, lambda layer: DropConnect(layer, self.rate), remedy=remedy)
