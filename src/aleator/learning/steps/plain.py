"""The plain step: predict, and compare with the targets."""

from torch import Generator, Tensor, nn

from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.models.network import Network


def plain() -> Step:
    return _step


def _step(network: Network, objective: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, Tensor]:
    with mixed_precision(batch.inputs.device):
        output = network(batch.inputs)
    log_probs = log_probs_of(output)
    return objective(log_probs, batch.targets, batch.rows), log_probs
