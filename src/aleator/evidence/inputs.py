"""What evidence is computed from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.rows import blocks


@dataclass(frozen=True)
class EvidenceInputs:
    """The same inputs for every kind of evidence."""

    given_label: NDArray[np.int64]
    """`(example,)`, -1 no label."""
    log_probs: NDArray[np.floating[Any]]
    """Log of the mean predicted distribution over draws, `(example, class)`."""
    margin_history: NDArray[np.float32]
    """Log-odds margin of the given label while training, `(member and epoch, example)`, NaN where not seen."""
    embedding: NDArray[np.float32]
    """`(example, feature)`; no features where there is none."""
    neighbours: NDArray[np.int64]
    """Rows of the nearest examples that are not copies, nearest first, `(example, neighbour)`, -1 none."""


def normalised(log_probs: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Logs of distributions, `(example, class)`, of logs that need not add up to one."""
    examples, classes = log_probs.shape
    result = np.empty((examples, classes), dtype=np.float32)
    for rows in blocks(examples, classes):
        result[rows] = log_softmax(log_probs[rows].astype(np.float64), axis=1)
    return result
