"""What every step is given, and what it returns."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from aleator.models.network import Network, Output
from aleator.uncertainty.gaussian_logits import log_expected_softmax


class Batch(NamedTuple):
    """Some of the examples."""

    inputs: Tensor
    """Random views `(example, channel, height, width)`, or feature vectors `(example, feature)`."""
    targets: Tensor
    """Labels `(example,)` or soft labels `(example, class)`."""
    rows: Tensor
    """Row numbers in the data set, `(example,)`."""


Step = Callable[[Network, nn.Module, Batch, Generator], tuple[Tensor, Tensor]]
"""Network, objective, batch and generator in; a loss for each example `(example,)` out, and the log-probabilities
`(example, class)` by which the training is followed."""


def has_bfloat16(device: torch.device) -> bool:
    """Whether the processor computes it natively."""
    return device.type == "cuda" or (device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the processor has it, single precision elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))


def log_probs_of(output: Output) -> Tensor:
    return log_expected_softmax(output.mean, output.spread)
