"""Which column of a table holds what: by what it is called, else by what it holds."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.options import ReadOptions
from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.answers_in_cells import AnswersInCells, answers_in_cells
from aleator.data.readers.column_names import (
    CELL_COLUMNS,
    EXPORTED,
    ID_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    LIKELY_SPLIT_COLUMNS,
    NUMBERING,
    OF_MODEL,
    PATH_COLUMNS,
    PERSON,
    PROBABILITIES,
    SPLIT_COLUMNS,
    WORKER_COLUMNS,
    find_column,
    is_exported,
    loosely,
)
from aleator.data.readers.headers import column_name
from aleator.data.readers.kinds import decoded, is_list, is_text, texts_of, trimmed
from aleator.data.readers.one_hot import columns_of_classes
from aleator.data.readers.split_names import has_split_word
from aleator.data.wording import listed
from aleator.errors import DataError

FEWEST_NUMBERED = 10
FOLDERS_TRIED, FILES_TRIED, CELLS_TRIED = 20, 2000, 2000
MOST_VOTES = 100
"""Of an example, that are taken for votes; larger numbers are others."""
MOST_CLASSES, MOSTLY = 0.5, 0.9
"""A column holds classes if it has fewer values than this share of its cells; it is of a kind if so many cells are."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what."""

    path: str
    id: str | None
    label: str | None
    split: str | None
    said: tuple[str, ...] = ()


def text_columns(options: ReadOptions) -> set[str]:
    """Columns that stay text even if they look like numbers, as `loosely` writes them."""
    asked = {options.path_column, options.id_column, options.label_column} - {None}
    usual = (*PATH_COLUMNS, *ID_COLUMNS, *LABEL_COLUMNS, *SPLIT_COLUMNS, *WORKER_COLUMNS)
    return {loosely(name) for name in (*usual, *map(str, asked))}


def path_column(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, label: str | None
) -> tuple[str | None, str]:
    """The column of pictures or of their paths, and what is said of it: by its name, else because its cells end as
    pictures do, else because they are the names of pictures below `root`; None where there is none."""
    names = table.column_names
    named = find_column(names, PATH_COLUMNS, options.path_column, path, "--path-column")
    with_pictures = [field.name for field in table.schema if is_embedded(field.type) and field.name != label]
    if options.path_column is None and len(with_pictures) == 1:
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
    pictures = names_of_pictures(root)
    if not pictures:
        return None, ""
    by_name = find_column(names, ID_COLUMNS, options.id_column, path, "--id-column")
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


def label_column(table: pa.Table, path: Path, options: ReadOptions) -> tuple[str | None, str]:
    """The column of labels by its name, and what is said of it; None where no name tells."""
    names = table.column_names
    found = find_column(names, LABEL_COLUMNS, options.label_column, path, "--label-column")
    if found is not None:
        if options.label_column is not None or set(EXPORTED) <= set(names):
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
    cells = next((one for one in called if one is not None and answers_of_cells(some, one) is not None), None)
    if cells is not None:
        return cells, f"The labels are in {cells!r}; --label-column names another column."
    classes = class_label_names(table.schema)
    if len(classes) == 1:
        name = next(iter(classes))
        return name, f"The labels are in {name!r}, the one column whose classes are named."
    if classes:
        raise DataError(f"{path} has several columns of classes ({listed(classes)}); choose one with --label-column.")
    return None, ""


def answers_of_cells(table: pa.Table, name: str, classes: Collection[str] | None = None) -> AnswersInCells | None:
    """Several people's answers in each cell of a column; None where it holds anything else: classes of these names, or
    a label for each word of a text."""
    column = decoded(table[name])
    if not (is_text(column.type) or pa.types.is_nested(column.type)) or is_exported(table.column_names):
        return None
    if _words_beside(table, name):
        return None
    if classes is not None and is_text(column.type) and set(pc.unique(trimmed(column)).to_pylist()) <= {*classes}:
        return None
    return answers_in_cells(column)


def _words_beside(table: pa.Table, name: str) -> bool:
    """Whether each cell is a list as long as one of words beside it, whose lengths differ."""
    lists = {one: pc.list_value_length(table[one]) for one in table.column_names if is_list(table[one].type)}
    if name not in lists or len(pc.unique(lists[name])) < 2:
        return False
    others = [one for one, lengths in lists.items() if one != name and lengths.equals(lists[name])]
    return any(2 * len(pc.unique(pc.list_flatten(table[one]))) > len(table) for one in others)


def only_label_column(
    table: pa.Table, taken: set[str | None], *, numbers_beside: bool = False
) -> tuple[str | None, str]:
    """The one column beside those that are `taken` whose cells can be classes, and what is said of it; where there are
    features, the one that holds no numbers."""
    free = [name for name in table.column_names if name not in taken and name not in INDEX_COLUMNS]
    fit = [name for name in free if holds_classes(table[name])]
    if numbers_beside:
        whole = [name for name in free if not pa.types.is_floating(table[name].type)]
        fit = [name for name in free if is_text(decoded(table[name]).type) and not _holds_names(table[name])] or whole
        fit = fit if len(free) > 1 and all(map(holds_classes, (table[name] for name in fit))) else []
    if len(fit) != 1:
        return None, ""
    said = f"{fit[0]!r} is taken as the labels, the one column that can hold them; --label-column names another."
    return fit[0], said


def no_label_column(table: pa.Table, path: Path, taken: Collection[str | None] = ()) -> DataError:
    """The error of a table in which no column is known as that of the labels: it names those that could be."""
    free = [name for name in table.column_names if name not in taken and name not in INDEX_COLUMNS]
    fit = [name for name in free if holds_classes(_as_whole(table[name]))]
    which = f" ({listed(map(repr, fit))} could be)" if fit else ""
    classes = columns_of_classes(table)
    apart = f" If each class has a column of its own, name all: --label-column {','.join(classes)}." if classes else ""
    return DataError(
        f"{path} has no column of labels; it has {listed(table.column_names)}. Name it with --label-column{which}."
        f"{apart or _said_of_turned(table) or _said_of_folders(table, free) or _said_of_people(table, free)}"
    )


def _said_of_folders(table: pa.Table, free: Collection[str]) -> str:
    """What to do with a list of nothing but pictures in folders: empty for any other table."""
    paths = [texts_of(table[name]).tolist() for name in table.column_names]
    if free or len(paths) != 1 or not all("/" in path.strip("/") for path in paths[0]):
        return ""
    folders = sorted({path.strip("/").split("/")[-2] for path in paths[0]})
    if not 2 <= len(folders) <= MOST_CLASSES * len(table):
        return ""
    return (
        f" If the folders of its paths are the classes ({listed(folders, 3)}), name their folder in the place of the "
        "table, or write them into a column 'label'."
    )


def _as_whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as whole ones, where they are: 4.0 may be a class."""
    if not pa.types.is_floating(column.type):
        return column
    cells = column.to_numpy()
    whole = bool((np.isnan(cells) | (cells == np.floor(cells))).all()) and not np.isinf(cells).any()
    return pa.chunked_array([pa.array(cells, from_pandas=True).cast(pa.int64())]) if whole else column


def _said_of_turned(table: pa.Table) -> str:
    """What to do with a table whose rows are what columns should be: empty for any other."""
    cells = texts_of(table.column(0)).tolist() if table.num_columns > len(table) else []
    called = find_column(cells, (*LABEL_COLUMNS, *PATH_COLUMNS))
    pictures = sum(map(has_picture_ending, table.column_names))
    if called is None and pictures <= table.num_columns / 2:
        return ""
    why = f"{called!r} stands in its first column" if called is not None else "its columns are called as pictures are"
    return (
        f" If each of its columns is an example ({why}), turn it round, so that each is a row: "
        "pandas.read_csv(file, index_col=0).T.to_csv(other)."
    )


def _said_of_people(table: pa.Table, free: list[str]) -> str:
    """What to do with columns of people's answers, of numbers of votes, or of shares of classes: empty where there are
    none."""
    shares = [name for name in free if pa.types.is_floating(table[name].type)]
    summed = np.array([table[name].fill_null(0).to_numpy() for name in shares]).sum(axis=0) if len(shares) > 1 else 0.0
    if len(shares) > 1 and np.allclose(summed, 1, atol=0.02):
        return (
            f" If {listed(map(repr, shares))} are shares of the classes, write the class with the largest into a "
            "column 'label' (table[names].idxmax(axis=1) with pandas)."
        )
    values = {name: set(texts_of(table[name].slice(0, CELLS_TRIED)).tolist()) - {""} for name in free}
    counts = [name for name in free if pa.types.is_integer(table[name].type) and len(values[name]) > 1]
    numbers = np.array([table[name].fill_null(0).to_numpy() for name in counts])
    of_votes = len(counts) > 1 and numbers.min() >= 0 and 1 < numbers.max() <= MOST_VOTES
    answers = [name for name in free if holds_classes(table[name])]
    same = [name for name in answers if any(values[name] == values[other] for other in answers if other != name)]
    if of_votes and (len(np.unique(numbers.sum(axis=0))) == 1 or len(same) < 2):
        what = f"If {listed(map(repr, counts))} count votes"
        names = f"{','.join(counts)} --votes-form counts"
    elif len(same) > 1 and any(len(values[name]) > 1 and not values[name] <= {"0", "1"} for name in same):
        what, names = f"If {listed(map(repr, same))} hold several people's answers", ",".join(same)
    else:
        return ""
    return (
        f" {what}, --label-column {names} takes the answer of most, and --votes, with this table once more, uses each "
        "of them."
    )


def columns_of_models(table: pa.Table, taken: Collection[str | None], classes: Collection[str]) -> list[str]:
    """The columns beside those that are `taken` which are called as a model's answers are (`prediction`,
    `prob_cat`), or as what says which part an example is of (`is_train`): no features."""
    parts = {loosely(f"{start}{name}") for start in PROBABILITIES for name in classes}
    return [
        name for name in table.column_names if name not in taken and (OF_MODEL.match(name) or loosely(name) in parts)
    ]


def columns_of_people(table: pa.Table, taken: Collection[str | None], classes: Collection[str]) -> list[str]:
    """The columns beside those that are `taken` which hold people's answers, and so no features: in each cell those of
    several, or, called `annotator 1`, `rater_b` and so on, one of the classes."""
    found = []
    for name in table.column_names:
        if name in taken:
            continue
        answers = answers_of_cells(table.slice(0, CELLS_TRIED), name)
        of_cells = answers is not None and len(set(answers.names) & set(classes)) > 1
        if of_cells or (PERSON.match(name) and set(texts_of(table[name]).tolist()) - {""} <= set(classes)):
            found.append(name)
    return found


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


def names_in_order(table: pa.Table, label: str) -> tuple[str, tuple[str, ...]] | None:
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


def numbering_columns(table: pa.Table, taken: Collection[str | None]) -> dict[str, str]:
    """The columns that only number the rows, and what is said of each: no features, although they are numbers."""
    found = {}
    for field in table.schema:
        name, count = field.name, len(table)
        if name in taken or not pa.types.is_integer(field.type) or table[name].null_count or count < FEWEST_NUMBERED:
            continue
        values = table[name].to_numpy()
        if values[0] in (0, 1) and np.array_equal(values, np.arange(values[0], values[0] + count)):
            found[name] = f"{name!r} counts the rows, so it is no feature."
        elif (name == column_name(0) or NUMBERING.search(name)) and len(np.unique(values)) == count:
            why = "is the first" if name == column_name(0) else "is called as ids are"
            found[name] = (
                f"{name!r} holds another whole number in each row and {why}, so it is no feature; "
                f"--id-column {name!r} takes it as the ids."
            )
    return found


def is_row_number(table: pa.Table, name: str) -> bool:
    """Whether a column is the row number that pandas writes before the others: 0, 1, 2, ..."""
    if name not in INDEX_COLUMNS or not pa.types.is_integer(table.schema.field(name).type):
        return False
    return bool(np.array_equal(table[name].to_numpy(), np.arange(len(table))))
