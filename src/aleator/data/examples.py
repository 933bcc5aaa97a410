"""From a data set to one array that a network can be trained on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.images import choose_geometry, load_pixels
from aleator.data.sources import FeatureArray
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


def load_examples(
    dataset: LabelledDataset, max_side: int, *, cache: Path | None = None, progress: Progress = silent
) -> tuple[LabelledDataset, NDArray[np.generic], ExamplesShape]:
    """All examples as one array of the size that the network works on.

    Returns the data set without the examples that cannot be read (they are among its `skipped`), the array, and its
    shape.
    """
    if isinstance(dataset.source, FeatureArray):
        values = dataset.source.values
        return dataset, values, ExamplesShape(features=values.shape[1])
    geometry = choose_geometry(dataset.source, max_side=max_side)
    pixels, unreadable = load_pixels(dataset.source, geometry, cache=cache, progress=progress)
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
        said = geometry.values.sentence("Pictures")
        dataset = replace(dataset, how_read=dataset.how_read.with_said(said))
    return dataset, pixels, shape
