"""Made-up labels and probabilities of any size, for figures of time and memory."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 50_000


def made_up_predictions(
    examples: int, classes: int
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Truth, out-of-sample probabilities and labels of which a tenth is wrong."""
    random = np.random.default_rng(0)
    truth = random.integers(0, classes, examples)
    probs = np.empty((examples, classes), dtype=np.float32)
    for start in range(0, examples, BLOCK):
        piece = random.standard_normal((min(BLOCK, examples - start), classes), dtype=np.float32)
        piece[np.arange(len(piece)), truth[start : start + BLOCK]] += 4
        np.exp(piece, out=piece)
        probs[start : start + BLOCK] = piece / piece.sum(axis=1, keepdims=True)
    wrong = random.random(examples) < 0.1
    return truth, probs, np.where(wrong, random.integers(0, classes, examples), truth)
