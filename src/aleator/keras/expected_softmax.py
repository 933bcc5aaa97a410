"""The expected softmax in `keras.ops`: the integral of `aleator.uncertainty.quadrature`, by its tables.

Nothing here depends on the data, so that any backend can compile it: all rows use the grid that reaches spreads of 128
logits, where PyTorch takes a smaller one for narrow rows. The gradient is the same integral, in
closed form.
"""

import math
from functools import lru_cache
from typing import Any

import torch
from keras import ops

from aleator.uncertainty.utility_tables import EDGE, OFFSET_SCALE, SINGLE_WIDE, Tables, build_tables

GRID = SINGLE_WIDE


@lru_cache(maxsize=1)
def _tables() -> Tables:
    return build_tables(GRID, torch.float32, torch.device("cpu"))


def _constant(name: str) -> Any:
    """One of the tables, as a tensor of the backend."""
    return ops.convert_to_tensor(getattr(_tables(), name).numpy())


def log_expected_softmax(mean: Any, spread: Any) -> Any:
    """Log of `E[softmax(z)]`, `(..., class)` float32, for independent `z = mean + spread * e`, both `(..., class)`.

    Where the spread is 0 for all classes, it is `log_softmax(mean)`. An example takes some 6 kB of memory for each
    class while it is computed. The gradient can be taken once.
    """
    return _integral(ops.cast(mean, "float32"), ops.cast(spread, "float32"))


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _integral(mean: Any, spread: Any) -> Any:
    position = _spread_position(spread)
    edge = _edge(mean, position)
    log_cdf, hazard, log_scale = _look_up("forward", mean - edge, position)
    mass = _constant("weight") * ops.exp(ops.sum(ops.exp(log_scale)[..., None] * log_cdf, axis=-2))
    raw = log_scale + ops.log(ops.sum(mass[..., None, :] * hazard, axis=-1))
    certain = ops.all(ops.equal(spread, 0), axis=-1, keepdims=True)
    log_probs = ops.where(certain, ops.log_softmax(mean, axis=-1), ops.log_softmax(raw, axis=-1))

    def gradient(*arguments: Any, upstream: Any = None) -> tuple[Any, Any]:
        (wanted,) = arguments if upstream is None else (upstream,)
        hazard, curvature, log_scale = _look_up("backward", mean - edge, position)
        wanted = wanted - ops.softmax(raw, axis=-1) * ops.sum(wanted, axis=-1, keepdims=True)
        # Gradients with respect to probabilities can overflow; times the scale of the table they do not.
        scale, scaled = ops.exp(log_scale), wanted * ops.exp(log_scale - raw)
        all_hazards = ops.sum(scale[..., None] * hazard, axis=-2) * mass
        all_wanted = ops.sum(scaled[..., None] * hazard, axis=-2) * mass

        def integrate(factor: Any) -> Any:
            return scaled * ops.sum(all_hazards[..., None, :] * factor, axis=-1) - scale * ops.sum(
                all_wanted[..., None, :] * factor, axis=-1
            )

        return integrate(hazard), -spread * integrate(curvature)

    return log_probs, gradient


def _look_up(table: str, offset: Any, spread_position: Any) -> tuple[Any, Any, Any]:
    """Two functions at all nodes, `(..., class, node)`, and the log of their scale, `(..., class)`, interpolated."""
    tables, nodes = _tables(), GRID.nodes
    offset_position = _offset_position(offset)
    row, column = ops.floor(offset_position), ops.floor(spread_position)
    entry = ops.cast(row, "int32") * tables.spreads + ops.cast(column, "int32")
    weights = ops.matmul(_powers(offset_position - row), _constant("row_weights"))
    weights = weights * ops.matmul(_powers(spread_position - column), _constant("column_weights"))
    found = ops.take(_constant(table), entry[..., None] + _constant("shifts"), axis=0)
    value = ops.sum(weights[..., None] * found, axis=-2)
    return value[..., :nodes], value[..., nodes : 2 * nodes], value[..., 2 * nodes] + offset


def _edge(mean: Any, spread_position: Any) -> Any:
    """Height `(..., 1)` at which the log-probability that no utility is greater is about `-EDGE`."""
    tables, nodes = _tables(), _constant("coarse_nodes")
    column = ops.cast(spread_position + 0.5, "int32")
    low = ops.max(mean - ops.take(_constant("edge"), column), axis=-1, keepdims=True)
    row = ops.cast(_offset_position(mean - low) + 0.5, "int32")
    entries = ops.take(_constant("coarse"), row * tables.spreads + column, axis=0)
    level = ops.log(ops.maximum(-ops.sum(entries, axis=-2), 1e-30)) - math.log(EDGE)
    below = ops.sum(ops.cast(level > 0, "int32"), axis=-1, keepdims=True) - 1
    below = ops.clip(below, 0, level.shape[-1] - 2)
    left, right = ops.take_along_axis(level, below, axis=-1), ops.take_along_axis(level, below + 1, axis=-1)
    fraction = ops.clip(left / ops.maximum(left - right, 1e-6), 0, 1)
    start, end = ops.take(nodes, below), ops.take(nodes, below + 1)
    return low + start + fraction * (end - start)


def _offset_position(offset: Any) -> Any:
    margin, tables = GRID.points // 2, _tables()
    position = ops.arcsinh(offset / OFFSET_SCALE) * (OFFSET_SCALE / GRID.offset_step) + tables.offset_origin
    return _within(position, margin - 1, tables.offsets - margin)


def _spread_position(spread: Any) -> Any:
    margin = GRID.points // 2
    position = ops.arcsinh(spread / GRID.spread_scale) * (GRID.spread_scale / GRID.spread_step) + (margin - 1)
    return _within(position, margin - 1, _tables().spreads - margin)


def _within(position: Any, low: int, high: int) -> Any:
    return ops.clip(ops.nan_to_num(position, nan=float(low)), low, high - 0.001)


def _powers(fraction: Any) -> Any:
    """Powers 0 to 3, along a new last axis."""
    powers = [ops.ones_like(fraction), fraction]
    while len(powers) < GRID.points:
        powers.append(powers[-1] * fraction)
    return ops.stack(powers, axis=-1)
