"""Early-learning regularisation: an objective under which a network does not memorise wrong labels."""

import torch
from torch import Tensor, nn


class EarlyLearning(nn.Module):
    """Cross-entropy plus a pull towards what the network itself said of the example before.

    `-log p(label) + strength * log(1 - <memory, p>)`, where the memory is a running mean of the example's own
    predictions (Liu et al. 2020, arXiv 2007.00151, eq. 5 and 6). Networks learn the regular labels first; the
    second term's gradient cancels that of a label which contradicts what was learned early.

    The memory is a buffer `(example, class)`, so that a resumed run goes on with it.
    """

    memory: Tensor

    def __init__(
        self,
        examples: int,
        classes: int,
        *,
        strength: float = 3.0,
        momentum: float = 0.7,
        floor: float = 1e-4,
    ) -> None:
        super().__init__()
        self.strength, self.momentum, self.floor = strength, momentum, floor
        self.register_buffer("memory", torch.full((examples, classes), 1.0 / classes))

    def forward(self, log_probs: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        with torch.no_grad():
            memory = self.momentum * self.memory[rows] + (1 - self.momentum) * log_probs.exp()
            self.memory[rows] = memory
            # A trace of the uniform distribution bounds the loss from below without clamping a probability.
            anchored = (1 - self.floor * memory.shape[1]) * memory / memory.sum(1, keepdim=True) + self.floor
        # 1 - <t, p> = sum (1 - t_k) p_k, because p sums to one: no cancellation when both are nearly one-hot.
        log_disagreement = torch.logsumexp(torch.log1p(-anchored) + log_probs, dim=1)
        cross_entropy = -log_probs.gather(1, labels[:, None]).squeeze(1)
        return cross_entropy + self.strength * log_disagreement
