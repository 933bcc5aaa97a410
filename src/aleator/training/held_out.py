"""The held-out part: examples that no network is trained on, from which thresholds and temperature are set."""

import numpy as np
from numpy.typing import NDArray

from aleator.data.groups import units
from aleator.errors import DataError

FEWEST_HELD_OUT = 2
"""Examples of a class that each side needs."""


def hold_out(
    labels: NDArray[np.int64],
    share: float,
    *,
    groups: list[NDArray[np.int64]],
    class_names: tuple[str, ...],
    seed: int,
) -> NDArray[np.bool_]:
    """Which examples are held out, `(example,)`: about `share` of each label, and of each group all or none.

    `labels` is -1 where there is none: such an example is held out only with its group. Each of `groups` numbers the
    groups of one kind, `(example,)`, -1 stands alone; examples that share any are one unit. Raises DataError naming the
    class of which either side would have too few.
    """
    unit = units(len(labels), groups)
    random = np.random.default_rng(seed)
    classes = len(class_names)
    count = np.zeros((int(unit.max()) + 1, classes), dtype=np.int64)
    labelled = labels >= 0
    np.add.at(count, (unit[labelled], labels[labelled]), 1)
    total = count.sum(axis=0)
    wanted = np.where(total > 0, np.maximum(FEWEST_HELD_OUT, np.round(share * total)), 0).astype(np.int64)
    chosen, taken = np.zeros(len(count), dtype=bool), np.zeros(classes, dtype=np.int64)
    # The rarest class first: its examples are the hardest to place.
    for label in np.argsort(total, kind="stable"):
        for number in random.permutation(np.flatnonzero((count[:, label] > 0) & ~chosen)):
            if taken[label] >= wanted[label]:
                break
            if (taken + count[number] <= np.maximum(total - FEWEST_HELD_OUT, 0))[count[number] > 0].all():
                chosen[number] = True
                taken += count[number]
    lacking = np.flatnonzero((total > 0) & ((taken < FEWEST_HELD_OUT) | (total - taken < FEWEST_HELD_OUT)))
    if len(lacking):
        label = lacking[0]
        apart = np.count_nonzero(count[:, label])
        raise DataError(
            f"The class {class_names[label]!r} has {total[label]} labelled example(s), {apart} where copies and groups "
            f"count as one; some are trained on, others held out, and {FEWEST_HELD_OUT} are needed for each. "
            "Add examples, or merge the class."
        )
    return np.asarray(chosen[unit])
