"""What evidence is computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EvidenceInputs:
    """The same inputs for every kind of evidence."""

    given_label: NDArray[np.int64]
    """`(example,)`, -1 no label."""
    log_probs: NDArray[np.float64]
    """Log of the mean predicted distribution over draws, `(example, class)`."""
    margin_history: NDArray[np.float32]
    """Log-odds margin of the given label while training, `(member and epoch, example)`, NaN where not seen."""
    embedding: NDArray[np.float32]
    """`(example, feature)`; no features where there is none."""
    neighbours: NDArray[np.int64]
    """Rows of the nearest examples that are not copies, nearest first, `(example, neighbour)`, -1 none."""
