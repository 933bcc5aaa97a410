"""`labels.parquet`: one row per example, in the data's order."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.evidence import EVIDENCE

MEANING = {
    "p_mislabelled": "probability, up is bad",
    "label_quality": "1 - p_mislabelled, up is good",
    "total": "nats",
    "aleatoric": "nats",
    "epistemic": "nats",
    "self_confidence": "probability of the given label, up is good",
    "margin": "log-odds of the given label against the next, up is good",
    "area_under_margin": "mean margin while training, up is good",
    "neighbour_agreement": "share of neighbours with the same label, up is good",
}
"""Unit and direction of each score; written into the schema as the field's metadata."""


def label_table(
    dataset: LabelledDataset,
    columns: Mapping[str, NDArray[Any]],
    duplicate_group: NDArray[np.int64],
    neighbours: NDArray[np.int64],
) -> pa.Table:
    """The table of an audit, from arrays with one row per example (labels as integers, -1 none)."""

    def score(values: NDArray[Any]) -> pa.Array:
        return pa.array(values.astype(np.float32), from_pandas=True)  # NaN becomes null

    def label(name: str) -> pa.Array:
        return label_column(columns[name], dataset.class_names)

    p_mislabelled, verdict = columns["p_mislabelled"], columns["verdict"]
    distribution = columns["label_distribution"].astype(np.float32)
    found = neighbours >= 0
    arrays: dict[str, pa.Array] = {
        "id": pa.array(dataset.ids.tolist(), pa.string()),
        "source": pa.array([dataset.source.describe(row) for row in range(len(dataset))], pa.string()),
        "given_label": label("given_label"),
        "verdict": pa.array(verdict.tolist(), pa.string(), mask=verdict == ""),
        "p_mislabelled": score(p_mislabelled),
        "label_quality": score(1 - p_mislabelled),
        "suggested_label": label("suggested_label"),
        "predicted_label": label("predicted_label"),
        "label_distribution": pa.FixedSizeListArray.from_arrays(distribution.ravel(), distribution.shape[1]),
        **{name: score(columns[name]) for name in ("total", "aleatoric", "epistemic", *EVIDENCE)},
        "duplicate_group": pa.array(duplicate_group.astype(np.int32), mask=duplicate_group < 0),
        "neighbours": pa.ListArray.from_arrays(
            np.concatenate([[0], found.sum(axis=1).cumsum()]).astype(np.int32),
            neighbours[found].astype(np.int32),
        ),
    }
    fields = [
        pa.field(name, array.type, metadata={"meaning": MEANING[name]} if name in MEANING else None)
        for name, array in arrays.items()
    ]
    return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema(fields))


def write_labels(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def label_column(labels: NDArray[np.int64], class_names: Sequence[str]) -> pa.DictionaryArray:
    """Integer labels as names whose codes are the integers; -1 becomes null."""
    indices = pa.array(labels.astype(np.int32), mask=labels < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(class_names, pa.string()))
