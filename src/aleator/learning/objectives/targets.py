"""The two forms of a target, brought into one."""

import torch
from torch import Tensor


def as_weights(targets: Tensor, log_probs: Tensor) -> Tensor:
    """A weight for each class, `(example, class)`: one-hot for labels `(example,)`, and soft labels as they are."""
    if targets.ndim == 1:
        return torch.zeros_like(log_probs).scatter_(1, targets[:, None], 1.0)
    return targets.to(log_probs.dtype)
