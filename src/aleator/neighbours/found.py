"""What a search for neighbours finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FARTHEST = 2.0
"""The largest cosine distance: of opposite directions, and of examples that have no neighbour."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest examples of each, nearest first."""

    rows: NDArray[np.int64]
    """`(example, neighbour)`, -1 where there are fewer."""
    distance: NDArray[np.float32]
    """Cosine distance to each, from 0 (same direction) to 2, `(example, neighbour)`; NaN where there is none."""

    def first(self, count: int) -> "Neighbours":
        """So many of each at most."""
        return Neighbours(self.rows[:, :count], self.distance[:, :count])

    @property
    def farthest(self) -> NDArray[np.float64]:
        """Distance to the last that was found, `(example,)`; `FARTHEST` where there is none."""
        if not self.distance.shape[1]:
            return np.full(len(self.rows), FARTHEST)
        last = np.fmax.reduce(self.distance, axis=1).astype(np.float64)
        return np.where(np.isnan(last), FARTHEST, last)
