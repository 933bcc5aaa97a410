"""Labels that are written as one column of 0 and 1 for each class."""

from collections.abc import Collection
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.kinds import is_number, is_text
from aleator.data.readers.labels import EncodedLabels
from aleator.data.wording import listed
from aleator.errors import DataError

MOST_TRIED, ROWS_TRIED = 100, 2000
WORDS = (("yes", "no"), ("y", "n"), ("true", "false"), ("x", ""), ("✓", ""), ("✔", ""), ("1", "0"))
"""How 1 and 0 are written in words, and as marks."""


def one_hot(table: pa.Table, others: Collection[str | None], where: Path) -> EncodedLabels | None:
    """The class of each row from its columns of 0 and 1; None where there are not two such columns.

    A row of zeros has no label. Raises DataError where rows name several classes: that is a data set of several labels
    for an example, another question than the one that is answered here.
    """
    names = binary_columns(table, others)
    if len(names) < 2:
        return None
    values = np.stack([_binary(table[name]) for name in names], axis=1)
    said: list[str] = []
    count = values.sum(axis=1)
    if (count == 0).all():
        return None
    several = np.flatnonzero(count > 1)
    if len(several) and (other := _other_than_a_class(values)) is not None:
        said.append(f"The column {names[other]!r} holds 0 and 1 too, but is no class: without it each row has one.")
        names, values = [name for name in names if name != names[other]], np.delete(values, other, axis=1)
        count = values.sum(axis=1)
        several = several[:0]
    if len(several):
        row = int(several[0])
        named = listed(repr(names[column]) for column in np.flatnonzero(values[row]))
        raise DataError(
            f"{where}: {len(several):,} rows have a 1 in more than one of the columns {listed(names)} (row {row}: "
            f"{named}), so an example may have several labels. One label for an example is what is audited: write one "
            "class into a column of labels, or leave these rows out. If each column is a label of its "
            "own, name one with --label-column."
        )
    none = int((count == 0).sum())
    said.append(f"The label is the column that holds the 1, of {listed(names)}.")
    if none:
        said.append(f"{none:,} rows without a 1 have no label.")
    labels = np.where(count == 0, -1, values.argmax(axis=1)).astype(np.int64)
    return EncodedLabels(labels, tuple(names), tuple(said))


def columns_of_one_label(table: pa.Table, asked: str | None) -> list[str]:
    """The columns that `asked` names with commas between them, which say together what the label is; none where it
    names one."""
    names = [name.strip() for name in (asked or "").split(",")]
    several = asked not in table.column_names and len(names) > 1 and set(names) <= set(table.column_names)
    return names if several else []


def with_label_column(table: pa.Table, asked: str | None, where: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """The table with one column of labels, called `asked`, in the place of the columns of 0 and 1 that `asked` names
    with commas between them, and what is said of it; any other table as it is."""
    names = columns_of_one_label(table, asked)
    if asked is None or not names or not all(_is_binary(table[name]) for name in names):
        return table, ()
    labels = one_hot(table.select(names), (), where)
    if labels is None:
        raise DataError(f"{where}: no row has a 1 in any of the columns {listed(names)}.")
    texts = pa.array(labels.names, pa.string()).take(pa.array(labels.labels, mask=labels.labels < 0))
    return table.drop_columns(names).append_column(asked, texts), labels.said


def columns_of_classes(table: pa.Table) -> list[str]:
    """The most columns of 0 and 1 that stand together, of which each row has a 1 in one; empty where there are none."""
    binary, best = set(binary_columns(table, ())), list[str]()
    runs: list[list[str]] = [[]]
    for name in table.column_names:
        if name in binary:
            runs[-1].append(name)
        elif runs[-1]:
            runs.append([])
    for run in runs:
        if not 2 <= len(run) <= MOST_TRIED:
            continue
        values = [_binary(table[name])[:ROWS_TRIED] for name in run]
        sums = np.concatenate([np.zeros((1, len(values[0]))), np.cumsum(values, axis=0)])
        for start, end in combinations(range(len(run) + 1), 2):
            if end - start > max(1, len(best)) and (sums[end] - sums[start] == 1).all():
                best = run[start:end]
    return best


def binary_columns(table: pa.Table, others: Collection[str | None]) -> list[str]:
    """The columns beside those others that hold 0 and 1 only."""
    return [field.name for field in table.schema if field.name not in others and _is_binary(table[field.name])]


def one_hot_array(values: NDArray[Any], where: str) -> NDArray[Any]:
    """Labels `(example,)` of an array `(example, class)` of 0 and 1, or `(example, 1)`; -1 for a row of zeros.

    Raises DataError for any other shape, and where rows name several classes.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim == 2 and (values.sum(axis=1) > 0.99).all() and not np.isin(values, (0, 1)).all():
        raise DataError(
            f"{where}: labels have shape {values.shape} and are shares of several classes; wanted is one label per "
            "example, (example,): take labels.argmax(axis=1), or give the people's answers as votes (--votes)."
        )
    if values.ndim != 2 or not np.isin(values, (0, 1)).all() or not values.any():
        raise DataError(
            f"{where}: labels have shape {values.shape}; wanted is one label per example, (example,). If each column "
            "is a person, give the array as --votes, and the answer of most as the labels."
        )
    count = values.sum(axis=1)
    several = np.flatnonzero(count > 1)
    if len(several):
        raise DataError(
            f"{where}: {len(several):,} rows of labels have several 1s (first row {several[0]}), so an example may "
            "have several labels. One label for an example is what is audited: leave these rows out. If each column is "
            "a person, give the array as --votes, and the answer of most as the labels."
        )
    return np.where(count == 0, np.nan, values.argmax(axis=1))


def _other_than_a_class(values: NDArray[np.float32]) -> int | None:
    """The one column without which every row has exactly one 1; None where there is none, or several."""
    count = values.sum(axis=1)
    found = [column for column in range(values.shape[1]) if (count - values[:, column] == 1).all()]
    return found[0] if len(found) == 1 and values.shape[1] > 2 else None


def _binary(column: pa.ChunkedArray) -> NDArray[np.float32]:
    cells = _as_binary(column)
    assert cells is not None
    return cells


def _is_binary(column: pa.ChunkedArray) -> bool:
    return _as_binary(column) is not None


def _as_binary(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    """The cells as 0 and 1; None where they hold anything else. A mark in some cells, and yes and no, are such too."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return np.asarray(column.cast(pa.float32()).fill_null(0).to_numpy())
    if is_text(kind):
        return _of_words(column)
    if not is_number(kind) or column.null_count == len(column):
        return None
    cells: NDArray[np.float32] = column.cast(pa.float64()).fill_null(0).to_numpy()
    return cells.astype(np.float32) if bool(np.isin(cells, (0.0, 1.0)).all()) else None


def _of_words(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    """Cells of yes and no, or with a mark or nothing, as 1 and 0; None where they hold anything else."""
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string()))).fill_null("")
    found = set(pc.unique(texts).to_pylist())
    for yes, no in WORDS:
        if yes in found and found <= {yes, no, ""} and len(found) > 1:
            return np.asarray(pc.equal(texts, yes).cast(pa.float32()).to_numpy())
    return None
