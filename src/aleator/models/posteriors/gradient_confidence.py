"""Gradient confidence: how far one more example would move the last layer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from aleator.models.posteriors.base import Drawn, Posterior, gaussian_logits_of
from aleator.models.posteriors.surgery import last_linear
from aleator.uncertainty.gaussian_logits import log_expected_softmax

REMEDY = "the method asks for the gradient of a linear last layer; choose another posterior, for example swag."


@dataclass(frozen=True)
class GradientConfidence(Posterior):
    """After Oberdiek et al. (2018, arXiv 1805.08440), who take the norm of the gradient as doubt.

    A draw is the network after one step of the last layer's means towards a label drawn from its own prediction. The
    logits move by `leverage * gradient of log p(label)`, where the leverage is what the example would have in a least
    squares fit whose features are all alike: `features * |x|^2 / sum |x_n|^2` over the training examples. Training
    and network stay as they are. It knows no direction in feature space, and takes an even prediction for doubt: a
    baseline, not a choice.
    """

    draws: int = 16
    step: float = 1.0
    """Factor on the leverage."""

    def prepare(self, network: nn.Module) -> None:
        last_linear(network, remedy=REMEDY)
        network.register_buffer("length_per_feature", torch.ones(()))

    @torch.no_grad()
    def after_training(self, network: nn.Module, batches: Callable[[], Iterable[Tensor]]) -> None:
        total = sum(_with_length(network, inputs)[1].sum() for inputs in batches())
        _, _, linear = last_linear(network, remedy=REMEDY)
        network.get_buffer("length_per_feature").fill_(total / (1 + linear.in_features))

    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        with torch.no_grad():
            plain, length = _with_length(network, inputs)
        mean, spread = gaussian_logits_of(plain)
        size = (self.step * length / network.get_buffer("length_per_feature")).unsqueeze(1)
        count = draws or self.draws
        # Evenly spread from a random start, the same for every example: labels come in their right shares.
        start = torch.rand((), generator=generator, dtype=torch.float64)
        heights = (torch.arange(count, dtype=torch.float64) + start) / count
        with torch.inference_mode(False), torch.enable_grad():
            leaf, fixed = mean.detach().clone().requires_grad_(), spread.detach().clone()
            log_probs = log_expected_softmax(leaf, fixed)
            bounds = log_probs.detach().double().exp().cumsum(1)[:, :-1]
            labels = [(bounds < height.to(bounds)).sum(1) for height in heights]
            moves = [
                torch.autograd.grad(log_probs.gather(1, label[:, None]).sum(), leaf, retain_graph=True)[0]
                for label in labels
            ]
        means = torch.stack([mean + size * move for move in moves])
        return Drawn(means, spread.expand(means.shape), plain)


def _with_length(network: nn.Module, inputs: Tensor) -> tuple[Any, Tensor]:
    """The network's output, and the squared length `(example,)` of what its last layer is given (bias included)."""
    seen: list[Tensor] = []
    _, _, linear = last_linear(network, remedy=REMEDY)
    handle = linear.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    try:
        output = network(inputs)
    finally:
        handle.remove()
    return output, 1 + seen[0].float().square().sum(1)
