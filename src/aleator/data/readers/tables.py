"""Tables of any common format as pyarrow tables."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.json as json
import pyarrow.parquet as parquet

from aleator.errors import DataError

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")


def read_table(path: Path) -> pa.Table:
    """CSV, TSV, Parquet or JSON lines, by the ending. Raises DataError when it cannot be read or is empty."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            table = parquet.read_table(path)
        elif suffix in (".jsonl", ".ndjson"):
            table = json.read_json(path)
        elif suffix in (".csv", ".tsv"):
            table = csv.read_csv(
                path,
                parse_options=csv.ParseOptions(delimiter="\t" if suffix == ".tsv" else ",", newlines_in_values=True),
                convert_options=csv.ConvertOptions(strings_can_be_null=True),
            )
        else:
            raise DataError(f"{path} is no table that is read; wanted is one of {', '.join(TABLE_SUFFIXES)}.")
    except FileNotFoundError as error:
        raise DataError(f"{path} is not there.") from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a {suffix[1:]} table: {error}") from error
    if table.num_rows == 0:
        raise DataError(f"{path} has no rows.")
    return table
