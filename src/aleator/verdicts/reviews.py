"""What reviewers answered, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reviews:
    """What reviewers answered, one row a standing decision (latest of each reviewer for an example)."""

    row: NDArray[np.int64]
    """`(decision,)`: the example's row in the audit."""
    answer: NDArray[np.float64]
    """`(decision, class)`: shares summing to one, of one class or equal ones of several ("ambiguous between these");
    all zero means "not usable"."""
    reviewer: NDArray[np.int64]
    """`(decision,)`: index into `reviewer_names`."""
    reviewer_names: tuple[str, ...]
