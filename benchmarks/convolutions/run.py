"""How long a step and a prediction take with convolutions by Winograd's way and by the plain one, in the same run.

Run `python benchmarks/convolutions.py`, on an idle machine: one minute. One thread, as each member has it; 128 grey
pictures of 48x48; the ways take turns, and the median of their ratios is what counts.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from aleator.models import Network, NetworkSpec, winograd
from aleator.models.network import folded, on_device

ROUNDS = 15
LEAST_CHANNELS = winograd.LEAST_CHANNELS


def main() -> None:
    torch.set_num_threads(1)
    print(f"{'milliseconds':<24}{'plain':>10}{'Winograd':>10}{'ratio':>8}")
    for backbone in ("small_vgg", "deep_vgg"):
        torch.manual_seed(0)
        network = on_device(Network(NetworkSpec(backbone, (1, 48, 48), 7)), torch.device("cpu"))
        images = (255 * torch.rand(128, 1, 48, 48)).contiguous(memory_format=torch.channels_last)
        labels = torch.arange(128) % 7
        compare(f"{backbone}, step", lambda net=network, x=images, y=labels: step(net, x, y))
        ready = folded(network.eval())
        with torch.inference_mode():
            compare(f"{backbone}, prediction", lambda net=ready, x=images: net(x))


def step(network: Network, images: Tensor, labels: Tensor) -> None:
    network.train().zero_grad()
    functional.cross_entropy(network(images).mean, labels).backward()


def compare(name: str, run: Callable[[], object]) -> None:
    plain, fast = [], []
    for _ in range(ROUNDS):
        winograd.LEAST_CHANNELS = 10_000
        plain.append(milliseconds(run))
        winograd.LEAST_CHANNELS = LEAST_CHANNELS
        fast.append(milliseconds(run))
    ratio = statistics.median(one / other for one, other in zip(plain, fast, strict=True))
    print(f"{name:<24}{statistics.median(plain):>10.0f}{statistics.median(fast):>10.0f}{ratio:>8.2f}")


def milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
