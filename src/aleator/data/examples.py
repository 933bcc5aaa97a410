"""From a data set to one array that a network can be trained on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.images import choose_geometry, load_pixels
from aleator.data.sources import FeatureArray, TableRows, TextArray
from aleator.data.value_range import ValueRange
from aleator.progress import Progress, silent


@dataclass(frozen=True)
class ExamplesShape:
    """What the examples were brought to: pictures of one size, or feature vectors of one length."""

    features: int | None = None
    height: int | None = None
    width: int | None = None
    channels: int | None = None
    geometry_reason: str | None = None
    values: ValueRange | None = None
    """How pictures of more than 8 bits were scaled; None where there were none."""


Examples = NDArray[np.generic] | TextArray | TableRows
"""Pictures `(example, channel, height, width)` of one size, feature vectors `(example, feature)`, texts, or rows."""


def load_examples(
    dataset: LabelledDataset,
    max_side: int,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
) -> tuple[LabelledDataset, Examples, ExamplesShape]:
    """All examples in the form that is worked on: pictures and vectors as one array, texts and rows as they are.

    Returns the data set without the examples that cannot be read (they are among its `skipped`), the examples, and
    their shape.
    """
    source = dataset.source
    if isinstance(source, FeatureArray):
        return dataset, source.values, ExamplesShape(features=source.values.shape[1])
    if isinstance(source, TextArray):
        return dataset, source, ExamplesShape()
    if isinstance(source, TableRows):
        return dataset, source, ExamplesShape(features=source.table.num_columns)
    geometry = choose_geometry(source, max_side=max_side)
    pixels, unreadable = load_pixels(source, geometry, cache=cache, progress=progress)
    if unreadable:
        bad = dict(unreadable)
        skipped = tuple(
            Skipped(str(dataset.ids[row]), dataset.source.describe(row), reason) for row, reason in bad.items()
        )
        keep = np.array([row for row in range(len(dataset)) if row not in bad])
        dataset = replace(dataset.take(keep), skipped=dataset.skipped + skipped)
        pixels = pixels[keep]
    shape = ExamplesShape(
        height=geometry.height,
        width=geometry.width,
        channels=geometry.channels,
        geometry_reason=geometry.reason,
        values=geometry.values,
    )
    if geometry.values is not None:
        dataset = dataset.saying(geometry.values.sentence("Pictures"))
    return dataset, pixels, shape
