"""The numbers of pictures that hold more than 8 bits a channel. Of colours Pillow keeps the upper 8 bits of 16 only:
where a file holds 12 bits, these are next to nothing."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

NATIVE = ";16L" if sys.byteorder == "little" else ";16B"
OTHER_BYTE = {";16L": ";16B", ";16B": ";16L"}
"""Read in the other order, a number's lower byte stands where Pillow looks for the upper one."""


def is_deep(image: Image.Image) -> bool:
    """Whether a picture, opened and not yet decoded, holds more than 8 bits a channel."""
    return image.mode.startswith("I") or image.mode == "F" or is_deep_colour(image)


def is_deep_colour(image: Image.Image) -> bool:
    """Whether it holds 16 bits a channel of several channels; but for colours that were multiplied by their opacity."""
    return image.mode in ("RGB", "RGBA", "LA") and any(
        ";16" in raw and not raw.startswith("RGBa") for raw in _raw_modes(image)
    )


def has_planes_apart(image: Image.Image) -> bool:
    """Whether it is a TIFF of 16 bits whose channels lie one after another, which Pillow reads as 8 bits."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(258, (8,))
    return tags.get(284) == 2 and len(image.getbands()) > 1 and max(bits) > 8


def numbers_of(image: Image.Image, again: Image.Image | None = None) -> NDArray[Any]:
    """The picture's numbers, `(height, width)` or `(height, width, channel)`, turned by its EXIF tag.

    Both are opened and not yet decoded; `again`, the same file once more, is needed for colours only.
    """
    if not is_deep_colour(image):
        return np.asarray(ImageOps.exif_transpose(image))
    raw = _raw_modes(image)[0]
    if raw == "LA;16B":  # four bytes a pixel, as RGBA has
        _read_as(image, "RGBA")
        parts = np.asarray(ImageOps.exif_transpose(image)).astype(np.uint16)
        return parts[:, :, 0::2] * 256 + parts[:, :, 1::2]
    assert again is not None
    order = raw.removesuffix("N")[-4:] if not raw.endswith("N") else NATIVE
    _read_as(again, raw[: raw.index(";")] + OTHER_BYTE[order])
    upper, lower = (np.asarray(ImageOps.exif_transpose(one)).astype(np.uint16) for one in (image, again))
    return upper * 256 + lower


def on_white(numbers: NDArray[Any], scaled: NDArray[np.uint8]) -> Image.Image:
    """The picture of numbers that were scaled, its last channel being opacity where there are two or four."""
    if numbers.ndim == 3 and numbers.shape[2] in (2, 4):
        opacity = numbers[:, :, -1:] / 65535
        scaled = np.round(scaled[:, :, :-1] * opacity + 255 * (1 - opacity)).astype(np.uint8)
    return Image.fromarray(scaled[:, :, 0] if scaled.ndim == 3 and scaled.shape[2] == 1 else scaled)


def without_opacity(numbers: NDArray[Any]) -> NDArray[Any]:
    return numbers[:, :, :-1] if numbers.ndim == 3 and numbers.shape[2] in (2, 4) else numbers


def _raw_modes(image: Image.Image) -> list[str]:
    """How the picture's parts are written in its file, in Pillow's words."""
    arguments = [part[3] for part in getattr(image, "tile", ())]
    return [str(one[0] if isinstance(one, tuple) and one else one) for one in arguments]


def _read_as(image: Any, raw: str) -> None:
    image.tile = [
        part._replace(args=(raw, *part.args[1:]) if isinstance(part.args, tuple) else raw) for part in image.tile
    ]
