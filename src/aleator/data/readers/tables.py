"""Tables of any common format as pyarrow tables."""

from collections.abc import Collection
from csv import reader
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.json as json

from aleator.data.readers.limits import check_columns, check_depth, check_utf8, read_parquet
from aleator.errors import DataError, while_reading

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")


def read_table(path: Path, as_text: Collection[str] = ()) -> pa.Table:
    """CSV, TSV, Parquet or JSON lines, by the ending. Raises DataError when it cannot be read or is empty.

    Columns of `as_text` (compared without case) stay text in CSV and TSV: the id 007 is not the number 7.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise DataError(f"{path} is no table that is read; wanted is one of {', '.join(TABLE_SUFFIXES)}.")
    with while_reading(path, f"a {suffix[1:]} table"):
        if suffix == ".parquet":
            table = read_parquet(path)
        elif suffix in (".jsonl", ".ndjson"):
            check_depth(path)
            table = json.read_json(path)
        else:
            delimiter = "\t" if suffix == ".tsv" else ","
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                header = next(reader(file, delimiter=delimiter), [])
            check_columns(header, path)
            wanted = {name.strip().lower() for name in as_text}
            table = csv.read_csv(
                path,
                parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    strings_can_be_null=True,
                    column_types={name: pa.string() for name in header if name.strip().lower() in wanted},
                ),
            )
            check_utf8(table, path)
        check_columns(table.column_names, path)  # decoded only now: a header that is not UTF-8 fails here
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    return table
