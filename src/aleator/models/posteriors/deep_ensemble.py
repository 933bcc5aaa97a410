"""Deep ensemble: networks trained from different seeds, each of them one draw."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from aleator.models.posteriors.base import Drawn, Posterior, gaussian_logits_of


@dataclass(frozen=True)
class DeepEnsemble(Posterior):
    """Networks trained from different seeds (Lakshminarayanan et al. 2017, arXiv 1612.01474).

    Each is one draw; `draw_members` puts them together. The best of all where their trainings can be afforded.
    """

    draws: int = 1

    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        plain = network(inputs)
        mean, spread = gaussian_logits_of(plain)
        return Drawn(mean.unsqueeze(0), spread.unsqueeze(0), plain)


def draw_members(
    posterior: Posterior, networks: Iterable[nn.Module], inputs: Tensor, *, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Mean and spread `(draw, example, class)` of the draws of all members of an ensemble."""
    drawn = [posterior.draw(network, inputs, generator=generator) for network in networks]
    return torch.cat([one.mean for one in drawn]), torch.cat([one.spread for one in drawn])
