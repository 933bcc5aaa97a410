"""`labels.parquet`: one row per example, in the data's order."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.verdicts import Judgement

MEANING = {
    "p_mislabelled": "probability, up is bad",
    "label_quality": "1 - p_mislabelled, up is good",
    "total": "nats",
    "aleatoric": "nats",
    "epistemic": "nats",
    "self_confidence": "probability of the given label, up is good",
    "margin": "log-odds of the given label against the next, up is good",
    "area_under_margin": "mean margin while training, up is good",
    "small_loss": "probability that the loss is one of the small ones, up is good",
    "cluster_agreement": "share of the same label in the k-means cluster, up is good",
    "dense_cluster_agreement": "share of the same label in the HDBSCAN cluster, up is good",
    "neighbour_agreement": "share of neighbours with the same label, up is good",
}
"""Unit and direction of each score; written into the schema as the field's metadata."""


def label_table(
    dataset: LabelledDataset,
    judgement: Judgement,
    predicted_label: NDArray[np.int64],
    scores: Mapping[str, NDArray[np.floating[Any]]],
    duplicate_group: NDArray[np.int64],
    neighbours: NDArray[np.int64],
) -> pa.Table:
    """The table of an audit, from arrays with one row per example (labels as integers, -1 none).

    `scores` are total, aleatoric and epistemic uncertainty and the kinds of evidence, in the order of the columns.
    """

    judged = judgement_columns(judgement, dataset.class_names)
    found = neighbours >= 0
    arrays: dict[str, pa.Array] = {
        "id": pa.array(dataset.ids.tolist(), pa.string()),
        "source": pa.array([dataset.source.describe(row) for row in range(len(dataset))], pa.string()),
        "given_label": label_column(dataset.given_labels, dataset.class_names),
        **{name: judged[name] for name in ("verdict", "p_mislabelled", "label_quality", "suggested_label")},
        "predicted_label": label_column(predicted_label, dataset.class_names),
        "label_distribution": judged["label_distribution"],
        **{name: _score(values) for name, values in scores.items()},
        "duplicate_group": pa.array(duplicate_group.astype(np.int32), mask=duplicate_group < 0),
        "neighbours": pa.ListArray.from_arrays(
            np.concatenate([[0], found.sum(axis=1).cumsum()]).astype(np.int32),
            neighbours[found].astype(np.int32),
        ),
    }
    fields = [_field(name, array) for name, array in arrays.items()]
    return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema(fields))


def judgement_columns(judgement: Judgement, class_names: Sequence[str]) -> dict[str, pa.Array]:
    """The columns that a judgement fills."""
    p_mislabelled, distribution = judgement.p_mislabelled, judgement.label_distribution
    return {
        "verdict": pa.array(judgement.verdict.tolist(), pa.string(), mask=judgement.verdict == ""),
        "p_mislabelled": _score(p_mislabelled),
        "label_quality": _score(1 - p_mislabelled),
        "suggested_label": label_column(judgement.suggested_label, class_names),
        "label_distribution": pa.FixedSizeListArray.from_arrays(
            distribution.astype(np.float32).ravel(), distribution.shape[1]
        ),
    }


def set_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The table with these columns in the place of the old; a new one comes last."""
    for name, array in columns.items():
        field = _field(name, array)
        at = table.schema.get_field_index(name)
        table = table.append_column(field, array) if at < 0 else table.set_column(at, field, array)
    return table


def write_labels(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def label_column(labels: NDArray[np.int64], class_names: Sequence[str]) -> pa.DictionaryArray:
    """Integer labels as names whose codes are the integers; -1 becomes null."""
    indices = pa.array(labels.astype(np.int32), mask=labels < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(class_names, pa.string()))


def _score(values: NDArray[np.floating[Any]]) -> pa.Array:
    return pa.array(values.astype(np.float32), from_pandas=True)  # NaN becomes null


def _field(name: str, array: pa.Array) -> pa.Field:
    return pa.field(name, array.type, metadata={"meaning": MEANING[name]} if name in MEANING else None)
