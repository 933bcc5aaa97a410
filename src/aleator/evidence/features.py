"""The leading directions of an embedding: what the correction of the networks' opinion may depend on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_FEATURES = 50
MOST_CELLS = 16_000_000
"""Features kept times examples: what a laptop holds in memory without noticing."""
SAMPLE = 50_000
WIDE, WIDE_SAMPLE = 1024, 20_000_000
"""From so many features on the leading directions are found approximately (Halko et al. 2011), on a sample of so many
cells: all directions of 3,840 take 8 seconds of the processor, however few the examples."""
BLOCK = 65_536


def leading_features(embedding: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Principal components `(example, feature)` of an embedding `(example, ...)`: centred, of unit variance.

    The directions come from a sample; the embedding is read block by block, so that it may be mapped from disk.
    """
    examples, features = embedding.shape
    if not features:
        return np.empty((examples, 0), dtype=np.float32)
    rows = SAMPLE if features <= WIDE else min(SAMPLE, WIDE_SAMPLE // features)
    sample = np.asarray(embedding[:: max(1, examples // rows)], dtype=np.float64)
    centre = sample.mean(axis=0)
    variance, directions = _principal(sample - centre)
    largest = np.argsort(-variance)[: min(MOST_FEATURES, max(1, MOST_CELLS // examples))]
    largest = largest[variance[largest] > 1e-9 * max(variance.max(), 1e-30)]
    projection = (directions[:, largest] / np.sqrt(variance[largest])).astype(np.float32)
    result = np.empty((examples, len(largest)), dtype=np.float32)
    for start in range(0, examples, BLOCK):
        block = np.asarray(embedding[start : start + BLOCK], dtype=np.float32)
        result[start : start + BLOCK] = (block - centre.astype(np.float32)) @ projection
    return result


def _principal(centred: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances `(direction,)` and directions `(feature, direction)` of examples `(example, feature)`, at least the
    leading ones."""
    if centred.shape[1] <= WIDE or len(centred) < 2:
        variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(centred, rowvar=False)))
        return variance, directions
    from sklearn.utils.extmath import randomized_svd

    _, size, axes = randomized_svd(centred, min(MOST_FEATURES, len(centred) - 1), random_state=0)
    return np.square(size) / (len(centred) - 1), axes.T
