"""Examples that belong together: copies of a picture, pictures of a person. Training and testing never part them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def numbered(group: NDArray[np.str_]) -> NDArray[np.int64]:
    """Names of groups as numbers, `(example,)`; without a name an example stands alone, -1."""
    return np.where(group == "", -1, np.unique(group, return_inverse=True)[1])


def connected(total: int, links: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each of `total` things, the same for those that `links` `(2, link)` join, however far."""
    ends = (np.ones(links.shape[1], dtype=np.int8), (links[0], links[1]))
    return np.asarray(connected_components(coo_array(ends, shape=(total, total)), directed=False)[1], dtype=np.int64)


def units(total: int, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """What has to stay together, as a number for each example.

    Each of `groups` numbers the groups of one kind, `(example,)`, -1 stands alone; examples that share any are one
    unit.
    """
    links = [np.empty((2, 0), dtype=np.int64)]
    for group in groups:
        member = np.flatnonzero(group >= 0)
        _, first, of = np.unique(group[member], return_index=True, return_inverse=True)
        links.append(np.stack([member, member[first[of]]]))
    return connected(total, np.concatenate(links, axis=1))
