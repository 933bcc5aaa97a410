"""Forward correction: what the labels would look like, if what the network says were true."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.noise.likelihood import ENOUGH, estimate_corrected
from aleator.uncertainty.gaussian_logits import log_likelihood

MOST_CELLS = 2_000_000
"""Probabilities that are kept of the examples from which the confusion is learned."""
KNOWN, LATEST = 0.4, 1 / 6
"""The confusion is learned once the network explains this share of the labels, or after this share of the epochs."""


class ForwardCorrection(Objective):
    """`-sum_k t_k log sum_j p_j T_jk` with the confusion `T`, `(true, given)` (Patrini et al. 2017, 1609.03683, eq. 6).

    Whoever minimises it with the right confusion predicts the true label, not the given one. Without one it is learned
    from labels: after each epoch from the second on, by the likelihood of the labels under what the network said of
    the examples before it was corrected by them (`estimate_corrected`). The network then becomes as sure as the
    noise allows, and the next estimate is better. But what a network does not know yet looks like noise, and a class
    that is explained as the noise of another is not learned any more: so it waits until the network explains `KNOWN`
    of the labels' entropy, or the `LATEST` share of the epochs is over, where the noise leaves less to explain. Soft
    labels say themselves how sure they are: for them it is cross-entropy without a confusion. `floor` is the share of
    labels taken to be given blindly: nothing is then impossible.

    The predictions of evenly spread examples are buffers, at most `ENOUGH`. Where several processes train, each
    learns the confusion from those that it has seen.

    Raises ValueError when the confusion is not `(class, class)` with a distribution in each row.
    """

    confusion: Tensor
    said: Tensor
    given: Tensor
    epochs: Tensor
    begun: Tensor

    def __init__(
        self,
        examples: int,
        classes: int,
        *,
        confusion: Sequence[Sequence[float]] | None = None,
        floor: float = 1e-3,
        learned_from_epoch: int = 2,
    ) -> None:
        super().__init__(examples, classes)
        matrix = torch.eye(classes) if confusion is None else torch.as_tensor(confusion, dtype=torch.float32)
        fits = matrix.shape == (classes, classes) and bool((matrix >= 0).all())
        if not fits or not torch.allclose(matrix.sum(1), torch.ones(classes), atol=1e-3):
            raise ValueError(
                f"the confusion must be ({classes}, {classes}) with a distribution over labels in each row"
            )
        self.floor, self.learned, self.learned_from_epoch = floor, confusion is None, learned_from_epoch
        self.register_buffer("confusion", self._floored(matrix))
        if self.learned:
            self.spacing = math.ceil(examples / min(ENOUGH, max(1, MOST_CELLS // classes)))
            kept = math.ceil(examples / self.spacing)
            self.register_buffer("said", torch.zeros(kept, classes))
            self.register_buffer("given", torch.full((kept,), -1))
            self.register_buffer("epochs", torch.zeros((), dtype=torch.int64))
            self.register_buffer("begun", torch.zeros((), dtype=torch.bool))

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        if self.learned and targets.ndim == 1:
            kept = rows % self.spacing == 0
            place = rows[kept] // self.spacing
            self.said[place] = log_probs.detach()[kept].to(self.said)
            self.given[place] = targets[kept]
        return -log_likelihood((log_probs.exp() @ self.confusion).log(), targets)

    @property
    def share_wrong(self) -> Tensor:
        """Share of wrong labels by the confusion, mean over the true classes."""
        return 1 - self.confusion.diagonal().mean()

    def after_epoch(self, done: float) -> None:
        """Learn the confusion from what was said in the epoch."""
        if not self.learned:
            return
        self.epochs += 1
        seen = self.given >= 0
        if self.epochs < self.learned_from_epoch or not seen.any():
            return
        said, given = self.said[seen].double().cpu().numpy(), self.given[seen].cpu().numpy()
        noise = estimate_corrected(said, given)
        self.begun |= done >= LATEST or noise.explained(said, given) >= KNOWN
        if self.begun:
            self.confusion.copy_(self._floored(torch.from_numpy(noise.confusion)))
        self.given.fill_(-1)

    def _floored(self, confusion: Tensor) -> Tensor:
        return (1 - self.floor) * confusion + self.floor / len(confusion)
