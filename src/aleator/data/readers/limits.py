"""What is refused before a library reads it: files that would crash it, or fill the memory from next to nothing."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from aleator.errors import DataError

MOST_DEPTH = 64
"""Of brackets within brackets. Arrow crashes at some ten thousand."""
MOST_COLUMNS = 20_000
"""Of a table; longer vectors belong into arrays."""
MOST_BYTES = 4 << 30
"""Of a table in memory: a Parquet file of a few kilobytes can claim any number of rows."""
ROWS_AT_ONCE = 8192
BLOCK = 16 << 20
STRING = re.compile(rb'"(?:[^"\\\n]|\\.)*"')
SPACE = np.frombuffer(b" \t\r\n", dtype=np.uint8)
STEP = np.zeros(256, dtype=np.int32)
STEP[list(b"[{")], STEP[list(b"]}")] = 1, -1


def check_depth(path: Path) -> None:
    """Raise DataError where JSON is nested deeper than any table is, or where JSON lines hold anything but objects:
    a line that says `null` makes Arrow crash."""
    depth, a_list = 0, None
    with path.open("rb") as file:
        while lines := file.readlines(BLOCK):
            plain = STRING.sub(b'"', b"".join(lines)).removeprefix(b"\xef\xbb\xbf")
            if a_list is None:
                a_list = plain.lstrip().startswith(b"[")
            letters = np.frombuffer(plain, dtype=np.uint8)
            if not len(letters):
                continue
            after = depth + STEP[letters].cumsum()
            if after.max() > MOST_DEPTH:
                raise DataError(f"{path} is nested more than {MOST_DEPTH} brackets deep; wanted is one record a line.")
            outside = (after == 0) & (STEP[letters] == 0) & ~np.isin(letters, SPACE)
            if not a_list and (outside.any() or after.min() < 0):
                raise DataError(f"{path} holds something that is no object {{...}}; wanted is one object a line.")
            depth = max(0, int(after[-1]))


def check_columns(names: Sequence[str], path: Path) -> None:
    """Raise DataError where there are too many columns, or two of one name."""
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{path} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read. Save vectors as an array (.npy, "
            ".npz)."
        )
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise DataError(
            f"{path} has more than one column {', '.join(map(repr, twice[:5]))}; rename or remove them. If "
            "several lines name the columns, join them into one."
        )


def read_parquet(path: Path) -> pa.Table:
    """A Parquet file, no further than the limit."""
    with parquet.ParquetFile(path) as file:
        check_columns(file.schema_arrow.names, path)
        batches, size = [], 0
        for batch in file.iter_batches(ROWS_AT_ONCE):
            batches.append(batch)
            size += batch.nbytes
            if size > MOST_BYTES:
                raise DataError(f"{path} is larger than {MOST_BYTES >> 30} GB in memory; split it.")
        return pa.Table.from_batches(batches, file.schema_arrow)


def check_utf8(table: pa.Table, path: Path) -> None:
    """Raise DataError naming the first cell of a text file that is not UTF-8: Arrow takes its column for bytes."""
    for name in table.column_names:
        if not pa.types.is_binary(table.schema.field(name).type):
            continue
        for row, cell in enumerate(table[name].to_pylist()):
            try:
                (cell or b"").decode()
            except UnicodeDecodeError:
                raise DataError(
                    f"{path}, row {row}, column {name!r}: {cell.decode(errors='replace')[:60]!r} is not UTF-8 text; "
                    "save the file as UTF-8."
                ) from None
