"""Excel's workbooks as tables, by openpyxl (extra `excel`)."""

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from aleator.data.readers.encodings import said_of_two
from aleator.data.readers.headers import has_no_header, names_without_header, two_headers
from aleator.data.readers.limits import MOST_BYTES
from aleator.data.wording import listed
from aleator.errors import DataError, MissingExtraError

EXCEL_SUFFIXES = (".xlsx", ".xlsm")
MOST_ROWS, MOST_CELLS = 1 << 20, 5_000_000
"""Of a sheet: Excel's own limit, and what is read in a minute."""
VISIBLE = "visible"
SAMPLE = 60
"""Rows that are looked at for a second line of names."""
BLOCK, CELL = 16 << 20, re.compile(rb"<(?:\w+:)?c[ />]")


def read_excel(path: Path, stays_text: Callable[[str], bool]) -> tuple[pa.Table, tuple[str, ...]]:
    """The first sheet that holds rows, and what was decided; formulas have the values that were saved.

    Columns of which `stays_text` says so are text, with the zeros that their format shows. Raises DataError where there
    is no header of at least two columns.
    """
    filled = _sheets(path)
    title, (above, header, *rows) = next(iter(filled.items()))
    said = []
    if len(filled) > 1:
        said.append(
            f"Of the sheets of {path.name} ({listed(filled)}) the first is read; save another one as a file of its own."
        )
    if above:
        said.append(f"The first {above} rows of the sheet {title!r} are above its header, and left out.")
    names = [_text(cell[0], "") for cell in header]
    sample = [[_text(*cell) for cell in row] + [""] * (len(header) - len(row)) for row in (header, *rows[:SAMPLE])]
    if has_no_header(sample):
        names, rows = list(names_without_header(sample)), [header, *rows]
        said.append(f"{path.name} has no header; its columns are taken as {listed(names)}.")
    elif (two := two_headers(sample)) is not None:
        names, rows = list(two.names), rows[1:]
        said.append(said_of_two(path, two))
    return _table(names, rows, stays_text, path), tuple(said)


def _sheets(path: Path) -> dict[str, list[Any]]:
    """The shown sheets that hold rows, as `_rows` has them, by their titles."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtraError(
            f"{path}: Excel's workbooks need openpyxl: pip install 'aleator[excel]'. Or save it as CSV."
        ) from None
    _check_size(path)
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        shown = [sheet for sheet in book.worksheets if getattr(sheet, "sheet_state", VISIBLE) == VISIBLE]
        sheets = {sheet.title: sheet for sheet in shown or book.worksheets}
        filled = {title: rows for title, sheet in sheets.items() if (rows := _rows(sheet, path))}
    finally:
        book.close()
    if not filled:
        raise DataError(f"{path} has no sheet with a header of at least two columns, and rows below it.")
    return filled


def _table(names: list[str], rows: list[Any], stays_text: Callable[[str], bool], path: Path) -> pa.Table:
    """The rows as columns, without those that have no name and no cell."""
    columns: dict[str, pa.Array] = {}
    for place, name in enumerate(names):
        cells = [row[place] if place < len(row) else (None, "") for row in rows]
        if not name and all(value is None for value, _ in cells):
            continue
        if name in columns:
            raise DataError(f"{path} has more than one column {name!r}; rename or remove one.")
        columns[name] = _column(cells, as_text=stays_text(name))
    return pa.table(columns)


def _check_size(path: Path) -> None:
    """A workbook is a zip archive, and a small one can claim any size. Cells are counted in what is unpacked: that
    takes a second where reading them takes half a minute."""
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES // 8:
            raise DataError(f"{path} is larger than {MOST_BYTES >> 33} GB when unpacked; save it as CSV or Parquet.")
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/") and entry.file_size > MOST_CELLS * len("<c/>"):
                with archive.open(entry) as sheet:
                    _check_cells(sheet, path)


def _check_cells(sheet: IO[bytes], path: Path) -> None:
    cells = 0
    while block := sheet.read(BLOCK):
        cells += sum(1 for _ in CELL.finditer(block))
        if cells > MOST_CELLS:
            raise _too_many(path)


def _too_many(path: Path) -> DataError:
    return DataError(f"{path} has more rows or cells than are read of a workbook; save it as CSV or Parquet.")


def _rows(sheet: Any, path: Path) -> list[Any]:
    """How many rows are above the header, the header, and the rows below; empty where there are none. A cell is its
    value and its format."""
    found: list[Any] = []
    above = size = width = 0
    sheet.reset_dimensions()  # what a sheet says of its own size may be of an earlier day, and rows be left out
    for number, row in enumerate(sheet.iter_rows()):
        size += len(row)
        if number >= MOST_ROWS or size > MOST_CELLS:
            raise _too_many(path)
        cells = [(cell.value, getattr(cell, "number_format", "")) for cell in row]
        filled = sum(value is not None and value != "" for value, _ in cells)
        if not found and filled < 2:
            above += filled
        elif filled:
            found.append(cells)
            width = max(width, len(cells))
    if len(found) < 2:
        return []
    found[0] += [(None, "")] * (width - len(found[0]))
    return [above, *found]


def _column(cells: list[tuple[Any, str]], *, as_text: bool) -> pa.Array:
    values = [value for value, _ in cells if value is not None and value != ""]
    kinds = {type(value) for value in values}
    if not as_text and values and (kinds <= {int, float} or kinds == {bool} or kinds == {datetime}):
        return pa.array([None if value == "" else value for value, _ in cells])
    return pa.array([_text(value, form) or None for value, form in cells], pa.string())


def _text(value: Any, form: str) -> str:
    """A cell as people see it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and re.fullmatch("0{2,}", form or ""):
        return str(value).zfill(len(form))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()
