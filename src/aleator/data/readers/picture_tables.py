"""Tables whose examples are pictures: their paths in one column, or the pictures themselves."""

import os
import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.below import rows_outside
from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.images import MOST_UNREADABLE
from aleator.data.readers.column_names import GROUP_COLUMNS, INDEX_COLUMNS, find_column, is_exported, loosely
from aleator.data.readers.columns import is_embedded, label_column, path_column, split_column
from aleator.data.readers.example_rows import ExampleRows, answers_of_people, ids_of
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.group_columns import group_of_pictures, grouped
from aleator.data.readers.labels import EncodedLabels, labelled
from aleator.data.readers.labels_in_table import labels_of_column, labels_without_column
from aleator.data.readers.locate import locate, not_named
from aleator.data.readers.no_label_column import no_label_column
from aleator.data.readers.paths import clean_paths
from aleator.data.sources import ImageBytes, ImageFiles
from aleator.data.texts import Texts
from aleator.data.wording import listed, short
from aleator.errors import DataError

BOXES = frozenset(("bbox", "xmin", "ymin", "x1", "y1", "box", "boxes", "x", "roi.x1", "xcenter", "left", "top"))
"""How columns of boxes are called."""
WRITTEN_PICTURE = r"\s*(\w+://|data:|[A-Za-z0-9+/\n]{100,}={0,2}\s*$)"
"""An address, or a picture as text (base64)."""
MISSING = "is not there"
REPEATED = "repeats an earlier row: the same picture with the same label"


@dataclass(frozen=True)
class _Columns:
    """Which column is what in a table of pictures."""

    path: str
    """Of paths, or of the pictures themselves."""
    id: str | None
    label: str | None
    """None where each class has a column, or nothing but what cells hold says which it is."""
    split: str | None
    said: tuple[str, ...]


@dataclass(frozen=True)
class _Pictures:
    """The pictures of all rows."""

    source: ImageFiles | ImageBytes
    noun: str
    names: "pa.StringArray | None"
    """Of their files; None where they have none."""
    missing: list[int]
    """The rows whose file is not there."""
    said: str = ""


def dataset_of_pictures(given: GivenTable, how: HowRead) -> LabelledDataset:
    """The data set of a table of pictures or of their paths. Raises DataError where it has none, or no labels."""
    columns = _columns(given)
    labels = _labels(given, columns)
    pictures = _pictures(given, columns.path)
    rows = _with_groups(_examples(given, columns, pictures.names, labels), given, columns)
    left_out = dict.fromkeys(pictures.missing, MISSING) | rows.left_out
    source = pictures.source
    beside = not_named(source.root, Texts(source.paths)) if isinstance(source, ImageFiles) else ()
    how = replace(how, form=how.form or f"a table with {pictures.noun} in {columns.path!r}")
    how = how.with_said(*columns.said, *labels.said, pictures.said, *rows.said, _said_of_unused(given, columns))
    return labelled(
        source,
        rows.labels,
        given.path,
        how.with_passed_over(beside),
        ids=rows.ids,
        split=None if columns.split is None else given.texts(columns.split),
        group=rows.group,
        left_out=dict(sorted(left_out.items())),
    )


def _columns(given: GivenTable) -> _Columns:
    label, said_of_labels = label_column(given)
    pictures, said = path_column(given, label)
    id_column = given.id_column
    if pictures is None and id_column is not None:
        pictures = id_column
        said = f"The ids in {id_column!r} are taken as the pictures' names; --path-column names another column."
    if pictures is None and label is None:
        raise no_label_column(given, {id_column})
    if pictures is None:
        raise DataError(
            f"{given.path} has no column of picture paths, of texts or of features beside its labels; it has "
            f"{listed(given.names)}. Name one with --path-column or --text-column, and the labels with --label-column."
        )
    return _Columns(pictures, id_column, label, split_column(given.cells), (said, said_of_labels))


def _labels(given: GivenTable, columns: _Columns) -> EncodedLabels:
    examples = columns.id or columns.path
    if columns.label is not None:
        return labels_of_column(given, columns.label, examples)
    return labels_without_column(given, {columns.path, columns.id, columns.split, *INDEX_COLUMNS}, examples)


def _pictures(given: GivenTable, name: str) -> _Pictures:
    column = given.cells[name]
    if is_embedded(column.type):
        content, names = _embedded(given, column)
        if content is not None:
            return _Pictures(ImageBytes(content, () if names is None else Texts(names)), "pictures", names, [])
        column = pa.chunked_array([names])
    if given.options.image_root is not None and not given.root.is_dir():
        raise DataError(f"--image-root: {given.root} is no folder.")
    files = clean_paths(column, given.path, given.root)
    missing, outside = _not_there(files, given)
    said = ""
    if len(missing) > MOST_UNREADABLE * len(files) and given.root.is_dir():
        found, said = locate(files, missing, given.root, str(given.path))
        texts = files.array.to_pylist()
        for row, file in found.items():
            texts[row] = file
        files = Texts(texts)
        missing = [row for row in missing if row not in found]
        outside -= set(found)
    if outside:
        row = min(outside)
        raise DataError(
            f"{given.path}, row {row}: {column[row].as_py()!r} points outside of {given.root}; only files below "
            "it are read. Move the table, or make its paths relative to its folder, or name the pictures' folder with "
            "--image-root."
        )
    if len(missing) > MOST_UNREADABLE * len(files):
        raise _too_many_missing(given, column, files, missing)
    return _Pictures(ImageFiles(given.root, files), "paths", files.array, missing, said)


def _not_there(files: Texts, given: GivenTable) -> tuple[list[int], set[int]]:
    """The rows whose file is not there or lies outside of the root, and the latter alone."""
    outside = set(rows_outside(given.root, files))
    there = np.fromiter((os.path.isfile(os.path.join(given.root, file)) for file in files), bool, len(files))
    there[list(outside)] = False
    return np.flatnonzero(~there).tolist(), outside


def _too_many_missing(given: GivenTable, column: pa.ChunkedArray, files: Texts, missing: list[int]) -> DataError:
    written = str(column[missing[0]].as_py())
    if re.match(WRITTEN_PICTURE, written):
        return DataError(
            f"{given.path}: {len(missing)} of {len(files)} paths are addresses or pictures written as text "
            f"({short(written)}); nothing is fetched. Save the pictures below {given.root}, where they are found by "
            "their names, or name their folder with --image-root."
        )
    return DataError(
        f"{given.path}: {len(missing)} of {len(files)} files are not there, more than a tenth; first: "
        f"{listed(files[row] for row in missing[:3])}. Paths are relative to {given.root}; name another folder with "
        "--image-root."
    )


def _embedded(given: GivenTable, column: pa.ChunkedArray) -> "tuple[pa.LargeBinaryArray | None, pa.StringArray | None]":
    """The bytes of the pictures and their names, each None where there are none."""
    content, names = column.combine_chunks(), None
    if pa.types.is_struct(column.type):
        if column.type.get_field_index("path") >= 0:
            texts = pc.struct_field(content, "path").cast(pa.string())
            names = texts if texts.null_count == 0 else None
        content = pc.struct_field(content, "bytes")
    if content.null_count == len(content):
        if names is None:
            raise DataError(f"{given.path}: its column of pictures holds neither bytes nor paths.")
        return None, names
    if names is not None and len(pc.unique(names)) < len(names):
        names = None
    return content.cast(pa.large_binary()), names


def _examples(
    given: GivenTable, columns: _Columns, names: "pa.StringArray | None", labels: EncodedLabels
) -> ExampleRows:
    """Which example each row is: by its id, else by its picture."""
    count = len(given)
    ids = None if columns.id is None else ids_of(given, columns.id)
    if ids is not None and len(np.unique(ids)) == count:
        return ExampleRows(ids, labels)
    files = np.arange(count).astype(str) if names is None else Texts(names).to_numpy()
    if names is None or len(pc.unique(names)) == count:
        if ids is None:
            return ExampleRows(files, labels)
        said = (
            f"The column {columns.id!r} repeats ({len(np.unique(ids)):,} values in {count:,} rows), so the ids are the "
            "paths; what shares a value is one group, which is never parted for training and testing."
        )
        return ExampleRows(files, labels, group=ids, said=(said,))
    worker = given.worker_column
    if worker is not None and len(pc.unique(given.cells[worker])) > 1:
        return answers_of_people(given, files, files, labels, "pictures")
    return _repeated(files, labels)


def _repeated(files: NDArray[np.str_], labels: EncodedLabels) -> ExampleRows:
    """A picture that stands in several rows: once with each of its labels, which then conflict."""
    ids, repeated, conflicting = files.astype(object), list[int](), 0
    seen: dict[str, list[int]] = {}
    for row, (file, label) in enumerate(zip(files.tolist(), labels.labels.tolist(), strict=True)):
        known = seen.setdefault(file, [])
        if known:
            ids[row] = f"{file}#{row}"
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
    return ExampleRows(np.array(ids.tolist()), labels, dict.fromkeys(repeated, REPEATED), said=tuple(said))


def _with_groups(rows: ExampleRows, given: GivenTable, columns: _Columns) -> ExampleRows:
    """The rows with what several of the pictures are of, where a column says it and no id does."""
    name = group_of_pictures(given.cells, {columns.path, columns.label, columns.id, columns.split})
    if rows.group is not None or name is None:
        return rows
    group, said = grouped(given.cells, name)
    return replace(rows, group=group, said=(*rows.said, said))


def _said_of_unused(given: GivenTable, columns: _Columns) -> str:
    """What is said of a table's columns that a data set of pictures does not use."""
    group = find_column(given.names, GROUP_COLUMNS)
    used = {columns.path, columns.id, columns.label, columns.split, given.worker_column, group, *INDEX_COLUMNS}
    unused = [name for name in given.names if name not in used]
    if not unused or is_exported(given.names) or columns.label is None:
        return ""
    boxes = any(loosely(name) in BOXES for name in unused)
    return f"Only whole pictures are judged; not used: {listed(unused)}." + (
        " If these are boxes, cut each out (PIL.Image.crop) and judge what is in them." if boxes else ""
    )
