"""Two thresholds against one: how many ambiguous faces are kept, at the same rejection of corrupted pictures."""

import numpy as np
from numpy.typing import NDArray

from aleator.training.abstention import EnsemblePrediction
from benchmarks.corruptions import CORRUPTIONS, SEVERITIES

REJECTED = (0.5, 0.7, 0.9)
"""Shares of the corrupted pictures that either way rejects; the last one is the headline."""
AMBIGUOUS = 0.75
"""Quantile of the vote entropy from which on a face counts as ambiguous."""
Pixels = NDArray[np.uint8]


def corrupted(pixels: Pixels, seed: int) -> dict[str, Pixels]:
    """Pictures `(example, channel, height, width)` spoilt in each way, as badly as it goes, and turned upside down."""
    spoilt = {
        name: corrupt(pixels, SEVERITIES[-1], np.random.default_rng(seed)) for name, corrupt in CORRUPTIONS.items()
    }
    return {**spoilt, "upside down": np.ascontiguousarray(pixels[:, :, ::-1])}


def routing_factor(
    clean: EnsemblePrediction, broken: EnsemblePrediction, vote_entropy: NDArray[np.float64]
) -> dict[str, float]:
    """Ambiguous faces kept by refusing on unfamiliarity alone, against refusing on the total uncertainty.

    Both thresholds are set so that the same share of the corrupted pictures is refused.
    """
    ambiguous = vote_entropy >= np.quantile(vote_entropy, AMBIGUOUS)

    def kept(name: str, rejected: float) -> float:
        threshold = np.quantile(getattr(broken, name), 1 - rejected)
        return float((getattr(clean, name)[ambiguous] <= threshold).mean())

    found: dict[str, float] = {}
    for rejected in REJECTED:
        two, one = kept("unfamiliarity", rejected), kept("total", rejected)
        found |= {f"kept_by_two_at_{rejected}": two, f"kept_by_one_at_{rejected}": one, "factor": two / max(one, 1e-9)}
    return found
