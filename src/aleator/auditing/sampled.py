"""Which reviewed examples are a simple random sample of all.

What people review in an order of ours are the most suspicious labels, and these say little of the rest. So the review
page draws one example in ten at random, always the next of one fixed order. The first examples of that order, as far
as they are reviewed, are then a simple random sample of all labels, whoever reviewed the others in whatever order, and
nothing but the log is needed to know them. What is left is counted with their help (`left.py`).
"""

import numpy as np
from numpy.typing import NDArray

from aleator.rows import random_order

GAP = 0.02
"""Share of the sample that may be missing: what was skipped, and what somebody looks at just now."""


def drawing_order(given: NDArray[np.integer]) -> NDArray[np.int64]:
    """All examples with a given label, in the order in which they are drawn at random; `given` is -1 without one."""
    order = random_order(len(given))
    return order[given[order] >= 0]


def drawn_and_reviewed(order: NDArray[np.int64], reviewed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The sample: the first of the drawing order, as far as (nearly) all of them are reviewed."""
    order = order[: int(np.count_nonzero(reviewed) / (1 - GAP)) + 1]  # no sample is longer
    done = reviewed[order]
    missing = np.cumsum(~done)
    enough = np.flatnonzero(done & (missing <= GAP * np.arange(1, len(order) + 1)))
    return order[: enough[-1] + 1][done[: enough[-1] + 1]] if len(enough) else order[:0]
