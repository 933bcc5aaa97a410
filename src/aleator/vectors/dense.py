"""Features as learners want them: standardised, along their principal axes, the leading ones first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

MOST_EXACT, MOST_KEPT = 4096, 1024
"""With more features the leading axes are found approximately (Halko et al. 2011)."""
LEAST_VARIANCE = 1e-6
"""Of an axis, relative to the largest."""


def principal(features: NDArray[np.floating[Any]], seed: int = 0) -> NDArray[np.float32]:
    """Standardised features `(example, feature)`, turned to their principal axes, `(example, axis)`."""
    values = np.asarray(features, dtype=np.float32)
    deviation = values.std(axis=0, dtype=np.float64)
    values = (values - values.mean(axis=0, dtype=np.float64)) / np.where(deviation > 1e-9, deviation, np.inf)
    examples, count = values.shape
    if count <= MOST_EXACT:
        variance, axes = np.linalg.eigh(values.T @ values / examples)
        kept = np.flatnonzero(variance > LEAST_VARIANCE * max(variance.max(), 1e-30))[::-1]
        return np.asarray(values @ axes[:, kept], dtype=np.float32)
    wanted = min(MOST_KEPT, examples - 1)
    found = PCA(wanted, svd_solver="randomized", random_state=seed).fit_transform(values.astype(np.float32))
    return np.asarray(found, dtype=np.float32)


def whitened(axes: NDArray[np.float32], shrink: float = 0.1) -> NDArray[np.float32]:
    """Principal axes with their variances nearly equal; `shrink` of the mean variance is added to each."""
    variance = axes.var(axis=0)
    return np.asarray(axes / np.sqrt(variance + shrink * variance.mean()), dtype=np.float32)
