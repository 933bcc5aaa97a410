"""Early-learning regularisation: an objective under which a network does not memorise wrong labels."""

import torch
from torch import Tensor

from aleator.learning.objectives.base import Objective
from aleator.uncertainty.gaussian_logits import log_likelihood

MOST_KEPT = 64
"""Classes remembered for each example; of the others, what they have together."""


class EarlyLearning(Objective):
    """Cross-entropy plus a pull towards what the network itself said of the example before.

    `-log p(label) + strength * log(1 - <memory, p>)`, where the memory is a running mean of the example's own
    predictions (Liu et al. 2020, arXiv 2007.00151, eq. 5 and 6). Networks learn the regular labels first; the
    second term's gradient cancels that of a label which contradicts what was learned early.

    The memory is a buffer, so that a resumed run goes on with it: `(example, class)`, and with more than `MOST_KEPT`
    classes `(example, MOST_KEPT)` of the most probable ones beside their numbers, the rest spread evenly. Where
    several processes train, each sees some of the rows in an epoch, and after it they are gathered.
    """

    memory: Tensor
    kept: Tensor

    def __init__(
        self,
        examples: int,
        classes: int,
        *,
        strength: float = 3.0,
        momentum: float = 0.7,
        floor: float = 1e-4,
        most_kept: int = MOST_KEPT,
    ) -> None:
        super().__init__(examples, classes)
        self.strength, self.momentum, self.floor, self.classes = strength, momentum, floor, classes
        self.bounded = classes > most_kept
        width = min(classes, most_kept)
        self.register_buffer("memory", torch.full((examples, width), 1.0 / classes))
        if self.bounded:
            self.register_buffer("kept", torch.arange(width, dtype=torch.int32).repeat(examples, 1))

    @property
    def per_example(self) -> tuple[Tensor, ...]:
        return (self.memory, self.kept) if self.bounded else (self.memory,)

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        return self.disagreement(log_probs, rows) - log_likelihood(log_probs, targets)

    def disagreement(self, log_probs: Tensor, rows: Tensor) -> Tensor:
        """The second term, and its memory of these examples is brought up to date."""
        with torch.no_grad():
            memory = self.momentum * self._recall(rows) + (1 - self.momentum) * log_probs.exp()
            self._remember(rows, memory)
            # A trace of the uniform distribution bounds the loss from below without clamping a probability.
            floor = min(self.floor, 0.1 / self.classes)
            anchored = (1 - floor * memory.shape[1]) * memory / memory.sum(1, keepdim=True) + floor
        # 1 - <t, p> = sum (1 - t_k) p_k, because p sums to one: no cancellation when both are nearly one-hot.
        log_disagreement = torch.logsumexp(torch.log1p(-anchored) + log_probs, dim=1)
        return self.strength * log_disagreement

    def _recall(self, rows: Tensor) -> Tensor:
        """The memory of these examples, `(example, class)`."""
        values = self.memory[rows]
        if not self.bounded:
            return values
        rest = (1 - values.sum(1, keepdim=True)).clamp(min=0) / (self.classes - values.shape[1])
        return rest.expand(-1, self.classes).scatter(1, self.kept[rows].long(), values)

    def _remember(self, rows: Tensor, memory: Tensor) -> None:
        if not self.bounded:
            self.memory[rows] = memory
            return
        values, kept = memory.topk(self.memory.shape[1], dim=1)
        self.memory[rows], self.kept[rows] = values, kept.int()
