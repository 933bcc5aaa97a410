"""Two thresholds against one: how many ambiguous faces are kept, at the same rejection of corrupted pictures."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from aleator.training.decision import Opinion

REJECTED = (0.5, 0.7, 0.9)
"""Shares of the corrupted pictures that either way rejects; the last one is the headline."""
AMBIGUOUS = 0.75
"""Quantile of the vote entropy from which on a face counts as ambiguous."""
Pixels = NDArray[np.uint8]


def _noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    return np.clip(pixels + random.normal(0, 60, pixels.shape), 0, 255).astype(np.uint8)


def _blur(pixels: Pixels, random: np.random.Generator) -> Pixels:
    return _each(pixels, lambda image: image.filter(ImageFilter.GaussianBlur(3)))


def _pixelate(pixels: Pixels, random: np.random.Generator) -> Pixels:
    return _each(pixels, lambda image: image.resize((9, 9), Image.Resampling.BOX).resize(image.size))


def _occlude(pixels: Pixels, random: np.random.Generator) -> Pixels:
    hidden, side = pixels.copy(), pixels.shape[-1] // 2
    for picture, (row, column) in zip(hidden, random.integers(0, side + 1, (len(pixels), 2)), strict=True):
        picture[:, row : row + side, column : column + side] = random.integers(0, 256)
    return hidden


def _turn(pixels: Pixels, random: np.random.Generator) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


CORRUPTIONS: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "noise of 60 grey levels": _noise,
    "blur over 3 pixels": _blur,
    "9x9 pixels": _pixelate,
    "a quarter hidden": _occlude,
    "upside down": _turn,
}


def corrupted(pixels: Pixels, seed: int) -> dict[str, Pixels]:
    """Each corruption of pictures `(example, channel, height, width)`."""
    return {name: corrupt(pixels, np.random.default_rng(seed)) for name, corrupt in CORRUPTIONS.items()}


def routing_factor(clean: Opinion, broken: Opinion, vote_entropy: NDArray[np.float64]) -> dict[str, float]:
    """Ambiguous faces kept by refusing on unfamiliarity alone, against refusing on the total uncertainty.

    Both thresholds are set so that the same share of the corrupted pictures is refused.
    """
    ambiguous = vote_entropy >= np.quantile(vote_entropy, AMBIGUOUS)

    def kept(name: str, rejected: float) -> float:
        threshold = np.quantile(getattr(broken, name), 1 - rejected)
        return float((getattr(clean, name)[ambiguous] <= threshold).mean())

    found: dict[str, float] = {}
    for rejected in REJECTED:
        two, one = kept("unfamiliarity", rejected), kept("total", rejected)
        found |= {f"kept_by_two_at_{rejected}": two, f"kept_by_one_at_{rejected}": one, "factor": two / max(one, 1e-9)}
    return found


def _each(pixels: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    return np.stack([np.asarray(change(Image.fromarray(picture[0])))[None] for picture in pixels])
