"""Which examples are in one fold: copies, and what the data call a group."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import Duplicates
from aleator.data.groups import numbered, units
from aleator.errors import DataError

LARGEST = 0.25
"""A unit with a larger share of the examples would leave too little to learn from where it is left out."""


def kept_together(dataset: LabelledDataset, duplicates: Duplicates) -> tuple[LabelledDataset, NDArray[np.int64]]:
    """The unit of each example, `(example,)`, -1 where it stands alone; and the data set, which says where its groups
    are too large to be kept together.

    Raises DataError where all examples are copies of one.
    """
    copies = duplicates.group[dataset.given_labels >= 0]
    if (copies >= 0).all() and len(np.unique(copies)) == 1:
        raise DataError(
            f"All {len(copies):,} examples with a label are copies of one another, or nearly: none is left to judge "
            "them by. Are these the right files or columns?"
        )
    if dataset.group is None:
        return dataset, duplicates.group
    unit = units(len(dataset), [duplicates.group, numbered(dataset.group)])
    size = np.bincount(unit)
    if size.max() > LARGEST * len(dataset):
        said = (
            f"The largest group holds {size.max():,} of {len(dataset):,} examples: groups this large cannot be kept "
            "together, and examples are judged by models that may have seen others of their group."
        )
        return replace(dataset, how_read=dataset.how_read.with_said(said)), duplicates.group
    return dataset, np.where(size[unit] > 1, unit, -1)
