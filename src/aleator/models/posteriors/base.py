"""What every posterior is: a recipe that makes a distribution over networks of one network."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

LossOf = Callable[[Any, int], Tensor]
"""Mean loss of a network's output, and which of the parts that learn side by side it comes from."""


class Drawn(NamedTuple):
    """What the networks drawn say of a batch, and what the plain network says."""

    mean: Tensor
    """Mean of each logit, `(draw, example, class)`."""
    spread: Tensor
    """Standard deviation of each logit within a draw, `(draw, example, class)`."""
    plain: Any
    """Output of the network without any noise."""


class Posterior(ABC):
    """Hyper-parameters of a method. All that is learned is in the network, so that it is saved with its weights.

    A draw is one network: every example of every batch meets the same one, so that a row does not depend on the
    batch that it comes in. The hooks are called in this order; most methods need one or two of them.
    """

    draws: int
    """How many networks are drawn unless told otherwise."""
    learners: int = 1
    """Parts that learn side by side, each with an objective of its own."""
    least_rate: float = 0.0
    """The learning rate does not fall below this share of its peak."""

    def prepare(self, network: nn.Module) -> None:  # noqa: B027 (most methods need one or two hooks)
        """Replace modules and register buffers, before the training and before weights are loaded."""

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss_of: LossOf, examples: int) -> Tensor:
        """Loss of one batch, per example, of a training on so many `examples`."""
        return loss_of(network(inputs), 0)

    def after_step(self, network: nn.Module, step: int, steps: int) -> None:  # noqa: B027
        """Called after each step of the optimizer, `step` from 1 to `steps`."""

    def after_training(self, network: nn.Module, batches: Callable[[], Iterable[Tensor]]) -> None:  # noqa: B027
        """Called once, in evaluation mode, with a way to pass over the training examples."""

    @abstractmethod
    def draw(self, network: nn.Module, inputs: Tensor, *, draws: int | None = None, generator: Generator) -> Drawn:
        """Draw networks and ask each of them. The network, in evaluation mode, is left as it was."""


def gaussian_logits_of(output: Any) -> tuple[Tensor, Tensor]:
    """Mean and spread of a network's output; logits alone have no spread."""
    if isinstance(output, Tensor):
        return output, torch.zeros_like(output)
    mean, spread = output[:2]
    return mean, spread
