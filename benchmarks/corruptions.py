"""Pictures spoilt on purpose, in three severities: what a model should be unsure about."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Pictures = NDArray[np.uint8]
"""`(example, channel, height, width)`."""
SEVERITIES = (1, 2, 3)


def noise(pictures: Pictures, severity: int, random: np.random.Generator) -> Pictures:
    """Normal noise with a deviation of 20, 50 or 90 grey levels."""
    return _grey(pictures + random.normal(size=pictures.shape) * (20, 50, 90)[severity - 1])


def blur(pictures: Pictures, severity: int, random: np.random.Generator) -> Pictures:
    """A normal blur with a deviation of 1/40, 1/20 or 1/10 of the side."""
    sigma = (1 / 40, 1 / 20, 1 / 10)[severity - 1] * pictures.shape[-1]
    return _grey(gaussian_filter(pictures.astype(np.float32), (0, 0, sigma, sigma)))


def pixelate(pictures: Pictures, severity: int, random: np.random.Generator) -> Pictures:
    """Squares of one grey, with a side of 1/16, 1/8 or 1/5 of the picture's."""
    side = max(2, pictures.shape[-1] // (16, 8, 5)[severity - 1])
    rows, columns = (np.arange(size) // side for size in pictures.shape[-2:])
    result = pictures.astype(np.float32)
    for row in range(rows[-1] + 1):
        for column in range(columns[-1] + 1):
            cell = (..., slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
            result[cell] = result[cell].mean((-2, -1), keepdims=True)
    return _grey(result)


def occlusion(pictures: Pictures, severity: int, random: np.random.Generator) -> Pictures:
    """A grey square somewhere, with a side of .3, .5 or .7 of the picture's."""
    height, width = pictures.shape[-2:]
    result = pictures.copy()
    side = round((0.3, 0.5, 0.7)[severity - 1] * min(height, width))
    tops = random.integers(0, height - side + 1, len(pictures))
    lefts = random.integers(0, width - side + 1, len(pictures))
    for picture, top, left in zip(result, tops, lefts, strict=True):
        picture[:, top : top + side, left : left + side] = 128
    return result


CORRUPTIONS: dict[str, Callable[[Pictures, int, np.random.Generator], Pictures]] = {
    "noise": noise,
    "blur": blur,
    "pixelate": pixelate,
    "occlusion": occlusion,
}


def _grey(values: NDArray[np.floating]) -> Pictures:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
