"""SWAG: a Gaussian fitted to the path of the weights at the end of the training."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from aleator.models.posteriors.base import Drawn, Posterior, gaussian_logits_of


@dataclass(frozen=True)
class SWAG(Posterior):
    """Maddox et al. (2019, arXiv 1902.02476): the mean of the weights along the path, a variance for each, and the
    last few deviations.

    The doubt is that of the steps at the end: a batch that holds all examples has none. All weights vary, so that
    each draw is a whole pass. The statistics of batch normalisation are those of the mean
    weights for every draw: the paper passes over the training data for each.
    """

    draws: int = 8
    rank: int = 10
    """How many deviations are kept."""
    start: float = 0.75
    """Share of the training after which weights are collected, at a constant learning rate."""
    collected: int = 20
    """How many times."""
    least_rate: float = 0.25

    def prepare(self, network: nn.Module) -> None:
        count = sum(parameter.numel() for parameter in network.parameters())
        network.register_buffer("swag_mean", torch.zeros(count))
        network.register_buffer("swag_square", torch.zeros(count))
        network.register_buffer("swag_deviations", torch.zeros(self.rank, count))
        network.register_buffer("swag_count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def after_step(self, network: nn.Module, step: int, steps: int) -> None:
        first = int(self.start * steps)
        every = max(1, (steps - first) // self.collected)
        if step <= first or (steps - step) % every:
            return
        weights = _weights(network)
        mean, square, deviations, count = _moments(network)
        count += 1
        mean += (weights - mean) / count
        square += (weights**2 - square) / count
        deviations.copy_(deviations.roll(-1, 0))
        deviations[-1] = weights - mean

    @torch.no_grad()
    def after_training(self, network: nn.Module, batches: Callable[[], Iterable[Tensor]]) -> None:
        mean, _, _, count = _moments(network)
        if count == 0:
            mean.copy_(_weights(network))
        for name, part in _as_parameters(network, mean).items():
            network.get_parameter(name).copy_(part)
        norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over batches
            norm.train()
        if norms:
            for inputs in batches():
                network(inputs)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()

    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        mean, square, deviations, count = _moments(network)
        used = min(int(count), self.rank)
        spread = (square - mean**2).clamp(min=0).sqrt()
        outputs = []
        for _ in range(draws or self.draws):
            own = torch.randn(mean.shape, generator=generator).to(mean)
            shared = torch.randn(self.rank, generator=generator).to(mean)
            # Half of the covariance from each of its two estimates.
            weights = mean + 0.5**0.5 * spread * own
            if used > 1:
                weights = weights + (shared[:, None] * deviations).sum(0) / (2 * (used - 1)) ** 0.5
            outputs.append(gaussian_logits_of(functional_call(network, _as_parameters(network, weights), (inputs,))))
        means, spreads = zip(*outputs, strict=True)
        return Drawn(torch.stack(means), torch.stack(spreads), network(inputs))


def _moments(network: nn.Module) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    mean, square, deviations, count = (
        network.get_buffer(f"swag_{name}") for name in ("mean", "square", "deviations", "count")
    )
    return mean, square, deviations, count


def _weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().reshape(-1) for parameter in network.parameters()])


def _as_parameters(network: nn.Module, weights: Tensor) -> dict[str, Tensor]:
    named = dict(network.named_parameters())
    parts = torch.split(weights, [parameter.numel() for parameter in named.values()])
    return {name: part.view_as(parameter) for (name, parameter), part in zip(named.items(), parts, strict=True)}
