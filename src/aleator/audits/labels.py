"""`labels.parquet`: one row per example, in the data's order. Its columns, how they are written, how they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from aleator.data.dataset import LabelledDataset
from aleator.verdicts.judge import Verdicts


class Kind(Enum):
    """What a column holds, and what `decoded` makes of it."""

    TEXT = "text"
    """Texts; null is empty."""
    LABEL = "class"
    """Class names whose codes are the integers; decoded as these, null is -1."""
    SCORE = "number"
    """float32; null is NaN."""
    GROUP = "group"
    """Numbers of groups; null is -1."""
    DISTRIBUTION = "distribution"
    """Probabilities in the order of the classes, `(example, class)`; where there are many classes pairs of a class's
    number and its probability, decoded as one of scipy's sparse arrays."""
    ROWS = "rows"
    """Lists of row numbers; decoded as a list for each example."""
    TEXTS = "texts"
    """Lists of texts; decoded as a list for each example."""


SPARSE_FIELDS = ("class", "probability")
"""Of a distribution that names its classes by their numbers."""


@dataclass(frozen=True)
class Column:
    """One column; `meaning` is unit and direction, and written into the schema as the field's metadata."""

    kind: Kind
    meaning: str = ""


COLUMNS: dict[str, Column] = {
    "id": Column(Kind.TEXT),
    "source": Column(Kind.TEXT),
    "given_label": Column(Kind.LABEL),
    "verdict": Column(Kind.TEXT),
    "p_mislabelled": Column(Kind.SCORE, "probability, up is bad"),
    "label_quality": Column(Kind.SCORE, "1 - p_mislabelled, up is good"),
    "suggested_label": Column(Kind.LABEL),
    "predicted_label": Column(Kind.LABEL),
    "label_distribution": Column(Kind.DISTRIBUTION),
    "total": Column(Kind.SCORE, "nats"),
    "aleatoric": Column(Kind.SCORE, "nats"),
    "epistemic": Column(Kind.SCORE, "nats"),
    "self_confidence": Column(Kind.SCORE, "probability of the given label, up is good"),
    "margin": Column(Kind.SCORE, "log-odds of the given label against the next, up is good"),
    "area_under_margin": Column(Kind.SCORE, "mean margin while training, up is good"),
    "small_loss": Column(Kind.SCORE, "probability that the loss is one of the small ones, up is good"),
    "neighbour_agreement": Column(Kind.SCORE, "share of neighbours with the same label, up is good"),
    "cluster_agreement": Column(Kind.SCORE, "share of the same label in the k-means cluster, up is good"),
    "dense_cluster_agreement": Column(Kind.SCORE, "share of the same label in the HDBSCAN cluster, up is good"),
    "duplicate_group": Column(Kind.GROUP),
    "neighbours": Column(Kind.ROWS),
    "marked": Column(Kind.TEXTS, "words that speak against the given label, or columns with unusual values"),
    "reviewed_label": Column(Kind.LABEL),
}
"""`reviewed_label` is there only after a review, `marked` only for texts and tables.
A kind of evidence that is not listed is a score without a unit."""


NEEDED = (
    *("id", "source", "given_label", "verdict", "p_mislabelled", "label_quality", "suggested_label", "predicted_label"),
    *("label_distribution", "total", "aleatoric", "epistemic", "duplicate_group", "neighbours"),
)
"""Columns that every audit has."""


def read_labels(path: Path, class_names: Sequence[str], examples: int) -> pa.Table:
    """The table of an audit of so many examples of these classes. Raises ValueError where it is not one."""
    table = pq.ParquetFile(path).read()
    if table.num_rows != examples:
        raise ValueError(f"it has {table.num_rows:,} rows, and the audit {examples:,} examples")
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise ValueError(f"it has no column {missing[0]!r}")
    if len(set(table.column_names)) < table.num_columns:
        raise ValueError("it has a column twice")
    table.validate(full=True)
    for name in table.column_names:
        _check(name, table[name].combine_chunks(), class_names)
    return table


def _check(name: str, column: pa.Array, class_names: Sequence[str]) -> None:
    """Raise ValueError unless the column holds what its kind says."""
    kind, of = COLUMNS.get(name, Column(Kind.SCORE)).kind, column.type
    fits = {
        Kind.TEXT: pa.types.is_string(of),
        Kind.LABEL: pa.types.is_dictionary(of) and pa.types.is_string(of.value_type),
        Kind.SCORE: pa.types.is_floating(of),
        Kind.GROUP: pa.types.is_integer(of),
        Kind.DISTRIBUTION: (pa.types.is_fixed_size_list(of) and pa.types.is_floating(of.value_type))
        or (is_sparse_distribution(of) and {field.name for field in of.value_type} == set(SPARSE_FIELDS)),
        Kind.ROWS: pa.types.is_list(of) and pa.types.is_integer(of.value_type),
        Kind.TEXTS: pa.types.is_list(of) and pa.types.is_string(of.value_type),
    }[kind]
    if not fits or (name in COMPLETE and column.null_count):
        raise ValueError(f"its column {name!r} is {of} with {column.null_count} gaps, not {kind.value}")
    if kind is Kind.LABEL and column.dictionary.to_pylist() != list(class_names):
        raise ValueError(f"its column {name!r} is of other classes than the audit")
    if kind is Kind.DISTRIBUTION and is_sparse_distribution(of):
        label, probability = (column.flatten().field(name).to_numpy(zero_copy_only=False) for name in SPARSE_FIELDS)
        fits = ((label >= 0) & (label < len(class_names)) & (probability >= 0) & (probability <= 1.0001)).all()
        if column.flatten().null_count or not fits:
            raise ValueError(f"its column {name!r} is no distribution over {len(class_names)} classes")
    elif kind is Kind.DISTRIBUTION:
        values = column.flatten().to_numpy(zero_copy_only=False)
        if of.list_size != len(class_names) or not ((values >= 0) & (values <= 1.0001)).all():
            raise ValueError(f"its column {name!r} is no distribution over {len(class_names)} classes")
    if kind is Kind.ROWS and column.null_count == 0 and len(column.flatten()):
        rows = column.flatten().to_numpy(zero_copy_only=False)
        if not ((rows >= 0) & (rows < len(column))).all():
            raise ValueError(f"its column {name!r} names a row that is not there")


COMPLETE = ("id", "source", "label_distribution", "neighbours", "suggested_label")
"""Columns without a gap."""


def decoded(table: pa.Table, name: str) -> Any:
    """A column as an array; see `Kind`."""
    column = table[name].combine_chunks()
    kind = COLUMNS.get(name, Column(Kind.SCORE)).kind
    if kind is Kind.TEXT:
        return _texts(column)
    if kind is Kind.LABEL:
        codes = column.indices.fill_null(-1).cast(pa.int64())
        return np.asarray(codes.to_numpy(zero_copy_only=False))
    if kind is Kind.DISTRIBUTION and is_sparse_distribution(column.type):
        pairs, classes = column.flatten(), len(table["given_label"].combine_chunks().dictionary)
        label, probability = (pairs.field(name).to_numpy(zero_copy_only=False) for name in SPARSE_FIELDS)
        ends = np.concatenate([[0], np.cumsum(column.value_lengths().to_numpy(zero_copy_only=False))])
        return csr_array((probability, label, ends), shape=(len(column), classes))
    if kind is Kind.DISTRIBUTION:
        values = np.asarray(column.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)
        return values.reshape(len(column), -1)
    if kind is Kind.GROUP:
        return np.asarray(column.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    if kind in (Kind.ROWS, Kind.TEXTS):
        return column.to_pylist()
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _texts(column: pa.StringArray) -> NDArray[np.str_]:
    """Coded first, so that few different texts in a million rows are no million Python objects."""
    coded = column.dictionary_encode()
    names = np.array([*coded.dictionary.to_pylist(), ""])
    codes = coded.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(names[codes])


def label_table(
    dataset: LabelledDataset,
    verdicts: Verdicts,
    predicted_label: NDArray[np.int64],
    scores: Mapping[str, NDArray[np.floating[Any]]],
    duplicate_group: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    marked: Sequence[Sequence[str]] | None = None,
) -> pa.Table:
    """The table of an audit, from arrays with one row per example (labels as integers, -1 none).

    `scores` are total, aleatoric and epistemic uncertainty and the kinds of evidence, in the order of the columns.
    """

    judged = verdict_columns(verdicts, dataset.class_names)
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
        **({} if marked is None else {"marked": pa.array(marked, pa.list_(pa.string()))}),
    }
    fields = [_field(name, array) for name, array in arrays.items()]
    return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema(fields))


def verdict_columns(verdicts: Verdicts, class_names: Sequence[str]) -> dict[str, pa.Array]:
    """The columns that the judge fills."""
    p_mislabelled, distribution = verdicts.p_mislabelled, verdicts.label_distribution
    return {
        "verdict": pa.array(verdicts.verdict.tolist(), pa.string(), mask=verdicts.verdict == ""),
        "p_mislabelled": _score(p_mislabelled),
        "label_quality": _score(1 - p_mislabelled),
        "suggested_label": label_column(verdicts.suggested_label, class_names),
        "label_distribution": _sparse_distribution(distribution)
        if issparse(distribution)
        else pa.FixedSizeListArray.from_arrays(distribution.astype(np.float32).ravel(), distribution.shape[1]),
    }


def _sparse_distribution(distribution: csr_array) -> pa.ListArray:
    """Of each example the classes that it may be, as numbers, and their probabilities."""
    parts = [pa.array(distribution.indices.astype(np.int32)), pa.array(distribution.data.astype(np.float32))]
    pairs = pa.StructArray.from_arrays(parts, list(SPARSE_FIELDS))
    return pa.ListArray.from_arrays(pa.array(distribution.indptr.astype(np.int32)), pairs)


def is_sparse_distribution(column: pa.DataType) -> bool:
    """Whether the distributions name their classes, as those of many classes do."""
    return bool(pa.types.is_list(column) and pa.types.is_struct(column.value_type))


def dense_rows(distribution: NDArray[np.float32] | csr_array, rows: Any) -> NDArray[np.float32]:
    """Some rows of a decoded `label_distribution`, `(row, class)`."""
    some = distribution[rows]
    return np.asarray(some.toarray() if issparse(some) else some)


def clear_mistakes(table: pa.Table, above: float) -> NDArray[np.bool_]:
    """The labels that are at least so probably wrong, and have another suggested in their place, `(example,)`."""
    surely = np.nan_to_num(decoded(table, "p_mislabelled").astype(np.float64)) >= above
    return np.asarray(surely & (decoded(table, "suggested_label") != decoded(table, "given_label")))


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
    meaning = COLUMNS[name].meaning if name in COLUMNS else ""
    return pa.field(name, array.type, metadata={"meaning": meaning} if meaning else None)
