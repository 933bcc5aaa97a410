"""How gradients become steps: Muon for the kernels of convolutions, AdamW for everything else."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

OptimizerName = Literal["muon", "adamw"]
MUON_RATE = 5.0
"""Learning rate of Muon for one of AdamW. Between 3 and 8 it makes no difference on FER2013; at 1 it learns less."""
MOMENTUM = 0.9


class KernelMuon(torch.optim.Muon):
    """Muon (Jordan et al. 2024) for kernels `(out, in, height, width)`, which PyTorch's own has only for matrices.

    The momentum of each kernel, flattened to `(out, everything else)`, is replaced by the nearest orthogonal matrix:
    all directions are learned at one pace. On FER2013 five epochs reach what AdamW does in eight, for 8 % more time.
    """

    def __init__(self, kernels: list[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        self.kernels = kernels
        self.matrices = [nn.Parameter(_flat(kernel.detach(), kernel)) for kernel in kernels]
        super().__init__(
            self.matrices, lr=lr, weight_decay=weight_decay, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        for matrix, kernel in zip(self.matrices, self.kernels, strict=True):
            matrix.grad = None if kernel.grad is None else _flat(kernel.grad, kernel)
        return super().step(closure)  # type: ignore[no-untyped-call]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for kernel in self.kernels:
            kernel.grad = None


def make_optimizers(
    network: nn.Module, name: OptimizerName, *, learning_rate: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """One optimizer, or two that share the parameters out. The peak of each rate is its groups' `initial_lr`."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    kernels = [one for one in parameters if name == "muon" and _is_kernel(one)]
    others = [one for one in parameters if not any(one is kernel for kernel in kernels)]
    optimizers: list[torch.optim.Optimizer] = []
    if kernels:
        optimizers.append(KernelMuon(kernels, lr=MUON_RATE * learning_rate, weight_decay=weight_decay / MUON_RATE))
    if others:
        optimizers.append(torch.optim.AdamW(others, lr=learning_rate, weight_decay=weight_decay))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers


def start_step(optimizers: list[torch.optim.Optimizer], rate: float) -> None:
    """Forget the gradients, and set the learning rates to a share of their peak."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["initial_lr"]


def _is_kernel(parameter: nn.Parameter) -> bool:
    """One with a single input channel is a list of filters, not a matrix between two sets of features."""
    if parameter.ndim != 4 or parameter.shape[1] == 1:
        return False
    return parameter.is_contiguous() or parameter.is_contiguous(memory_format=torch.channels_last)


def _flat(values: Tensor, kernel: Tensor) -> Tensor:
    """`(out, everything else)` in the order in which the kernel lies in memory: of the kernel itself, a view."""
    if kernel.is_contiguous(memory_format=torch.channels_last):
        values = values.permute(0, 2, 3, 1)
    return values.reshape(len(values), -1)
