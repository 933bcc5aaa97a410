"""Examples that belong together: copies of a picture, pictures of a person. Training and testing never part them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def numbered(group: NDArray[np.str_]) -> NDArray[np.int64]:
    """Names of groups as numbers, `(example,)`; without a name an example stands alone, -1."""
    return np.where(group == "", -1, np.unique(group, return_inverse=True)[1])


def units(total: int, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """What has to stay together, as a number for each example.

    Each of `groups` numbers the groups of one kind, `(example,)`, -1 stands alone; examples that share any are one
    unit.
    """
    left, right = [np.arange(total)], [np.arange(total)]
    for group in groups:
        member = np.flatnonzero(group >= 0)
        _, first, of = np.unique(group[member], return_index=True, return_inverse=True)
        left.append(member)
        right.append(member[first[of]])
    pairs = np.concatenate(left), np.concatenate(right)
    _, unit = connected_components(coo_array((np.ones(len(pairs[0])), pairs), shape=(total, total)), directed=False)
    return np.asarray(unit, dtype=np.int64)
