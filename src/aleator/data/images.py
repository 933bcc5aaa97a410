"""Pictures of any size and colour as one uint8 array of the size that a network works on."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.data.decoding import UnreadableImage
from aleator.data.sources import ExampleSource, ImageArray, ImageSource
from aleator.data.value_range import ValueRange
from aleator.errors import DataError
from aleator.progress import Progress, silent

SAMPLE = 256
SMALLEST_SIDE = 16
MOST_UNREADABLE = 0.1
CHUNK = 512
PNG_SIDE = 128
"""Up to this size a picture is sent as it is, without loss."""


@dataclass(frozen=True)
class Geometry:
    """The size and the number of channels (1 grey, 3 colour) that pictures are brought to, and why."""

    height: int
    width: int
    channels: int
    reason: str
    values: ValueRange | None = None
    """How pictures of more than 8 bits are scaled; None where there are none, or as they themselves say."""


def choose_geometry(source: ImageSource, max_side: int = 64) -> Geometry:
    """A square as large as the median picture's longer side, at most `max_side`; grey if all seen are grey.

    Looks at up to 256 pictures, evenly spread.
    """
    rows = np.unique(np.linspace(0, len(source) - 1, SAMPLE).astype(int))
    sides, colour = [], False
    for row in rows:
        try:
            image = source.load(int(row), 2 * max_side)
            sides.append(source.longer_side(int(row)))
        except UnreadableImage:
            continue
        colour = colour or _has_colour(image)
    if not sides:
        raise DataError(f"None of the {len(rows)} pictures that were tried can be read; first: {source.describe(0)}.")
    median = float(np.median(sides))
    side = int(np.clip(round(median / 8) * 8, SMALLEST_SIDE, max_side))
    kind = "colour" if colour else "grey"
    return Geometry(
        side,
        side,
        3 if colour else 1,
        f"median longer side of {len(sides)} pictures is {median:g} pixels; {kind}",
        None if isinstance(source, ImageArray) else source.values_used,
    )


def load_pixels(
    source: ImageSource,
    geometry: Geometry,
    *,
    bring: Callable[[Image.Image], NDArray[np.uint8]] | None = None,
    side: int | None = None,
    cache: Path | None = None,
    workers: int | None = None,
    memory_limit: int = 2 << 30,
    most_unreadable: float = MOST_UNREADABLE,
    progress: Progress = silent,
) -> tuple[NDArray[np.uint8], list[tuple[int, str]]]:
    """All pictures as `(example, channel, height, width)`, and the rows that cannot be read with the reason.

    Each picture is brought to the geometry by `fit`, or by `bring`, which looks at `side` pixels of its longer side.
    Each picture is decoded once, in threads. What does not fit into `memory_limit` bytes goes to a file at
    `cache`, mapped into memory. Unreadable pictures are left black. A larger share of them than `most_unreadable` is a
    DataError: paths are wrong, or it is not the data set that is meant.
    """
    if geometry.values is not None and not isinstance(source, ImageArray):
        source = source.scaled_by(geometry.values)
    shape = (len(source), geometry.channels, geometry.height, geometry.width)
    own_size = (shape[0], *shape[2:])
    if bring is None and isinstance(source, ImageArray) and source.pixels.shape == own_size and shape[1] == 1:
        return source.pixels[:, None], []
    pixels: NDArray[np.uint8]
    if cache is not None and int(np.prod(shape, dtype=np.int64)) > memory_limit:
        pixels = np.lib.format.open_memmap(cache, mode="w+", dtype=np.uint8, shape=shape)
    else:
        pixels = np.zeros(shape, dtype=np.uint8)

    looked_at = side or max(geometry.height, geometry.width)

    def load(row: int) -> tuple[int, str] | None:
        try:
            picture = source.load(row, 2 * looked_at)
            pixels[row] = fit(picture, geometry) if bring is None else bring(picture)
        except UnreadableImage as error:
            return row, str(error)
        return None

    unreadable = []
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for start in range(0, len(source), CHUNK):
            rows = range(start, min(start + CHUNK, len(source)))
            unreadable += [failure for failure in pool.map(load, rows) if failure is not None]
            progress("reading pictures", rows[-1] + 1, len(source))
    check_readable(source, unreadable, most_unreadable)
    return pixels, unreadable


def check_readable(
    source: ExampleSource, unreadable: list[tuple[int, str]], most_unreadable: float = MOST_UNREADABLE
) -> None:
    """Raise DataError where a larger share than that cannot be read: rows, and the reason of each."""
    if len(unreadable) > most_unreadable * len(source):
        first = "; ".join(f"{source.describe(row)} {reason}" for row, reason in unreadable[:3])
        raise DataError(
            f"{len(unreadable)} of {len(source)} pictures cannot be read, more than {most_unreadable:.0%}: {first}. "
            "Check the paths and the files."
        )


def fit(image: Image.Image, geometry: Geometry) -> NDArray[np.uint8]:
    """One picture as `(channel, height, width)`: scaled to fit, its aspect kept, the rest filled by its edge."""
    image = image.convert("L" if geometry.channels == 1 else "RGB")
    if image.size != (geometry.width, geometry.height):
        scale = min(geometry.width / image.width, geometry.height / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    pixels = np.asarray(image)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if pixels.shape[1:] == (geometry.height, geometry.width):
        return pixels
    missing = geometry.height - pixels.shape[1], geometry.width - pixels.shape[2]
    around = [(0, 0), *((gap // 2, gap - gap // 2) for gap in missing)]
    return np.pad(pixels, around, mode="edge")


def thumbnail(source: ImageSource, row: int, side: int) -> bytes:
    """A PNG of at most `side` pixels a side; small pictures keep their size."""
    image = source.load(row, 2 * side)
    image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def picture_file(source: ImageSource, row: int, side: int) -> tuple[bytes, str]:
    """A picture of at most `side` pixels a side, decoded and written anew, and its media type: small ones as PNG, which
    loses nothing, others as JPEG. Raises UnreadableImage."""
    image = source.load(row, 2 * side)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    if max(image.size) <= PNG_SIDE:
        image.save(file, "PNG")
        return file.getvalue(), "image/png"
    image.save(file, "JPEG", quality=92)
    return file.getvalue(), "image/jpeg"


def _has_colour(image: Image.Image) -> bool:
    if image.mode == "L":
        return False
    small = np.asarray(image.resize((32, 32))).astype(int)
    return bool(np.abs(small - small.mean(axis=2, keepdims=True)).max() > 8)
