"""A CSV, TSV, Parquet or JSON-lines table of labels, and of picture paths, pictures, texts or features."""

import json
import os
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.cells import plain_cells
from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.images import MOST_UNREADABLE
from aleator.data.options import ReadOptions
from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.locate import locate
from aleator.data.readers.one_hot import one_hot
from aleator.data.readers.rows import check_classes, dataset_of_rows, dataset_of_texts, text_column
from aleator.data.readers.shared import EncodedLabels, encoded, find_column
from aleator.data.readers.tables import LIST_SUFFIXES, TABLE_SUFFIXES, read_table_saying
from aleator.data.sources import ImageBytes, ImageFiles, first_outside, rows_outside
from aleator.data.texts import Texts
from aleator.data.wording import listed
from aleator.errors import DataError

PATH_COLUMNS = (
    *("path", "file_name", "filename", "file", "image_path", "image", "filepath", "file_path", "img", "image_name"),
    *("image_file", "img_path", "picture", "photo"),
)
LABEL_COLUMNS = (
    *("label", "given_label", "class", "target", "emotion", "category", "y", "class_name", "label_name", "labels"),
    *("expression", "class_id", "label_id", "choice"),
)
INDEX_COLUMNS = ("", "Unnamed: 0", "index", "__index_level_0__")
"""A written row number is no data."""
SPLIT_COLUMNS = ("split", "usage", "subset", "fold", "partition")
ID_COLUMNS = ("id", "image_id", "example_id", "uid")
WORKER_COLUMNS = ("annotator", "worker", "annotator_id", "worker_id", "user", "rater", "completed_by")
FORM = "a table (.csv, .tsv, .parquet, .jsonl, or a list .txt) of labels, and of picture paths, texts or features"
EXPORTED = (
    *("source", "given_label", "label_from", "changed", "decision", "choices", "reviewers"),
    *("suggested_label", "p_mislabelled", "verdict"),
)
"""What `aleator export` writes beside the examples; none of it is a feature."""
FOLDERS_TRIED, FILES_TRIED = 20, 2000
REPEATED = "repeats an earlier row: the same picture with the same label"


def knows(path: Path) -> bool:
    """Any file with a table's ending."""
    return path.is_file() and path.suffix.lower() in (*TABLE_SUFFIXES, *LIST_SUFFIXES)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; paths are relative to the table's folder (or `image_root`) and must lie below it."""
    table, said = read_table_saying(path, text_columns(options), options.encoding)
    return dataset_of_table(plain_cells(table, path), path, path.parent, options, HowRead().with_said(*said))


def text_columns(options: ReadOptions) -> set[str]:
    """Columns that stay text even if they look like numbers."""
    asked = {options.path_column, options.id_column, options.label_column} - {None}
    return {*PATH_COLUMNS, *ID_COLUMNS, *LABEL_COLUMNS, *SPLIT_COLUMNS, *WORKER_COLUMNS, *map(str, asked)}


@dataclass(frozen=True)
class _Columns:
    """Which column of a table holds what."""

    path: str
    id: str | None
    label: str | None
    split: str | None
    said: tuple[str, ...] = ()


def dataset_of_table(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, how: HowRead = HowRead()
) -> LabelledDataset:
    """The data set that a table of paths (relative to `root`) or of pictures, and of labels, describes.

    Files that are not there (at most a tenth) and repeated rows are listed in `skipped`, but keep their rows, so that
    votes still line up; `read_dataset` takes them out.
    """
    in_the_table = _of_the_table_itself(table, path, root, options, how)
    if in_the_table is not None:
        return in_the_table
    columns = _columns(table, path, options)
    labels = _labels(table, columns, path, options)
    source, ids_of_files, missing, said = _pictures(table[columns.path], path, root, options)
    ids, group, repeated, said_of_ids = _examples(table, columns, ids_of_files, labels, path)
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
        how_read=how.with_said(*columns.said, *labels.said, *said, *said_of_ids),
    )


def _of_the_table_itself(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, how: HowRead
) -> LabelledDataset | None:
    """The data set of a table that holds texts, or features, in the place of pictures; None where it names pictures."""
    names = table.column_names
    of_pictures = [field.name for field in table.schema if is_embedded(field.type)]
    named = find_column(names, PATH_COLUMNS, options.path_column, str(path), "--path-column")
    if options.text_column is None and (of_pictures or named is not None):
        return None
    id_column = find_column(names, ID_COLUMNS, options.id_column, str(path), "--id-column")
    label = find_column(names, LABEL_COLUMNS, options.label_column, str(path), "--label-column")
    split = find_column(names, SPLIT_COLUMNS, None, str(path))
    text = find_column(names, (), options.text_column, str(path), "--text-column")
    left_out = [find_column(names, (), name, str(path), "--leave-out") for name in options.left_out]
    other = {label, id_column, split, find_column(names, WORKER_COLUMNS, None, str(path)), *INDEX_COLUMNS, *left_out}
    said = ""
    if text is None:
        text, said = text_column(table, {name for name in other if name is not None})
    if set(EXPORTED) <= set(names):
        other |= set(EXPORTED)
    features = [name for name in names if name not in other]
    if text is None and id_column is not None and _name_pictures(table[id_column], options.image_root or root):
        return None
    if text is None and (not features or (label is None and options.label_column is None)):
        return None
    if label is None:
        raise DataError(f"{path} has no column of labels; it has {listed(names)}. Name it with --label-column.")
    check_classes(table[label], path, label)
    labels = _labels(table, _Columns("", id_column, label, split), path, options)
    ids = None if id_column is None else _ids(table[id_column], path, id_column)
    if ids is not None and len(np.unique(ids)) < len(ids):
        ids, said = None, f"{said} The column {id_column!r} repeats, so the rows are numbered.".strip()
    how = how.with_said(said)
    if text is not None:
        dataset = dataset_of_texts(table[text], text, path, ids, labels, how)
    else:
        dataset = dataset_of_rows(table.select(features), path, ids, labels, how)
    return replace(dataset, split=None if split is None else texts_of(table[split]))


def _name_pictures(column: pa.ChunkedArray, root: Path) -> bool:
    """Whether ids are the names of pictures that lie in the folder, or in the folders in it."""
    places = [root, *islice((one for one in root.iterdir() if one.is_dir()), FOLDERS_TRIED)] if root.is_dir() else []
    files = (file for place in places for file in islice(place.iterdir(), FILES_TRIED) if has_picture_ending(file.name))
    names = {name for file in files for name in (file.name, file.stem)}
    return any(str(value) in names for value in column.slice(0, FILES_TRIED).to_pylist())


def _columns(table: pa.Table, path: Path, options: ReadOptions) -> _Columns:
    names = table.column_names
    said = []
    path_column = find_column(names, PATH_COLUMNS, options.path_column, str(path), "--path-column")
    id_column = find_column(names, ID_COLUMNS, options.id_column, str(path), "--id-column")
    label_column = find_column(names, LABEL_COLUMNS, options.label_column, str(path), "--label-column")
    split_column = find_column(names, SPLIT_COLUMNS, None, str(path))
    with_pictures = [field.name for field in table.schema if is_embedded(field.type)]
    if options.path_column is None and len(with_pictures) == 1:
        path_column = with_pictures[0]
    classes = class_label_names(table.schema)
    if label_column is None and len(classes) == 1:
        label_column = next(iter(classes))
        said.append(f"The labels are in {label_column!r}, the one column whose classes are named.")
    elif label_column is None and classes:
        raise DataError(f"{path} has several columns of classes ({listed(classes)}); choose one with --label-column.")
    if path_column is None and id_column is not None:
        path_column = id_column
        said.append(f"The ids in {id_column!r} are taken as the pictures' names; --path-column names another column.")
    if path_column is None:
        raise DataError(
            f"{path} has no column of picture paths, of texts or of features beside its labels; it has "
            f"{listed(names)}. Name one with --path-column or --text-column, and the labels with --label-column."
        )
    return _Columns(path_column, id_column, label_column, split_column, tuple(said))


def _labels(table: pa.Table, columns: _Columns, path: Path, options: ReadOptions) -> EncodedLabels:
    if columns.label is None:
        labels = one_hot(table, {columns.path, columns.id, columns.split, *INDEX_COLUMNS}, path)
        if labels is None:
            raise DataError(
                f"{path} has no column of labels; it has {listed(table.column_names)}. Name it with --label-column."
            )
        if options.names is not None and len(options.names) != len(labels.names):
            raise DataError(f"{path} has {len(labels.names)} columns of classes, --class-names {len(options.names)}.")
        return replace(labels, names=options.names or labels.names)
    where = f"{path}, column {columns.label!r}"
    of_the_file = class_label_names(table.schema).get(columns.label)
    values = table[columns.label].combine_chunks()
    if of_the_file is None or not pa.types.is_integer(values.type):
        return encoded(values, where, options.names, missing=options.missing_label)
    labels = encoded(values, where, of_the_file, missing=options.missing_label or "-1")
    return replace(labels, names=options.names or labels.names)


def class_label_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """The names of the classes that Hugging Face's `datasets` writes beside a table's columns (ClassLabel)."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return names_of_features(features)


def names_of_features(features: Any) -> dict[str, tuple[str, ...]]:
    """The class names of each ClassLabel among the features of a data set."""
    if not isinstance(features, dict):
        return {}
    return {
        name: tuple(map(str, feature["names"]))
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)
    }


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
        first = listed(files[row] for row in missing[:3].tolist())
        raise DataError(
            f"{path}: {len(missing)} of {len(files)} files are not there, more than a tenth; first: {first}. "
            f"Paths are relative to {root}; name another folder with --image-root."
        )
    return _Source(ImageFiles(root, files), "paths"), files.array, missing.tolist(), said


def is_embedded(kind: pa.DataType) -> bool:
    """Whether a column holds pictures themselves: their bytes, or Hugging Face's `{bytes, path}`."""
    if pa.types.is_struct(kind):
        return "bytes" in {kind.field(number).name for number in range(kind.num_fields)}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


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
    table: pa.Table, columns: _Columns, names: "pa.StringArray | None", labels: EncodedLabels, path: Path
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
    worker = find_column(table.column_names, WORKER_COLUMNS, None, str(path))
    if worker is not None and len(pc.unique(table[worker])) > 1:
        return _answers_of_people(files, same_file, labels, worker, path)
    return _repeated(files, same_file, labels)


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


def _answers_of_people(
    files: NDArray[np.str_], same_file: NDArray[np.int64], labels: EncodedLabels, worker: str, path: Path
) -> tuple[NDArray[np.str_], None, list[int], list[str]]:
    """Several people's answers, a row each: the picture is read once, with the answer of most."""
    counts = np.zeros((same_file.max() + 1, len(labels.names)), dtype=np.int64)
    answered = labels.labels >= 0
    np.add.at(counts, (same_file[answered], labels.labels[answered]), 1)
    most = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
    labels.labels[:] = most[same_file]
    first = np.unique(same_file, return_index=True)[1]
    repeated = np.setdiff1d(np.arange(len(files)), first)
    ids = files.astype(object)
    ids[repeated] = [f"{files[row]}#{row}" for row in repeated]
    said = (
        f"{len(files):,} rows are answers of several people (column {worker!r}) for {len(first):,} pictures: the given "
        f"label is the answer of most. --votes {path.name} --use-votes hears each of them."
    )
    return np.array(ids.tolist()), None, repeated.tolist(), [said]


def is_row_number(table: pa.Table, name: str) -> bool:
    """Whether a column is the row number that pandas writes before the others: 0, 1, 2, ..."""
    if name not in INDEX_COLUMNS or not pa.types.is_integer(table.schema.field(name).type):
        return False
    return bool(np.array_equal(table[name].to_numpy(), np.arange(len(table))))


def texts_of(column: pa.ChunkedArray) -> NDArray[np.str_]:
    """A column as text; what is missing is empty."""
    column = _decoded(column)
    if _is_text(column):
        return Texts(_trimmed(column)).to_numpy()
    return np.array(["" if value is None else str(value).strip() for value in column.to_pylist()])


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _trimmed(column: pa.ChunkedArray) -> pa.StringArray:
    """A column of texts, empty where one is missing."""
    return pc.utf8_trim_whitespace(column.cast(pa.string()).combine_chunks()).fill_null("")


def _ids(column: pa.ChunkedArray, table: Path, name: str) -> NDArray[np.str_]:
    ids = texts_of(column)
    empty = np.flatnonzero(ids == "")
    if len(empty):
        raise DataError(f"{table}, row {empty[0]}: the column {name!r} holds no id; fill it in, or rename the column.")
    return ids


UNUSUAL = r"^/|^\./|/\.?/|/\.?$|^\.$"
"""Absolute paths, and those that have a shorter form."""


def relative_paths(column: pa.ChunkedArray, table: Path, root: Path) -> Texts:
    """A column of paths as paths relative to `root`, with forward slashes. Raises DataError naming the row."""
    paths = clean_paths(column, table, root)
    row_outside = first_outside(root, paths)
    if row_outside is not None:
        raise DataError(
            f"{table}, row {row_outside}: {column[row_outside].as_py()!r} points outside of {root}; only files below "
            "it are read. Move the table, or make its paths relative to its folder."
        )
    return paths


def clean_paths(column: pa.ChunkedArray, table: Path, root: Path) -> Texts:
    """The same, wherever the paths point to."""
    column = _decoded(column)
    if not _is_text(column):
        raise DataError(
            f"{table}: its column of picture paths holds {column.type}, not text. Name the right one with "
            "--path-column."
        )
    texts = _trimmed(column)
    missing = np.flatnonzero(pc.equal(texts, "").to_numpy(zero_copy_only=False))
    if len(missing):
        raise DataError(f"{table}, row {missing[0]}: the path is missing.")
    texts = pc.replace_substring(texts, "\\", "/")
    unusual = pc.match_substring_regex(texts, UNUSUAL)
    if pc.any(unusual).as_py():
        plain = [_relative(text, root) for text in texts.filter(unusual).to_pylist()]
        texts = pc.replace_with_mask(texts, unusual, pa.array(plain, pa.string()))
    return Texts(texts)


def _relative(text: str, root: Path) -> str:
    file = Path(text)
    if file.is_absolute():
        parent = next((top for top in (root, root.resolve()) if file.is_relative_to(top)), None)
        file = file if parent is None else file.relative_to(parent)
    return file.as_posix()
