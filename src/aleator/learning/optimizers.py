"""How gradients become steps: Muon for the kernels of convolutions, AdamW for everything else."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from aleator.learning.settings import OptimizerName

MUON_RATE = 5.0
"""Learning rate of Muon for one of AdamW. Between 3 and 8 it makes no difference on FER+; at 1 it learns less."""
MOMENTUM = 0.9
NEWTON_SCHULZ, ITERATIONS = (3.4445, -4.7750, 2.0315), 5
"""Coefficients of `x -> a x + b x^3 + c x^5`, which takes singular values from .01 up to about 1 (Jordan 2024)."""
RMS_OF_ADAMW = 0.2
"""Of AdamW's steps, in learning rates: Muon's are made as large (Liu et al. 2025, arXiv 2502.16982, eq. 4)."""


def _without_compiler(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of PyTorch's optimizers, without loading the compiler in order to switch it off: that takes a second in
    each process, and nothing here is compiled."""
    return getattr(method, "__wrapped__", method)


class AdamW(torch.optim.AdamW):
    """PyTorch's."""

    add_param_group = _without_compiler(torch.optim.AdamW.add_param_group)
    zero_grad = _without_compiler(torch.optim.AdamW.zero_grad)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        _STEP(self, closure)


_STEP = _without_compiler(torch.optim.AdamW.step)


class KernelMuon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) for kernels `(out, in, height, width)`.

    The momentum of each kernel, flattened to `(out, everything else)`, is replaced by the nearest orthogonal matrix:
    all directions are learned at one pace. On FER+ the small network is right on .832 after five epochs, with AdamW on
    .812, for 6 % more time. PyTorch's own takes matrices only, and computes in bfloat16 also on processors that do not
    have it, fifty times slower.
    """

    add_param_group = _without_compiler(torch.optim.Optimizer.add_param_group)
    zero_grad = _without_compiler(torch.optim.Optimizer.zero_grad)

    def __init__(self, kernels: list[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(kernels, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                if not self.state[kernel]:
                    self.state[kernel]["momentum"] = torch.zeros_like(kernel)
                momentum = self.state[kernel]["momentum"]
                momentum.lerp_(kernel.grad, 1 - MOMENTUM)
                direction = orthogonal(kernel.grad.lerp(momentum, MOMENTUM).flatten(1))
                kernel.mul_(1 - group["lr"] * group["weight_decay"])
                size = RMS_OF_ADAMW * max(direction.shape) ** 0.5
                kernel.add_(direction.view(kernel.shape), alpha=-group["lr"] * size)


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix of the same singular vectors whose singular values lie around 1, by Newton-Schulz iterations.

    Each is a polynomial of `x x^T` times `x`, and so are all of them together: they are made of the products on the
    short side of `x` alone, in single precision, which their powers need.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).float()
    x = x / x.norm().clamp(min=1e-7)
    gram = x @ x.T
    together = polynomial = _polynomial(gram)
    for _ in range(1, ITERATIONS):
        gram = polynomial @ gram @ polynomial
        polynomial = _polynomial(gram)
        together = polynomial @ together
    direction: Tensor = (together @ x).to(matrix.dtype)
    return (direction.T if tall else direction).contiguous()


def _polynomial(gram: Tensor) -> Tensor:
    a, b, c = NEWTON_SCHULZ
    polynomial = torch.addmm(gram, gram, gram, beta=b, alpha=c)
    polynomial.diagonal().add_(a)
    return polynomial


def make_optimizers(
    network: nn.Module, name: OptimizerName, *, learning_rate: float, weight_decay: float, backbone_rate: float = 1.0
) -> list[torch.optim.Optimizer]:
    """One optimizer, or two that share the parameters out. The peak of each rate is its groups' `initial_lr`.

    `backbone_rate`: the learning rate of what the network calls `backbone`, for one of the others.
    """
    named = [(own, parameter) for own, parameter in network.named_parameters() if parameter.requires_grad]
    parameters = [parameter for _, parameter in named]
    # A kernel with one input channel is a list of filters, not a matrix between two sets of features; nor are the
    # spreads of a kernel's weights.
    kernels = [
        one for own, one in named if name == "muon" and one.ndim == 4 and one.shape[1] > 1 and "log_spread" not in own
    ]
    others = [one for one in parameters if not any(one is kernel for kernel in kernels)]
    optimizers: list[torch.optim.Optimizer] = []
    if kernels:
        optimizers.append(
            KernelMuon(kernels, lr=MUON_RATE * backbone_rate * learning_rate, weight_decay=weight_decay / MUON_RATE)
        )
    if others and backbone_rate == 1:
        optimizers.append(AdamW(others, lr=learning_rate, weight_decay=weight_decay))
    elif others:
        learned = {id(parameter) for own, parameter in named if own.startswith("backbone.")}
        groups = [
            {"params": [one for one in others if (id(one) in learned) == before], "lr": rate * learning_rate}
            for before, rate in ((True, backbone_rate), (False, 1.0))
        ]
        optimizers.append(AdamW([group for group in groups if group["params"]], weight_decay=weight_decay))
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
