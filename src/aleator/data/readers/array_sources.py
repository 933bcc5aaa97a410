"""Examples of an array: vectors, or pictures, whose numbers may have to be scaled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.sources import ExampleSource, FeatureArray, ImageArray
from aleator.data.value_range import DARK, ValueRange, range_of_dark, value_range
from aleator.errors import DataError


def source_of_array(examples: NDArray[Any]) -> ExampleSource:
    """Two axes are feature vectors, three or four are pictures (other numbers than 0 to 255 are scaled)."""
    return source_and_range(examples)[0]


def source_and_range(examples: NDArray[Any]) -> tuple[ExampleSource, ValueRange | None]:
    """The same, and the numbers that became black and white, where pictures were scaled."""
    if not any(np.issubdtype(examples.dtype, kind) for kind in (np.integer, np.floating, np.bool_)):
        raise DataError(f"examples are {examples.dtype}; wanted are numbers.")
    if examples.ndim not in (2, 3, 4):
        raise DataError(
            f"examples have shape {examples.shape}; wanted are (example, feature), (example, height, width) or "
            "(example, height, width, channel)."
        )
    if examples.ndim == 2:
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite, which is refused by its row
            return FeatureArray(examples.astype(np.float32, copy=False)), None
    if examples.ndim == 4 and examples.shape[1] in (1, 3) and examples.shape[3] not in (1, 3, 4):
        examples = examples.transpose(0, 2, 3, 1)
    if not examples.size or (examples.dtype == np.uint8 and not 0 < examples.max() <= DARK):
        return ImageArray(examples.astype(np.uint8)), None
    if examples.dtype == np.bool_:
        return ImageArray(examples.astype(np.uint8) * 255), None
    if not np.issubdtype(examples.dtype, np.integer):
        empty = np.flatnonzero(~np.isfinite(examples).reshape(len(examples), -1).any(axis=1))
        if len(empty):
            raise DataError(f"the picture in row {empty[0]} has no value that is not NaN or infinite.")
    low, high = float(np.nanmin(examples)), float(np.nanmax(examples))
    if np.issubdtype(examples.dtype, np.integer) and low >= 0 and DARK < high <= 255:
        return ImageArray(examples.astype(np.uint8)), None
    if low >= 0 and 1 < high <= DARK and bool((examples == np.floor(examples)).all()):
        dark = range_of_dark(int(high))
        return ImageArray(dark.to_8_bits(examples)), dark
    values = value_range(iter(examples)) if low < high else None
    if values is None or (low >= 0 and high <= 255):
        if low < 0 or high > 255:
            raise DataError(f"pixels run from {low:g} to {high:g}; pictures differ somewhere.")
        values = ValueRange(0.0, 1.0 if high <= 1 else 255.0, f"the numbers run from {low:g} to {high:g}")
    return ImageArray(values.to_8_bits(examples)), values
