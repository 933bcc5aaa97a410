"""The expected softmax of Gaussian logits as a one-dimensional integral, with its gradient.

A softmax is the probability that a class has the greatest utility, where a utility is its logit plus Gumbel noise. If
the logits are independent Gaussians, so are the utilities, with the distribution functions `F_i` of
`utility_tables.py`, and

    E[softmax_k] = integral of h_k(t) exp(S(t)) dt,    S = sum_i log F_i,    h_k = F_k' / F_k.

The integrand is smooth and decays fast on both sides, so that the trapezoidal rule on a few dozen nodes is accurate.
`S` is concave: at a height `y` above the point where `S` is nearly nothing, the integrand varies over lengths of order
`y`. Nodes that spread out in proportion to `y` therefore fit every row, narrow or wide, and stand at the same heights
above the edge of each row: what remains is to look up `log F` and `h` for a class at all nodes in one row of a table.

Gradient: with `G = sum_k g_k h_k` for upstream gradients `g_k`, `H = sum_k h_k`, and the heat equation
`dF / dspread = spread * F''`, integration by parts gives

    dL / dmean_j   =             integral of exp(S) h_j (g_j H - G) dt,
    dL / dspread_j = -spread_j * integral of exp(S) (F_j'' / F_j) (g_j H - G) dt,

which needs the same nodes, and memory for the nodes of a few rows at a time only.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn import functional as F

from aleator.uncertainty.utility_tables import (
    DOUBLE,
    EDGE,
    OFFSET_SCALE,
    SINGLE,
    SINGLE_WIDE,
    Grid,
    Tables,
    build_tables,
    powers,
)

BLOCK = 16384
"""Classes times rows handled at once, which bounds the memory: some 500 bytes for each."""
_MOST_NODES = max(grid.nodes for grid in (SINGLE, SINGLE_WIDE, DOUBLE))


def log_expected_softmax(mean: Tensor, spread: Tensor) -> Tensor:
    """Log of the expected softmax of independent Gaussian logits, `(example, class)` float32 or float64."""
    result: Tensor = _ExpectedSoftmax.apply(mean, spread)  # type: ignore[no-untyped-call]
    return result


class _ExpectedSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, mean: Tensor, spread: Tensor) -> Tensor:
        log_probs, edge = torch.empty_like(mean), mean.new_empty(len(mean), 1)
        mass = mean.new_zeros(len(mean), _MOST_NODES)
        for rows, grid in _blocks(mean, spread):
            log_probs[rows], edge[rows], mass[rows, : grid.nodes] = _forward(mean[rows], spread[rows], grid)
        ctx.save_for_backward(mean, spread, log_probs, edge, mass)
        normalised = torch.log_softmax(log_probs, dim=-1)
        certain = (spread == 0).all(dim=-1, keepdim=True)
        if certain.any():
            # To the last bit: a model without spread is the plain softmax.
            normalised = torch.where(certain, torch.log_softmax(mean, dim=-1), normalised)
        return normalised

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread, log_probs, edge, mass = ctx.saved_tensors  # type: ignore[attr-defined]
        grad_mean, grad_spread = torch.empty_like(mean), torch.empty_like(mean)
        with torch.autocast(mean.device.type, enabled=False):
            for rows, grid in _blocks(mean, spread):
                saved = (log_probs[rows], edge[rows], mass[rows, : grid.nodes])
                grad_mean[rows], grad_spread[rows] = _backward(mean[rows], spread[rows], *saved, grad[rows], grid)
        return grad_mean, grad_spread


def _blocks(mean: Tensor, spread: Tensor) -> Iterator[tuple[slice | Tensor, Grid]]:
    """Rows to handle together, and the grid for them. A row's grid does not depend on the other rows."""
    examples, classes = mean.shape
    size = max(1, BLOCK // classes)
    wide = spread.amax(dim=-1) > SINGLE.spread_high
    if mean.dtype == torch.float64 or not wide.any():
        grid = DOUBLE if mean.dtype == torch.float64 else SINGLE
        for start in range(0, examples, size):
            yield slice(start, start + size), grid
        return
    for group, grid in ((~wide, SINGLE), (wide, SINGLE_WIDE)):
        members = group.nonzero().squeeze(1)
        for start in range(0, len(members), size):
            yield members[start : start + size], grid


def _forward(mean: Tensor, spread: Tensor, grid: Grid) -> tuple[Tensor, Tensor, Tensor]:
    tables = build_tables(grid, mean.dtype, mean.device)
    spread_position = _spread_position(spread, grid, tables)
    edge = _find_edge(mean, spread_position, grid, tables)
    log_cdf, hazard, log_scale = _look_up(tables.forward, mean - edge, spread_position, grid, tables)
    mass = tables.weight * (log_scale.exp().unsqueeze(1) @ log_cdf).exp()
    return log_scale + (mass @ hazard.transpose(1, 2)).squeeze(1).log(), edge, mass.squeeze(1)


def _backward(
    mean: Tensor, spread: Tensor, log_probs: Tensor, edge: Tensor, mass: Tensor, grad: Tensor, grid: Grid
) -> tuple[Tensor, Tensor]:
    tables = build_tables(grid, mean.dtype, mean.device)
    position = _spread_position(spread, grid, tables)
    hazard, curvature, log_scale = _look_up(tables.backward, mean - edge, position, grid, tables)
    upstream = grad - torch.softmax(log_probs, dim=-1) * grad.sum(dim=-1, keepdim=True)
    # Gradients with respect to probabilities can overflow; times the scale of the table they do not.
    scaled = torch.stack([log_scale.exp(), upstream * (log_scale - log_probs).exp()], dim=1)
    totals = (scaled @ hazard) * mass.unsqueeze(1)

    def integrate(factor: Tensor) -> Tensor:
        flow = totals @ factor.transpose(1, 2)
        return scaled[:, 1] * flow[:, 0] - scaled[:, 0] * flow[:, 1]

    return integrate(hazard), -spread * integrate(curvature)


def _look_up(
    table: Tensor, offset: Tensor, spread_position: Tensor, grid: Grid, tables: Tables
) -> tuple[Tensor, Tensor, Tensor]:
    """Interpolate two functions at all nodes, `(example, class, node)`, and the log of their common scale."""
    offset_position = _offset_position(offset, grid, tables)
    row, column = offset_position.floor(), spread_position.floor()
    entries = (row * tables.spreads + column).int().view(-1, 1) + tables.shifts
    weights = powers((offset_position - row).view(-1), grid.points).t() @ tables.row_weights
    weights *= powers((spread_position - column).view(-1), grid.points).t() @ tables.column_weights
    value = F.embedding_bag(entries, table, per_sample_weights=weights, mode="sum").view(*offset.shape, -1)
    n = grid.nodes
    return value[..., :n], value[..., n : 2 * n], value[..., 2 * n] + offset


def _find_edge(mean: Tensor, spread_position: Tensor, grid: Grid, tables: Tables) -> Tensor:
    """Height `(example, 1)` at which the log-probability that no utility is greater is about `-EDGE`."""
    column = (spread_position + 0.5).int()
    low = (mean - tables.edge[column]).amax(dim=-1, keepdim=True)
    row = (_offset_position(mean - low, grid, tables) + 0.5).int()
    log_survival = F.embedding_bag(row * tables.spreads + column, tables.coarse, mode="sum")
    # Its logarithm falls almost linearly from node to node: find where it crosses.
    level = (-log_survival).clamp(min=1e-30).log() - math.log(EDGE)
    last = len(tables.coarse_nodes) - 2
    below = ((level > 0).sum(dim=-1, keepdim=True) - 1).clamp(0, last)
    left, right = level.gather(1, below), level.gather(1, below + 1)
    fraction = (left / (left - right).clamp(min=1e-6)).clamp(0, 1)
    start, end = tables.coarse_nodes[below], tables.coarse_nodes[below + 1]
    return low + start + fraction * (end - start)


def _offset_position(offset: Tensor, grid: Grid, tables: Tables) -> Tensor:
    scaled = offset * (1 / OFFSET_SCALE)
    size = scaled.abs()
    arcsinh = torch.copysign((size + (size * size + 1).sqrt()).log(), scaled)
    position = arcsinh * (OFFSET_SCALE / grid.offset_step) + tables.offset_origin
    margin = grid.points // 2
    return _within(position, margin - 1, tables.offsets - margin)


def _spread_position(spread: Tensor, grid: Grid, tables: Tables) -> Tensor:
    margin = grid.points // 2
    scaled = spread.abs() * (1 / grid.spread_scale)
    arcsinh = (scaled + (scaled * scaled + 1).sqrt()).log()
    position = arcsinh * (grid.spread_scale / grid.spread_step) + (margin - 1)
    return _within(position, margin - 1, tables.spreads - margin)


def _within(position: Tensor, low: int, high: int) -> Tensor:
    # A nan has an entry too: it comes out as nan by way of the offset, as it does from any other arithmetic.
    return position.nan_to_num(low).clamp(low, high - 0.001)
