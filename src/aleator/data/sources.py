"""Where the examples themselves come from: arrays in memory, or picture files that are decoded when needed."""

import hashlib
import io
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from aleator.data.below import check_names, first_outside
from aleator.data.decoding import EncodedPictures, UnreadableImage, upright
from aleator.data.numbered_rows import NumberedRows
from aleator.data.picture_files import bare_suffix
from aleator.data.texts import BLOCK, Texts
from aleator.errors import DataError
from aleator.rows import not_finite

SEVERAL_SUFFIXES = frozenset((".tif", ".tiff", ".gif", ".webp", ".apng", ".avif"))
SEVERAL_HEADS = frozenset((b"II*\0", b"MM\0*", b"GIF8", b"RIFF"))
"""By ending, and by the first bytes: which files may hold several pictures."""


@dataclass(frozen=True)
class ImageArray(NumberedRows):
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
        return replace(self, pixels=self.pixels[rows], numbers=self.numbers_of(rows))

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


@dataclass(frozen=True)
class ImageFiles(EncodedPictures):
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
class ImageBytes(NumberedRows, EncodedPictures):
    """Pictures as the bytes of their files, `(example,)`, as tables and other libraries hold them."""

    content: "pa.LargeBinaryArray"
    names: Sequence[str] = ()
    """Of the files, for people; empty where they have none."""
    kind: ClassVar[Literal["images"]] = "images"

    def __len__(self) -> int:
        return len(self.content)

    def take(self, rows: NDArray[np.int64]) -> "ImageBytes":
        names = [self.names[row] for row in rows] if self.names else ()
        return ImageBytes(self.content.take(pa.array(rows)), names, numbers=self.numbers_of(rows))._scaled_as(self)

    def describe(self, row: int) -> str:
        return self.names[row] if self.names else super().describe(row)

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


ImageSource = ImageArray | ImageFiles | ImageBytes


@dataclass(frozen=True)
class FeatureArray(NumberedRows):
    """Feature vectors, `(example, feature)` float32."""

    values: NDArray[np.float32]
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
        return replace(self, values=self.values[rows], numbers=self.numbers_of(rows))

    def identity(self) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(self.values).data).digest()


@dataclass(frozen=True)
class TextArray(NumberedRows):
    """Texts, one an example."""

    texts: Sequence[str]
    """Kept as `Texts`."""
    kind: ClassVar[Literal["texts"]] = "texts"

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", Texts(self.texts))

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> "TextArray":
        return replace(self, texts=Texts(self.texts).take(rows), numbers=self.numbers_of(rows))

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for text in self.texts:
            digest.update(f"{len(text)}\0{text}".encode())
        return digest.digest()

    def load(self, row: int) -> str:
        return self.texts[row]


@dataclass(frozen=True)
class TableRows(NumberedRows):
    """Rows of a table whose columns are features: numbers, categories, dates, with gaps."""

    table: pa.Table
    kind: ClassVar[Literal["table"]] = "table"

    def __post_init__(self) -> None:
        if not self.table.num_columns:
            raise DataError("The table has no column of features.")

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def take(self, rows: NDArray[np.int64]) -> "TableRows":
        return replace(self, table=self.table.take(pa.array(rows)), numbers=self.numbers_of(rows))

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
