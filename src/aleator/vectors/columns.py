"""The columns of a table as numbers: as trees take them, with gaps, and as vectors, standardised."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.errors import DataError

MOST_CATEGORIES = 200
"""More distinct texts than this, or one for every second row, are names or sentences, and no categories."""
UNUSUAL = 3.0
"""Robust standard deviations from the median."""
RARE = 0.01
"""A category of a smaller share of the rows is unusual."""


@dataclass(frozen=True)
class EncodedColumn:
    """One column, and how it becomes numbers."""

    name: str
    kind: Literal["number", "category"]
    centre: float = 0.0
    """Median of the numbers."""
    scale: float = 1.0
    """Robust standard deviation of the numbers."""
    categories: tuple[str, ...] = ()
    """From the most frequent down."""
    rare: tuple[str, ...] = ()
    """Those of few rows."""


@dataclass(frozen=True)
class TableVectors:
    """How rows of such a table become numbers; made by `fit_columns`."""

    columns: tuple[EncodedColumn, ...]
    passed_over: dict[str, str] = field(default_factory=dict)
    """Columns that say nothing that a learner could use, and why."""

    @property
    def categorical(self) -> NDArray[np.bool_]:
        """`(column,)`."""
        return np.array([column.kind == "category" for column in self.columns])

    def codes(self, table: pa.Table) -> NDArray[np.float32]:
        """Numbers, and codes of categories, `(row, column)`; NaN where there is nothing, or a category not known.

        Raises DataError naming a column that is missing.
        """
        missing = [column.name for column in self.columns if column.name not in table.column_names]
        if missing:
            raise DataError(
                f"The table has no column {missing[0]!r}; its rows need {', '.join(one.name for one in self.columns)}."
            )
        return np.stack([_codes(table[column.name], column) for column in self.columns], axis=1)

    def dense(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised numbers, a gap in the middle and told by one more feature; one feature for each category.

        `(row, feature)`.
        """
        parts: list[NDArray[Any]] = []
        for place, column in enumerate(self.columns):
            values = codes[:, place]
            gap = np.isnan(values)
            if column.kind == "number":
                parts.append(np.clip(np.where(gap, 0, (values - column.centre) / column.scale), -10, 10)[:, None])
                parts.append(gap[:, None])
            else:
                parts.append(values[:, None] == np.arange(len(column.categories)))
        return np.concatenate(parts, axis=1).astype(np.float32)

    def unusual(self, codes: NDArray[np.float32], row: int) -> list[str]:
        """The columns in which a row is unlike most, the strangest first."""
        strange: list[tuple[float, str]] = []
        for place, column in enumerate(self.columns):
            value = codes[row, place]
            if np.isnan(value):
                continue
            if column.kind == "number":
                deviation = abs(float(value) - column.centre) / column.scale
                if deviation > UNUSUAL:
                    strange.append((deviation, column.name))
            elif column.categories[int(value)] in column.rare:
                strange.append((UNUSUAL, column.name))
        return [name for _, name in sorted(strange, key=lambda one: -one[0])]


def fit_columns(table: pa.Table) -> TableVectors:
    """How the columns of a table become numbers. Raises DataError where none says anything."""
    columns, passed_over = [], {}
    for name in table.column_names:
        encoded = _encode(table[name], name)
        if isinstance(encoded, EncodedColumn):
            columns.append(encoded)
        else:
            passed_over[name] = encoded
    if not columns:
        reasons = "; ".join(f"{name!r} {why}" for name, why in list(passed_over.items())[:5])
        raise DataError(f"No column of the table can be learned from: {reasons}.")
    return TableVectors(tuple(columns), passed_over)


def _encode(column: pa.ChunkedArray, name: str) -> EncodedColumn | str:
    """How a column becomes numbers, or why it does not."""
    if column.null_count == len(column):
        return "is empty"
    if _is_number(column.type):
        values = _numbers(column)
        known = values[np.isfinite(values)]
        if not len(known):
            return "is empty"
        if known.min() == known.max() and len(known) == len(values):
            return f"is {known[0]:g} in every row"
        lower, middle, upper = np.quantile(known, [0.25, 0.5, 0.75])
        scale = (upper - lower) / 1.349 or float(known.std()) or 1.0
        return EncodedColumn(name, "number", float(middle), float(scale))
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return f"holds {column.type}"
    counted = pc.value_counts(_texts(column).drop_null())
    values, counts = counted.field(0).to_pylist(), counted.field(1).to_numpy(zero_copy_only=False)
    if len(values) == 1 and not column.null_count:
        return f"is {values[0]!r} in every row"
    if len(values) > min(MOST_CATEGORIES, len(column) / 2):
        return f"has {len(values):,} different texts in {len(column):,} rows"
    order = np.argsort(-counts, kind="stable")
    rare = tuple(values[place] for place in order if counts[place] < RARE * len(column))
    return EncodedColumn(name, "category", categories=tuple(values[place] for place in order), rare=rare)


def _codes(column: pa.ChunkedArray, encoded: EncodedColumn) -> NDArray[np.float32]:
    if encoded.kind == "number":
        if not _is_number(column.type):
            raise DataError(f"The column {encoded.name!r} holds {column.type}; it held numbers when it was learned.")
        values = _numbers(column)
        return np.where(np.isfinite(values), values, np.nan).astype(np.float32)
    place = pc.index_in(_texts(column), value_set=pa.array(encoded.categories, pa.string()))
    return np.asarray(place.cast(pa.float32()).to_numpy(), dtype=np.float32)


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
        or types.is_temporal(kind)
    )  # fmt: skip


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Numbers; of dates, days since 1970; of times and durations, seconds."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        column = pc.divide(column.cast(pa.timestamp("s")).cast(pa.int64()).cast(pa.float64()), 86_400.0)
    elif pa.types.is_time(column.type):
        column = column.cast(pa.time64("us")).cast(pa.int64())
    elif pa.types.is_duration(column.type):
        column = column.cast(pa.duration("s")).cast(pa.int64())
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def predicts_alone(
    codes: NDArray[np.float32], labels: NDArray[np.int64], names: Sequence[str], *, accuracy: float = 0.98
) -> list[str]:
    """The columns each of which alone predicts nearly every label, as those do that were made from the label.

    A small tree on one column, three-fold; only where the largest class is well below that.
    """
    from sklearn.model_selection import cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    known = np.flatnonzero(labels >= 0)
    counts = np.bincount(labels[known])
    if counts.max() / len(known) > accuracy - 0.1 or np.min(counts[counts > 0]) < 3:
        return []
    tree = DecisionTreeClassifier(max_leaf_nodes=2 * max(2, len(counts)), random_state=0)
    told = np.nan_to_num(codes[known], nan=-1e30)
    return [
        name
        for place, name in enumerate(names)
        if cross_val_score(tree, told[:, [place]], labels[known], cv=3).mean() > accuracy
    ]
