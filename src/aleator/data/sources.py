"""Where the examples themselves come from: arrays in memory, or picture files that are decoded when needed."""

import hashlib
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from aleator.data.deep_pictures import (
    has_planes_apart,
    is_deep,
    is_deep_colour,
    numbers_of,
    on_white,
    without_opacity,
)
from aleator.data.picture_files import HEIF_MISSING, bare_suffix, formats_of, heif_is_read, is_heif
from aleator.data.texts import BLOCK, Texts
from aleator.data.value_range import DARK, ValueRange, range_of_dark, value_range
from aleator.data.wording import listed
from aleator.errors import DataError
from aleator.rows import not_finite

MOST_PIXELS = 80_000_000
HEADS, DEEP_SAMPLE, FRAMES_SAMPLE = 64, 2_048, 2_048
"""So many pictures say what numbers of more than 8 bits a data set holds, and whether its files hold several."""
SEVERAL_SUFFIXES = frozenset((".tif", ".tiff", ".gif", ".webp", ".apng", ".avif"))
SEVERAL_HEADS = frozenset((b"II*\0", b"MM\0*", b"GIF8", b"RIFF"))
"""By ending, and by the first bytes: which files may hold several pictures."""


class UnreadableImage(Exception):
    """A picture that cannot be decoded; the message says why."""


def _taken(numbers: NDArray[np.int64] | None, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """What rows that are taken are numbered in the data that were read."""
    return rows if numbers is None else numbers[rows]


def _row(numbers: NDArray[np.int64] | None, row: int) -> str:
    return f"row {row if numbers is None else numbers[row]}"


@dataclass(frozen=True)
class ImageArray:
    """Pictures in one uint8 array, `(example, height, width)` or `(example, height, width, channel)`."""

    pixels: NDArray[np.uint8]
    numbers: NDArray[np.int64] | None = None
    """Of the rows in the data that were read, where some of these were left out; messages name them."""
    kind: ClassVar[Literal["images"]] = "images"

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        colours_fit = len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))
        if self.pixels.dtype != np.uint8 or not colours_fit or 0 in shape[1:]:
            raise DataError(
                f"Pictures have shape {shape} and type {self.pixels.dtype}; wanted are uint8 arrays "
                "(example, height, width) or (example, height, width, 1, 3 or 4 channels)."
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: NDArray[np.int64]) -> "ImageArray":
        return ImageArray(self.pixels[rows], _taken(self.numbers, rows))

    def describe(self, row: int) -> str:
        return _row(self.numbers, row)

    def identity(self) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(self.pixels).data).digest()

    def longer_side(self, row: int) -> int:
        return int(max(self.pixels.shape[1:3]))

    def head(self, row: int) -> tuple[tuple[int, int], str]:
        """Width and height, and how the picture is stored, by Pillow's name."""
        return (int(self.pixels.shape[2]), int(self.pixels.shape[1])), "PNG"

    def load(self, row: int, draft: int | None = None) -> Image.Image:
        """One picture, upright."""
        pixels = self.pixels[row]
        return upright(Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels))


class _Encoded:
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

    def _scaled_as(self, others: "_Encoded") -> Self:
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


@dataclass(frozen=True)
class ImageFiles(_Encoded):
    """Picture files below one folder. Raises DataError naming the first that lies, or links, outside of it."""

    root: Path
    paths: Sequence[str]
    """Relative to `root`, with forward slashes; kept as `Texts`."""
    kind: ClassVar[Literal["images"]] = "images"

    def __post_init__(self) -> None:
        check_names(self.root, self.paths)
        object.__setattr__(self, "paths", Texts(self.paths))
        row = first_outside(self.root, self.paths)
        if row is not None:
            raise DataError(
                f"Row {row}: {self.paths[row]!r} lies outside of {self.root} or links there; only files below the "
                "folder are read. Copy them into it, or name the folder that holds them all."
            )

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: NDArray[np.int64]) -> "ImageFiles":
        return ImageFiles(self.root, Texts(self.paths).take(rows))._scaled_as(self)

    def describe(self, row: int) -> str:
        return self.paths[row]

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for path in self.paths:
            try:
                entry = os.stat(os.path.join(self.root, path))
                size = entry.st_size if stat.S_ISREG(entry.st_mode) else -1
            except OSError:
                size = -1
            digest.update(f"{path}\0{size}\0".encode())
        return digest.digest()

    def _may_hold_several(self, row: int) -> bool:
        return bare_suffix(self.paths[row]) in SEVERAL_SUFFIXES

    def _open_file(self, row: int) -> Path:
        return self.root / self.paths[row]


@dataclass(frozen=True)
class ImageBytes(_Encoded):
    """Pictures as the bytes of their files, `(example,)`, as tables and other libraries hold them."""

    content: "pa.LargeBinaryArray"
    names: Sequence[str] = ()
    """Of the files, for people; empty where they have none."""
    numbers: NDArray[np.int64] | None = None
    """Of the rows in the data that were read, where some of these were left out; messages name them."""
    kind: ClassVar[Literal["images"]] = "images"

    def __len__(self) -> int:
        return len(self.content)

    def take(self, rows: NDArray[np.int64]) -> "ImageBytes":
        names = [self.names[row] for row in rows] if self.names else ()
        return ImageBytes(self.content.take(pa.array(rows)), names, _taken(self.numbers, rows))._scaled_as(self)

    def describe(self, row: int) -> str:
        return self.names[row] if self.names else _row(self.numbers, row)

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for content in self.content:
            data = content.as_buffer()
            digest.update(b"\0" if data is None else hashlib.sha256(data).digest())
        return digest.digest()

    def encoded(self, row: int) -> bytes:
        """The picture's file. Raises UnreadableImage where there is none."""
        content = self.content[row].as_py()
        if not content:
            raise UnreadableImage("holds no bytes")
        return bytes(content)

    def _may_hold_several(self, row: int) -> bool:
        content = self.content[row]
        return content.is_valid and bytes(content.as_buffer()[:4]) in SEVERAL_HEADS

    def _open_file(self, row: int) -> io.BytesIO:
        return io.BytesIO(self.encoded(row))


@dataclass(frozen=True)
class FeatureArray:
    """Feature vectors, `(example, feature)` float32."""

    values: NDArray[np.float32]
    numbers: NDArray[np.int64] | None = None
    """Of the rows in the data that were read, where some of these were left out; messages name them."""
    kind: ClassVar[Literal["features"]] = "features"

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] == 0:
            raise DataError(f"Features have shape {self.values.shape}; wanted is (example, feature).")
        bad = not_finite(self.values)
        if len(bad):
            raise DataError(
                f"The features of row {bad[0]} are not all finite (NaN or infinite), {len(bad)} row(s) in all; "
                "fill the gaps in or leave these rows out."
            )

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> "FeatureArray":
        return FeatureArray(self.values[rows], _taken(self.numbers, rows))

    def describe(self, row: int) -> str:
        return _row(self.numbers, row)

    def identity(self) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(self.values).data).digest()


def check_names(root: Path, names: Sequence[str]) -> None:
    """Raise DataError naming the first file or folder whose name is not UTF-8: no table could hold it."""
    if isinstance(names, Texts):
        return
    for name in names:
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            raise DataError(f"{name!r} in {root} has a name that is not UTF-8; rename it.")


ImageSource = ImageArray | ImageFiles | ImageBytes


@dataclass(frozen=True)
class TextArray:
    """Texts, one an example."""

    texts: Sequence[str]
    """Kept as `Texts`."""
    numbers: NDArray[np.int64] | None = None
    """Of the rows in the data that were read, where some of these were left out; messages name them."""
    kind: ClassVar[Literal["texts"]] = "texts"

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", Texts(self.texts))

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> "TextArray":
        return TextArray(Texts(self.texts).take(rows), _taken(self.numbers, rows))

    def describe(self, row: int) -> str:
        return _row(self.numbers, row)

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for text in self.texts:
            digest.update(f"{len(text)}\0{text}".encode())
        return digest.digest()

    def load(self, row: int) -> str:
        return self.texts[row]


@dataclass(frozen=True)
class TableRows:
    """Rows of a table whose columns are features: numbers, categories, dates, with gaps."""

    table: pa.Table
    numbers: NDArray[np.int64] | None = None
    """Of the rows in the data that were read, where some of these were left out; messages name them."""
    kind: ClassVar[Literal["table"]] = "table"

    def __post_init__(self) -> None:
        if not self.table.num_columns:
            raise DataError("The table has no column of features.")

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def take(self, rows: NDArray[np.int64]) -> "TableRows":
        return TableRows(self.table.take(pa.array(rows)), _taken(self.numbers, rows))

    def describe(self, row: int) -> str:
        return _row(self.numbers, row)

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for name in self.table.column_names:
            digest.update(f"{name}\0{self.table.schema.field(name).type}\0".encode())
            for batch in self.table.select([name]).to_batches(max_chunksize=BLOCK):
                digest.update(repr(batch.column(0).to_pylist()).encode(errors="surrogatepass"))
        return digest.digest()

    def cells(self, row: int) -> dict[str, str]:
        """The cells of a row as text, by column; gaps are empty."""
        cells = self.table.slice(row, 1).to_pylist()[0]
        return {name: "" if value is None else str(value) for name, value in cells.items()}


ExampleSource = ImageSource | FeatureArray | TextArray | TableRows
"""Examples by row: `len`, `take(rows)`, `describe(row)` (a path, or the row) and `identity()`, which changes when
the examples change."""


def inside(root: Path, path: Path) -> bool:
    """Whether the path, links followed, lies below the root."""
    return path.resolve().is_relative_to(root.resolve())


def first_outside(root: Path, paths: Sequence[str]) -> int | None:
    """The first of `rows_outside`."""
    return next(rows_outside(root, paths), None)


def rows_outside(root: Path, paths: Sequence[str]) -> Iterator[int]:
    """The rows of paths (relative to `root`) that, links followed, do not lie below the root.

    Folders are resolved once each, so that this costs one look at each file's own entry.
    """
    top = os.path.realpath(root)
    folder_is_inside: dict[str, bool] = {}
    for row, path in enumerate(paths):
        folder, name = os.path.split(os.path.join(top, path))
        if folder not in folder_is_inside:
            real = os.path.realpath(folder.replace("\0", ""))
            folder_is_inside[folder] = real == top or real.startswith(os.path.join(top, ""))
        if (
            not folder_is_inside[folder]
            or name in ("", ".", "..")
            or "\0" in path
            or (os.path.islink(os.path.join(folder, name)) and not inside(root, root / path))
        ):
            yield row


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
