"""A CSV, TSV, Parquet or JSON-lines table of labels, and of picture paths, pictures, texts or features."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.cells import plain_cells
from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.images import MOST_UNREADABLE
from aleator.data.options import ReadOptions
from aleator.data.readers.answer_columns import with_one_label
from aleator.data.readers.column_names import (
    EXPORTED,
    EXPORTED_OF_AUDITS,
    EXPORTED_OF_GROUPS,
    GROUP_COLUMNS,
    ID_COLUMNS,
    INDEX_COLUMNS,
    PATH_COLUMNS,
    WORKER_COLUMNS,
    find_column,
    is_exported,
    loosely,
)
from aleator.data.readers.columns import (
    Columns,
    answers_of_cells,
    class_label_names,
    columns_of_models,
    columns_of_people,
    is_embedded,
    label_column,
    names_in_order,
    names_of_pictures,
    no_label_column,
    numbering_columns,
    only_label_column,
    path_column,
    split_column,
    text_columns,
)
from aleator.data.readers.group_columns import group_column, grouped, groups_of_pictures
from aleator.data.readers.kinds import texts_of, with_plain_columns
from aleator.data.readers.locate import locate, not_named
from aleator.data.readers.one_hot import binary_columns, columns_of_one_label, one_hot
from aleator.data.readers.paths import clean_paths
from aleator.data.readers.people import answers_of_people, labels_of_cells, one_for_several_people
from aleator.data.readers.rows import (
    check_classes,
    check_features,
    dataset_of_rows,
    dataset_of_texts,
    dataset_of_vectors,
    text_column,
)
from aleator.data.readers.shared import EncodedLabels, encoded
from aleator.data.readers.tables import (
    EVERY_COLUMN,
    LIST_SUFFIXES,
    TABLE_SUFFIXES,
    read_table_saying,
    with_numbers,
    without_empty_rows,
)
from aleator.data.readers.vectors import vectors_of, with_columns_of_vectors
from aleator.data.sources import ImageBytes, ImageFiles, rows_outside
from aleator.data.texts import Texts
from aleator.data.wording import listed, short
from aleator.errors import DataError

FORM = "a table (.csv, .tsv, .parquet, .jsonl, or a list .txt) of labels, and of picture paths, texts or features"
ANSWERED = "is another person's answer for the same example"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
"""Tables whose cells are text that may look like numbers."""
BOXES = frozenset(("bbox", "xmin", "ymin", "x1", "y1", "box", "boxes", "x", "roi.x1", "xcenter", "left", "top"))
FOOTERS = frozenset(
    ("total", "totals", "grand total", "sum", "subtotal", "average", "mean", "summe", "gesamt", "somme")
)
WRITTEN_PICTURE = r"\s*(\w+://|data:|[A-Za-z0-9+/\n]{100,}={0,2}\s*$)"
"""An address, or a picture as text (base64)."""
REPEATED = "repeats an earlier row: the same picture with the same label"


def knows(path: Path) -> bool:
    """Any file with a table's ending."""
    return path.is_file() and path.suffix.lower() in (*TABLE_SUFFIXES, *LIST_SUFFIXES)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; paths are relative to the table's folder (or `image_root`) and must lie below it."""
    table, said = _table_of(path, options.image_root or path.parent, options)
    return dataset_of_table(plain_cells(table, path), path, path.parent, options, HowRead().with_said(*said))


def read_splits(folder: Path, files: Sequence[Path], options: ReadOptions) -> LabelledDataset:
    """The data set of several tables of one folder, each a split with the name of the file."""
    tables, how = _tables_of(folder, files, options, f"a table for each of the splits {_stems(files)}")
    for place, (file, table) in enumerate(zip(files, tables, strict=True)):
        if split_column(table) is None:
            tables[place] = table.append_column("split", pa.array([file.stem] * len(table), pa.string()))
    return _dataset_of_several(folder, files, tables, options, how)


def read_parts(folder: Path, files: Sequence[Path], options: ReadOptions) -> LabelledDataset:
    """The data set of several tables of one folder that are parts of one, in this order. Raises DataError where their
    columns differ."""
    tables, how = _tables_of(folder, files, options, f"{len(files)} parts of one table ({_stems(files)})")
    for file, table in zip(files, tables, strict=True):
        other = set(table.column_names) ^ set(tables[0].column_names)
        if other:
            raise DataError(
                f"{file} has other columns than {files[0].name} ({listed(sorted(map(repr, other)))} in one of them "
                "only), so they are no parts of one table; name one of them."
            )
    return _dataset_of_several(folder, files, tables, options, how)


def _stems(files: Sequence[Path]) -> str:
    return listed(file.stem for file in files)


def _tables_of(folder: Path, files: Sequence[Path], options: ReadOptions, form: str) -> tuple[list[pa.Table], HowRead]:
    tables, how = [], HowRead(form)
    for file in files:
        table, said = _table_of(file, folder, options)
        how = how.with_said(*said)
        tables.append(with_plain_columns(table))
    tables, said_of_ids = _with_ids_apart(tables, files, options)
    return tables, how.with_said(said_of_ids)


def _with_ids_apart(tables: list[pa.Table], files: Sequence[Path], options: ReadOptions) -> tuple[list[pa.Table], str]:
    """The tables, the name of each before its ids where these begin anew in each table, and what is said of it."""
    names = {find_column(one.column_names, ID_COLUMNS, options.id_column, files[0]) for one in tables}
    name = names.pop()
    if name is None or names:
        return tables, ""
    ids = [texts_of(table[name]) for table in tables]
    together = len(np.unique(np.concatenate(ids)))
    if together == sum(map(len, ids)) or any(len(np.unique(one)) < len(one) for one in ids):
        return tables, ""
    apart = [np.char.add(f"{file.stem}/", one) for file, one in zip(files, ids, strict=True)]
    place = [table.column_names.index(name) for table in tables]
    made = [
        table.set_column(at, name, pa.array(one.tolist(), pa.string()))
        for table, at, one in zip(tables, place, apart, strict=True)
    ]
    return (
        made,
        f"The ids in {name!r} begin anew in each table, so the name of each stands before them ({apart[0][0]}).",
    )


def _dataset_of_several(
    folder: Path, files: Sequence[Path], tables: Sequence[pa.Table], options: ReadOptions, how: HowRead
) -> LabelledDataset:
    """Of tables one below the other. Raises DataError where one has a column that the widest lacks."""
    widest = max(tables, key=lambda table: table.num_columns)
    for file, table in zip(files, tables, strict=True):
        if more := [name for name in table.column_names if name not in widest.column_names]:
            raise DataError(
                f"{file} has the column {more[0]!r}, which other tables in {folder} lack; read one of them."
            )
        if less := [name for name in widest.column_names if name not in table.column_names]:
            how = how.with_said(f"{file.name} lacks the columns {listed(less)}, so they are empty there.")
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"The columns of {listed(files)} do not fit together: {error}") from error
    return dataset_of_table(table, folder, folder, options, how)


def _table_of(path: Path, root: Path, options: ReadOptions) -> tuple[pa.Table, tuple[str, ...]]:
    """The table of a file, its names and labels as text, and what is said of it."""
    asked = text_columns(options)
    table, said = read_table_saying(path, asked, options.encoding)
    told, of_label, _ = with_one_label(table, path, root, options)
    told = _with_names_as_text(told, path, root, of_label)
    more = columns_by_content(told, path, root, of_label) - asked
    if more:  # 007 was taken for a number, since the column's name says nothing
        table, said = read_table_saying(path, asked | more, options.encoding)
    table, of_rows = without_empty_rows(table, path)
    return _without_footer(table, (*said, *of_rows), asked | more, path, options)


def _without_footer(
    table: pa.Table, said: tuple[str, ...], as_text: set[str], path: Path, options: ReadOptions
) -> tuple[pa.Table, tuple[str, ...]]:
    """The table without a last row that has no label and a cell that calls it a sum of the others."""
    last = {name: str(cells[0] or "").strip() for name, cells in table.slice(len(table) - 1).to_pydict().items()}
    named = [cell for cell in last.values() if cell.lower().rstrip(":") in FOOTERS]
    if columns_of_one_label(table, options.label_column):
        return table, said
    label = label_column(table, path, options)[0] if named and len(table) > 1 else None
    if label is None or last[label]:
        return table, said
    table, how = with_numbers(table.slice(0, len(table) - 1), as_text, path, comma_is_decimal=False)
    left_out = f"The last row of {path.name} ({named[0]!r}) has no label and sums the others up: it is left out."
    return table, (*said, *how, left_out)


def _with_names_as_text(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> pa.Table:
    """The table, its broken numbers as they are written where pictures lie near it: 1e5 may name 1e5.png."""
    broken = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    if not broken or path.suffix.lower() not in TEXT_SUFFIXES or not names_of_pictures(root):
        return table
    written, _ = read_table_saying(path, EVERY_COLUMN, options.encoding)
    for name in set(broken) & set(written.column_names):
        table = table.set_column(table.column_names.index(name), name, written[name])
    return table


def columns_by_content(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> set[str]:
    """The columns of names and labels that are known by what they hold, as `loosely` writes them."""
    label, _ = label_column(table, path, options)
    pictures, _ = path_column(table, path, root, options, label)
    taken = {pictures, find_column(table.column_names, ID_COLUMNS, options.id_column, path, "--id-column")}
    taken |= {split_column(table), find_column(table.column_names, WORKER_COLUMNS)}
    if label is None and pictures is not None and len(binary_columns(table, taken)) < 2:
        label, _ = only_label_column(table, taken)
    return {loosely(name) for name in (label, pictures) if name is not None}


def dataset_of_table(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, how: HowRead = HowRead()
) -> LabelledDataset:
    """The data set that a table of paths (relative to `root`) or of pictures, and of labels, describes.

    Files that are not there (at most a tenth) and repeated rows are listed in `skipped`, but keep their rows, so that
    votes still line up; `read_dataset` takes them out.
    """
    table, options, said_of_label = with_one_label(with_plain_columns(table), path, root, options)
    how = how.with_said(*said_of_label)
    in_the_table = _of_the_table_itself(table, path, root, options, how)
    if in_the_table is not None:
        return in_the_table
    columns = _columns(table, path, root, options)
    labels = _labels(table, columns, path, options)
    source, ids_of_files, missing, said = _pictures(table[columns.path], path, root, options)
    ids, group, repeated, said_of_ids = _examples(table, columns, ids_of_files, labels, path)
    if group is None:
        group, said_of_group = groups_of_pictures(table, columns)
        said_of_ids = [*said_of_ids, *said_of_group]
    left_out = dict.fromkeys(missing, "is not there") | dict.fromkeys(repeated, REPEATED)
    how = how if how.form else replace(how, form=f"a table with {source.noun} in {columns.path!r}")
    return LabelledDataset(
        name=path.stem if path.is_file() else path.resolve().name,
        path=str(path),
        ids=ids,
        source=source.of,
        given_labels=labels.labels,
        class_names=labels.names,
        split=None if columns.split is None else texts_of(table[columns.split]),
        group=group,
        skipped=tuple(Skipped(str(ids[row]), source.of.describe(row), why) for row, why in sorted(left_out.items())),
        how_read=how.with_said(
            *columns.said, *labels.said, *said, *said_of_ids, _said_of_unused(table, columns)
        ).with_passed_over(
            not_named(source.of.root, Texts(source.of.paths)) if isinstance(source.of, ImageFiles) else ()
        ),
    )


def _of_the_table_itself(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, how: HowRead
) -> LabelledDataset | None:
    """The data set of a table that holds texts, or features, in the place of pictures; None where it names pictures."""
    own = _own_columns(table, path, root, options)
    if own is None:
        return None
    check_classes(table[own.label], path, own.label)
    labels = _labels(table, Columns("", own.id, own.label, own.split), path, options)
    table, features, vectors, said_of_features = _own_features(table, own, labels, path)
    ids = None if own.id is None else _ids(table[own.id], path, own.id)
    texts = None if own.text is None else texts_of(table[own.text])
    ids, others, said_of_people = one_for_several_people(table, ids, texts, labels, path)
    ids, group, repeats, said_of_group = _own_groups(table, own, ids)
    said_of_text = f"{own.said_of_text} {repeats}".strip()
    how = how.with_said(*said_of_features, *said_of_people, said_of_text, own.said_of_labels, said_of_group)
    if own.text is None:
        how = how.with_said(*own.numbering.values())
    elif unused := [name for name in features if name != own.text]:
        how = how.with_said(f"Only the texts are judged; not used: {listed(unused)}.")
    if own.text is not None:
        dataset = dataset_of_texts(table[own.text], own.text, path, ids, labels, how)
    elif vectors is not None:
        dataset = dataset_of_vectors(vectors, features[0], path, ids, labels, how)
    else:
        dataset = dataset_of_rows(table.select(features), path, ids, labels, how)
    left = {one.id for one in dataset.skipped}
    more = [Skipped(str(dataset.ids[row]), dataset.source.describe(row), ANSWERED) for row in others]
    skipped = (*dataset.skipped, *(one for one in more if one.id not in left))
    split = None if own.split is None else texts_of(table[own.split])
    return replace(dataset, skipped=skipped, split=split, group=group)


@dataclass(frozen=True)
class _OwnColumns:
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


def _own_columns(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> _OwnColumns | None:
    """None where the table names pictures, or holds nothing that is learned from. Raises DataError for texts without
    labels."""
    names = table.column_names
    label, said_of_labels = label_column(table, path, options)
    text = find_column(names, (), options.text_column, path, "--text-column")
    pictures = None if text is not None else path_column(table, path, options.image_root or root, options, label)[0]
    id_column = find_column(names, ID_COLUMNS, options.id_column, path, "--id-column")
    split = split_column(table)
    left_out = [find_column(names, (), name, path, "--leave-out") for name in options.left_out]
    other = {label, id_column, split, find_column(names, WORKER_COLUMNS), *INDEX_COLUMNS, *left_out}
    if set(EXPORTED) <= set(names):
        other |= {*EXPORTED, *EXPORTED_OF_AUDITS, *EXPORTED_OF_GROUPS}
    numbering = numbering_columns(table, other)
    if set(names) <= other | set(numbering):
        numbering = {}  # nothing else is left to learn from
    other |= set(numbering)
    said = ""
    if text is None and (pictures is None or pictures not in _surely_pictures(table, path, options)):
        text, said = text_column(table, {name for name in other if name is not None})
    if text is None and pictures is not None:
        return None
    if label is None:
        label, said_of_labels = only_label_column(table, other | {text}, numbers_beside=text is None)
        other |= {label}
    elif options.label_column is None and not said_of_labels:
        said_of_labels = f"The labels are in {label!r}; --label-column names another column."
    group = None if text is not None else group_column(table, other)
    features = [name for name in names if name not in other and name != group]
    if not features and group is not None and not is_exported(names):
        features, group = [group], None  # nothing else is left to learn from
    if text is None and (not features or label is None):
        return None
    if label is None:
        raise no_label_column(table, path, other | {text})
    return _OwnColumns(label, id_column, split, text, features, group, said, said_of_labels, numbering)


def _own_features(
    table: pa.Table, own: _OwnColumns, labels: EncodedLabels, path: Path
) -> tuple[pa.Table, list[str], NDArray[np.float32] | None, list[str]]:
    """The table, in which each place of a vector is a column; its features, without the answers of models and people;
    the vectors, where one column of these is all there is; and what is said of it."""
    features, vectors, said = own.features, None, []
    taken = {own.text, *(name for name in table.column_names if name not in own.features)}
    if own.text is None:
        of_models = columns_of_models(table, taken, labels.names)
        if set(of_models) < set(features):
            features = [name for name in features if name not in of_models]
            said.append(_said_of_models(of_models))
        vectors = vectors_of(table[features[0]]) if len(features) == 1 else None
        if vectors is None:
            table, features, said_of_vectors = with_columns_of_vectors(table, features)
            said.append(said_of_vectors)
            check_features(table.select(features), path)
    of_people = columns_of_people(table, taken, labels.names)
    if of_people and (own.text is not None or set(of_people) < set(features)):
        features = [name for name in features if name not in of_people]
        said.append(
            f"{listed(map(repr, of_people))} hold people's answers, so they are no features; --votes {path.name} "
            "--use-votes uses them."
        )
    return table, features, vectors, said


def _own_groups(
    table: pa.Table, own: _OwnColumns, ids: NDArray[np.str_] | None
) -> tuple[NDArray[np.str_] | None, NDArray[np.str_] | None, str, str]:
    """The ids, where each row has one of its own; the groups, by ids that repeat, else by the column of groups; and
    what is said of ids that repeat, and of that column."""
    if ids is None or len(np.unique(ids)) == len(ids):
        if own.group is None:
            return ids, None, "", ""
        groups, said = grouped(table, own.group)
        return ids, groups, "", f"{said} It is no feature."
    repeats = (
        f"The column {own.id!r} repeats ({len(np.unique(ids)):,} values in {len(ids):,} rows), so the rows are "
        "numbered; what shares a value is one group, which is never parted for training and testing."
    )
    return None, ids, repeats, "" if own.group is None else f"{own.group!r} is no feature."


def _said_of_models(names: list[str]) -> str:
    if not names:
        return ""
    return (
        "No features, since they are called as a model's answers or parts of the data are: "
        f"{listed(map(repr, names))}. If they are some, call them otherwise."
    )


def _surely_pictures(table: pa.Table, path: Path, options: ReadOptions) -> set[str]:
    """The columns that hold pictures, or are called as their paths are."""
    named = find_column(table.column_names, PATH_COLUMNS, options.path_column, path, "--path-column")
    return {field.name for field in table.schema if is_embedded(field.type) or field.name == named}


def _columns(table: pa.Table, path: Path, root: Path, options: ReadOptions) -> Columns:
    label, said_of_labels = label_column(table, path, options)
    pictures, said = path_column(table, path, options.image_root or root, options, label)
    names = table.column_names
    id_column = find_column(names, ID_COLUMNS, options.id_column, path, "--id-column")
    if pictures is None and id_column is not None:
        pictures = id_column
        said = f"The ids in {id_column!r} are taken as the pictures' names; --path-column names another column."
    if pictures is None and label is None:
        raise no_label_column(table, path, {id_column})
    if pictures is None:
        raise DataError(
            f"{path} has no column of picture paths, of texts or of features beside its labels; it has "
            f"{listed(names)}. Name one with --path-column or --text-column, and the labels with --label-column."
        )
    return Columns(pictures, id_column, label, split_column(table), tuple(filter(None, (said, said_of_labels))))


def _labels(table: pa.Table, columns: Columns, path: Path, options: ReadOptions) -> EncodedLabels:
    name = columns.label
    if name is None:
        taken = {columns.path, columns.id, columns.split, *INDEX_COLUMNS}
        labels = one_hot(table, taken, path)
        if labels is not None:
            if options.names is not None and len(options.names) != len(labels.names):
                raise DataError(
                    f"{path} has {len(labels.names)} columns of classes, --class-names {len(options.names)}."
                )
            return replace(labels, names=options.names or labels.names)
        worker = find_column(table.column_names, WORKER_COLUMNS)
        name, said = only_label_column(table, taken | {worker})
        if name is None:
            raise no_label_column(table, path, taken | {worker})
        labels = _labels(table, replace(columns, label=name), path, options)
        return replace(labels, said=(said, *labels.said))
    where = f"{path}, column {name!r}"
    of_the_file = class_label_names(table.schema).get(name)
    values = table[name].combine_chunks()
    if (answers := answers_of_cells(table, name, options.names)) is not None:
        examples = next((table[one] for one in (columns.id, columns.path) if one), None)
        values, told = labels_of_cells(answers, None if examples is None else texts_of(examples), path)
        labels = encoded(values, where, options.names or of_the_file, missing=options.missing_label)
        return replace(labels, said=(*told, *labels.said))
    if of_the_file is not None and pa.types.is_integer(values.type):
        labels = encoded(values, where, of_the_file, missing=options.missing_label or "-1")
        return replace(labels, names=options.names or labels.names)
    beside = names_in_order(table, name) if options.names is None and options.label_column is None else None
    if beside is None:
        ours = is_exported(table.column_names)
        return encoded(values, where, options.names, missing=options.missing_label, names_only=ours)
    other, names = beside
    labels = encoded(values, where, names, missing=options.missing_label)
    said = (
        f"The columns {name!r} and {other!r} name and number the same classes, which are in the order of the numbers."
    )
    return replace(labels, said=(*labels.said, said))


@dataclass(frozen=True)
class _Source:
    of: ImageFiles | ImageBytes
    noun: str


def _pictures(
    column: pa.ChunkedArray, path: Path, root: Path, options: ReadOptions
) -> tuple[_Source, "pa.StringArray | None", list[int], list[str]]:
    """The pictures, the name of each (None where they have none), the rows whose file is not there, and what is said
    of it."""
    if is_embedded(column.type):
        content, names = embedded(column, path)
        if content is not None:
            return _Source(ImageBytes(content, () if names is None else Texts(names)), "pictures"), names, [], []
        column = pa.chunked_array([names])
    if options.image_root is not None:
        root = options.image_root
        if not root.is_dir():
            raise DataError(f"--image-root: {root} is no folder.")
    files = clean_paths(column, path, root)
    outside = set(rows_outside(root, files))
    there = np.fromiter((os.path.isfile(os.path.join(root, file)) for file in files), bool, len(files))
    there[list(outside)] = False
    said = []
    missing = np.flatnonzero(~there)
    if len(missing) > MOST_UNREADABLE * len(files) and root.is_dir():
        found, sentence = locate(files, missing.tolist(), root, str(path))
        if sentence:
            said.append(sentence)
        texts = files.array.to_pylist()
        for row, file in found.items():
            texts[row], there[row] = file, True
        files = Texts(texts)
        outside -= set(found)
    if outside:
        row = min(outside)
        raise DataError(
            f"{path}, row {row}: {column[row].as_py()!r} points outside of {root}; only files below "
            "it are read. Move the table, or make its paths relative to its folder, or name the pictures' folder with "
            "--image-root."
        )
    missing = np.flatnonzero(~there)
    if len(missing) > MOST_UNREADABLE * len(files):
        written = str(column[int(missing[0])].as_py())
        if re.match(WRITTEN_PICTURE, written):
            raise DataError(
                f"{path}: {len(missing)} of {len(files)} paths are addresses or pictures written as text "
                f"({short(written)}); nothing is fetched. Save the pictures below {root}, where they are found by "
                "their names, or name their folder with --image-root."
            )
        first = listed(files[row] for row in missing[:3].tolist())
        raise DataError(
            f"{path}: {len(missing)} of {len(files)} files are not there, more than a tenth; first: {first}. "
            f"Paths are relative to {root}; name another folder with --image-root."
        )
    return _Source(ImageFiles(root, files), "paths"), files.array, missing.tolist(), said


def embedded(column: pa.ChunkedArray, path: Path) -> "tuple[pa.LargeBinaryArray | None, pa.StringArray | None]":
    """The bytes of the pictures and their names, each None where there are none."""
    names = None
    if pa.types.is_struct(column.type):
        fields = {column.type.field(number).name for number in range(column.type.num_fields)}
        chunks = column.combine_chunks()
        if "path" in fields:
            texts = pc.struct_field(chunks, "path").cast(pa.string())
            names = texts if texts.null_count == 0 else None
        content = pc.struct_field(chunks, "bytes")
    else:
        content = column.combine_chunks()
    if content.null_count == len(content):
        if names is None:
            raise DataError(f"{path}: its column of pictures holds neither bytes nor paths.")
        return None, names
    if names is not None and len(pc.unique(names)) < len(names):
        names = None
    return content.cast(pa.large_binary()), names


def _examples(
    table: pa.Table, columns: Columns, names: "pa.StringArray | None", labels: EncodedLabels, path: Path
) -> tuple[NDArray[np.str_], "NDArray[np.str_] | None", list[int], list[str]]:
    """The id of each row, its group, the rows that repeat others, and what is said of it."""
    count = len(table)
    ids = None if columns.id is None else _ids(table[columns.id], path, columns.id)
    if ids is not None and len(pc.unique(pa.array(ids, pa.string()))) == count:
        return ids, None, [], []
    files = np.arange(count).astype(str) if names is None else Texts(names).to_numpy()
    if names is None or len(pc.unique(names)) == count:
        if ids is None:
            return files, None, [], []
        said = (
            f"The column {columns.id!r} repeats ({len(np.unique(ids)):,} values in {count:,} rows), so the ids are the "
            "paths; what shares a value is one group, which is never parted for training and testing."
        )
        return files, ids, [], [said]
    same_file = np.unique(files, return_inverse=True)[1]
    worker = find_column(table.column_names, WORKER_COLUMNS)
    if worker is not None and len(pc.unique(table[worker])) > 1:
        return answers_of_people(files, same_file, labels, table[worker], worker, path)
    return _repeated(files, same_file, labels)


def _said_of_unused(table: pa.Table, columns: Columns) -> str:
    """What is said of a table's columns that a data set of pictures does not use."""
    worker, group = (find_column(table.column_names, of) for of in (WORKER_COLUMNS, GROUP_COLUMNS))
    used = {columns.path, columns.id, columns.label, columns.split, worker, group, *INDEX_COLUMNS}
    if is_exported(table.column_names) or columns.label is None:
        return ""
    unused = [name for name in table.column_names if name not in used]
    if not unused:
        return ""
    boxes = any(loosely(name) in BOXES for name in unused)
    return f"Only whole pictures are judged; not used: {listed(unused)}." + (
        " If these are boxes, cut each out (PIL.Image.crop) and judge what is in them." if boxes else ""
    )


def _repeated(
    files: NDArray[np.str_], same_file: NDArray[np.int64], labels: EncodedLabels
) -> tuple[NDArray[np.str_], None, list[int], list[str]]:
    """A picture that stands in several rows: once with each of its labels, which then conflict."""
    ids, repeated, conflicting = files.astype(object), [], 0
    seen: dict[int, list[int]] = {}
    for row, (file, label) in enumerate(zip(same_file.tolist(), labels.labels.tolist(), strict=True)):
        known = seen.setdefault(file, [])
        if known:
            ids[row] = f"{files[row]}#{row}"
            conflicting += label not in known
            if label in known:
                repeated.append(row)
        known.append(label)
    said = []
    if repeated:
        said.append(f"{len(repeated):,} rows repeat an earlier one, picture and label, and are left out.")
    if conflicting:
        said.append(
            f"{conflicting:,} rows give a picture another label than an earlier row: both are kept, as copies that "
            "conflict. If they are several people's answers, name the people in a column 'annotator'."
        )
    return np.array(ids.tolist()), None, repeated, said


def _ids(column: pa.ChunkedArray, table: Path, name: str) -> NDArray[np.str_]:
    ids = texts_of(column)
    empty = np.flatnonzero(ids == "")
    if len(empty):
        raise DataError(f"{table}, row {empty[0]}: the column {name!r} holds no id; fill it in, or rename the column.")
    return ids
