"""Where each example lies on a plane on which those that look alike are near each other."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from aleator.audits import AuditFolder
from aleator.files import read_array, write_array
from aleator.rows import at_random

FILE = "map.npy"
LANDMARKS = 2000
"""Examples that t-SNE places; the others come to lie between their nearest of these. More take minutes."""
FEATURES, PERPLEXITY, STEPS, NEAREST = 30, 30, 500, 5


def positions(audit: AuditFolder) -> NDArray[np.float32]:
    """`(example, 2)`, from 0 to 1, in the order of the audit's arrays: computed once and kept beside the embeddings."""
    embedding, file = audit.folder / "embeddings.npy", audit.folder / FILE
    if file.exists() and file.stat().st_mtime >= embedding.stat().st_mtime:
        with suppress(ValueError, EOFError):  # a damaged file is computed again
            kept = read_array(file)
            if kept.shape == (len(audit.embeddings), 2) and np.isfinite(kept).all():
                return np.asarray(kept)
    placed = place(audit.embeddings)
    with suppress(OSError):  # a folder that cannot be written into: computed again at the next start
        write_array(file, placed)
    return placed


def place(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """t-SNE (van der Maaten & Hinton 2008) of at most `LANDMARKS` examples after PCA, the others between."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from sklearn.neighbors import KNeighborsRegressor

    count = len(embedding)
    if count < 10:
        return np.random.default_rng(0).random((count, 2), dtype=np.float32)
    landmarks = at_random(np.arange(count), LANDMARKS, 0)
    reduce = PCA(min(FEATURES, embedding.shape[1], len(landmarks)), random_state=0)
    reduced = reduce.fit_transform(embedding[landmarks].astype(np.float32))
    perplexity = min(PERPLEXITY, (len(landmarks) - 1) / 3)
    placed = TSNE(
        perplexity=perplexity, max_iter=STEPS, init="random" if reduced.shape[1] < 2 else "pca", random_state=0
    )
    plane = np.asarray(placed.fit_transform(reduced), dtype=np.float32)
    if len(landmarks) < count:
        between = KNeighborsRegressor(NEAREST, weights="distance").fit(reduced, plane)
        whole = np.empty((count, 2), dtype=np.float32)
        for start in range(0, count, 10_000):
            part = slice(start, start + 10_000)
            whole[part] = between.predict(reduce.transform(embedding[part].astype(np.float32)))
        plane = whole
    low, high = plane.min(axis=0), plane.max(axis=0)
    return np.asarray((plane - low) / np.maximum(high - low, 1e-9), dtype=np.float32)


def within(plane: NDArray[np.float32], corners: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which positions `(example, 2)` lie inside a polygon, by the even-odd rule."""
    inside = np.zeros(len(plane), dtype=bool)
    x, y = plane[:, 0], plane[:, 1]
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside
