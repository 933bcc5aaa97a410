"""Tables of any common format as pyarrow tables."""

import json as plain_json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.json as json

from aleator.data.readers.encodings import SPACES, Dialect, dialect_of, guessed_encoding, split_at_last_space
from aleator.data.readers.limits import check_columns, check_depth, read_parquet
from aleator.errors import DataError, while_reading

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
LIST_SUFFIXES = (".txt", ".lst", ".list", ".json")
"""Lists of `path label`, tables under another ending, and JSON that is a list of objects."""
EVERY_COLUMN = ("*",)
"""All columns of a text table stay text."""
NO_VALUES = ("na", "n/a", "nan", "null", "none", "#n/a", "<na>", "nil", "-")
"""What stands for a missing number, compared in small letters. Text keeps them: a class may be called NA."""
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
USUAL_BLOCK, LARGEST_BLOCK = 1 << 20, (1 << 31) - 1


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
    said: tuple[str, ...] = ()
    with while_reading(path, f"a {suffix[1:]} table"):
        if suffix == ".parquet":
            table = read_parquet(path)
        elif suffix in (".jsonl", ".ndjson", ".json"):
            check_depth(path)
            table = _json_lines(path)
        else:
            dialect = dialect_of(path, encoding)
            check_columns(dialect.columns, path)
            try:
                table = _text_table(path, dialect, as_text)
            except pa.ArrowInvalid as error:
                if encoding is not None or dialect.encoding != "utf-8" or "UTF8" not in str(error):
                    raise
                dialect = dialect_of(path, guessed_encoding(path))  # beyond the first lines it is not UTF-8
                table = _text_table(path, dialect, as_text)
                said = (f"{path.name} is not UTF-8 and is read as {dialect.encoding}; --encoding names another.",)
            said = (*said, *dialect.said)
        columns = [name.strip() for name in table.column_names]  # decoded only now: a wrong header fails here
    table = table.rename_columns(columns).replace_schema_metadata(table.schema.metadata)
    empty = [number for number, name in enumerate(columns) if not name and table[number].null_count == len(table)]
    if empty:  # a separator at the end of each line
        table = table.select([number for number in range(len(columns)) if number not in empty])
        columns = table.column_names
    check_columns(columns, path)
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    return table, said


def _text_table(path: Path, dialect: Dialect, as_text: Collection[str]) -> pa.Table:
    if dialect.delimiter == SPACES:
        lines = path.read_text(encoding=dialect.encoding).splitlines()
        parts = [split_at_last_space(line) for line in lines if line.strip()]
        names = dialect.header or parts[0]
        rows = parts if dialect.header else parts[1:]
        return pa.table({name: pa.array([row[place] for row in rows]) for place, name in enumerate(names)})
    wanted = {name.strip().lower() for name in as_text}

    def read(block: int) -> pa.Table:
        return csv.read_csv(
            path,
            read_options=csv.ReadOptions(
                block_size=block,
                encoding="utf8" if dialect.encoding == "utf-8-sig" else dialect.encoding,
                skip_rows=dialect.skip_rows,
                column_names=dialect.header,
            ),
            parse_options=csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                null_values=[""],
                strings_can_be_null=True,
                decimal_point="," if dialect.decimal_comma else ".",
                column_types={
                    name: pa.string()
                    for written in dialect.columns
                    for name in (written, f" {written}")
                    if written.lower() in wanted or "*" in wanted
                },
            ),
        )

    table = _with_large_blocks(read, path)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        raise pa.ArrowInvalid("a cell is not UTF8")
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) and not {field.name.strip().lower(), "*"} & wanted:
            numbers = _numbers_with_gaps(table[place])
            table = table if numbers is None else table.set_column(place, field.name, numbers)
    return table


def _numbers_with_gaps(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column of text as numbers where all else of it stands for a missing one; None if it is none."""
    texts = pc.utf8_trim_whitespace(column)
    gaps = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(NO_VALUES))
    texts = pc.if_else(gaps, pa.scalar(None, pa.string()), texts)
    if texts.null_count == len(texts) or not pc.all(pc.match_substring_regex(texts, NUMBER)).as_py():
        return None
    return texts.cast(pa.float64())


def _json_lines(path: Path) -> pa.Table:
    def read(block: int) -> pa.Table:
        return json.read_json(path, read_options=json.ReadOptions(block_size=block))

    with path.open("rb") as file:
        first = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    table = _with_large_blocks(read, path) if not first.startswith(b"[") else rows_as_table(_json(path), path)
    dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    if not dates:
        return table
    # Arrow takes text that looks like a date for one; a class may be called so.
    asked = pa.schema([pa.field(name, pa.string()) for name in dates])
    options = json.ParseOptions(explicit_schema=asked, unexpected_field_behavior="infer")
    size = json.ReadOptions(block_size=_block_of_all(path))
    return json.read_json(path, read_options=size, parse_options=options).select(table.column_names)


def _json(path: Path) -> Any:
    return plain_json.loads(path.read_text(encoding="utf-8-sig"))


def rows_as_table(rows: Any, path: Path) -> pa.Table:
    """A list of objects as a table. Raises DataError where it is none."""
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path} holds no list of objects with the fields of one example each.")
    return pa.Table.from_pylist(rows)


def _with_large_blocks(read: Any, path: Path) -> pa.Table:
    """Read in usual blocks, and at once where a line does not fit into one."""
    try:
        return read(USUAL_BLOCK)
    except pa.ArrowInvalid as error:
        if "block" not in str(error) or path.stat().st_size <= USUAL_BLOCK:
            raise
    return read(_block_of_all(path))


def _block_of_all(path: Path) -> int:
    return min(max(path.stat().st_size + 1, USUAL_BLOCK), LARGEST_BLOCK)
