"""Tables of any common format as pyarrow tables."""

from collections.abc import Collection
from csv import Error as CsvError
from csv import reader
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.json as json
import pyarrow.parquet as parquet

from aleator.errors import DataError

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")


def read_table(path: Path, as_text: Collection[str] = ()) -> pa.Table:
    """CSV, TSV, Parquet or JSON lines, by the ending. Raises DataError when it cannot be read or is empty.

    Columns of `as_text` (compared without case) stay text in CSV and TSV: the id 007 is not the number 7.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise DataError(f"{path} is no table that is read; wanted is one of {', '.join(TABLE_SUFFIXES)}.")
    try:
        if suffix == ".parquet":
            table = parquet.read_table(path)
        elif suffix in (".jsonl", ".ndjson"):
            table = json.read_json(path)
        else:
            delimiter = "\t" if suffix == ".tsv" else ","
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                header = next(reader(file, delimiter=delimiter), [])
            wanted = {name.strip().lower() for name in as_text}
            table = csv.read_csv(
                path,
                parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    strings_can_be_null=True,
                    column_types={name: pa.string() for name in header if name.strip().lower() in wanted},
                ),
            )
        columns = table.column_names  # decoded only now: a header that is not UTF-8 fails here
    except FileNotFoundError as error:
        raise DataError(f"{path} is not there.") from error
    except (pa.ArrowException, OSError, ValueError, CsvError) as error:
        raise DataError(f"{path} cannot be read as a {suffix[1:]} table: {error}") from error
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise DataError(f"{path} has more than one column {', '.join(map(repr, twice))}; rename or remove them.")
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    return table
