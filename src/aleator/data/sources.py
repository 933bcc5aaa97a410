"""Where the examples themselves come from: arrays in memory, or picture files that are decoded when needed."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from aleator.data.texts import Texts
from aleator.errors import DataError

MOST_PIXELS = 80_000_000
PICTURE_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "AVIF", "JPEG2000", "TIFF", "PPM")
"""What Pillow may take a file for, whatever it is called: of the others one (EPS) starts Ghostscript."""


class UnreadableImage(Exception):
    """A picture that cannot be decoded; the message says why."""


@dataclass(frozen=True)
class ImageArray:
    """Pictures in one uint8 array, `(example, height, width)` or `(example, height, width, channel)`."""

    pixels: NDArray[np.uint8]
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
        return ImageArray(self.pixels[rows])

    def describe(self, row: int) -> str:
        return f"row {row}"

    def identity(self) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(self.pixels).data).digest()

    def longer_side(self, row: int) -> int:
        return int(max(self.pixels.shape[1:3]))

    def load(self, row: int) -> Image.Image:
        pixels = self.pixels[row]
        return upright(Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels))


@dataclass(frozen=True)
class ImageFiles:
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
        return ImageFiles(self.root, Texts(self.paths).take(rows))

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

    def longer_side(self, row: int) -> int:
        """In pixels, read from the file's head."""
        with self._open(row) as image:
            return max(image.size)

    def load(self, row: int, draft: int | None = None) -> Image.Image:
        """Decode one picture; `draft` lets a JPEG be decoded at a lower resolution, not below that side."""
        with self._open(row) as image:
            if draft:
                image.draft(None, (draft, draft))
            return upright(image)

    @contextmanager
    def _open(self, row: int) -> Iterator[Image.Image]:
        """The picture, not yet decoded. Whatever goes wrong until it is closed is an UnreadableImage."""
        try:
            with Image.open(self.root / self.paths[row], formats=PICTURE_FORMATS) as image:
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


@dataclass(frozen=True)
class FeatureArray:
    """Feature vectors, `(example, feature)` float32."""

    values: NDArray[np.float32]
    kind: ClassVar[Literal["features"]] = "features"

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] == 0:
            raise DataError(f"Features have shape {self.values.shape}; wanted is (example, feature).")
        bad = np.flatnonzero(~np.isfinite(self.values).all(axis=1))
        if len(bad):
            raise DataError(
                f"The features of row {bad[0]} are not all finite (NaN or infinite), {len(bad)} row(s) in all; "
                "fill the gaps in or leave these rows out."
            )

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> "FeatureArray":
        return FeatureArray(self.values[rows])

    def describe(self, row: int) -> str:
        return f"row {row}"

    def identity(self) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(self.values).data).digest()


def check_names(root: Path, names: Sequence[str]) -> None:
    """Raise DataError naming the first file or folder whose name is not UTF-8: no table could hold it."""
    if isinstance(names, Texts):
        return
    for name in names:
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            raise DataError(f"{name!r} in {root} has a name that is not UTF-8; rename it.")


ImageSource = ImageArray | ImageFiles
ExampleSource = ImageSource | FeatureArray
"""Examples by row: `len`, `take(rows)`, `describe(row)` (a path, or the row) and `identity()`, which changes when
the examples change."""


def inside(root: Path, path: Path) -> bool:
    """Whether the path, links followed, lies below the root."""
    return path.resolve().is_relative_to(root.resolve())


def first_outside(root: Path, paths: Sequence[str]) -> int | None:
    """The row of the first path (relative to `root`) that, links followed, does not lie below the root.

    Folders are resolved once each, so that this costs one look at each file's own entry.
    """
    top = os.path.realpath(root)
    folder_is_inside: dict[str, bool] = {}
    for row, path in enumerate(paths):
        folder, name = os.path.split(os.path.join(top, path))
        if folder not in folder_is_inside:
            real = os.path.realpath(folder.replace("\0", ""))
            folder_is_inside[folder] = real == top or real.startswith(os.path.join(top, ""))
        if not folder_is_inside[folder] or name in ("", ".", "..") or "\0" in path:
            return row
        if os.path.islink(os.path.join(folder, name)) and not inside(root, root / path):
            return row
    return None


def upright(image: Image.Image) -> Image.Image:
    """The picture as a person sees it: turned by its EXIF tag, on white, 8 bits, grey (L) or colour (RGB)."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if image.mode.startswith("I") else max(float(values.max()), 1e-12)
        return Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8))
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")
