"""Mixup: learn from blends of two examples what blends of their labels would be."""

import numpy as np
import torch
from torch import Generator, Tensor

from aleator.learning.objectives.base import Objective
from aleator.learning.objectives.targets import as_weights
from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.models.network import Network


def mixup(alpha: float = 0.3) -> Step:
    """Inputs `share x_i + (1 - share) x_j`, and targets in the same shares (Zhang et al. 2018, 1710.09412, eq. 1).

    One `share` from Beta(alpha, alpha) for each example, and at least a half: a blend is mostly the example whose row
    it stands for, so that an objective may remember something of it.
    """

    def step(network: Network, objective: Objective, batch: Batch, generator: Generator) -> tuple[Tensor, Tensor]:
        inputs, count = batch.inputs.float(), len(batch.rows)
        random = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
        drawn = torch.from_numpy(random.beta(alpha, alpha, count)).float()
        share = torch.maximum(drawn, 1 - drawn).to(inputs.device)
        other = torch.randperm(count, generator=generator).to(inputs.device)

        def blend(values: Tensor) -> Tensor:
            ratio = share.view(-1, *(1,) * (values.ndim - 1))
            return ratio * values + (1 - ratio) * values[other]

        with mixed_precision(inputs.device):
            output = network(blend(inputs))
        log_probs = log_probs_of(output)
        targets = blend(as_weights(batch.targets, log_probs.detach()))
        return objective(log_probs, targets, batch.rows), log_probs

    return step
