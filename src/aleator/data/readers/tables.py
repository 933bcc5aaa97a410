"""Tables of any common format as pyarrow tables."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.readers.broken import check_json, check_kind, check_marks
from aleator.data.readers.excel import EXCEL_SUFFIXES, read_excel
from aleator.data.readers.json_tables import read_json
from aleator.data.readers.limits import check_columns, check_depth, read_parquet
from aleator.data.readers.text_tables import read_text_table, stays_text, with_numbers
from aleator.errors import DataError, while_reading

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json", ".manifest")
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", *EXCEL_SUFFIXES)
LIST_SUFFIXES = (".txt", ".lst", ".list", ".data", ".dat", ".json", ".manifest")
"""Lists of `path label`, tables under another ending, and JSON of other kinds than a record a line."""


def read_table(path: Path, as_text: Collection[str] = (), encoding: str | None = None) -> pa.Table:
    """CSV, TSV, Parquet or JSON lines, by the ending. Raises DataError when it cannot be read or is empty.

    Columns of `as_text` (compared without case) stay text in CSV and TSV: the id 007 is not the number 7, and NA is a
    name.
    """
    return read_table_saying(path, as_text, encoding)[0]


def read_table_saying(
    path: Path, as_text: Collection[str] = (), encoding: str | None = None
) -> tuple[pa.Table, tuple[str, ...]]:
    """The same, with what was guessed of encoding, separators and header, as sentences."""
    suffix = path.suffix.lower()
    if suffix not in (*TABLE_SUFFIXES, *LIST_SUFFIXES):
        raise DataError(f"{path} is no table that is read; wanted is one of {', '.join(TABLE_SUFFIXES)}.")
    with while_reading(path, f"a {suffix[1:]} table"):
        check_kind(path)
        table, said = _read(path, suffix, as_text, encoding)
        columns = [name.strip() for name in table.column_names]  # decoded only now: a wrong header fails here
    table = table.rename_columns(columns).replace_schema_metadata(table.schema.metadata)
    empty = [number for number, name in enumerate(columns) if not name and table[number].null_count == len(table)]
    if empty:  # a separator at the end of each line
        table = table.select([number for number in range(len(columns)) if number not in empty])
    check_columns(table.column_names, path)
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    return table, said


def _read(path: Path, suffix: str, as_text: Collection[str], encoding: str | None) -> tuple[pa.Table, tuple[str, ...]]:
    if suffix == ".parquet":
        return read_parquet(path), ()
    if suffix in JSON_SUFFIXES:
        return _read_json(path), ()
    if suffix in EXCEL_SUFFIXES:
        table, said = read_excel(path, stays_text(as_text))
        table, how = with_numbers(table, as_text, path, comma_is_decimal=False)
        return table, (*said, *how)
    return read_text_table(path, as_text, encoding)


def _read_json(path: Path) -> pa.Table:
    check_marks(path)
    check_depth(path)
    try:
        table = read_json(path)
        table.validate(full=True)  # Arrow takes what is not UTF-8 for text, and fails where it is shown
    except ValueError:
        check_json(path)
        raise
    return table


def without_empty_rows(table: pa.Table, path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """The table without rows that hold nothing, as spreadsheets leave them; of a single column an empty cell is one."""
    if table.num_columns < 2 or not all(table[name].null_count for name in table.column_names):
        return table, ()
    empty = pc.is_null(table[0])
    for name in table.column_names[1:]:
        empty = pc.and_(empty, pc.is_null(table[name]))
    count = pc.sum(empty).as_py()
    if not count:
        return table, ()
    return table.filter(pc.invert(empty)), (f"{count:,} rows of {path.name} are empty and left out.",)


def joined(tables: Sequence[pa.Table], what: str) -> pa.Table:
    """The tables one below the other, gaps where one lacks a column. Raises DataError where their kinds differ."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"{what} do not fit together: {error}") from error


def with_split(table: pa.Table, split: str) -> pa.Table:
    """The table with a column that says for each row that it is of this split."""
    return table.append_column("split", pa.array([split] * len(table), pa.string()))
