"""Pictures of more than 8 bits: which of their numbers is black and which is white, one rule for a whole data set."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHOLE_DEPTHS = (1, 8, 10, 12, 14, 16, 24, 32)
FRACTION_TOPS = (1.0, 255.0, 65535.0)
DARKEST, BRIGHTEST = 0.1, 99.9
"""Per cent: what lies beyond is a dead or a hot pixel."""
DARK, DARK_TOPS = 31, (1, 4, 16, 31)
"""Pictures of 8 bits that hold nothing above it are next to black: masks, classes, digits of 4 bits; the first of these
that is no less than their brightest number is their white."""
MOST_UNUSED = 0.5
"""A range is named after its depth where the numbers fill so much of it, else after what they are."""


@dataclass(frozen=True)
class ValueRange:
    """The numbers that are black and white."""

    black: float
    white: float
    reason: str
    of_8_bits: bool = False
    """It is for pictures of 8 bits as well, since all of them are next to black."""

    def to_8_bits(self, numbers: NDArray[Any]) -> NDArray[np.uint8]:
        """The numbers scaled to 0 to 255; what is not a number is black."""
        scaled = (np.asarray(numbers, dtype=np.float64) - self.black) / (self.white - self.black)
        scaled = np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0)
        return np.round(np.clip(scaled, 0, 1) * 255).astype(np.uint8)

    def sentence(self, what: str) -> str:
        which = "are next to black, and are" if self.of_8_bits else "that hold other numbers than 0 to 255 are"
        return (
            f"{what} {which} scaled by one rule: {self.black:,.6g} is black and "
            f"{self.white:,.6g} white, since {self.reason}."
        )


def range_of_dark(highest: int) -> ValueRange:
    """The range of pictures of 8 bits whose brightest number is at most DARK: one of a few, so that others like them
    have the same."""
    white = next(top for top in DARK_TOPS if highest <= top)
    return ValueRange(0.0, float(white), f"their brightest number is {highest} of 255", of_8_bits=True)


def value_range(pictures: "Iterable[NDArray[Any]]") -> ValueRange | None:
    """What pictures of numbers hold over all of them; None where there are none.

    The brightest number is that of the smallest usual depth (8, 10, 12, 14, 16 bits; 1 or 255 for fractions) if the
    numbers fill at least half of that range, else the brightest that occurs; a thousandth of each picture, or a pixel,
    is left out at both ends, and so is the most extreme picture of a hundred.
    """
    lows, highs, whole = [], [], True
    for numbers in pictures:
        finite = numbers[np.isfinite(numbers)] if np.issubdtype(numbers.dtype, np.floating) else numbers.ravel()
        if not finite.size:
            continue
        whole = whole and bool(np.issubdtype(numbers.dtype, np.integer) or (finite == np.floor(finite)).all())
        lows.append(float(np.percentile(finite, DARKEST, method="higher")))
        highs.append(float(np.percentile(finite, BRIGHTEST, method="lower")))
    if not lows:
        return None
    low, high = min(lows), max(highs)
    if len(lows) >= 100:
        low = float(np.percentile(lows, 1, method="higher"))
        high = float(np.percentile(highs, 99, method="lower"))
    if high <= low:
        low, high = min(lows), max(highs)
    seen = f"the numbers of {len(lows):,} pictures run from {low:,.6g} to {high:,.6g}"
    tops = [float((1 << depth) - 1) for depth in WHOLE_DEPTHS] if whole else list(FRACTION_TOPS)
    top = next((top for top in tops if high <= top), None)
    if low >= 0 and top is not None and (high - low >= MOST_UNUSED * top or high <= low):
        depth = f"{WHOLE_DEPTHS[tops.index(top)]} bit{'s' * (top > 1)}" if whole else f"0 to {top:g}"
        return ValueRange(0.0, top, f"{seen}, which is {depth}")
    if low >= 0 and low < (high - low) / 2:
        low = 0.0
    return ValueRange(low, high if high > low else low + 1, seen)
