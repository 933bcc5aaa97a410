"""The copy of data that were in memory, which an audit keeps so that they can be reviewed and trained on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.sources import ExampleSource, FeatureArray, ImageArray, ImageBytes, ImageFiles
from aleator.errors import DataError

FORM = "the copy of its data that an audit keeps (data.parquet)"
KEY = b"aleator.data"
ROWS = 10_000


def knows(path: Path) -> bool:
    """A Parquet file that `write_kept` wrote."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    try:
        return KEY in (parquet.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def write_kept(dataset: LabelledDataset, path: Path) -> None:
    """Write ids, labels, splits, groups and the examples themselves (of picture files, their paths)."""
    source = dataset.source
    about: dict[str, Any] = {"class_names": dataset.class_names, "name": dataset.name, "path": dataset.path}
    columns: dict[str, pa.Array] = {
        "id": pa.array(dataset.ids, pa.string()),
        "label": pa.array(dataset.given_labels),
    }
    for name in ("split", "group"):
        values = getattr(dataset, name)
        columns |= {} if values is None else {name: pa.array(values, pa.string())}
    if isinstance(source, ImageFiles):
        about["root"] = str(source.root.resolve())
        columns["file"] = pa.array(source.paths, pa.string())
    elif isinstance(source, ImageBytes):
        columns["picture"] = source.content
        columns |= {"file": pa.array(source.names, pa.string())} if source.names else {}
    else:
        values = source.pixels if isinstance(source, ImageArray) else source.values
        about |= {"shape": values.shape[1:], "dtype": values.dtype.str}
        flat = np.ascontiguousarray(values).reshape(len(values), -1).view(np.uint8)
        width = flat.shape[1]
        columns["values"] = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(width), len(values), [None, pa.py_buffer(flat.tobytes())]
        )
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(about)})
    parquet.write_table(table, path, compression="zstd", row_group_size=ROWS)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; the same data, with the same fingerprint."""
    try:
        table = parquet.read_table(path)
        about = json.loads(table.schema.metadata[KEY])
        names = tuple(map(str, about["class_names"]))
        return LabelledDataset(
            name=str(about["name"]),
            path=str(about["path"]),
            ids=_texts(table, "id"),
            source=_source(table, about),
            given_labels=table["label"].to_numpy().astype(np.int64),
            class_names=options.names or names,
            split=_texts(table, "split") if "split" in table.column_names else None,
            group=_texts(table, "group") if "group" in table.column_names else None,
            how_read=HowRead(FORM),
        )
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} cannot be read as the copy of an audit's data: {error}") from error


def _texts(table: pa.Table, name: str) -> Any:
    return np.array(table[name].to_pylist(), dtype=str)


def _source(table: pa.Table, about: dict[str, Any]) -> ExampleSource:
    if "picture" in table.column_names:
        names = table["file"].to_pylist() if "file" in table.column_names else ()
        return ImageBytes(table["picture"].combine_chunks().cast(pa.large_binary()), names)
    if "file" in table.column_names:
        return ImageFiles(Path(about["root"]), table["file"].to_pylist())
    raw = b"".join(table["values"].to_pylist())
    values = np.frombuffer(raw, dtype=np.dtype(about["dtype"])).reshape(len(table), *about["shape"])
    return ImageArray(values) if values.dtype == np.uint8 else FeatureArray(values)
