"""Layers with a Gaussian for each weight, learned by the variational bound; used by two posteriors."""

import math

import torch
from torch import Tensor, nn

from aleator.models.posteriors.surgery import Layer, Varying, apply_layer

START_SPREAD = 0.05
"""Spread of a weight before the training."""


class VariationalLayer(Varying):
    """A layer with weights `N(mean, spread^2)`, where the bias stays a number.

    In training each batch meets one drawn weight; with `flipout`, each example meets it with random signs of its
    own (Wen et al. 2018, arXiv 1803.04386, eq. 4), so that the noise of a batch averages out.
    """

    def __init__(self, layer: Layer, *, prior: float, flipout: bool) -> None:
        super().__init__()
        self.layer, self.prior, self.flipout = layer, prior, flipout
        # As a ratio to the start: weight decay then pulls towards the start, not towards a spread of one.
        self.log_spread = nn.Parameter(torch.zeros_like(layer.weight))

    @property
    def spread(self) -> Tensor:
        return START_SPREAD * self.log_spread.exp()

    def divergence(self) -> Tensor:
        """KL of the weights' distribution from the prior `N(0, prior^2)`, in nats, summed over all weights."""
        ratio = (self.spread / self.prior) ** 2
        terms = ratio - 1 - ratio.log() + (self.layer.weight / self.prior) ** 2
        return 0.5 * terms.sum()

    def forward(self, inputs: Tensor) -> Tensor:
        layer = self.layer
        if self.training:
            return self._noisy(inputs)
        weight = layer.weight
        if self.chosen is not None:
            weight = weight + self.spread * self.noise(weight.shape, weight)
        return apply_layer(layer, inputs, weight, layer.bias)

    def _noisy(self, inputs: Tensor) -> Tensor:
        layer = self.layer
        noise = self.spread * torch.randn_like(layer.weight)
        if not self.flipout:
            return apply_layer(layer, inputs, layer.weight + noise, layer.bias)
        plain = apply_layer(layer, inputs, layer.weight, layer.bias)
        channels = -1 if isinstance(layer, nn.Linear) else 1
        turned = apply_layer(layer, inputs * _signs(inputs, channels), noise, None)
        return plain + turned * _signs(turned, channels)


def _signs(values: Tensor, channels: int) -> Tensor:
    """Random signs for each example and channel."""
    shape = [1] * values.ndim
    shape[0], shape[channels] = values.shape[0], values.shape[channels]
    return torch.randint(2, shape, device=values.device).to(values.dtype) * 2 - 1


def divergence(network: nn.Module) -> Tensor:
    """KL of all variational layers together."""
    layers = [module for module in network.modules() if isinstance(module, VariationalLayer)]
    return torch.stack([layer.divergence() for layer in layers]).sum()


def default_prior(layer: Layer) -> float:
    """Three times the deviation of a fresh layer's weights: what trained weights grow to."""
    inputs = layer.weight[0].numel()
    return 3 / math.sqrt(3 * inputs)
