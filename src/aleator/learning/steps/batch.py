"""What every step is given, and what it returns."""

import platform
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from aleator.learning.objectives.base import Objective
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


Step = Callable[[Network, Objective, Batch, Generator], tuple[Tensor, Tensor]]
"""Network, objective, batch and generator in; a loss for each example `(example,)` out, and the log-probabilities
`(example, class)` by which the training is followed."""


def bfloat16_is_faster(device: torch.device) -> bool:
    """Whether the processor computes it faster than single precision.

    To have it is not enough: without matrix units (AMX), processors by Intel multiply bfloat16 at half the pace, and a
    step of the larger network takes 1.6 times as long. Those by AMD that have it (from Zen 4 on) take half the time of
    single precision.
    """
    if device.type != "cpu":
        return device.type == "cuda"
    if platform.machine().lower() in ("x86_64", "amd64"):
        return torch.cpu._is_amx_tile_supported() or (_of_amd() and torch.cpu._is_avx512_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


@lru_cache
def _of_amd() -> bool:
    return "AMD" in str(torch.cpu.get_capabilities().get("cpu_name", ""))


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where it is faster, single precision elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_faster(device))


def log_probs_of(output: Output) -> Tensor:
    return log_expected_softmax(output.mean, output.spread)
