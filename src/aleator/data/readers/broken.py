"""What is wrong with a table that cannot be read, with the line and the way out."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from aleator.data.readers.encodings import SPACES, Dialect
from aleator.data.wording import listed, short
from aleator.errors import DataError

TOO_LONG = 1 << 30
MOST_LINES = 5
HEADS = (
    (b"version https://git-lfs", "", "is a pointer of Git LFS, and not the file itself; fetch it with: git lfs pull"),
    (
        b"<!doctype html",
        "",
        "is a web page, and not the file itself; download it again, logged in where it asks for it",
    ),
    (b"<html", "", "is a web page, and not the file itself; download it again, logged in where it asks for it"),
    (b"\x1f\x8b", ".gz", "is compressed (gzip); unpack it with gunzip, after it is called .gz"),
    (b"BZh", ".bz2", "is compressed (bzip2); unpack it with bunzip2, after it is called .bz2"),
    (b"\xfd7zXZ", ".xz", "is compressed (xz); unpack it with unxz, after it is called .xz"),
    (b"\x28\xb5\x2f\xfd", ".zst", "is compressed (zstd); unpack it with unzstd"),
    (b"PK\x03\x04", ".zip .xlsx .npz", "is a workbook of Excel or an archive; call it .xlsx, or unpack it"),
    (b"\xd0\xcf\x11\xe0", ".xls", "is a workbook of an old Excel; save it as .xlsx or CSV"),
    (b"PAR1", ".parquet", "is Parquet; call it .parquet"),
    (b"SQLite format 3", ".db", "is a database; save the table as CSV or Parquet"),
    (b"%PDF", ".pdf", "is a PDF; save the table as CSV"),
    (b"\x89HDF", ".h5", "is HDF5; save its arrays with numpy.savez(file, images=..., labels=...) after h5py.File"),
)
"""How files begin, the endings that say so, and what they are."""
TEXT_TABLES = (".csv", ".tsv")


def check_kind(path: Path) -> None:
    """Raise DataError where a file is something else than its ending says."""
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, endings, what in HEADS:
        if head.lower().startswith(start.lower()) and path.suffix.lower() not in endings.split():
            raise DataError(f"{path} {what}.")
    if path.suffix.lower() in TEXT_TABLES and head[:1] in (b"{", b"[") and _is_json(path):
        raise DataError(f"{path} is JSON; call it .json, or .jsonl where each line is a record.")


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        line = file.readline(1 << 20)
    try:
        return isinstance(json.loads(line), dict | list)
    except ValueError:
        return line.strip() in (b"{", b"[") or line.lstrip().startswith((b'{"', b'[{"'))


def check_marks(path: Path) -> None:
    """Raise DataError for JSON in UTF-16, as PowerShell writes it."""
    with path.open("rb") as file:
        head = file.read(2)
    if head in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path} is UTF-16, and JSON is read in UTF-8; save it so (in PowerShell: -Encoding utf8).")


def check_json(path: Path) -> None:
    """Raise DataError naming the first line of JSON that is not UTF-8, or, of a record a line, no JSON."""
    if path.stat().st_size > TOO_LONG:
        return
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    a_record_a_line = sum(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines[:20]) > 1
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}, line {number}: the byte 0x{line[error.start]:02x} is not UTF-8 (at "
                f"{short(line.decode(errors='replace').strip())!r}); save the file as UTF-8, or correct the line."
            ) from None
        if a_record_a_line and text.strip():
            try:
                json.loads(text)
            except ValueError as error:
                raise DataError(
                    f"{path}, line {number} is no JSON ({error}): {short(text.strip())}. Correct the line, or "
                    "remove it."
                ) from None


def check_lengths(path: Path, dialect: Dialect) -> None:
    """Raise DataError naming the lines of a text table that hold another number of cells than the header."""
    if dialect.delimiter == SPACES or path.stat().st_size > TOO_LONG:
        return
    quoted: dict[str, Any] = {} if dialect.quoting.around_cells else {"quoting": csv.QUOTE_NONE}
    quoted |= {"escapechar": "\\"} if dialect.quoting.backslashes else {}
    lengths: list[tuple[int, int]] = []
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        for _ in range(dialect.skip_rows):
            file.readline()
        try:
            rows = csv.reader(file, delimiter=dialect.delimiter, **quoted)
            lengths = [(dialect.skip_rows + rows.line_num, len(row)) for row in rows if row]
        except csv.Error:
            return
    if not lengths:
        return
    wanted, usual = len(dialect.columns), Counter(count for _, count in lengths).most_common(1)[0][0]
    if wanted != usual:
        first = next(line for line, count in lengths if count == usual)
        raise DataError(
            f"{path}: line {lengths[0][0]} holds {wanted} cell{'s' * (wanted != 1)}, most lines hold {usual}. If the "
            f"table begins with a title or notes, remove what is above its header (line {first}); else put quotes "
            "around cells that hold a separator."
        )
    others = [(line, count) for line, count in lengths if count != wanted]
    if others:
        line, count = others[0]
        more = f" ({len(others):,} such lines: {listed((line for line, _ in others), MOST_LINES)})" * (len(others) > 1)
        raise DataError(
            f"{path}, line {line} holds {count} cell{'s' * (count != 1)}, the header {wanted}{more}. Put quotes around "
            "cells that hold a separator, or remove lines that are no rows of the table."
        )
