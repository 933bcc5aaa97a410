"""Tables of the one function that the quadrature of the expected softmax needs.

A utility is a Gaussian logit plus standard Gumbel noise. Its distribution function,

    F(x; spread) = E_eps[exp(-exp(-(x - spread * eps)))],

is a function of two numbers only: `x`, how far we are above the mean, and the spread. It has no closed form (it is the
Laplace transform of a log-normal), so it is tabulated once a process, in double precision, for all nodes of a
`Grid`, and interpolated from there.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from aleator.threads import one_thread

_DOUBLE = torch.float64


@dataclass(frozen=True)
class Grid:
    """Where the integral is evaluated and where the tables have entries. Lengths are in logits.

    All three axes are `scale * sinh(step * i / scale)`: evenly spaced near zero, spaced in proportion further away.
    """

    nodes: int
    """Nodes of the integral, counted from the lower edge of the distribution of the greatest utility."""
    node_step: float
    node_scale: float
    offset_step: float
    """For a class's mean, relative to that edge; the scale is 3."""
    spread_step: float
    spread_scale: float
    points: int
    """Interpolation points along each of the two axes of the table; even."""
    spread_high: float
    """Greatest spread of the table; beyond it, a class is taken to have this one."""


SINGLE = Grid(
    nodes=23,
    node_step=0.75,
    node_scale=4.5,
    offset_step=0.25,
    spread_step=0.08,
    spread_scale=1,
    points=4,
    spread_high=6,
)
"""For float32: relative error of the gradient under 1e-3."""
SINGLE_WIDE = replace(SINGLE, nodes=47, spread_high=128)
"""The same for rows with a spread beyond the reach of `SINGLE`."""
DOUBLE = Grid(
    nodes=72,
    node_step=0.4,
    node_scale=4.5,
    offset_step=0.15,
    spread_step=0.06,
    spread_scale=1,
    points=6,
    spread_high=128,
)
"""For float64: error of a probability under 1e-6."""

OFFSET_SCALE = 3.0
REFERENCE_NODE = 3.0
"""Tables are stored relative to the hazard at this height above the edge, where most of the mass of a row lies."""
EDGE = 24.0
"""Below the edge, the probability that no utility is greater is under exp(-EDGE): there the integral begins."""
COARSE_NODES = 20


class Tables(NamedTuple):
    """Entries `(offset * spread, ...)`; a column of hazard and curvature for each node. See `build_tables`."""

    weight: Tensor
    """`(node,)` trapezoidal weights of the integral."""
    forward: Tensor
    """`log F / hazard*`, `F' / F / hazard*` at each node, then `log hazard* - offset`."""
    backward: Tensor
    """`F' / F / hazard*`, `F'' / F / hazard*` at each node, then `log hazard* - offset`."""
    coarse: Tensor
    """`(offset * spread, coarse node)`: `log F`, to find the edge of a row."""
    coarse_nodes: Tensor
    edge: Tensor
    """`(spread,)`: how far below its mean a single utility's own edge is."""
    shifts: Tensor
    """`(points * points,)`: entries around the one below, and left of, the point looked for."""
    row_weights: Tensor
    """`(points, points * points)`: their weights are powers of the fraction of the offset times this matrix,"""
    column_weights: Tensor
    """and powers of the fraction of the spread times this one."""
    offset_origin: float
    """Index of offset zero; the index of spread zero is `points // 2 - 1`."""
    offsets: int
    spreads: int


class Distribution(NamedTuple):
    """The distribution function of a utility at some points, in a form that stays finite in both tails."""

    log_cdf: Tensor
    hazard: Tensor
    """`F' / F`."""
    curvature: Tensor
    """`F'' / F`."""


def distribution(x: Tensor, spread: float) -> Distribution:
    """Compute `F` and its derivatives by the trapezoidal rule, for float64 `x` `(point,)`, at most `40 + 10 spread`."""
    # A narrow Gaussian is averaged over; under a wide one, the Gumbel noise is.
    average = _over_gaussian if spread < 2.5 else _over_gumbel
    cdf, survival, density, slope = average(x[:, None], spread)
    log_cdf = torch.where(survival < 0.5, torch.log1p(-survival), cdf.log())
    return Distribution(log_cdf, density / cdf, slope / cdf)


def _over_gaussian(x: Tensor, spread: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    eps = torch.arange(-13, 13.01, 0.2, dtype=_DOUBLE)
    weight = torch.exp(-0.5 * eps**2)
    weight /= weight.sum()
    rate = torch.exp(spread * eps - x)
    kernel = torch.exp(-rate)
    density = (kernel * rate) @ weight
    return kernel @ weight, -torch.expm1(-rate) @ weight, density, (kernel * rate**2) @ weight - density


def _over_gumbel(x: Tensor, spread: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    noise = torch.arange(-4, 110, 0.5, dtype=_DOUBLE)
    weight = 0.5 * torch.exp(-noise - torch.exp(-noise))
    z = (x - noise) / spread
    normal = torch.exp(-0.5 * z**2) / (math.sqrt(2 * math.pi) * spread)
    cdf = torch.erfc(-math.sqrt(0.5) * z) @ weight / 2
    survival = torch.erfc(math.sqrt(0.5) * z) @ weight / 2
    return cdf, survival, normal @ weight, -(normal * z) @ weight / spread


def log_distribution(x: Tensor, spread: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return `log(-log F)`, `log(F' / F)` and `F'' / F'` at points of any shape, by interpolation of `distribution`.

    Where no integral looks, far to the left, they are held constant; far to the right they have an exponential tail.
    """
    low, high, points, order = -12 * spread - 6, 40 + 10 * spread, 240, 8
    step = (high - low) / (points - 1)
    exact = distribution(torch.linspace(low, high, points, dtype=_DOUBLE), spread)
    smooth = torch.stack([(-exact.log_cdf).log(), exact.hazard.log(), exact.curvature / exact.hazard])
    position = ((x - low) / step).clamp(order // 2 - 1, points - order // 2 - 1e-9)
    first = position.floor()
    weights = powers(position - first, order).movedim(0, -1) @ interpolation_matrix(order)
    value = torch.zeros(3, *x.shape, dtype=_DOUBLE)
    for i in range(order):
        value += weights[..., i] * smooth[:, first.long() + (i + 1 - order // 2)]
    tail = (x - (high - step * (order // 2 - 1))).clamp(min=0)
    return value[0] - tail, value[1] - tail, value[2]


def powers(fraction: Tensor, points: int) -> Tensor:
    """Powers 0 to `points - 1`, along a new first axis."""
    result = [torch.ones_like(fraction), fraction]
    while len(result) < points:
        result.append(result[-1] * fraction)
    return torch.stack(result)


def interpolation_matrix(points: int) -> Tensor:
    """Turn the powers of a fraction of the middle interval into Lagrange weights of `points` evenly spaced points."""
    shifts = torch.arange(1 - points // 2, points // 2 + 1, dtype=_DOUBLE)
    matrix: Tensor = torch.linalg.inv(shifts[:, None] ** torch.arange(points, dtype=_DOUBLE))
    return matrix


@lru_cache(maxsize=8)
@one_thread()
def build_tables(grid: Grid, dtype: torch.dtype, device: torch.device) -> Tables:
    """Tabulate `distribution` for every node, offset and spread of a grid; takes a fraction of a second."""
    steps = torch.arange(grid.nodes, dtype=_DOUBLE) * grid.node_step / grid.node_scale
    node = grid.node_scale * torch.sinh(steps)
    coarse_node = 5 * torch.sinh(0.33 * torch.arange(COARSE_NODES, dtype=_DOUBLE))

    # The function is even in the spread: entries at negative indices mirror the positive ones.
    margin = grid.points // 2
    spreads = math.ceil(spread_index(grid.spread_high, grid)) + 2 * margin
    index = torch.arange(spreads, dtype=_DOUBLE) - (margin - 1)
    spread = grid.spread_scale * torch.sinh(index.abs() * grid.spread_step / grid.spread_scale)

    step = grid.offset_step / OFFSET_SCALE
    reach = math.ceil(math.asinh(8 * grid.spread_high / OFFSET_SCALE) / step)
    origin = reach + margin
    offsets = origin + reach + margin
    offset = OFFSET_SCALE * torch.sinh((torch.arange(offsets, dtype=_DOUBLE) - origin) * step)

    height = torch.cat([node, coarse_node, torch.tensor([REFERENCE_NODE], dtype=_DOUBLE)])
    above = height - offset[:, None]
    columns = [log_distribution(above, value) for value in spread.tolist()]
    log_rate, log_hazard, ratio = (
        torch.stack(part, dim=1).reshape(offsets * spreads, -1) for part in zip(*columns, strict=True)
    )
    n = grid.nodes
    log_scale = log_hazard[:, -1:]
    log_cdf, hazard = -torch.exp(log_rate[:, :n] - log_scale), torch.exp(log_hazard[:, :n] - log_scale)
    excess = log_scale - offset.repeat_interleave(spreads)[:, None]
    # Rows of whole vector registers are read a third faster.
    padding = excess.new_zeros(len(excess), -(2 * n + 1) % 16)

    def ready(*parts: Tensor) -> Tensor:
        return torch.cat(parts, dim=-1).to(device, dtype).contiguous()

    matrix = interpolation_matrix(grid.points)
    shifts = torch.arange(1 - margin, margin + 1)

    return Tables(
        weight=ready(grid.node_step * torch.cosh(steps)),
        forward=ready(log_cdf, hazard, excess, padding),
        backward=ready(hazard, hazard * ratio[:, :n], excess, padding),
        coarse=ready(-log_rate[:, n:-1].exp()),
        coarse_nodes=ready(coarse_node),
        edge=ready(torch.tensor([_edge(value) for value in spread.tolist()])),
        shifts=(shifts[:, None] * spreads + shifts).flatten().int().to(device),
        row_weights=ready(matrix.repeat_interleave(grid.points, dim=1)),
        column_weights=ready(matrix.repeat(1, grid.points)),
        offset_origin=float(origin),
        offsets=offsets,
        spreads=spreads,
    )


def spread_index(spread: float, grid: Grid) -> float:
    """Fractional index of a spread, zero at zero."""
    return math.asinh(spread / grid.spread_scale) * grid.spread_scale / grid.spread_step


def _edge(spread: float) -> float:
    """How far below its mean the distribution function of a single utility reaches `exp(-EDGE)`."""
    x = torch.linspace(-8 * spread - 6, 0, 500, dtype=_DOUBLE)
    return -x[int((log_distribution(x, spread)[0] > math.log(EDGE)).sum())].item()
