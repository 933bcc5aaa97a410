"""Tables whose examples are in the table itself: texts in one column, or features in many."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.readers.column_names import (
    EXPORTED,
    EXPORTED_OF_AUDITS,
    EXPORTED_OF_GROUPS,
    INDEX_COLUMNS,
    find_column,
    is_exported,
)
from aleator.data.readers.columns import is_embedded, label_column, only_label_column, path_column, split_column
from aleator.data.readers.example_rows import ExampleRows, ids_of, numbered_where_ids_repeat, one_for_several_people
from aleator.data.readers.features import check_features, check_kinds, said_of_features
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.group_columns import group_column, grouped
from aleator.data.readers.kinds import decoded, is_number, is_text
from aleator.data.readers.labels import EncodedLabels, labelled
from aleator.data.readers.labels_in_table import labels_of_column
from aleator.data.readers.no_features import columns_of_models, columns_of_people, numbering_columns
from aleator.data.readers.no_label_column import no_label_column
from aleator.data.readers.text_columns import text_column
from aleator.data.readers.vectors import vectors_of, with_columns_of_vectors
from aleator.data.sources import FeatureArray, TableRows, TextArray
from aleator.data.texts import Texts
from aleator.data.wording import listed
from aleator.errors import DataError

EMPTY = "is empty"
MOST_EMPTY = 0.5
MOST_VALUES, MANY_VALUES = 50, 0.25
"""Labels that are numbers with more distinct values than this, and than this share of the rows, are measurements."""
MOSTLY_NUMBERS = 0.99
WRITTEN_NUMBER = r"^[-+]?\d*\.?\d+(e[-+]?\d+)?$"


@dataclass(frozen=True)
class RowColumns:
    """Which column is what in a table that holds its examples itself."""

    label: str
    id: str | None
    split: str | None
    text: str | None
    """Without one the features are what is judged."""
    features: list[str]
    """All columns that say something of the examples."""
    group: str | None
    said_of_text: str
    said_of_labels: str
    numbering: dict[str, str]
    """Columns that only number the rows, with what is said of each."""


@dataclass(frozen=True)
class _Content:
    """What is judged of each row."""

    source: TextArray | TableRows | FeatureArray
    form: str
    said: tuple[str, ...] = ()
    empty: tuple[int, ...] = ()
    """Rows that hold nothing."""


@dataclass(frozen=True)
class _Features:
    """What says something of the examples."""

    table: pa.Table
    vectors: NDArray[np.float32] | None
    """Where one column of these is all there is."""
    said: tuple[str, ...]


def row_columns(given: GivenTable) -> RowColumns | None:
    """None where the table names pictures, or holds nothing but labels. Raises DataError for texts without labels."""
    cells, names = given.cells, given.names
    label, said_of_labels = label_column(given)
    text = find_column(names, (), given.options.text_column, given.path, "--text-column")
    pictures = None if text is not None else path_column(given, label)[0]
    split = split_column(cells)
    other = {label, given.id_column, split, given.worker_column, *INDEX_COLUMNS, *_left_out(given)}
    if set(EXPORTED) <= set(names):
        other |= {*EXPORTED, *EXPORTED_OF_AUDITS, *EXPORTED_OF_GROUPS}
    numbering = numbering_columns(cells, other)
    if set(names) <= other | set(numbering):
        numbering = {}  # nothing else is left to learn from
    other |= set(numbering)
    said = ""
    if text is None and (pictures is None or not _are_surely_pictures(given, pictures)):
        text, said = text_column(cells, other)
    if text is None and pictures is not None:
        return None
    if label is None:
        label, said_of_labels = only_label_column(cells, other | {text}, numbers_beside=text is None)
        other |= {label}
    elif given.options.label_column is None and not said_of_labels:
        said_of_labels = f"The labels are in {label!r}; --label-column names another column."
    group = None if text is not None else group_column(cells, other)
    features = [name for name in names if name not in other and name != group]
    if not features and group is not None and not is_exported(names):
        features, group = [group], None  # nothing else is left to learn from
    if text is None and (not features or label is None):
        return None
    if label is None:
        raise no_label_column(given, other | {text})
    return RowColumns(label, given.id_column, split, text, features, group, said, said_of_labels, numbering)


def _left_out(given: GivenTable) -> list[str | None]:
    """The columns that are no features since somebody said so."""
    return [find_column(given.names, (), name, given.path, "--leave-out") for name in given.options.left_out]


def _are_surely_pictures(given: GivenTable, name: str) -> bool:
    """Whether a column holds pictures, or is called as their paths are."""
    return is_embedded(given.cells[name].type) or name == given.named_path_column


def dataset_of_rows(given: GivenTable, columns: RowColumns, how: HowRead) -> LabelledDataset:
    """The data set whose examples are the rows: their texts, else their vectors or features."""
    _check_are_classes(given, columns.label)
    labels = labels_of_column(given, columns.label, columns.id)
    features = _features(given, columns, labels)
    ids = None if columns.id is None else ids_of(given, columns.id)
    rows = one_for_several_people(given, ids, None if columns.text is None else given.texts(columns.text), labels)
    rows = numbered_where_ids_repeat(rows, columns.id)
    group, said_of_group = _groups(given, columns, rows)
    content = _content(given, columns, features, rows.labels)
    left_out = dict.fromkeys(content.empty, EMPTY)
    left_out |= {row: why for row, why in rows.left_out.items() if row not in left_out}
    if columns.text is None:
        said_of_others = [*columns.numbering.values()]
    else:
        unused = [name for name in features.table.column_names if name != columns.text]
        said_of_others = [f"Only the texts are judged; not used: {listed(unused)}."] if unused else []
    how = how.with_said(*features.said, *rows.said, columns.said_of_text, columns.said_of_labels, said_of_group)
    how = replace(how, form=how.form or content.form).with_said(*said_of_others, *content.said, *labels.said)
    return labelled(
        content.source,
        rows.labels,
        given.path,
        how,
        ids=rows.ids,
        split=None if columns.split is None else given.texts(columns.split),
        group=group,
        left_out=left_out,
    )


def _check_are_classes(given: GivenTable, name: str) -> None:
    """Raise DataError for labels that are measurements: what is wrong with them is another question."""
    column = decoded(given.cells[name])
    if is_text(column.type):
        numbers = pc.match_substring_regex(pc.utf8_trim_whitespace(column), WRITTEN_NUMBER)
        if not (pc.mean(numbers.cast(pa.float64())).as_py() or 0) > MOSTLY_NUMBERS:
            return
    elif not is_number(column.type):
        return
    distinct = pc.count_distinct(column).as_py()
    if distinct > MOST_VALUES and distinct > MANY_VALUES * len(column):
        raise DataError(
            f"{given.path}: the column {name!r} holds {distinct:,} different numbers in {len(column):,} rows: that is "
            "a measurement (regression), and Aleator judges classes. Name the column of classes with --label-column, "
            "or cut the numbers into ranges first."
        )


def _features(given: GivenTable, columns: RowColumns, labels: EncodedLabels) -> _Features:
    """The features without the answers of models and people; each number of a vector is one, unless a column of vectors
    is all there is."""
    cells, features, vectors, said = given.cells, columns.features, None, []
    taken = {columns.text} | (set(given.names) - set(features))
    if columns.text is None:
        of_models = columns_of_models(cells, taken, labels.names)
        if of_models and set(of_models) < set(features):
            features = [name for name in features if name not in of_models]
            said.append(
                "No features, since they are called as a model's answers or parts of the data are: "
                f"{listed(map(repr, of_models))}. If they are some, call them otherwise."
            )
        vectors = vectors_of(cells[features[0]]) if len(features) == 1 else None
        if vectors is None:
            cells, features, said_of_vectors = with_columns_of_vectors(cells, features)
            said.append(said_of_vectors)
            check_features(cells.select(features), given.path)
    of_people = columns_of_people(cells, taken, labels.names)
    if of_people and (columns.text is not None or set(of_people) < set(features)):
        features = [name for name in features if name not in of_people]
        said.append(
            f"{listed(map(repr, of_people))} hold people's answers, so they are no features; --votes "
            f"{given.path.name} --use-votes uses them."
        )
    return _Features(cells.select(features), vectors, tuple(said))


def _groups(given: GivenTable, columns: RowColumns, rows: ExampleRows) -> tuple[NDArray[np.str_] | None, str]:
    """What rows belong together, by ids that repeat, else by the column of groups; and what is said of this column."""
    if columns.group is None:
        return rows.group, ""
    if rows.group is not None:
        return rows.group, f"{columns.group!r} is no feature."
    groups, said = grouped(given.cells, columns.group)
    return groups, f"{said} It is no feature."


def _content(given: GivenTable, columns: RowColumns, features: _Features, labels: EncodedLabels) -> _Content:
    if columns.text is not None:
        return _of_texts(given, columns.text)
    if features.vectors is not None:
        return _of_vectors(given, features.table.column_names[0], features.vectors)
    return _of_features(features.table, labels, given.path)


def _of_texts(given: GivenTable, name: str) -> _Content:
    """The texts of a column. Raises DataError where it holds none."""
    column, path = decoded(given.cells[name]), given.path
    if pa.types.is_null(column.type):
        raise DataError(f"{path}: the column {name!r} is empty; name the column of texts with --text-column.")
    if not is_text(column.type):
        raise DataError(
            f"{path}: the column {name!r} holds {column.type}, not text; name the column of texts with --text-column."
        )
    texts = pc.fill_null(column.cast(pa.string()).combine_chunks(), "")
    empty = np.flatnonzero(pc.equal(pc.utf8_trim_whitespace(texts), "").to_numpy(zero_copy_only=False)).tolist()
    if len(empty) > MOST_EMPTY * len(texts):
        raise DataError(
            f"{path}: {len(empty):,} of {len(texts):,} texts in {name!r} are empty; is it the right column? Name it "
            "with --text-column."
        )
    return _Content(TextArray(Texts(texts)), f"texts in {name!r}", empty=tuple(empty))


def _of_vectors(given: GivenTable, name: str, vectors: NDArray[np.float32]) -> _Content:
    try:
        source = FeatureArray(vectors)
    except DataError as error:
        raise DataError(f"{given.path}, column {name!r}: {error}") from error
    return _Content(source, f"vectors of {vectors.shape[1]:,} numbers in {name!r}")


def _of_features(table: pa.Table, labels: EncodedLabels, path: Path) -> _Content:
    names = table.column_names
    check_kinds(table, path)
    form = f"a table of {len(names)} column{'s' * (len(names) > 1)} of features"
    said = f"Features: {listed(names)}; --leave-out takes columns away."
    return _Content(TableRows(table), form, (said, *said_of_features(table, labels)))
