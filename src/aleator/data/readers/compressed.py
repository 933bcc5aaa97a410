"""A compressed table or MNIST file (`labels.csv.gz`), unpacked for as long as it is read."""

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from aleator.data.readers.array_files import IDX
from aleator.data.readers.tables import LIST_SUFFIXES, TABLE_SUFFIXES
from aleator.errors import DataError, while_reading

OPENED: dict[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": lambda path: pa.input_stream(str(path), compression="zstd"),
}
MOST_BYTES = 20 << 30
"""Of what is unpacked: a file of a few kilobytes can claim any number."""
BLOCK = 16 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The path itself; or, of a compressed table or MNIST file, and of a .zip with one of them and nothing else, a file
    with what it holds. Errors name the path. Raises DataError where it cannot be unpacked."""
    with while_reading(path, "compressed data"):
        inside = _inside(path)
    if inside is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="aleator-") as folder:
        file = Path(folder) / Path(inside).name
        with while_reading(path, "compressed data"), _opened(path, inside) as packed:
            _write(packed, file, path)
        try:
            yield file
        except DataError as error:
            raise DataError(str(error).replace(str(file), str(path))) from error


def _inside(path: Path) -> str | None:
    """The name of what a file holds compressed; None where it is nothing that is read."""
    if not path.is_file():
        return None
    if path.suffix.lower() in OPENED:
        return path.stem if _is_read(path.stem) else None
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [one for one in archive.namelist() if not one.endswith("/") and not one.startswith("__MACOSX/")]
        return names[0] if len(names) == 1 and _is_read(names[0]) else None
    return None


def _is_read(name: str) -> bool:
    return Path(name).suffix.lower() in (*TABLE_SUFFIXES, *LIST_SUFFIXES) or name.endswith(IDX)


@contextmanager
def _opened(path: Path, inside: str) -> Iterator[IO[bytes]]:
    if path.suffix.lower() != ".zip":
        with OPENED[path.suffix.lower()](path) as packed:
            yield packed
        return
    with zipfile.ZipFile(path) as archive, archive.open(inside) as packed:
        yield packed


def _write(packed: IO[bytes], file: Path, path: Path) -> None:
    with file.open("wb") as content:
        while block := packed.read(BLOCK):
            if content.tell() + len(block) > min(MOST_BYTES, shutil.disk_usage(file.parent).free):
                raise DataError(
                    f"{path} holds more than can be unpacked beside other temporary files; unpack it first."
                )
            content.write(block)
