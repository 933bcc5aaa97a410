"""Where to compute, and what a GPU has memory for."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aleator.errors import AleatorError

SHARE_FOR_DATA = 0.4
"""Of a GPU's free memory, what the examples of a training may take."""


def pick_device(name: str) -> torch.device:
    """`auto` takes a GPU if there is one; a device that is asked for and absent is an error."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise AleatorError(f"device {name!r} cannot be used here ({reason}); use --device auto or cpu.") from error
    return device


def placed(array: NDArray[np.generic], device: torch.device) -> NDArray[np.generic] | Tensor:
    """An array that is read again and again, on the device if that is a GPU with enough memory; else as it is."""
    if device.type != "cuda" or array.nbytes > SHARE_FOR_DATA * torch.cuda.mem_get_info(device)[0]:
        return array
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)


class PartsThatFit:
    """Work on batches, each in as many parts as the device needs to have memory for it.

    One that does not fit is done again in parts of half the size, and so are those after it.
    """

    def __init__(self) -> None:
        self.parts = 1

    def __call__(self, work: Callable[[tuple[Tensor, ...]], None], batch: Tensor) -> None:
        """`work` is called with the parts of the batch. Raises AleatorError where one example is too many."""
        while True:
            try:
                return work(batch.chunk(self.parts))
            except torch.OutOfMemoryError as error:
                if self.parts >= len(batch):
                    raise AleatorError(
                        "The GPU has no memory for the network and one example: end what else runs on it "
                        "(nvidia-smi names it), or take --device cpu."
                    ) from error
            torch.cuda.empty_cache()
            self.parts *= 2
