"""Features as learners want them: standardised, along their principal axes, the leading ones first."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from aleator.rows import blocks, let_go

MOST_EXACT, MOST_KEPT = 4096, 1024
"""With more features, and more examples, the leading axes are found approximately (Halko et al. 2011)."""
MOST_IN_MEMORY = 1 << 26
"""Numbers, of four bytes."""
LET_GO_AFTER = 64
"""Blocks that are held in memory."""
LEAST_VARIANCE = 1e-6
"""Of an axis, relative to the largest."""


@dataclass(frozen=True)
class PrincipalAxes:
    """How features become vectors along principal axes; made by `fit_principal`."""

    mean: NDArray[np.float64]
    """Of each feature, `(feature,)`."""
    deviation: NDArray[np.float64]
    """Of each feature, infinite where it is constant."""
    axes: NDArray[np.float32]
    """`(feature, axis)`, that of the greatest variance first."""

    def standardised(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        return np.asarray((features - self.mean) / self.deviation, dtype=np.float32)

    def of(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Standardised features `(example, feature)`, turned to their principal axes, `(example, axis)`."""
        return np.asarray(self.standardised(features) @ self.axes)


def fit_principal(features: NDArray[np.floating[Any]], seed: int = 0) -> PrincipalAxes:
    """Principal axes of such features `(example, feature)`; up to `MOST_EXACT` of them are read block by block."""
    examples, count = features.shape
    pieces = blocks(examples, count)
    mean = sum(features[rows].sum(axis=0, dtype=np.float64) for rows in pieces) / examples
    let_go(features)
    squares = sum(((features[rows] - mean) ** 2).sum(axis=0) for rows in pieces)
    let_go(features)
    deviation = np.sqrt(squares / examples)
    only = PrincipalAxes(mean, np.where(deviation > 1e-9, deviation, np.inf), np.zeros((count, 0), np.float32))
    if examples < count and examples <= MOST_EXACT:  # as many axes as examples at most, found among these
        every = only.standardised(features)
        let_go(features)
        variance, among = np.linalg.eigh((every @ every.T).astype(np.float64) / examples)
        kept = _varied(variance)
        axes = every.T @ (among[:, kept] / np.sqrt(examples * variance[kept])).astype(np.float32)
        return replace(only, axes=np.ascontiguousarray(axes))
    if count > MOST_EXACT:
        wanted = min(MOST_KEPT, examples - 1)
        found = PCA(wanted, svd_solver="randomized", random_state=seed).fit(only.standardised(features))
        return replace(only, axes=np.ascontiguousarray(found.components_.T, dtype=np.float32))
    products = np.zeros((count, count))
    for rows in pieces:
        block = only.standardised(features[rows])
        products += block.T @ block
    let_go(features)
    variance, axes = np.linalg.eigh(products / examples)
    return replace(only, axes=np.ascontiguousarray(axes[:, _varied(variance)], dtype=np.float32))


def _varied(variance: NDArray[np.float64]) -> NDArray[np.int64]:
    """The places of axes along which there is variance, the greatest first; `variance` rises."""
    return np.flatnonzero(variance > LEAST_VARIANCE * max(variance.max(), 1e-30))[::-1]


def principal(features: NDArray[np.floating[Any]], seed: int = 0, *, path: Path | None = None) -> NDArray[np.float32]:
    """Standardised features `(example, feature)`, turned to their own principal axes, `(example, axis)`.

    Up to `MOST_EXACT` features they are read block by block, so that they may be mapped from disk; many are then
    written to a file at `path` and mapped from there.
    """
    axes = fit_principal(features, seed)
    result = _room((len(features), axes.axes.shape[1]), path)
    for number, rows in enumerate(blocks(*features.shape)):
        result[rows] = axes.of(features[rows])
        if number % LET_GO_AFTER == 0:
            let_go(features)
            let_go(result)
    return result


def whitened(axes: NDArray[np.float32], shrink: float = 0.1, *, path: Path | None = None) -> NDArray[np.float32]:
    """Principal axes `(example, axis)` with their variances nearly equal; `shrink` of the mean variance is added to
    each. Many are read block by block, and written to a file at `path` and mapped from there."""
    pieces = blocks(*axes.shape)
    mean = sum(axes[rows].sum(axis=0, dtype=np.float64) for rows in pieces) / len(axes)
    variance = sum(((axes[rows] - mean) ** 2).sum(axis=0) for rows in pieces) / len(axes)
    scale = (1 / np.sqrt(variance + shrink * np.mean(variance))).astype(np.float32)
    let_go(axes)
    result = _room(axes.shape, path)
    for rows in pieces:
        np.multiply(axes[rows], scale, out=result[rows])
        let_go(axes)
        let_go(result)
    return result


def _room(shape: tuple[int, ...], path: Path | None) -> NDArray[np.float32]:
    """An array to be filled; where it is large and there is a path, mapped from a new file."""
    if path is not None and math.prod(shape) > MOST_IN_MEMORY:
        return np.lib.format.open_memmap(path, "w+", np.float32, shape).view(np.ndarray)
    return np.empty(shape, np.float32)
