"""Features as learners want them: standardised, along their principal axes, the leading ones first."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from aleator.rows import blocks, let_go

MOST_EXACT, MOST_KEPT = 4096, 1024
"""With more features the leading axes are found approximately (Halko et al. 2011)."""
MOST_IN_MEMORY = 1 << 26
"""Numbers, of four bytes."""
LET_GO_AFTER = 64
"""Blocks that are held in memory."""
LEAST_VARIANCE = 1e-6
"""Of an axis, relative to the largest."""


def principal(features: NDArray[np.floating[Any]], seed: int = 0, *, path: Path | None = None) -> NDArray[np.float32]:
    """Standardised features `(example, feature)`, turned to their principal axes, `(example, axis)`.

    Up to `MOST_EXACT` features they are read block by block, so that they may be mapped from disk; many are then
    written to a file at `path` and mapped from there.
    """
    examples, count = features.shape
    pieces = blocks(examples, count)
    centre = sum(features[rows].sum(axis=0, dtype=np.float64) for rows in pieces) / examples
    let_go(features)
    squares = sum(((features[rows] - centre) ** 2).sum(axis=0) for rows in pieces)
    let_go(features)
    deviation = np.sqrt(squares / examples)
    scale = np.where(deviation > 1e-9, deviation, np.inf)

    def standardised(rows: slice) -> NDArray[np.float32]:
        return np.asarray((features[rows] - centre) / scale, dtype=np.float32)

    if count > MOST_EXACT:
        wanted = min(MOST_KEPT, examples - 1)
        found = PCA(wanted, svd_solver="randomized", random_state=seed).fit_transform(standardised(slice(None)))
        return np.asarray(found, dtype=np.float32)
    products = np.zeros((count, count))
    for rows in pieces:
        block = standardised(rows)
        products += block.T @ block
    let_go(features)
    variance, axes = np.linalg.eigh(products / examples)
    kept = np.flatnonzero(variance > LEAST_VARIANCE * max(variance.max(), 1e-30))[::-1]
    turn = axes[:, kept].astype(np.float32)
    result: NDArray[np.float32]
    if path is not None and examples * len(kept) > MOST_IN_MEMORY:
        result = np.lib.format.open_memmap(path, "w+", np.float32, (examples, len(kept))).view(np.ndarray)
    else:
        result = np.empty((examples, len(kept)), np.float32)
    for number, rows in enumerate(pieces):
        result[rows] = standardised(rows) @ turn
        if number % LET_GO_AFTER == 0:
            let_go(features)
            let_go(result)
    return result


def whitened(axes: NDArray[np.float32], shrink: float = 0.1) -> NDArray[np.float32]:
    """Principal axes with their variances nearly equal; `shrink` of the mean variance is added to each."""
    variance = axes.var(axis=0)
    return np.asarray(axes / np.sqrt(variance + shrink * variance.mean()), dtype=np.float32)
