"""Which encoding and which separators a text table is written with."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.guessing import GUESSED_FROM, likeliest_encoding
from aleator.data.readers.headers import TwoHeaders, has_no_header, names_without_header, two_headers
from aleator.data.readers.numbers import NUMBER
from aleator.data.readers.quoting import Quoting, quoting_of
from aleator.data.wording import listed
from aleator.errors import DataError

SAMPLE, LINES = 1 << 18, 60
LONGEST_HEADER = 1 << 26
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
ESCAPES, ISO_2022 = b"\x1b$", ("iso2022_jp", "iso2022_kr")
MOSTLY_UTF8 = 0.9
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SPACES = " "
FASTTEXT = "__label__"
"""What fastText's lines begin with."""


@dataclass(frozen=True)
class Dialect:
    """How the cells of a text table are separated."""

    encoding: str
    delimiter: str
    skip_rows: int
    """Lines before the header: a spreadsheet's `sep=;`."""
    header: tuple[str, ...] | None
    """Names for the columns of a table without a header."""
    columns: tuple[str, ...]
    said: tuple[str, ...]
    quoting: Quoting


def dialect_of(path: Path, encoding: str | None = None) -> Dialect:
    """Look at the first lines of a text table. Raises DataError where its encoding is unknown."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        if b"\n" not in head:
            head += file.readline(LONGEST_HEADER)
    found, guessed = (encoding, "") if encoding else _encoding_of(path, head)
    lines, said = _first_lines(head, found), [guessed] if guessed else []
    skip, named = 0, None
    if lines and (match := re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\r\n"))):
        skip, named = 1, match[1]
        lines = lines[1:]
    notes = _lines_of_notes(lines)
    if notes:
        said.append(f"The first {notes} lines of {path.name} begin with # and are left out.")
        skip, lines = skip + notes, lines[notes:]
    lines = [line for line in lines if line.strip()]
    if lines and all(line.startswith(FASTTEXT) for line in lines):
        said.append(f"{path.name} is read as fastText's: a line holds a label and a text.")
        return Dialect(found, SPACES, skip, ("label", "text"), ("label", "text"), tuple(said), Quoting())
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = named or _delimiter(lines, usual, spaces=path.suffix.lower() in (".txt", ".lst", ".list"))
    if delimiter != usual and delimiter != SPACES:
        said.append(f"The cells of {path.name} are separated by {DELIMITERS.get(delimiter, delimiter)}.")
    quoting = quoting_of(path, found, delimiter) if delimiter != SPACES else Quoting()
    said.extend(quoting.said)
    rows = _rows(lines, delimiter)
    first = [cell.strip() for cell in rows[0]] if rows else []
    header = None
    if has_no_header(rows, a_list=delimiter == SPACES):
        header = names_without_header(rows)
        said.append(f"{path.name} has no header; its columns are taken as {listed(header)}.")
    elif len(rows) == len(lines) and delimiter != SPACES and (two := two_headers(rows)) is not None:
        skip, header = skip + two.lines + _blank_below(rows), two.names
        said.append(said_of_two(path, two))
    return Dialect(found, delimiter, skip, header, header or tuple(first), tuple(said), quoting)


def _encoding_of(path: Path, head: bytes) -> tuple[str, str]:
    """The encoding of a text by its first bytes, and what is said of it."""
    found, kind = _marked(head) or _utf8_or_none(head), ""
    if found == "utf-8" and (escaped := _escaped(head)) is not None:
        found, kind = escaped, "ASCII with escapes and"
    elif found is None:
        found, kind = guessed_encoding(path), "not UTF-8 and"
    return found, f"{path.name} is {kind} is read as {found}; --encoding names another." if kind else ""


def _first_lines(head: bytes, encoding: str) -> list[str]:
    """The first whole lines. Raises DataError for an encoding that is none."""
    try:
        text = head.decode(encoding, errors="replace")
    except LookupError as error:
        raise DataError(
            f"There is no encoding {encoding!r}; give --encoding one that Python knows, as cp1252."
        ) from error
    lines = text.lstrip("\ufeff").splitlines()[:LINES]
    cut = len(head) == SAMPLE and len(lines) < LINES
    return lines[:-1] or lines if cut else lines


def said_of_two(path: Path, two: TwoHeaders) -> str:
    """That several lines name the columns, in words."""
    others = [name for name in two.left_out if name and name not in two.names]
    left_out = f"; left out is {listed(dict.fromkeys(others))}" if others else ""
    return (
        f"The first {two.lines} lines of {path.name} name its columns, which are taken as "
        f"{listed(two.names)}{left_out}."
    )


def _blank_below(rows: list[list[str]]) -> int:
    """How many rows without a cell follow two lines of names, as pandas writes one below them."""
    return int(len(rows) > 2 and not any(cell.strip() for cell in rows[2]))


def _lines_of_notes(lines: list[str]) -> int:
    """How many lines at the top begin with #, as notes do: none where the first is a header (`#path,label`)."""
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    if count == 0 or any(sign in lines[count - 1] for sign in DELIMITERS):
        return 0
    return count


def guessed_encoding(path: Path) -> str:
    """The encoding of a text that is not UTF-8: the one in which its letters are by far the likeliest.

    Raises DataError where the file is no text, and where several encodings are as likely.
    """
    with path.open("rb") as file:
        content = file.read(GUESSED_FROM)
        if _utf8_or_none(content, GUESSED_FROM):  # what is not UTF-8 comes later
            content += file.read()
    if b"\0" in content:
        for encoding in ("utf-16-le", "utf-16-be"):
            text = content.decode(encoding, errors="replace")
            if "\n" in text and not re.search("[\ufffd\x00\u0a00\u0d00]", text[:-1]):
                return encoding
        raise DataError(f"{path} is no text: it holds zero bytes. Save it as CSV, in UTF-8.")
    if (broken := broken_utf8(content)) is not None:
        line = content[:broken].count(b"\n") + 1
        near = content[max(broken - 20, 0) : broken + 20].decode(errors="replace").split("\n")
        cell = next(part for part in near if "\ufffd" in part).strip()
        raise DataError(
            f"{path}, line {line}: the byte 0x{content[broken]:02x} is not UTF-8 ({cell!r}), which the rest of the "
            "file is. Correct the line and save the file as UTF-8, or name the encoding of all with --encoding."
        )
    return likeliest_encoding(content, path)


def broken_utf8(content: bytes) -> int | None:
    """The place of the first byte that is not UTF-8 in a text that is UTF-8 but for few; None where it is another
    encoding, in which hardly any of the bytes would fit by chance."""
    text = content.decode("utf-8", errors="surrogateescape")
    others = re.findall("[^\x00-\x7f]", text)
    bad = sum("\udc80" <= sign <= "\udcff" for sign in others)
    good = len(others) - bad
    if not bad or good < MOSTLY_UTF8 * (good + bad):
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def _escaped(head: bytes) -> str | None:
    """The encoding of mails in Japan and Korea, which is ASCII with escapes; None where it is another."""
    for encoding in ISO_2022 if ESCAPES in head else ():
        try:
            head.rpartition(b"\n")[0].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _utf8_or_none(head: bytes, looked_at: int = SAMPLE) -> str | None:
    if b"\0" in head:
        return None
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(head) < looked_at:  # else a character cut in two by the end of the sample
            return None
    return "utf-8"


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == SPACES:
        return rows_of_list(lines)
    ways: tuple[dict[str, Any], ...] = ({}, {"escapechar": "\\"}, {"quoting": csv.QUOTE_NONE})
    read = []
    for way in ways:
        try:
            read.append([row for row in csv.reader(lines, delimiter=delimiter, **way) if row])
        except csv.Error:
            continue
    return next((rows for rows in read if len(set(map(len, rows))) == 1), read[0] if read else [])


def rows_of_list(lines: list[str]) -> list[list[str]]:
    """The lines of a list as cells: `path label`, cut at the last space, or at the first, of labels before texts (as
    TREC's); of a table with spaces between its columns (`path 1 0 1`), at every one; of fastText's file the label and
    the text."""
    if lines and all(line.startswith(FASTTEXT) for line in lines):
        return [list(_of_fasttext(line)) for line in lines]
    parts = [line.split() for line in lines]
    count = len(parts[0]) if parts else 0
    if count > 2 and all(len(row) == count for row in parts):
        numbers = sum(
            all(re.fullmatch(NUMBER, cell) for cell in column) for column in list(zip(*parts, strict=True))[1:]
        )
        if 2 * numbers >= count - 1 or all(has_picture_ending(row[0]) for row in parts):
            return parts
    if _begin_with_labels(parts[:LINES]):  # as many as are looked at before the file is read
        return [line.strip().split(maxsplit=1) for line in lines]
    cut = (line.strip().rpartition(" ") for line in lines)
    return [[path.strip(), label] for path, _, label in cut]


def _begin_with_labels(lines: list[list[str]]) -> bool:
    """Whether the first words of lines are few that come again, and the last can be no labels: one that is always the
    same (a question mark), or nearly as many as there are lines."""
    if any(len(words) < 2 for words in lines):
        return False
    first, last = (len({words[place] for words in lines}) for place in (0, -1))
    if last == 1:
        return 1 < first < len(lines)
    return 1 < first <= len(lines) / 4 and last > len(lines) / 2


def _delimiter(lines: list[str], usual: str, *, spaces: bool) -> str:
    """The usual one unless the lines do not fit it and fit another."""
    fits = {}
    for delimiter in DELIMITERS:
        counts = [len(row) for row in _rows(lines, delimiter) if row]
        columns = counts[0] if counts else 0
        fits[delimiter] = (columns > 1 and counts.count(columns) == len(counts), columns)
    if fits[usual][0]:
        return usual
    good = [delimiter for delimiter, (fit, _) in fits.items() if fit]
    if good:
        return max(good, key=lambda delimiter: fits[delimiter][1])
    if spaces and all(" " in line.strip() for line in lines):
        return SPACES
    return SPACES if lines and len(rows_of_list(lines)[0]) > 2 else usual


def _of_fasttext(line: str) -> tuple[str, str]:
    """The label, several of them with bars between them, and the text."""
    words = line.strip().split(" ")
    count = next((number for number, word in enumerate(words) if not word.startswith(FASTTEXT)), len(words))
    return "|".join(word.removeprefix(FASTTEXT) for word in words[:count]), " ".join(words[count:])
