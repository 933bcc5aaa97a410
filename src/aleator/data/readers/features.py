"""The features of a table: what is refused of them, and what is said of those that may be something else."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.readers.dates import dates_of
from aleator.data.readers.kinds import decoded, is_text
from aleator.data.readers.labels import EncodedLabels
from aleator.data.readers.numbers import MORE_GAPS, NUMBER
from aleator.data.wording import listed
from aleator.errors import DataError

MOST_NAMES = 0.9
"""A column whose cells differ so often is one of names."""
HALF, LOOKED_AT = 0.5, 2000
FEWEST_TO_TELL = 20
"""Rows from which on it is no accident that a column has one value for each class."""


def check_kinds(table: pa.Table, path: Path) -> None:
    """Raise DataError where a column holds what no feature is, or all of them hold nothing."""
    names = table.column_names
    for field in table.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            raise DataError(
                f"{path}: the column {field.name!r} holds {field.type}, which is no feature; save vectors as an array "
                f"(.npy, .npz), or leave it out: --leave-out {field.name}."
            )
    if all(table[name].null_count == len(table) for name in names):
        raise DataError(f"{path}: its columns of features ({listed(names)}) are empty.")


def check_features(table: pa.Table, path: Path) -> None:
    """Raise DataError where no column says anything of a row but its name: each value stands once."""
    for name in table.column_names:
        column = table[name]
        if not is_text(column.type) or pc.count_distinct(column).as_py() < MOST_NAMES * len(column):
            return
    dates = [name for name in table.column_names if is_text(table[name].type) and dates_of(table[name]) is not None]
    if dates:
        raise DataError(
            f"{path}: nothing tells days from months in the dates of {listed(map(repr, dates))} (as "
            f"{table[dates[0]].drop_null()[0].as_py()!r}), so they are words that stand once each, and beside the "
            "labels there is nothing to learn from. Write them as 2020-12-31."
        )
    raise DataError(
        f"{path}: beside its labels it holds names only ({listed(table.column_names)}), a value for each row, and "
        "they are no features. If they name pictures, --path-column says which column does, and --image-root where "
        "they are; if they are texts, name the column with --text-column."
    )


def said_of_features(table: pa.Table, labels: EncodedLabels) -> list[str]:
    """What is said of features that may be something else: numbers that a few cells make words, and columns that give
    the label away."""
    said = []
    for name in table.column_names:
        column = decoded(table[name])
        if is_text(column.type) and (others := _no_numbers(column)):
            said.append(
                f"{name!r} is read as words, since {len(others):,} of its cells are no numbers "
                f"({listed(dict.fromkeys(others), 3)}); correct them, or leave them empty."
            )
    told = [name for name in table.column_names if _says_the_label(table[name], labels)]
    if told:
        said.append(
            f"Each class has one value of {listed(map(repr, told))} in every row. If that is the label in other words, "
            f"leave it out: --leave-out {','.join(told)}."
        )
    return said


def _no_numbers(column: pa.ChunkedArray) -> list[str]:
    """The cells of a column of text that are no numbers, where more than half are."""
    texts = pc.utf8_trim_whitespace(column.drop_null())
    texts = texts.filter(pc.invert(pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MORE_GAPS))))
    are = pc.match_substring_regex(texts, f"^({NUMBER})$")
    others: list[str] = texts.filter(pc.invert(are)).to_pylist()
    return others if len(others) < (1 - HALF) * len(texts) else []


def _says_the_label(column: pa.ChunkedArray, labels: EncodedLabels) -> bool:
    """Whether all examples of a class have the same value, and not all classes have."""
    if pa.types.is_nested(column.type) or len(pc.unique(column.slice(0, LOOKED_AT))) > len(labels.names):
        return False
    labelled = np.flatnonzero(labels.labels >= 0)
    if len(labelled) < FEWEST_TO_TELL or column.null_count:
        return False
    values = column.take(pa.array(labelled))
    kinds = pc.count_distinct(values).as_py()
    if not 1 < kinds <= len(labels.names):
        return False
    codes = values.combine_chunks().dictionary_encode().indices.to_numpy()
    pairs = len(np.unique(labels.labels[labelled] * kinds + codes))
    return bool(pairs == len(np.unique(labels.labels[labelled])))
