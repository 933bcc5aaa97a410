"""Gaussian logits: the expected softmax of logits with a mean and a spread per class, and its likelihood."""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

DEFAULT = "sobol"
SPREAD_FLOOR = 1e-3


def spread_from_raw(raw: Tensor) -> Tensor:
    """Turn the head's raw output into a standard deviation, in logits: `softplus(raw) + 0.001`."""
    return F.softplus(raw) + SPREAD_FLOOR


def log_expected_softmax(
    mean: Tensor,
    spread: Tensor,
    *,
    factors: Tensor | None = None,
    temperature: float = 1.0,
    method: str = DEFAULT,
    draws: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Log of `E[softmax((mean + spread * eps + factors @ eps_R) / temperature)]`, `(..., class)`."""
    dtype = torch.promote_types(torch.promote_types(mean.dtype, spread.dtype), torch.float32)
    with torch.autocast(mean.device.type, enabled=False):
        mean, spread = torch.broadcast_tensors(mean.to(dtype) / temperature, spread.to(dtype) / temperature)  # type: ignore[no-untyped-call]
        rank = 0 if factors is None else factors.shape[-1]
        classes = mean.shape[-1]
        if method == "monte_carlo":
            shape = (draws, *mean.shape[:-1], classes + rank)
            noise = torch.randn(shape, generator=generator, dtype=dtype, device=mean.device)
        else:
            noise = _sobol_normal(draws, classes + rank).to(mean)
            noise = noise.reshape(draws, *(1,) * (mean.ndim - 1), classes + rank)
        logits = mean + spread * noise[..., :classes]
        if factors is not None:
            logits = logits + torch.einsum("...kr,d...r->d...k", factors.to(dtype) / temperature, noise[..., classes:])
        # Relative to the softmax of the mean, so that zero spread gives that softmax to the last bit.
        plain = F.log_softmax(mean, -1)
        relative = F.log_softmax(logits, -1) - plain
        top = relative.detach().amax(0)
        return plain + top + (relative - top).exp().mean(0).log()


def log_likelihood(log_probs: Tensor, target: Tensor) -> Tensor:
    """One number per example: of a hard label `(...,)`, or of soft labels or vote counts `(..., class)`."""
    if target.is_floating_point() or target.ndim == log_probs.ndim:
        return (log_probs * target.to(log_probs)).sum(-1)
    return log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1)


@lru_cache(maxsize=32)
def _sobol_normal(draws: int, dimension: int) -> Tensor:
    engine = torch.quasirandom.SobolEngine(dimension, scramble=True, seed=0)  # type: ignore[no-untyped-call]
    uniform = engine.draw(draws, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    return math.sqrt(2) * torch.erfinv(2 * uniform - 1)
