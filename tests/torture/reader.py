"""What a reader of the campaign is, and the steps that several share."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 24
NAMES = ("cat", "dog", "owl")


@dataclass(frozen=True)
class Reader:
    """One reader: `make` leaves good files in a folder, `read` reads them and looks at all that it gets."""

    make: Callable[[Path], object]
    read: Callable[[Path], object]
    of_all: float = 1.0
    """How many files are tried, as a share of those of other readers: less of what trains a network each time."""


def labels() -> list[str]:
    return [NAMES[row % 3] for row in range(ROWS)]


def write(table: pa.Table, path: Path) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        rows = [table.column_names, *([str(cell) for cell in row.values()] for row in table.to_pylist())]
        path.write_text("".join(separator.join(row) + "\n" for row in rows))


def read_data(name: str, folder: Path, fewest: int = 10) -> object:
    """A data set and all of its examples, as an audit takes them."""
    from aleator.data import read_dataset
    from aleator.data.examples import load_examples
    from aleator.data.options import ReadOptions
    from aleator.data.sources import TableRows, TextArray

    options = ReadOptions(label_file=folder / "labels.npy") if name == "data.npy" else ReadOptions()
    dataset = read_dataset(folder / name, options)
    given, classes = dataset.given_labels, len(dataset.class_names)
    assert ((given >= -1) & (given < classes)).all()
    assert np.bincount(given[given >= 0], minlength=classes).sum() >= fewest
    assert len(set(dataset.ids.tolist())) == len(dataset)
    _, examples, _ = load_examples(dataset, 16)
    if isinstance(examples, np.ndarray):
        assert examples.dtype.kind not in "fiu" or np.isfinite(examples).all()
    if isinstance(dataset.source, TextArray | TableRows):
        from aleator.auditing.learned import vectors_of

        assert np.isfinite(vectors_of(dataset, None, "", 0, folder).material.dense).all()
    return dataset.fingerprint()
