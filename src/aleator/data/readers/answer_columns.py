"""Labels that are several people's answers in columns: one for each person, or one for each class that counts votes.

The given label is the answer of most. Columns are read so where they are named (`--label-column ann,ben,cem`), or where
nothing else can be meant and there is no column of labels.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.readers.agreement import Agreement
from aleator.data.readers.column_names import (
    GROUP_COLUMNS,
    ID_COLUMNS,
    INDEX_COLUMNS,
    PATH_COLUMNS,
    PERSON,
    SPLIT_COLUMNS,
    find_column,
    is_exported,
)
from aleator.data.readers.columns import MOST_VOTES, holds_classes, label_column, path_column
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.kinds import is_number, texts_of
from aleator.data.readers.no_features import numbering_columns
from aleator.data.readers.numbers import NO_VALUES, plain_number
from aleator.data.readers.one_hot import columns_of_one_label, with_label_column
from aleator.data.readers.people import answer_of_most, said_of_ties
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.text_columns import text_column
from aleator.data.readers.vote_counts import numbers_in
from aleator.data.readers.votes_table import NO_ANSWERS, UNUSABLE
from aleator.data.wording import listed
from aleator.errors import DataError

FEWEST_ROWS, FEWEST_VOTES = 10, 3
"""Rows, and votes of each, from which on it is no accident that columns of whole numbers add up to the same."""
NOT_ONE_QUESTION = ("label", "vote")
"""Columns called so with a number may as well be several labels of an example, or answers to several questions."""
COUNTING = re.compile(r"(?i)(votes?|counts?|num|n)[ _.-]+(?=.)")
"""How names of columns that count votes begin, before the name of the class."""
MADE = "label"


def with_one_label(given: GivenTable) -> tuple[GivenTable, tuple[str, ...]]:
    """The table with one column of labels, which its options name, in the place of those that hold a class, a person or
    an answer each; and what is said of it. Any other table as it is."""
    table, options = given.cells, given.options
    named = columns_of_one_label(table, options.label_column)
    if named:
        if options.votes_form is None and not all(map(_is_person, named)):
            made, said = with_label_column(table, options.label_column, given.path)
            if made is not table:
                return given.with_cells(made), said
        return _with_votes(given, named, _are_people(given, named))
    if options.label_column is not None or is_exported(given.names) or label_column(given)[0] is not None:
        return given, ()
    people = _columns_of_people(table)
    names = people or _columns_of_counts(given)
    if not names or _may_be_labels(table, names):
        return given, ()
    return _with_votes(given, names, bool(people))


def _may_be_labels(table: pa.Table, names: Sequence[str]) -> bool:
    """Whether another column than these can hold the labels."""
    known = (*ID_COLUMNS, *PATH_COLUMNS, *SPLIT_COLUMNS, *GROUP_COLUMNS, *INDEX_COLUMNS)
    taken = {find_column(table.column_names, [name]) for name in known} | {*names}
    free = [name for name in table.column_names if name not in taken and meaning(name) not in NO_ANSWERS]
    return any(holds_classes(table[name]) for name in free)


def _are_people(given: GivenTable, names: Sequence[str]) -> bool:
    """Whether columns that somebody named are people, and no answers whose votes are counted."""
    if given.options.votes_form is not None:
        return given.options.votes_form == "answers"
    table = given.cells
    numbers = [name for name in names if is_number(table[name].type)]
    if len(numbers) < len(names) or all(map(_is_person, names)):
        return True
    if _one_total(table, names) is not None:
        return False
    raise DataError(
        f"{given.path}: {listed(map(repr, names))} hold numbers, which may count the votes for a class each, or be the "
        "classes that a person each has chosen. Say which: --votes-form counts or --votes-form answers."
    )


def _with_votes(given: GivenTable, names: Sequence[str], people: bool) -> tuple[GivenTable, tuple[str, ...]]:
    path, options = given.path, given.options
    classes, counts, said = (_answers if people else _counted)(given, names)
    example = find_column(given.names, (*ID_COLUMNS, *PATH_COLUMNS))
    rows = np.arange(len(given)).astype(str) if example is None else given.texts(example)
    most, tied = answer_of_most(counts, rows.tolist())
    useless = np.array([meaning(name) in UNUSABLE for name in classes]) & (not people)
    most[(most >= 0) & useless[most]] = -1
    what = "are people, and their cells answers" if people else "count the votes for a class each"
    use = f" --votes {path.name} --use-votes uses each of them." if path.suffix else ""
    told = (
        f"{listed(map(repr, names))} {what} ({int(counts.sum()):,} for {len(given):,} examples): the given label is "
        f"the answer of most.{use}{'' if options.label_column else ' --label-column names another column.'}"
    )
    asked = options.label_column or MADE
    labels = pa.array(classes, pa.string()).take(pa.array(most, mask=most < 0))
    made = given.cells.drop_columns(list(names)).append_column(asked, labels)
    given = replace(given, cells=made, options=replace(options, label_column=asked))
    return given, (told, *said, *said_of_ties(tied, "examples"))


Found = tuple[list[str], NDArray[np.int64], list[str]]
"""Classes, how often each was given `(example, class)`, and what is said of it."""


def _answers(given: GivenTable, names: Sequence[str]) -> Found:
    """Of a column for each person. Raises DataError for one whose answers are no others' answers."""
    missing = given.options.missing_label
    gaps = {"", "-1", *NO_VALUES, *UNUSABLE} if missing is None else {"", missing.lower()}
    cells = {name: [plain_number(text) for text in given.texts(name).tolist()] for name in names}
    told = {name: [text for text in texts if text.lower() not in gaps] for name, texts in cells.items()}
    for name, texts in told.items():
        others = {text for other in names if other != name for text in told[other]}
        if texts and not set(texts) & others:
            raise DataError(
                f"{given.path}: no cell of {name!r} is an answer in "
                f"{listed(repr(one) for one in names if one != name)}, so they are no people's answers to one "
                "question. Name in --label-column those that are."
            )
    classes = sorted({text for texts in told.values() for text in texts})
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(given), len(classes)), dtype=np.int64)
    for texts in cells.values():
        for row, text in enumerate(texts):
            if text in place:
                counts[row, place[text]] += 1
    none = Counter(text for texts in cells.values() for text in texts if text and text not in place)
    said = (
        f"{none.total():,} cells ({listed(map(repr, none))}) are no answers; --missing-label '' reads them as classes."
    )
    return classes, counts, [said] if none else []


def _counted(given: GivenTable, names: Sequence[str]) -> Found:
    """Of a column for each class. Raises DataError for what is no number of votes."""
    table, path = given.cells, given.path
    other = next((name for name in names if not is_number(table[name].type)), None)
    if other is not None:
        raise DataError(f"{path}: the column {other!r} holds no numbers, so it counts no votes.")
    values = np.stack([numbers_in(table, name) for name in names], axis=1)
    bad = np.argwhere((values < 0) | (values % 1 != 0))
    if len(bad):
        row, column = bad[0].tolist()
        raise DataError(
            f"{path}, row {row}: {values[row, column]:g} in the column {names[column]!r} is no number of votes. If "
            "they are shares of the classes, write the class with the largest into a column of labels."
        )
    starts = [COUNTING.match(name) for name in names]
    called = all(starts) and len({start[0] for start in starts if start}) == 1
    classes = [name[start.end() :] if called and start else name for name, start in zip(names, starts, strict=True)]
    return classes, values.astype(np.int64), []


def _columns_of_people(table: pa.Table) -> list[str]:
    """The columns that are called as people are, of whom each agrees with another better than by chance; else none."""
    called = [name for name in table.column_names if PERSON.match(name)]
    names = [name for name in called if _is_person(name) and holds_classes(table[name])]
    if len(names) < 2 or len(names) < len(called):
        return []
    cells = {name: texts_of(table[name]) for name in names}
    pairs = [pair for pair in combinations(names, 2) if _agreement(*(cells[name] for name in pair)).better_than_chance]
    return names if {name for pair in pairs for name in pair} == {*names} else []


def _is_person(name: str) -> bool:
    """Whether a column is called as a person is who answers one question."""
    match = PERSON.match(name)
    return match is not None and match[1].lower() not in NOT_ONE_QUESTION


def _agreement(one: NDArray[np.str_], other: NDArray[np.str_]) -> Agreement:
    """How often two people give the same answer."""
    both = (one != "") & (other != "")
    one, other = one[both], other[both]
    shares = [Counter(texts.tolist()) for texts in (one, other)]
    chance = sum(shares[0][name] * shares[1][name] for name in shares[0]) / max(len(one), 1) ** 2
    return Agreement(len(one), float((one == other).mean()) if len(one) else 0.0, chance)


def _columns_of_counts(given: GivenTable) -> list[str]:
    """All columns of numbers, where they are whole and add up to the same in each row, beside texts or pictures; none
    where they are no counts, or several labels of an example, or ranks."""
    table = given.cells
    known = (*ID_COLUMNS, *SPLIT_COLUMNS, *GROUP_COLUMNS)
    taken = {find_column(table.column_names, [name]) for name in known} | {*INDEX_COLUMNS}
    taken |= set(numbering_columns(table, taken))
    numbers = [field.name for field in table.schema if is_number(field.type) and field.name not in taken]
    names = [name for name in numbers if meaning(name) not in NO_ANSWERS]
    total = _one_total(table, names)
    if total is None or not FEWEST_VOTES <= total < MOST_VOTES:
        return []
    values = np.stack([numbers_in(table, name) for name in names], axis=1)
    ranks = (np.sort(values, axis=1) == np.sort(values[0])).all()  # these add up to the same too
    if ranks or values.max() <= 1 or len(np.unique(values.argmax(axis=1))) < 2:
        return []
    pictures = path_column(given, None)[0]
    texts = given.options.text_column or text_column(table, {*taken, *numbers})[0]
    return names if pictures is not None or texts is not None else []


def _one_total(table: pa.Table, names: Sequence[str]) -> float | None:
    """What the columns add up to, where they hold numbers of things and the sum is the same in each of many rows."""
    if len(names) < 2 or len(table) < FEWEST_ROWS:
        return None
    values = np.stack([numbers_in(table, name) for name in names], axis=1)
    totals = values.sum(axis=1)
    one = (values >= 0).all() and (values % 1 == 0).all() and (totals == totals[0]).all() and totals[0] > 0
    return float(totals[0]) if one else None
