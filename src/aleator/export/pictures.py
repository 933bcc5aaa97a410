"""What exports of pictures share: names of files and folders, copies of pictures, and folders that appear whole."""

import io
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aleator.data.decoding import UnreadableImage
from aleator.data.sources import ImageBytes, ImageFiles, ImageSource
from aleator.errors import DataError
from aleator.export.corrected import Corrected
from aleator.files import sync, sync_all, unfinished_beside

LONGEST_NAME = 120
"""Bytes; file systems take 255."""
KEPT = " .+()-_"
RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
)
"""Names that Windows keeps for devices, whatever their ending."""


def plain_name(text: str) -> str:
    """A name for a file or a folder, whatever the text says: no separators, no dots in front, never empty. Letters keep
    their marks, in the composed form, and a long name its ending."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(one if one in KEPT or unicodedata.category(one)[0] in "LMN" else "_" for one in composed).strip(
        " ."
    )
    ending = Path(plain).suffix if len(Path(plain).suffix) < 12 else ""
    plain = _cut(plain[: len(plain) - len(ending)], LONGEST_NAME - len(ending.encode())) + ending
    return f"_{plain}" if plain.split(".")[0].lower() in RESERVED else plain or "_"


def _cut(text: str, length: int) -> str:
    return text.encode()[:length].decode(errors="ignore").strip(" .")


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """A folder for each class, by its name: as it is called where that can be, and no two the same, also where capitals
    do not count."""
    result: dict[str, str] = {}
    taken: set[str] = set()
    # Those that can be called as they are come first, so that no other takes their name.
    for name in sorted(set(names), key=lambda one: (plain_name(one) != one, one)):
        plain, number = plain_name(name), 1
        folder = plain
        while folder.casefold() in taken:
            number += 1
            folder = f"{plain} ({number})"
        taken.add(folder.casefold())
        result[name] = folder
    return result


def copy_picture(corrected: Corrected, row: int, folder: Path) -> str:
    """Put the example's picture into the folder, under its row and its own name. Returns the file's name."""
    name, content = picture_file(corrected, row)
    name = f"{row:07}-{plain_name(name)}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def picture_size(corrected: Corrected, row: int) -> tuple[int, int]:
    """Width and height. Raises DataError for a picture that cannot be read."""
    source, place = _picture(corrected, row)
    with _named(source, place):
        return source.head(place)[0]


def picture_file(corrected: Corrected, row: int) -> tuple[str, bytes]:
    """The example's picture as a file, name and content: as it was where it came from one, else as PNG. Raises
    DataError for examples that are no pictures, and for one that is not there."""
    source, place = _picture(corrected, row)
    with _named(source, place):
        if isinstance(source, ImageFiles):
            file = source.root / source.paths[place]
            return file.name, file.read_bytes()
        if isinstance(source, ImageBytes):
            name = Path(source.describe(place)).name
            if not Path(name).suffix:
                name = f"{place}.{source.head(place)[1].lower()}"
            return name, source.encoded(place)
        content = io.BytesIO()
        source.load(place).save(content, "PNG")
        return f"{place}.png", content.getvalue()


def _picture(corrected: Corrected, row: int) -> tuple[ImageSource, int]:
    """Where the example's picture is."""
    source = corrected.examples.source
    if not isinstance(source, ImageSource):
        raise DataError(f"These examples are no pictures ({source.kind}); export them as csv or parquet.")
    return source, int(corrected.examples.source_row[row])


@contextmanager
def _named(source: ImageSource, place: int) -> Iterator[None]:
    """What is wrong with a picture is told with its name."""
    try:
        yield
    except UnreadableImage as error:
        raise DataError(
            f"{source.describe(place)} {error}; put one that can be read in its place, or leave it out of the data."
        ) from error


def whole_folder(output: Path, write: Callable[[Path], object]) -> None:
    """A folder that appears whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = unfinished_beside(output)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        write(beside)
        sync_all(beside)
        beside.rename(output)
        sync(output.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
