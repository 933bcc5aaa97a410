"""One training on several processes or GPUs, through Lightning Fabric.

Each process takes its share of every batch, and gradients are averaged before each step, so that all keep the same
weights whatever the posterior does with its modules. What is written down of single examples (an objective's memory,
margins, losses) is gathered after each epoch: a row is seen by one process in each.
"""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from aleator.errors import AleatorError, MissingExtraError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Team:
    """The processes that train one network together; without Fabric, this one alone."""

    fabric: "Fabric | None" = None

    @property
    def size(self) -> int:
        return 1 if self.fabric is None else int(self.fabric.world_size)

    @property
    def rank(self) -> int:
        return 0 if self.fabric is None else int(self.fabric.global_rank)

    def seed_of(self, seed: int, epoch: int) -> int:
        """For what each process draws by itself in an epoch."""
        return int(np.random.SeedSequence([seed, epoch, self.rank]).generate_state(1)[0])

    def share(self, batch: Tensor) -> Tensor:
        """This process's rows of a batch, `(row,)`; every process has at least one if there are enough."""
        return batch if self.size == 1 else batch[self.rank :: self.size]

    def average_gradients(self, network: nn.Module, weight: float) -> None:
        """Replace each gradient by the sum over all processes, `weight` being this one's share of the batch."""
        if self.fabric is None:
            return
        learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
        gradients = [torch.zeros_like(parameter) if parameter.grad is None else parameter.grad for parameter in learned]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients]) * weight
        total = torch.split(self._sum(flat), [gradient.numel() for gradient in gradients])
        for parameter, gradient in zip(learned, total, strict=True):
            parameter.grad = gradient.view_as(parameter)

    @torch.no_grad()
    def gather_rows(self, tensors: Iterable[Tensor], rows: Tensor, batch_size: int) -> None:
        """Give every process the `rows`, one batch after the other, of the tensors `(example, ...)`: each from the
        process whose share it was."""
        if self.fabric is None:
            return
        mine = torch.arange(len(rows)) % batch_size % self.size == self.rank
        for tensor in tensors:
            seen = tensor[rows.to(tensor.device)]
            seen[~mine.to(tensor.device)] = 0
            tensor[rows.to(tensor.device)] = self._sum(seen.to(self.fabric.device)).to(tensor.device)

    def _sum(self, values: Tensor) -> Tensor:
        assert self.fabric is not None
        total = self.fabric.all_reduce(values, reduce_op="sum")
        assert isinstance(total, Tensor)
        return total


ALONE = Team()


def launch(train: Callable[..., None], devices: int, device: torch.device, *arguments: Any) -> None:
    """Run `train(team, *arguments)` in so many processes, each with a device of its own; `check_devices` says before
    whether that can be done."""
    from lightning_fabric import Fabric

    accelerator = "cpu" if device.type == "cpu" else "cuda"
    fabric: Any = Fabric(accelerator=accelerator, devices=devices, strategy="ddp_spawn")
    fabric.launch(_in_process, train, torch.get_num_threads(), arguments)


def check_devices(devices: int, device: torch.device) -> None:
    """Raise MissingExtraError without Lightning Fabric, AleatorError where the machine lacks the devices."""
    try:
        import lightning_fabric  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "A training on several processes needs Lightning Fabric; run: pip install 'aleator[fabric]'"
        ) from error
    there = torch.cuda.device_count() if device.type == "cuda" else os.cpu_count() or 1
    if device.type not in ("cpu", "cuda") or devices > there:
        raise AleatorError(f"{devices} devices were asked for, and there are {there} of the kind {device.type!r}.")


def _in_process(fabric: "Fabric", train: Callable[..., None], threads: int, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    train(Team(fabric), *arguments)
    torch.distributed.destroy_process_group()  # left to the end of the process, its threads abort it


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
