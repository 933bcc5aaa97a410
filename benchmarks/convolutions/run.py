"""How long a step and a prediction take with convolutions by Winograd's way and by the plain one, in the same run.

To be run on an idle machine: one minute. One thread, as each member has it; 128 grey pictures of 48x48; the ways take
turns, and the median of their ratios is what counts.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from aleator.models import winograd
from aleator.models.network import Network, NetworkSpec, folded, on_device
from aleator.progress import Progress, silent

BACKBONES = ("small_vgg", "deep_vgg")
ROUNDS = 15
LEAST_CHANNELS = winograd.LEAST_CHANNELS


def run(*, progress: Progress = silent) -> dict[str, Any]:
    """Milliseconds of a step and of a prediction, the plain way and Winograd's, and the ratio of plain to Winograd."""
    torch.set_num_threads(1)
    rows: dict[str, dict[str, float]] = {}
    for number, backbone in enumerate(BACKBONES):
        progress("measuring", number, len(BACKBONES))
        torch.manual_seed(0)
        network = on_device(Network(NetworkSpec(backbone, (1, 48, 48), 7)), torch.device("cpu"))
        images = (255 * torch.rand(128, 1, 48, 48)).contiguous(memory_format=torch.channels_last)
        labels = torch.arange(128) % 7
        rows[f"{backbone}, step"] = compare(partial(step, network, images, labels))
        ready = folded(network.eval())
        with torch.inference_mode():
            rows[f"{backbone}, prediction"] = compare(partial(ready, images))
    progress("measuring", len(BACKBONES), len(BACKBONES))
    return {"rounds": ROUNDS, "torch": torch.__version__, "rows": rows}


def step(network: Network, images: Tensor, labels: Tensor) -> None:
    network.train().zero_grad()
    torch.autograd.backward(functional.cross_entropy(network(images).mean, labels))


def compare(call: Callable[[], object]) -> dict[str, float]:
    """Medians of both ways, which take turns."""
    plain, fast = [], []
    for _ in range(ROUNDS):
        winograd.LEAST_CHANNELS = 10_000
        plain.append(milliseconds(call))
        winograd.LEAST_CHANNELS = LEAST_CHANNELS
        fast.append(milliseconds(call))
    ratio = statistics.median(one / other for one, other in zip(plain, fast, strict=True))
    return {"plain_ms": statistics.median(plain), "winograd_ms": statistics.median(fast), "ratio": ratio}


def milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def format_table(result: dict[str, Any]) -> str:
    """The table as text."""
    lines = [f"{'milliseconds':<24}{'plain':>10}{'Winograd':>10}{'ratio':>8}"]
    lines += [
        f"{name:<24}{row['plain_ms']:>10.0f}{row['winograd_ms']:>10.0f}{row['ratio']:>8.2f}"
        for name, row in result["rows"].items()
    ]
    return "\n".join(lines)
