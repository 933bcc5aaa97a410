"""Sub-ensemble: one trunk, several tops."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.models.posteriors.base import Drawn, LossOf, Posterior, gaussian_logits_of
from aleator.models.posteriors.surgery import Varying, passes

LEARNED_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Branches(Varying):
    """Several copies of a module, each with weights of its own; a draw meets one of them."""

    def __init__(self, module: nn.Module, count: int) -> None:
        super().__init__()
        others = [_fresh(module) for _ in range(count - 1)]
        self.copies = nn.ModuleList([module, *others])

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.copies[(self.chosen or 0) % len(self.copies)](*args, **kwargs)


def _fresh(module: nn.Module) -> nn.Module:
    """A copy that starts from other weights; what starts at zero on purpose does so in every copy."""
    copy: Any = deepcopy(module)
    copy.reset_parameters()
    with torch.no_grad():
        for new, old in zip(copy.parameters(), module.parameters(), strict=True):
            new *= old != 0
    return copy  # type: ignore[no-any-return]


@dataclass(frozen=True)
class SubEnsemble(Posterior):
    """Valdenegro-Toro (2019, arXiv 1910.08168). The trunk learns with the first top; the others learn on it.

    They learn at the same time, not after it, so that one training is enough. Nearly an ensemble's doubt about
    classes, at little more than the price of one network; less about inputs that the trunk maps to the familiar.
    """

    draws: int = 5
    depth: int = 2
    """How many linear or convolutional layers, counted from the end, are in a top. With one, the tops learn the
    same: a linear layer on given features has a single best solution."""

    @property
    def learners(self) -> int:  # type: ignore[override]
        return self.draws

    def prepare(self, network: nn.Module) -> None:
        leaves = [
            (parent, name, child)
            for parent in network.modules()
            for name, child in parent.named_children()
            if not any(True for _ in child.children()) and any(True for _ in child.parameters())
        ]
        layers = [number for number, (_, _, leaf) in enumerate(leaves) if isinstance(leaf, LEARNED_LAYERS)]
        if len(layers) < self.depth:
            raise AleatorError(
                f"{type(network).__name__} has {len(layers)} linear or convolutional layers, and a top takes "
                f"{self.depth}: choose a smaller depth, as in SubEnsemble(depth=1), or another posterior."
            )
        for parent, name, leaf in leaves[layers[-self.depth] :]:
            setattr(parent, name, Branches(leaf, self.draws))

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss_of: LossOf, examples: int) -> Tensor:
        outputs = passes(network, inputs, range(self.draws), detach=True)
        return torch.stack([loss_of(output, number) for number, output in enumerate(outputs)]).sum()

    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        outputs = list(passes(network, inputs, range(draws or self.draws)))
        means, spreads = zip(*(gaussian_logits_of(output) for output in outputs), strict=True)
        return Drawn(torch.stack(means), torch.stack(spreads), outputs[0])
