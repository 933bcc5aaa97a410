"""Many small pictures as few: sheets of tiles, as many as a page has room for."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.data.images import Geometry, choose_geometry, load_pixels
from aleator.data.sources import ExampleSource, ImageSource
from aleator.errors import DataError

SMALLEST_SIDE, LARGEST_SIDE = 48, 128
"""Of a tile, in pixels: as large as the median picture within these, so that a photograph can be judged by it."""
ACROSS = 5
"""Tiles in a row of a sheet, and rows of a sheet."""
SHEETS_AT_ONCE = 32
QUALITY = 55


@dataclass(frozen=True)
class Sheets:
    """Pictures of some examples."""

    rows: tuple[int, ...]
    """The examples, in the order of their tiles."""
    data: tuple[str, ...]
    """WebP pictures in base64, each of `ACROSS` by `ACROSS` tiles, from left to right."""


def sheets(source: ExampleSource | None, order: NDArray[np.int64], room: int) -> Sheets:
    """Sheets of the first examples in `order`, as many as fit into `room` bytes of text; none of what is no picture."""
    rows: list[int] = []
    data: list[str] = []
    for part, sheet in _made(source, order):
        room -= len(sheet)
        if room < 0:
            break
        rows += part
        data.append(sheet)
    return Sheets(tuple(rows), tuple(data))


def _made(source: ExampleSource | None, order: NDArray[np.int64]) -> Iterator[tuple[list[int], str]]:
    if not isinstance(source, ImageSource):
        return
    try:
        chosen = choose_geometry(source, LARGEST_SIDE)
    except DataError:  # none can be read
        return
    side = max(SMALLEST_SIDE, chosen.height)
    geometry = Geometry(side, side, chosen.channels, "tiles", chosen.values)
    on_sheet = ACROSS * ACROSS
    for start in range(0, len(order), SHEETS_AT_ONCE * on_sheet):
        rows = order[start : start + SHEETS_AT_ONCE * on_sheet]
        pixels, _ = load_pixels(source.take(rows), geometry, most_unreadable=1.0)
        for first in range(0, len(rows), on_sheet):
            tiles = pixels[first : first + on_sheet].transpose(0, 2, 3, 1)
            yield rows[first : first + on_sheet].tolist(), _sheet(tiles)


def _sheet(tiles: NDArray[np.uint8]) -> str:
    side = tiles.shape[1]
    canvas = np.zeros((ACROSS * side, ACROSS * side, tiles.shape[3]), dtype=np.uint8)
    for number, tile in enumerate(tiles):
        y, x = side * (number // ACROSS), side * (number % ACROSS)
        canvas[y : y + side, x : x + side] = tile
    picture = Image.fromarray(canvas[:, :, 0] if canvas.shape[2] == 1 else canvas).convert("RGB")
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4)
    return base64.b64encode(file.getvalue()).decode()
