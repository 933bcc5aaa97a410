"""Tables of text: cells between separators, or between spaces; and the numbers and dates among them."""

from collections.abc import Callable, Collection
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from aleator.data.readers.blocks import with_large_blocks
from aleator.data.readers.broken import check_lengths
from aleator.data.readers.column_names import loosely
from aleator.data.readers.dates import with_dates
from aleator.data.readers.encodings import SPACES, Dialect, dialect_of, guessed_encoding, rows_of_list
from aleator.data.readers.limits import check_columns
from aleator.data.readers.numbers import numbers_of
from aleator.data.readers.quoting import as_utf8, with_doubled_quotes
from aleator.data.wording import listed

QUOTED, UNQUOTED = r'^\s+"(?:[^"]|"")*"\s*$', r'^\s+"((?:[^"]|"")*)"\s*$'
WHOLE = r"^[-]?(0|[1-9]\d{0,14})$"
EVERY_COLUMN = ("*",)
"""All columns of a text table stay text."""


def stays_text(names: Collection[str]) -> Callable[[str], bool]:
    """Whether a column is among these that stay text, though it may look like numbers; names are compared loosely."""
    loose = {loosely(name) for name in names}
    return lambda name: bool({loosely(name), *EVERY_COLUMN} & loose)


def read_text_table(path: Path, as_text: Collection[str], encoding: str | None) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and what was guessed of it. May raise Arrow's errors, and DataError naming the line that is wrong."""
    dialect = dialect_of(path, encoding)
    check_columns(dialect.columns, path)
    try:
        table, how = _read(path, dialect, as_text)
        return table, (*dialect.said, *how)
    except pa.ArrowInvalid as error:
        check_lengths(path, dialect)
        if encoding is not None or dialect.encoding != "utf-8" or "UTF8" not in str(error):
            raise
    dialect = dialect_of(path, guessed_encoding(path))  # beyond the first lines it is not UTF-8
    table, how = _read(path, dialect, as_text)
    said = f"{path.name} is not UTF-8 and is read as {dialect.encoding}; --encoding names another."
    return table, (said, *dialect.said, *how)


def _read(path: Path, dialect: Dialect, as_text: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and how its cells are written where they are not plain."""
    if dialect.delimiter == SPACES:
        return with_numbers(_read_list(path, dialect, as_text), as_text, path, comma_is_decimal=False)
    content = with_doubled_quotes(as_utf8(path, dialect.encoding)) if dialect.quoting.backslashes else None
    table = _parsed(path, dialect, as_text, content)
    said: tuple[str, ...] = ()
    if dialect.header is None and (repeats := _rows_like_the_header(table)):
        content = as_utf8(path, dialect.encoding) if content is None else content
        table = _parsed(path, dialect, as_text, _with_one_header(content, dialect.skip_rows))
        said = (f"{repeats:,} rows of {path.name} repeat its header and are left out.",)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        raise pa.ArrowInvalid("a cell is not UTF8")
    if dialect.quoting.around_cells:
        table, quoted = _unquoted(table, path)
        said = (*said, *quoted)
    table, how = with_numbers(table, as_text, path, comma_is_decimal=dialect.delimiter == ";")
    return table, (*said, *how)


def _read_list(path: Path, dialect: Dialect, as_text: Collection[str]) -> pa.Table:
    """The table of lines of cells between spaces, plain whole numbers as such."""
    lines = path.read_text(encoding=dialect.encoding).splitlines()[dialect.skip_rows :]
    parts = rows_of_list([line for line in lines if line.strip()])
    names, rows = (dialect.header, parts) if dialect.header else (parts[0], parts[1:])
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    stays = stays_text(as_text)
    for place, name in enumerate(names):
        if not stays(name) and pc.all(pc.match_substring_regex(table[place], WHOLE)).as_py():
            table = table.set_column(place, name, table[place].cast(pa.int64()))
    return table


def _parsed(path: Path, dialect: Dialect, as_text: Collection[str], content: bytes | None) -> pa.Table:
    """The table as Arrow reads it: of the file, or of its content, changed and in UTF-8."""
    stays, quoted = stays_text(as_text), dialect.quoting.around_cells
    in_utf8 = content is not None or dialect.encoding == "utf-8-sig"
    texts = [name for written in dialect.columns if stays(written) for name in (written, f" {written}")]

    def read(block: int) -> pa.Table:
        return csv.read_csv(
            path if content is None else pa.BufferReader(content),
            read_options=csv.ReadOptions(
                block_size=block,
                encoding="utf8" if in_utf8 else dialect.encoding,
                skip_rows=dialect.skip_rows,
                column_names=dialect.header,
            ),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
            ),
            convert_options=csv.ConvertOptions(
                null_values=[""], strings_can_be_null=True, column_types=dict.fromkeys(texts, pa.string())
            ),
        )

    return with_large_blocks(read, path)


def _rows_like_the_header(table: pa.Table) -> int:
    """How many rows hold the names of their columns, as where tables were joined with their headers."""
    if not table.num_columns or not all(pa.types.is_string(field.type) for field in table.schema):
        return 0
    same = [pc.equal(pc.utf8_trim_whitespace(table[name]), name.strip()) for name in table.column_names]
    return int(pc.sum(reduce(pc.and_, same)).as_py() or 0)


def _with_one_header(content: bytes, skipped: int) -> bytes:
    """The content without the lines that repeat its header, which stands behind those skipped."""
    header, *others = content.split(b"\n")[skipped:]
    return b"\n".join([*[b""] * skipped, header, *(one for one in others if one.strip() != header.strip())])


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


def with_numbers(
    table: pa.Table, as_text: Collection[str], path: Path, *, comma_is_decimal: bool
) -> tuple[pa.Table, tuple[str, ...]]:
    """Columns of text that hold numbers as numbers, and dates as dates, but for those that stay text; and what is said
    of how they are written."""
    stays = stays_text(as_text)
    hows: dict[str, list[str]] = {}
    words: list[str] = []
    for place, field in enumerate(table.schema):
        if not pa.types.is_string(field.type) or stays(field.name):
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
