"""What quotes mean in a text table: around cells, as RFC 4180 has it, escaped by backslashes, or signs of the text."""

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aleator.data.wording import short
from aleator.errors import DataError

QUOTE, ENDS, MARK, BLOCK = ord('"'), b"\r\n", b"\xef\xbb\xbf", 1 << 24
WIDE = ("utf-16", "utf16", "utf-32", "utf32")
"""Encodings in which a quote is more than one byte."""


@dataclass(frozen=True)
class Quoting:
    """How cells are quoted."""

    around_cells: bool = True
    """Otherwise a quote is a sign as any other."""
    backslashes: bool = False
    """Quotes within quoted cells have a backslash before them; they are not doubled."""
    said: tuple[str, ...] = ()


def quoting_of(path: Path, encoding: str, delimiter: str) -> Quoting:
    """Look at every quote of a text table.

    A quote that opens a cell and is not answered would swallow what follows, other examples too. Raises DataError
    naming the line where no reading fits.
    """
    if path.stat().st_size == 0:
        return Quoting()
    if encoding.lower().replace("_", "-").startswith(WIDE):
        return _quoting(path, as_utf8(path, encoding), delimiter.encode())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _quoting(path, content, delimiter.encode())


def as_utf8(path: Path, encoding: str) -> bytes:
    """The content of a text table in UTF-8."""
    return path.read_bytes().decode(encoding).encode()


def with_doubled_quotes(content: bytes) -> bytes:
    """Quotes within cells doubled, where a backslash escapes them."""
    return re.sub(rb'\\([\\"])', lambda found: b'""' if found[1] == b'"' else b"\\", content)


def _quoting(path: Path, content: "bytes | mmap.mmap", separator: bytes) -> Quoting:
    if content.find(b'"') < 0 or _alternate(content, separator):
        return Quoting()
    broken = _first_broken(content, separator, escaped=False)
    if broken is None:
        return Quoting()
    if content.find(b'\\"') >= 0 and _first_broken(content, separator, escaped=True) is None:
        return Quoting(backslashes=True, said=(f"{path.name}: quotes within cells have a backslash before them.",))
    line = content[:broken].count(b"\n") + 1
    lines = [line for line in content[:].splitlines() if line.strip()]
    if len({line.count(separator) for line in lines}) == 1:
        said = f"{path.name}: in line {line} a quote opens a cell and none closes it, so quotes are signs of the text."
        return Quoting(around_cells=False, said=(said,))
    cell = content[broken : broken + 200].decode("utf-8", errors="replace").splitlines()[0]
    raise DataError(
        f"{path}, line {line}: a quote opens the cell {short(cell)}, and none closes it where a separator or the end "
        "of the line follows. Double the quotes within cells, as pandas.DataFrame.to_csv does."
    )


def _alternate(content: "bytes | mmap.mmap", separator: bytes) -> bool:
    """Whether quotes open and close cells in turn, doubled ones within them: true of nearly every table, and quickly
    seen."""
    signs = np.frombuffer(content, dtype=np.uint8)
    fits = np.zeros(256, dtype=bool)
    fits[list(separator + ENDS + b'"')] = True
    first = len(MARK) if content[: len(MARK)] == MARK else 0
    count = 0
    for start in range(0, len(signs), BLOCK):
        quotes = start + np.flatnonzero(signs[start : start + BLOCK] == QUOTE)
        opening, closing = quotes[count % 2 :: 2], quotes[1 - count % 2 :: 2]
        if not (fits[signs[np.maximum(opening - 1, 0)]] | (opening == first)).all():
            return False
        if not fits[signs[np.minimum(closing + 1, len(signs) - 1)]].all():
            return False
        count += len(quotes)
    return count % 2 == 0


def _first_broken(content: "bytes | mmap.mmap", separator: bytes, *, escaped: bool) -> int | None:
    """Where the first quote is that opens a cell and is not answered by one that closes it, if there is any."""
    sign = re.escape(separator)
    within = rb'[^"\\]++|""|\\.' if escaped else rb'[^"]++|""'
    cell = re.compile(rb'"(?:' + within + rb')*+"(?=[\r\n' + sign + rb']|\Z)|(?!")[^\r\n' + sign + rb"]*+", re.DOTALL)
    place = len(MARK) if content[: len(MARK)] == MARK else 0
    while place <= len(content):
        found = cell.match(content, place)
        if found is None:
            return place
        place = found.end() + 1
    return None
