"""The leading directions of an embedding: what the correction of the networks' opinion may depend on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_FEATURES = 50
MOST_CELLS = 16_000_000
"""Features kept times examples: what a laptop holds in memory without noticing."""
SAMPLE = 50_000
BLOCK = 65_536


def leading_features(embedding: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Principal components `(example, feature)` of an embedding `(example, ...)`: centred, of unit variance.

    The directions come from a sample; the embedding is read block by block, so that it may be mapped from disk.
    """
    examples = len(embedding)
    if not embedding.shape[1]:
        return np.empty((examples, 0), dtype=np.float32)
    sample = np.asarray(embedding[:: max(1, examples // SAMPLE)], dtype=np.float64)
    centre = sample.mean(axis=0)
    variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(sample - centre, rowvar=False)))
    largest = np.argsort(-variance)[: min(MOST_FEATURES, max(1, MOST_CELLS // examples))]
    largest = largest[variance[largest] > 1e-9 * max(variance.max(), 1e-30)]
    projection = (directions[:, largest] / np.sqrt(variance[largest])).astype(np.float32)
    result = np.empty((examples, len(largest)), dtype=np.float32)
    for start in range(0, examples, BLOCK):
        block = np.asarray(embedding[start : start + BLOCK], dtype=np.float32)
        result[start : start + BLOCK] = (block - centre.astype(np.float32)) @ projection
    return result
