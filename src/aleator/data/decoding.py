"""What pictures share that have to be decoded: files, or bytes of files."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from aleator.data.deep_pictures import has_planes_apart, is_deep, is_deep_colour, numbers_of, on_white, without_opacity
from aleator.data.picture_files import HEIF_MISSING, formats_of, heif_is_read, is_heif
from aleator.data.value_range import DARK, ValueRange, range_of_dark, value_range
from aleator.data.wording import listed

MOST_PIXELS = 80_000_000
HEADS, DEEP_SAMPLE, FRAMES_SAMPLE = 64, 2_048, 2_048
"""So many pictures say what numbers of more than 8 bits a data set holds, and whether its files hold several."""


class UnreadableImage(Exception):
    """A picture that cannot be decoded; the message says why."""


class EncodedPictures:
    """What pictures that have to be decoded share, wherever their bytes are."""

    def __len__(self) -> int:
        raise NotImplementedError

    def _open_file(self, row: int) -> Any:
        """What Pillow opens. May raise anything."""
        raise NotImplementedError

    def longer_side(self, row: int) -> int:
        """In pixels, read from the picture's head."""
        return max(self.head(row)[0])

    def head(self, row: int) -> tuple[tuple[int, int], str]:
        """Width and height as they are stored, and how, by Pillow's name. Raises UnreadableImage."""
        with self._open(row) as image:
            return image.size, image.format or "PNG"

    def load(self, row: int, draft: int | None = None) -> Image.Image:
        """Decode one picture; `draft` lets a JPEG be decoded at a lower resolution, not below that side."""
        with self._open(row) as image:
            if is_deep(image):
                return _scaled(self._numbers(row, image), self.values)
            if draft:
                image.draft(None, (draft, draft))
            shown = upright(image)
            used = self.values_used
            return _scaled(np.asarray(shown), used) if used is not None and used.of_8_bits else shown

    def several_in_a_file(self) -> str:
        """What is said of files that hold several pictures, of which the first is read; empty where there are none.
        Looks at up to FRAMES_SAMPLE files of the kinds that may."""
        rows = [row for row in range(len(self)) if self._may_hold_several(row)]
        some = np.unique(np.linspace(0, max(len(rows) - 1, 0), min(len(rows), FRAMES_SAMPLE)).astype(int)).tolist()
        found = [row for place in some if self._holds_several(row := rows[place])]
        if not found:
            return ""
        of = "" if len(some) == len(rows) else f" of {len(some):,} that were looked at"
        return (
            f"{len(found):,} files{of} hold several pictures (pages of a TIFF, frames of an animation), of which only "
            f"the first is read ({listed(map(self.describe, found), 3)}). Save them apart if the others count."
        )

    def _may_hold_several(self, row: int) -> bool:
        raise NotImplementedError

    def _holds_several(self, row: int) -> bool:
        try:
            with self._open(row) as image:
                return bool(getattr(image, "is_animated", False))
        except UnreadableImage:
            return False

    def describe(self, row: int) -> str:
        raise NotImplementedError

    def _numbers(self, row: int, image: Image.Image) -> NDArray[Any]:
        if not is_deep_colour(image):
            return numbers_of(image)
        with self._open(row) as again:
            return numbers_of(image, again)

    def scaled_by(self, values: ValueRange) -> Self:
        """The same pictures, those of more than 8 bits scaled as others were."""
        same = copy(self)
        same.__dict__["values"] = values
        return same

    def _scaled_as(self, others: "EncodedPictures") -> Self:
        return self if others.values_used is None else self.scaled_by(others.values_used)

    def scaling(self) -> ValueRange | None:
        """`values` where, by a few of its pictures, some hold more than 8 bits, or all are next to black."""
        few = np.unique(np.linspace(0, max(len(self) - 1, 0), HEADS).astype(int)).tolist()
        return self.values if any(map(self._is_deep, few)) or self._brightest_of_dark(few) else None

    def _brightest_of_dark(self, rows: list[int]) -> int:
        """The brightest number of pictures of 8 bits that hold nothing above the limit; else 0."""
        highest = 0
        for row in rows:
            numbers = self._numbers_of_8_bits(row)
            if numbers is None or (highest := max(highest, int(numbers.max()))) > DARK:
                return 0
        return highest

    def _numbers_of_8_bits(self, row: int) -> NDArray[Any] | None:
        try:
            with self._open(row) as image:
                return np.asarray(image) if image.mode in ("L", "RGB") else None
        except UnreadableImage:
            return None

    def _is_deep(self, row: int) -> bool:
        try:
            with self._open(int(row)) as image:
                return is_deep(image)
        except UnreadableImage:
            return False

    @property
    def values_used(self) -> ValueRange | None:
        """`values`, if a picture of more than 8 bits was loaded."""
        used: ValueRange | None = self.__dict__.get("values")
        return used

    @cached_property
    def values(self) -> ValueRange | None:
        """What the pictures of more than 8 bits hold, over the whole data set: one rule for all of them; that of all
        pictures where they are of 8 bits and next to black. None where there are neither."""
        rows = np.unique(np.linspace(0, max(len(self) - 1, 0), DEEP_SAMPLE).astype(int)).tolist()
        found = value_range(numbers for row in rows if (numbers := self._deep_numbers(row)) is not None)
        if found is None and (brightest := self._brightest_of_dark(rows)):
            return range_of_dark(brightest)
        return found

    def _deep_numbers(self, row: int) -> NDArray[Any] | None:
        try:
            with self._open(row) as image:
                return without_opacity(self._numbers(row, image)) if is_deep(image) else None
        except UnreadableImage:
            return None

    @contextmanager
    def _open(self, row: int) -> Iterator[Image.Image]:
        """The picture, not yet decoded. Whatever goes wrong until it is closed is an UnreadableImage."""
        try:
            with self._image(row) as image:
                if has_planes_apart(image):
                    raise UnreadableImage("is a TIFF of 16 bits whose colours lie apart; save it with them together")
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableImage(f"is larger than {MOST_PIXELS // 1_000_000} million pixels")
                yield image
        except UnreadableImage:
            raise
        except Image.DecompressionBombError as error:
            raise UnreadableImage(f"is larger than {MOST_PIXELS // 1_000_000} million pixels") from error
        except FileNotFoundError as error:
            raise UnreadableImage("is not there") from error
        except Exception as error:  # a broken file makes Pillow's decoders raise nearly anything
            raise UnreadableImage(f"cannot be decoded ({error or type(error).__name__})") from error

    def _image(self, row: int) -> Image.Image:
        file = self._open_file(row)
        try:
            return Image.open(file, formats=formats_of(file))
        except UnidentifiedImageError:
            if not is_heif(self._open_file(row)):
                raise
            if not heif_is_read():
                raise UnreadableImage(f"is {HEIF_MISSING}") from None
            return Image.open(self._open_file(row), formats=("HEIF",))


def _scaled(numbers: NDArray[Any], values: ValueRange | None) -> Image.Image:
    """The picture of numbers of more than 8 bits, by the data set's rule, or by what they themselves hold."""
    colours = without_opacity(numbers)
    values = values or value_range([colours])
    if values is None or not np.isfinite(colours).any():
        raise UnreadableImage("holds no number")
    return on_white(numbers, values.to_8_bits(numbers))


def upright(image: Image.Image) -> Image.Image:
    """The picture of 8 bits as a person sees it: turned by its EXIF tag, on white, grey (L) or colour (RGB)."""
    image = ImageOps.exif_transpose(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")
