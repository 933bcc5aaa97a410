"""Examples that have no name but the number of their row."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class NumberedRows:
    """What sources share whose examples are called by their rows."""

    numbers: NDArray[np.int64] | None = field(default=None, kw_only=True)
    """Of the rows in the data that were read, where some of these were left out; messages name them."""

    def describe(self, row: int) -> str:
        return f"row {row if self.numbers is None else self.numbers[row]}"

    def numbers_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """What these rows are numbered in the data that were read."""
        return rows if self.numbers is None else self.numbers[rows]
