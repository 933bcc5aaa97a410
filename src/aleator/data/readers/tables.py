"""Tables of any common format as pyarrow tables."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from aleator.data.readers.blocks import with_large_blocks
from aleator.data.readers.broken import check_json, check_kind, check_lengths, check_marks
from aleator.data.readers.column_names import loosely
from aleator.data.readers.dates import with_dates
from aleator.data.readers.encodings import SPACES, Dialect, dialect_of, guessed_encoding, rows_of_list
from aleator.data.readers.excel import EXCEL_SUFFIXES, read_excel
from aleator.data.readers.json_tables import read_json
from aleator.data.readers.limits import check_columns, check_depth, read_parquet
from aleator.data.readers.numbers import numbers_of
from aleator.data.readers.quoting import as_utf8, with_doubled_quotes
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json", ".manifest")
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", *EXCEL_SUFFIXES)
LIST_SUFFIXES = (".txt", ".lst", ".list", ".data", ".dat", ".json", ".manifest")
"""Lists of `path label`, tables under another ending, and JSON of other kinds than a record a line."""
QUOTED, UNQUOTED = r'^\s+"(?:[^"]|"")*"\s*$', r'^\s+"((?:[^"]|"")*)"\s*$'
WHOLE = r"^[-]?(0|[1-9]\d{0,14})$"
EVERY_COLUMN = ("*",)
"""All columns of a text table stay text."""


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
        check_kind(path)
        if suffix == ".parquet":
            table = read_parquet(path)
        elif suffix in JSON_SUFFIXES:
            check_marks(path)
            check_depth(path)
            try:
                table = read_json(path)
                table.validate(full=True)  # Arrow takes what is not UTF-8 for text, and fails where it is shown
            except ValueError:
                check_json(path)
                raise
        elif suffix in EXCEL_SUFFIXES:
            wanted = _as_compared(as_text)
            table, said = read_excel(path, lambda name: bool({loosely(name), "*"} & wanted))
            table, how = with_numbers(table, wanted, path, comma_is_decimal=False)
            said = (*said, *how)
        else:
            dialect = dialect_of(path, encoding)
            check_columns(dialect.columns, path)
            try:
                table, how = _text_table(path, dialect, as_text)
            except pa.ArrowInvalid as error:
                check_lengths(path, dialect)
                if encoding is not None or dialect.encoding != "utf-8" or "UTF8" not in str(error):
                    raise
                dialect = dialect_of(path, guessed_encoding(path))  # beyond the first lines it is not UTF-8
                table, how = _text_table(path, dialect, as_text)
                said = (f"{path.name} is not UTF-8 and is read as {dialect.encoding}; --encoding names another.",)
            said = (*said, *dialect.said, *how)
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


def _text_table(path: Path, dialect: Dialect, as_text: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and how its numbers are written where they are not plain."""
    wanted = _as_compared(as_text)
    if dialect.delimiter == SPACES:
        lines = path.read_text(encoding=dialect.encoding).splitlines()[dialect.skip_rows :]
        parts = rows_of_list([line for line in lines if line.strip()])
        names = dialect.header or parts[0]
        rows = parts if dialect.header else parts[1:]
        table = pa.table({name: pa.array([row[place] for row in rows]) for place, name in enumerate(names)})
        for place, name in enumerate(names):
            if not {loosely(name), "*"} & wanted and pc.all(pc.match_substring_regex(table[place], WHOLE)).as_py():
                table = table.set_column(place, name, table[place].cast(pa.int64()))
        return with_numbers(table, wanted, path, comma_is_decimal=False)
    escaped = with_doubled_quotes(as_utf8(path, dialect.encoding)) if dialect.quoting.backslashes else None

    def read(block: int) -> pa.Table:
        return csv.read_csv(
            path if escaped is None else pa.BufferReader(escaped),
            read_options=csv.ReadOptions(
                block_size=block,
                encoding="utf8" if escaped is not None or dialect.encoding == "utf-8-sig" else dialect.encoding,
                skip_rows=dialect.skip_rows,
                column_names=dialect.header,
            ),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quoting.around_cells else False,
                newlines_in_values=dialect.quoting.around_cells,
            ),
            convert_options=csv.ConvertOptions(
                null_values=[""],
                strings_can_be_null=True,
                column_types={
                    name: pa.string()
                    for written in dialect.columns
                    for name in (written, f" {written}")
                    if loosely(written) in wanted or "*" in wanted
                },
            ),
        )

    table = with_large_blocks(read, path)
    said: tuple[str, ...] = ()
    if (repeats := _rows_like_the_header(table)) and dialect.header is None:
        plain = as_utf8(path, dialect.encoding) if escaped is None else escaped
        first, *others = plain.split(b"\n")[dialect.skip_rows :]
        escaped = b"\n".join(
            [*[b""] * dialect.skip_rows, first, *(one for one in others if one.strip() != first.strip())]
        )
        table = with_large_blocks(read, path)
        said = (f"{repeats:,} rows of {path.name} repeat its header and are left out.",)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        raise pa.ArrowInvalid("a cell is not UTF8")
    if dialect.quoting.around_cells:
        table, quoted = _unquoted(table, path)
        said = (*said, *quoted)
    table, how = with_numbers(table, wanted, path, comma_is_decimal=dialect.delimiter == ";")
    return table, (*said, *how)


def without_empty_rows(table: pa.Table, path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """The table without rows that hold nothing, as spreadsheets leave them; of a single column an empty cell is one."""
    if table.num_columns < 2 or not all(table[name].null_count for name in table.column_names):
        return table, ()
    empty = pc.is_null(table[0])
    for name in table.column_names[1:]:
        empty = pc.and_(empty, pc.is_null(table[name]))
    count = pc.sum(empty).as_py()
    return (
        (table.filter(pc.invert(empty)), (f"{count:,} rows of {path.name} are empty and left out.",))
        if count
        else (table, ())
    )


def joined(tables: Sequence[pa.Table], what: str) -> pa.Table:
    """The tables one below the other, gaps where one lacks a column. Raises DataError where their kinds differ."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"{what} do not fit together: {error}") from error


def with_split(table: pa.Table, split: str) -> pa.Table:
    """The table with a column that says for each row that it is of this split."""
    return table.append_column("split", pa.array([split] * len(table), pa.string()))


def _unquoted(table: pa.Table, path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, columns of cells in quotes that have a space before them (`a, "b"`) without both."""
    found = []
    for place, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        cells = table[place].drop_null()
        if len(cells) and pc.all(pc.match_substring_regex(cells, QUOTED)).as_py():
            bare = pc.replace_substring(pc.replace_substring_regex(table[place], UNQUOTED, r"\1"), '""', '"')
            table = table.set_column(place, field.name, bare)
            found.append(field.name.strip())
    said = f"{path.name}: quotes behind a space in {listed(map(repr, found))} enclose the cells and are left out."
    return table, (said,) if found else ()


def _rows_like_the_header(table: pa.Table) -> int:
    """How many rows hold the names of their columns, as where tables were joined with their headers."""
    if not all(pa.types.is_string(field.type) for field in table.schema):
        return 0
    same = None
    for name in table.column_names:
        here = pc.equal(pc.utf8_trim_whitespace(table[name]), name.strip())
        same = here if same is None else pc.and_(same, here)
    return int(pc.sum(same).as_py() or 0) if same is not None else 0


def _as_compared(names: Collection[str]) -> set[str]:
    return {loosely(name) for name in names}


def with_numbers(
    table: pa.Table, as_text: set[str], path: Path, *, comma_is_decimal: bool
) -> tuple[pa.Table, tuple[str, ...]]:
    """Columns of text that hold numbers as numbers, and dates as dates, but for those that stay text; and what is said
    of how they are written."""
    hows: dict[str, list[str]] = {}
    words: list[str] = []
    for place, field in enumerate(table.schema):
        if not pa.types.is_string(field.type) or {loosely(field.name), "*"} & as_text:
            continue
        numbers = numbers_of(table[place], comma_is_decimal=comma_is_decimal)
        if numbers is not None:
            table = table.set_column(place, field.name, numbers.values)
            if numbers.how:
                hows.setdefault(numbers.how, []).append(field.name)
        else:
            words.append(field.name)
    of_numbers = [f"in the numbers of {listed(map(repr, names))} {how}." for how, names in hows.items()]
    table, of_dates = with_dates(table, words)
    return table, tuple(f"{path.name}: {said}" for said in (*of_numbers, *of_dates))
