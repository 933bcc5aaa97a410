"""Tables whose examples are in the table itself: texts in one column, or features in many."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.readers.kinds import decoded, is_number, is_text
from aleator.data.readers.numbers import MORE_GAPS, NUMBER
from aleator.data.readers.shared import EncodedLabels
from aleator.data.sources import FeatureArray, TableRows, TextArray
from aleator.data.texts import Texts
from aleator.data.wording import listed
from aleator.errors import DataError

TEXT_COLUMNS = (
    *("text", "sentence", "review", "review_text", "comment", "content", "body", "message", "utterance", "tweet"),
    *("headline", "title", "question", "document", "description", "sms", "email", "news", "query", "prompt"),
)
WORDS, DISTINCT = 3.0, 0.5
"""A column is one of texts if its cells have so many words in the mean and so large a share of them differ."""
FEATURES_BESIDE, WORDS_BESIDE = 2, 8.0
"""Beside so many columns of numbers a column of fewer words than this is one of names or addresses, and no text."""
ADDRESS = r"^\s*(\S+@\S+\.\S+|\w+://\S+)\s*$"
MOST_NAMES = 0.9
"""A column whose cells differ so often is one of names."""
WORD = r"(^|\s)[^\s\d]*\pL"
"""Where a word begins: a number, or a place in a vector, is none, even as 1e-05."""
HALF, LOOKED_AT = 0.5, 2000
FEWEST_TO_TELL = 20
"""Rows from which on it is no accident that a column has one value for each class."""
EMPTY = "is empty"
MOST_EMPTY = 0.5
MOST_VALUES, MANY_VALUES = 50, 0.25
"""Labels that are numbers with more distinct values than this, and than this share of the rows, are measurements."""


def text_column(table: pa.Table, taken: set[str]) -> tuple[str | None, str]:
    """The column that holds texts, and on what evidence; None where there is none. `taken` hold something else."""
    free = {name: table[name] for name in table.column_names if name not in taken and is_text(table[name].type)}
    for wanted in TEXT_COLUMNS:
        for name, column in free.items():
            if name.strip().lower() == wanted and _holds_texts(column):
                return name, f"The texts are in {name!r}; --text-column names another column."
    numbers = [
        field.name
        for field in table.schema
        if field.name not in taken and (is_number(field.type) or pa.types.is_boolean(field.type))
    ]
    fewest = WORDS if len(numbers) < FEATURES_BESIDE else WORDS_BESIDE
    long = {name: words for name, column in free.items() if (words := _words(column))[0] >= fewest}
    long = {name: words for name, words in long.items() if words[1] >= DISTINCT}
    if not long:
        return None, ""
    name = max(long, key=lambda one: long[one][0])
    others = [other for other in long if other != name]
    beside = f"; {listed(map(repr, others))} would be too" if others else ""
    return (
        name,
        f"{name!r} is taken as the texts: {long[name][0]:.0f} words a row{beside}. --text-column names another.",
    )


def dataset_of_texts(
    column: pa.ChunkedArray, name: str, path: Path, ids: NDArray[np.str_] | None, labels: EncodedLabels, how: HowRead
) -> LabelledDataset:
    """The data set whose examples are the texts of a column. Raises DataError where it holds none."""
    column = decoded(column)
    if pa.types.is_null(column.type):
        raise DataError(f"{path}: the column {name!r} is empty; name the column of texts with --text-column.")
    if not is_text(column.type):
        raise DataError(
            f"{path}: the column {name!r} holds {column.type}, not text; name the column of texts with --text-column."
        )
    texts = pc.fill_null(column.cast(pa.string()).combine_chunks(), "")
    empty = np.flatnonzero(pc.equal(pc.utf8_trim_whitespace(texts), "").to_numpy(zero_copy_only=False))
    if len(empty) > MOST_EMPTY * len(texts):
        raise DataError(
            f"{path}: {len(empty):,} of {len(texts):,} texts in {name!r} are empty; is it the right column? Name it "
            "with --text-column."
        )
    return _dataset(path, TextArray(Texts(texts)), ids, labels, replace(how, form=how.form or f"texts in {name!r}"), (
        dict.fromkeys(empty.tolist(), EMPTY)
    ))  # fmt: skip


def dataset_of_rows(
    table: pa.Table, path: Path, ids: NDArray[np.str_] | None, labels: EncodedLabels, how: HowRead
) -> LabelledDataset:
    """The data set whose examples are the rows of a table of features."""
    names = table.column_names
    for field in table.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            raise DataError(
                f"{path}: the column {field.name!r} holds {field.type}, which is no feature; save vectors as an array "
                f"(.npy, .npz), or leave it out: --leave-out {field.name}."
            )
    form = how.form or f"a table of {len(names)} column{'s' * (len(names) > 1)} of features"
    said = f"Features: {listed(names)}; --leave-out takes columns away."
    gaps = pc.all(pa.chunked_array([pc.is_null(table[name].combine_chunks()) for name in names])).as_py()
    if gaps:
        raise DataError(f"{path}: its columns of features ({listed(names)}) are empty.")
    return _dataset(
        path,
        TableRows(table),
        ids,
        labels,
        replace(how, form=form).with_said(said, *said_of_features(table, labels)),
        {},
    )


def dataset_of_vectors(
    vectors: NDArray[np.float32],
    name: str,
    path: Path,
    ids: NDArray[np.str_] | None,
    labels: EncodedLabels,
    how: HowRead,
) -> LabelledDataset:
    """The data set whose examples are the vectors in a column."""
    try:
        source = FeatureArray(vectors)
    except DataError as error:
        raise DataError(f"{path}, column {name!r}: {error}") from error
    form = how.form or f"vectors of {vectors.shape[1]:,} numbers in {name!r}"
    return _dataset(path, source, ids, labels, replace(how, form=form), {})


def _dataset(
    path: Path,
    source: TextArray | TableRows | FeatureArray,
    ids: NDArray[np.str_] | None,
    labels: EncodedLabels,
    how: HowRead,
    left_out: dict[int, str],
) -> LabelledDataset:
    named = np.arange(len(source)).astype(str) if ids is None else ids
    return LabelledDataset(
        name=path.stem,
        path=str(path),
        ids=named,
        source=source,
        given_labels=labels.labels,
        class_names=labels.names,
        skipped=tuple(Skipped(str(named[row]), source.describe(row), why) for row, why in left_out.items()),
        how_read=how.with_said(*labels.said),
    )


def check_classes(column: pa.ChunkedArray, path: Path, name: str) -> None:
    """Raise DataError for labels that are measurements: what is wrong with them is another question."""
    column = decoded(column)
    if is_text(column.type):
        numbers = pc.match_substring_regex(pc.utf8_trim_whitespace(column), r"^[-+]?\d*\.?\d+(e[-+]?\d+)?$")
        if not (pc.mean(numbers.cast(pa.float64())).as_py() or 0) > 0.99:
            return
    elif not is_number(column.type):
        return
    distinct = pc.count_distinct(column).as_py()
    if distinct > MOST_VALUES and distinct > MANY_VALUES * len(column):
        raise DataError(
            f"{path}: the column {name!r} holds {distinct:,} different numbers in {len(column):,} rows: that is a "
            "measurement (regression), and Aleator judges classes. Name the column of classes with --label-column, or "
            "cut the numbers into ranges first."
        )


def check_features(table: pa.Table, path: Path) -> None:
    """Raise DataError where no column says anything of a row but its name: each value stands once."""
    for name in table.column_names:
        column = table[name]
        if not is_text(column.type) or pc.count_distinct(column).as_py() < MOST_NAMES * len(column):
            return
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


def _holds_texts(column: pa.ChunkedArray) -> bool:
    """Whether the cells of a column that is called as texts are: words, and more than a few that come again and again
    (the title of a person, Mr or Mrs)."""
    words, distinct = _words(column)
    return words >= WORDS or (words >= 1 and distinct >= DISTINCT and not _holds_addresses(column))


def _holds_addresses(column: pa.ChunkedArray) -> bool:
    some = decoded(column).slice(0, LOOKED_AT).drop_null().cast(pa.string())
    return (pc.mean(pc.match_substring_regex(some, ADDRESS).cast(pa.float64())).as_py() or 0) > MOST_NAMES


def _words(column: pa.ChunkedArray) -> tuple[float, float]:
    """Words in the mean, and the share of cells that differ; characters without spaces count as half a word each."""
    column = decoded(column)
    some = column.slice(0, 2000).drop_null()
    if not len(some):
        return 0.0, 0.0
    trimmed = pc.utf8_trim_whitespace(some.cast(pa.string()))
    words = pc.count_substring_regex(trimmed, WORD)
    characters = pc.divide(pc.count_substring_regex(trimmed, r"[\x{0e00}-\x{0fff}\x{3040}-\x{9fff}]"), 2)
    return float(pc.mean(pc.max_element_wise(words, characters)).as_py()), len(pc.unique(trimmed)) / len(some)
