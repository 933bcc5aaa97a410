"""Evidence about the given label: one file per kind, each maps the same inputs to one column.

Every score is high where it supports the given label ("up is good") and NaN where there is no given label.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aleator.evidence.clusters import cluster_agreement, dense_cluster_agreement
from aleator.evidence.confidence import margin, self_confidence
from aleator.evidence.dynamics import area_under_margin, small_loss
from aleator.evidence.inputs import EvidenceInputs
from aleator.evidence.neighbours import neighbour_agreement

EVIDENCE: dict[str, Callable[[EvidenceInputs], NDArray[np.float64]]] = {
    "self_confidence": self_confidence,
    "margin": margin,
    "area_under_margin": area_under_margin,
    "small_loss": small_loss,
    "neighbour_agreement": neighbour_agreement,
    "cluster_agreement": cluster_agreement,
    "dense_cluster_agreement": dense_cluster_agreement,
}

__all__ = ["EVIDENCE", "EvidenceInputs"]
