"""What every objective is: a loss for each example, and hooks that most of them need not touch."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Objective(nn.Module, ABC):
    """What a network is asked to minimise, made for a data set of so many examples and classes.

    Log-probabilities `(example, class)` and targets in, a loss for each example out; weights and reduction happen
    outside. Targets are labels `(example,)` or soft labels `(example, class)`; a row of vote counts is a soft label
    that weighs as much as it has votes. What is remembered of each example belongs in a buffer, so that it is saved
    with the checkpoint.
    """

    def __init__(self, examples: int, classes: int) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        """The loss of each example of a batch, `(example,)`; `rows` are their numbers in the data set."""

    def of_logits(self, mean: Tensor, spread: Tensor, targets: Tensor) -> Tensor:
        """What is added to the loss for the Gaussian logits themselves, `(example,)`; the plain step asks for it."""
        return mean.new_zeros(len(mean))

    @property
    def per_example(self) -> tuple[Tensor, ...]:
        """Buffers with a row for each example: where several processes train, these rows are gathered."""
        return ()

    def after_epoch(self, done: float) -> None:
        """Called after each epoch; `done` is the share of epochs that are over."""
