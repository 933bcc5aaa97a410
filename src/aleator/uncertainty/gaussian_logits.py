"""Gaussian logits: a mean and a spread per class, their expected softmax, and its likelihood.

The *sampling softmax* of Kendall & Gal (2017, arXiv 1703.04977) and Valdenegro-Toro & Saromo Mori (2022, arXiv
2204.09308): the logits of an example are Gaussian, and the prediction is their expected softmax. Both papers draw
samples. Here the default is an integral that is exact to the accuracy of single precision, at the price of about
thirty samples: `python -m benchmarks sampling-softmax` measures it beside the other methods.
"""

import math
from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from aleator.uncertainty import quadrature

Method = Literal["quadrature", "sobol", "monte_carlo", "mean_field"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
DEFAULT: Final[Method] = "quadrature"
"""The most accurate and, from eight classes on, the fastest at its accuracy by far: used in training and prediction."""

SPREAD_FLOOR = 1e-3
_HERMITE_NODES = 24


def spread_from_raw(raw: Tensor) -> Tensor:
    """Turn a head's raw output into a standard deviation, in logits: `softplus(raw) + 0.001`.

    The one definition: training, prediction and export all call it.
    """
    return F.softplus(raw) + SPREAD_FLOOR


def log_expected_softmax(
    mean: Tensor,
    spread: Tensor,
    *,
    factors: Tensor | None = None,
    temperature: float | Tensor = 1.0,
    method: Method = DEFAULT,
    draws: int = 128,
    generator: Generator | None = None,
) -> Tensor:
    """Return the log of `E[softmax(z / temperature)]`, `(..., class)`, for `z = mean + spread * e + factors @ r`.

    Args:
        mean: `(..., class)`, in logits.
        spread: standard deviation of each logit, at least 0; of the shape of `mean` or broadcast to it. Where it is 0
            (and there are no factors), the result is `log_softmax(mean)` to the last bit.
        factors: `(..., class, factor)`: what the logits share, as in the heteroscedastic classifier of Collier et al.
            (2021, arXiv 2105.10305). Quadrature integrates the rest for each of a few values of the factors.
        temperature: divides the logits before the softmax.
        method: `quadrature` is deterministic and accurate, with an analytic gradient (once differentiable); `sobol`
            averages over one fixed set of quasi-random draws; `monte_carlo` over random draws from `generator`;
            `mean_field` is the closed form of Lu et al. (2020, arXiv 2006.07584), an approximation that suits
            spreads which are equal for all classes.
        draws: how many, for `sobol` and `monte_carlo`, and for two or more factors in `quadrature`.
        generator: for `monte_carlo` only.

    Half precision is computed and returned in float32.
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown: choose one of {', '.join(METHODS)}")
    dtype = torch.promote_types(torch.promote_types(mean.dtype, spread.dtype), torch.float32)
    with torch.autocast(mean.device.type, enabled=False):
        mean, spread = mean.to(dtype) / temperature, (spread.to(dtype) / temperature).expand(mean.shape)
        factors = None if factors is None else factors.to(dtype) / temperature
        if method == "mean_field":
            return _mean_field(mean, spread, factors)
        if method == "quadrature":
            return _quadrature(mean, spread, factors, draws)
        dimensions = mean.shape[-1] + (0 if factors is None else factors.shape[-1])
        if method == "sobol":
            noise = fixed_draws(draws, dimensions, mean)
        else:
            shape = (draws, *mean.shape[:-1], dimensions)
            noise = torch.randn(shape, generator=generator, dtype=dtype, device=mean.device)
        logits = mean + spread * noise[..., : mean.shape[-1]]
        if factors is not None:
            logits = logits + (factors @ noise[..., mean.shape[-1] :, None]).squeeze(-1)
        return _log_mean(F.log_softmax(logits, dim=-1), F.log_softmax(mean, dim=-1))


def log_softmax_draws(mean: Tensor, spread: Tensor, *, draws: int = 64) -> Tensor:
    """Log of the softmax of draws of the logits, `(draw, ..., class)`, for mean and spread `(..., class)`.

    The draws are one fixed set of quasi-random ones, the same for every example.
    """
    return F.log_softmax(mean + spread * fixed_draws(draws, mean.shape[-1], mean), dim=-1)


def log_likelihood(log_probs: Tensor, target: Tensor) -> Tensor:
    """Return the log-likelihood of each example, `(...,)`, given log-probabilities `(..., class)`.

    The target is either integer labels `(...,)`, or `(..., class)`: a soft label, or vote counts (whose multinomial
    coefficient, which no model changes, is left out).
    """
    if target.ndim == log_probs.ndim - 1:
        return log_probs.gather(-1, target.long().unsqueeze(-1)).squeeze(-1)
    if target.shape[-1:] != log_probs.shape[-1:]:
        raise ValueError(
            f"target has shape {tuple(target.shape)}, log_probs {tuple(log_probs.shape)}: give integer labels without "
            "the last axis, or a weight for each class along it"
        )
    return (target.to(log_probs.dtype) * log_probs.masked_fill(target == 0, 0.0)).sum(dim=-1)


def _quadrature(mean: Tensor, spread: Tensor, factors: Tensor | None, draws: int) -> Tensor:
    classes = mean.shape[-1]
    if factors is None:
        rows = quadrature.log_expected_softmax(mean.reshape(-1, classes), spread.reshape(-1, classes))
        return rows.view(mean.shape)
    noise, log_weight = _factor_nodes(factors.shape[-1], draws)
    shared = torch.einsum("...kr,nr->n...k", factors, noise.to(mean))
    given = _quadrature(mean + shared, spread.expand(shared.shape), None, draws)
    return _log_mean(given, F.log_softmax(mean, dim=-1), log_weight.to(mean))


def _mean_field(mean: Tensor, spread: Tensor, factors: Tensor | None) -> Tensor:
    variance = spread**2
    if factors is not None:
        variance = variance + (factors**2).sum(dim=-1)
    return F.log_softmax(mean / torch.sqrt(1 + math.pi / 8 * variance), dim=-1)


def _log_mean(log_probs: Tensor, plain: Tensor, log_weight: Tensor | None = None) -> Tensor:
    """Log of the (weighted) mean over the first axis, relative to `plain`, so that equal draws give it exactly."""
    relative = log_probs - plain
    if log_weight is not None:
        relative = relative + log_weight.reshape(-1, *(1,) * plain.ndim)
    top = relative.detach().amax(dim=0)
    ratio = (relative - top).exp()
    return plain + top + (ratio.mean(dim=0) if log_weight is None else ratio.sum(dim=0)).log()


def fixed_draws(draws: int, dimensions: int, mean: Tensor) -> Tensor:
    """`normal_draws` as `(draw, ..., dimension)`, to be added to every example of `mean` alike."""
    return normal_draws(draws, dimensions).to(mean).reshape(draws, *(1,) * (mean.ndim - 1), dimensions)


@lru_cache(maxsize=32)
def normal_draws(draws: int, dimensions: int) -> Tensor:
    """Standard normal values `(draw, dimension)` in float64: one fixed, scrambled Sobol set, the same for everybody."""
    engine = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=0)  # type: ignore[no-untyped-call]
    uniform = engine.draw(draws, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    normal: Tensor = torch.special.ndtri(uniform)
    return normal


@lru_cache(maxsize=32)
def _factor_nodes(factors: int, draws: int) -> tuple[Tensor, Tensor]:
    """Nodes `(node, factor)` and log-weights for the factors: Gauss-Hermite for one, a Sobol set for more."""
    if factors > 1:
        return normal_draws(draws, factors), torch.full((draws,), -math.log(draws), dtype=torch.float64)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_HERMITE_NODES)
    return torch.tensor(nodes).unsqueeze(1), torch.tensor(weights / weights.sum()).log()
