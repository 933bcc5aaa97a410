"""Relative uncertainty: of two mixed examples the harder one has to be given the greater part."""

import torch
from torch import Generator, Tensor

from aleator.learning.objectives.base import Objective
from aleator.learning.objectives.targets import as_weights
from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.models.network import Network


def relative_uncertainty() -> Step:
    """Embeddings of two examples are mixed by their share of the uncertainty; both labels have to be recognisable.

    `e = s_i / (s_i + s_j) e_i + s_j / (s_i + s_j) e_j`, loss `(loss(y_i) + loss(y_j)) / 2` (Zhang et al. 2021, RUL,
    NeurIPS, eq. 3 and 4). The uncertainty `s` is the mean spread of the example's logits, which so learns how hard an
    example is beside others, without a label for it.
    """

    def step(network: Network, objective: Objective, batch: Batch, generator: Generator) -> tuple[Tensor, Tensor]:
        other = torch.randperm(len(batch.rows), generator=generator).to(batch.inputs.device)
        with mixed_precision(batch.inputs.device):
            alone = network(batch.inputs)
        uncertainty = alone.spread.mean(1, keepdim=True)
        share = uncertainty / (uncertainty + uncertainty[other])
        embedding = alone.embedding.float()
        mixed = network.read(share * embedding + (1 - share) * embedding[other])
        # The spread tells which one is harder; the mixture is judged by its mean, as in the paper.
        log_probs = torch.log_softmax(mixed.mean, dim=1)
        weights = as_weights(batch.targets, log_probs.detach())
        losses: Tensor = objective(log_probs, (weights + weights[other]) / 2, batch.rows)
        return losses, log_probs_of(alone).detach()

    return step
