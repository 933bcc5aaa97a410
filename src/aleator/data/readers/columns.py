"""Which column of a table holds what: by what it is called, else by what it holds."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.options import ReadOptions
from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.answers_in_cells import answers_in_column
from aleator.data.readers.column_names import (
    CELL_COLUMNS,
    EXPORTED,
    ID_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    LIKELY_SPLIT_COLUMNS,
    PATH_COLUMNS,
    SPLIT_COLUMNS,
    WORKER_COLUMNS,
    find_column,
    loosely,
)
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.kinds import CELLS_TRIED, decoded, is_text, texts_of
from aleator.data.readers.split_names import has_split_word
from aleator.data.wording import listed
from aleator.errors import DataError

FOLDERS_TRIED, FILES_TRIED = 20, 2000
MOST_VOTES = 100
"""Of an example, that are taken for votes; larger numbers are others."""
MOST_CLASSES, MOSTLY = 0.5, 0.9
"""A column holds classes if it has fewer values than this share of its cells; it is of a kind if so many cells are."""


def columns_that_stay_text(options: ReadOptions) -> set[str]:
    """Columns that stay text even if they look like numbers, as `loosely` writes them."""
    asked = {options.path_column, options.id_column, options.label_column} - {None}
    usual = (*PATH_COLUMNS, *ID_COLUMNS, *LABEL_COLUMNS, *SPLIT_COLUMNS, *WORKER_COLUMNS)
    return {loosely(name) for name in (*usual, *map(str, asked))}


def path_column(given: GivenTable, label: str | None) -> tuple[str | None, str]:
    """The column of pictures or of their paths, and what is said of it: by its name, else because its cells end as
    pictures do, else because they are the names of pictures below the root; None where there is none."""
    table, names = given.cells, given.names
    named = given.named_path_column
    with_pictures = [field.name for field in table.schema if is_embedded(field.type) and field.name != label]
    if given.options.path_column is None and len(with_pictures) == 1:
        return with_pictures[0], ""
    if named is not None:
        return named, ""
    if set(EXPORTED) <= set(names) and pc.any(pc.match_substring(table["source"].cast(pa.string()), ".")).as_py():
        return "source", ""
    free = [name for name in names if name not in (label, *INDEX_COLUMNS)]
    texts = {name: texts_of(table[name].slice(0, CELLS_TRIED)).tolist() for name in free if is_text(table[name].type)}
    ending = [name for name, cells in texts.items() if np.mean([has_picture_ending(one) for one in cells]) > MOSTLY]
    if ending:
        others = f" ({listed(map(repr, ending[1:]))} would be too)" if ending[1:] else ""
        return ending[0], (
            f"The pictures' paths are in {ending[0]!r}, whose cells end as pictures do{others}; --path-column names "
            "another column."
        )
    pictures = names_of_pictures(given.root)
    if not pictures:
        return None, ""
    by_name = given.id_column
    whole = [name for name in free if pa.types.is_integer(table[name].type)]
    texts |= {name: texts_of(table[name].slice(0, CELLS_TRIED)).tolist() for name in whole if name not in texts}
    for name in sorted(texts, key=lambda one: one != by_name):
        cells = {cell for cell in texts[name] if cell}
        if any(cell in pictures for cell in cells) and len(cells) > MOST_CLASSES * len(texts[name]):
            what = "ids" if name == by_name else "cells"
            return name, f"The {what} in {name!r} are taken as the pictures' names; --path-column names another column."
    return None, ""


def names_of_pictures(root: Path) -> set[str]:
    """The names, with and without ending, of pictures that lie in the folder, or in the folders in it."""
    places = [root, *islice((one for one in root.iterdir() if one.is_dir()), FOLDERS_TRIED)] if root.is_dir() else []
    files = (file for place in places for file in islice(place.iterdir(), FILES_TRIED) if has_picture_ending(file.name))
    names: set[str] = set()
    for file in files:
        names |= {file.name, file.stem}
        if file.stem.isdecimal():
            names.add(str(int(file.stem)))  # 7 may mean 0007.png
    return names


def label_column(given: GivenTable) -> tuple[str | None, str]:
    """The column of labels by its name, and what is said of it; None where no name tells."""
    table, names, asked = given.cells, given.names, given.options.label_column
    found = find_column(names, LABEL_COLUMNS, asked, given.path, "--label-column")
    if found is not None:
        if asked is not None or set(EXPORTED) <= set(names):
            return found, ""
        others = [one for one in _called_as_labels(names) if one != found and one not in EXPORTED]
        others = [one for one in others if not _name_each_other(table, found, one)]
        if not others:
            return found, ""
        return found, f"The labels are in {found!r}; --label-column {others[0]!r} reads the other column."
    inner = [name for name in _called_as_labels(names) if "." in name]
    if len(inner) == 1:
        return inner[0], f"The labels are in {inner[0]!r}; --label-column names another column."
    called = (find_column(names, [one]) for one in CELL_COLUMNS)
    some = table.slice(0, CELLS_TRIED)
    cells = next((one for one in called if one is not None and answers_in_column(some, one) is not None), None)
    if cells is not None:
        return cells, f"The labels are in {cells!r}; --label-column names another column."
    classes = class_label_names(table.schema)
    if len(classes) == 1:
        name = next(iter(classes))
        return name, f"The labels are in {name!r}, the one column whose classes are named."
    if classes:
        raise DataError(
            f"{given.path} has several columns of classes ({listed(classes)}); choose one with --label-column."
        )
    return None, ""


def only_label_column(
    table: pa.Table, taken: set[str | None], *, numbers_beside: bool = False
) -> tuple[str | None, str]:
    """The one column beside those that are `taken` whose cells can be classes, and what is said of it; where there are
    features, the one that holds no numbers, unless the first or the last column of 0 and 1 may as well be meant."""
    free = [name for name in table.column_names if name not in taken and name not in INDEX_COLUMNS]
    fit = [name for name in free if holds_classes(table[name])]
    if numbers_beside:
        whole = [name for name in free if not pa.types.is_floating(table[name].type)]
        fit = [name for name in free if is_text(decoded(table[name]).type) and not _holds_names(table[name])] or whole
        fit = fit if len(free) > 1 and all(map(holds_classes, (table[name] for name in fit))) else []
        ends = [name for name in (*free[:1], *free[-1:]) if name not in fit]
        if fit != free[-1:] and any(_holds_yes_and_no(table[name]) for name in ends):
            return None, ""  # churned, is_fraud: as likely the label as the one text is
    if len(fit) != 1:
        return None, ""
    said = f"{fit[0]!r} is taken as the labels, the one column that can hold them; --label-column names another."
    return fit[0], said


def _holds_yes_and_no(column: pa.ChunkedArray) -> bool:
    """Whether the cells are yes and no, or 0 and 1."""
    column = decoded(column)
    if pa.types.is_boolean(column.type):
        return True
    return pa.types.is_integer(column.type) and set(pc.unique(column.drop_null()).to_pylist()) == {0, 1}


def _holds_names(column: pa.ChunkedArray) -> bool:
    """Whether nearly every cell differs from all others."""
    some = decoded(column).slice(0, 100 * CELLS_TRIED).drop_null()
    return len(some) > 1 and len(pc.unique(some)) > MOSTLY * len(some)


def holds_classes(column: pa.ChunkedArray) -> bool:
    """Whether the cells can be classes: texts, whole numbers or yes and no, of which each occurs twice or more."""
    column = decoded(column)
    kind = column.type
    if not (is_text(column.type) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind)):
        return False
    some = column.slice(0, 100 * CELLS_TRIED).drop_null()
    distinct = len(pc.unique(some))
    return 2 <= distinct <= max(2, MOST_CLASSES * len(some))


def names_by_number(table: pa.Table, label: str) -> tuple[str, tuple[str, ...]] | None:
    """The column that numbers the classes of `label`, or names its numbers, one to one from 0 or 1 on, and the names in
    the numbers' order; None where there is none."""
    for other in _called_as_labels(table.column_names):
        if other == label:
            continue
        pairs = _name_each_other(table, label, other)
        if pairs:
            return other, tuple(pairs[number] for number in sorted(pairs))
    return None


def _called_as_labels(names: list[str]) -> list[str]:
    usual = {loosely(one) for one in LABEL_COLUMNS}
    return [name for name in names if loosely(name.rpartition(".")[2]) in usual]


def _name_each_other(table: pa.Table, one: str, other: str) -> dict[int, str]:
    """Name by number, where one column numbers what the other names, from 0 or 1 on; else empty."""
    found = [pa.array(texts_of(table[name]), pa.string()) for name in (one, other)]
    whole = [
        pc.all(pc.match_substring_regex(pc.replace_substring_regex(texts, r"\.0$", ""), r"^\d{1,6}$")).as_py()
        for texts in found
    ]
    if whole[0] == whole[1]:
        return {}
    numbers, names = found if whole[0] else reversed(found)
    pairs = pa.table({"number": numbers, "name": names}).group_by(["number", "name"]).aggregate([]).to_pylist()
    by_number = {int(float(pair["number"])): pair["name"] for pair in pairs}
    fits = len(by_number) == len(pairs) == len(set(by_number.values())) and "" not in by_number.values()
    first = min(by_number)
    return by_number if fits and first in (0, 1) and max(by_number) - first == len(by_number) - 1 else {}


def split_column(table: pa.Table) -> str | None:
    """The column of splits: by its name, or by a likely name where every cell is called as splits are."""
    named = find_column(table.column_names, SPLIT_COLUMNS)
    if named is not None:
        return named
    likely = find_column(table.column_names, LIKELY_SPLIT_COLUMNS)
    if likely is None or not is_text(table[likely].type):
        return None
    return likely if all(map(has_split_word, pc.unique(table[likely]).to_pylist() or [""])) else None


def is_embedded(kind: pa.DataType) -> bool:
    """Whether a column holds pictures themselves: their bytes, or Hugging Face's `{bytes, path}`."""
    if pa.types.is_struct(kind):
        return "bytes" in {kind.field(number).name for number in range(kind.num_fields)}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


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
