"""Votes in a wide table: a row for each example, and a column for each answer, for each person, or for all answers."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import AnnotatorVotes, Votes
from aleator.data.readers.answers_in_cells import answers_in_column
from aleator.data.readers.column_names import LABEL_COLUMNS, SPLIT_COLUMNS
from aleator.data.readers.columns import MOST_CLASSES
from aleator.data.readers.numbers import NO_VALUES, plain_number
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.vote_counts import check_counts, columns_of_counts, numbers_in
from aleator.data.readers.votes_of_examples import first_number, no_votes, rows_of_ids, said_of_numbers
from aleator.data.readers.votes_table import TASK_COLUMNS, UNUSABLE, VotesTable
from aleator.data.wording import listed, short
from aleator.errors import DataError

NOT_PEOPLE = frozenset(
    (*TASK_COLUMNS, *SPLIT_COLUMNS, *LABEL_COLUMNS, "", "unnamed: 0", "index", "row", "image name", "image_name")
) - {"class"}


def counts_of_answers(table: VotesTable) -> Votes:
    """Of a column for each answer, whose cells count votes."""
    names, beside = columns_of_counts(table)
    votes = no_votes(names, table)
    values = np.stack([numbers_in(table.cells, name) for name in names], axis=1)
    bad = np.flatnonzero((values < 0).any(axis=1) | np.isinf(values).any(axis=1))
    if len(bad):
        raise DataError(f"{table.path}, row {bad[0]}: a count of votes is negative or infinite.")
    check_counts(values, table, beside)
    votes.counts[_rows_of_examples(table)] = values
    return votes


def answers_of_cells(table: VotesTable) -> tuple[Votes, str, tuple[str, ...]] | None:
    """Of a column that holds several people's answers in each cell: the votes, its name, and what is said of it; None
    where there is none."""
    class_names = table.dataset.class_names
    for column in table.names:
        answers = None if column == table.id_column else answers_in_column(table.cells, column)
        if answers is None:
            continue
        names, first = answers.names, None
        if all(map(str.isdecimal, names)) and not set(map(meaning, names)) & table.classes.keys():
            first = first_number(set(names), len(class_names))
            if first is None:
                continue
            names = tuple(class_names[int(one) - first] for one in names)
        if not set(map(meaning, names)) & table.classes.keys():
            continue
        votes = no_votes(list(names), table)
        votes.counts[_rows_of_examples(table)] = answers.counts
        return votes, column, said_of_numbers(first, class_names)
    return None


def answers_of_columns(table: VotesTable, *, strict: bool) -> tuple[Votes, tuple[str, ...]] | None:
    """Of a column for each person, whose cells are classes (by name or number): the votes, and what is said of them;
    None where it is no such table. What says that somebody could not answer is no vote.

    Raises DataError, if `strict`, where a person's column holds something else between the classes.
    """
    class_names, classes = table.dataset.class_names, table.classes
    people = _people(table, strict=strict)
    numbered = [name for name, texts in people.items() if any(meaning(text) not in classes for text in texts if text)]
    first = first_number({text for name in numbered for text in people[name] if text}, len(class_names))
    if first is None:
        people = {name: texts for name, texts in people.items() if name not in numbered}
    if len(people) < 2:
        return None
    answers = [
        [-1 if not text else int(text) - (first or 0) if name in numbered else classes[meaning(text)] for text in texts]
        for name, texts in people.items()
    ]
    values = np.array(answers, dtype=np.int64).T
    rows = _rows_of_examples(table)
    example, person = np.nonzero(values >= 0)
    answer = values[example, person]
    votes = no_votes(list(class_names), table)
    np.add.at(votes.counts, (rows[example], answer), 1)
    single = AnnotatorVotes(rows[example], person, answer, tuple(people))
    return replace(votes, annotators=single), said_of_numbers(first, class_names)


def _people(table: VotesTable, *, strict: bool) -> dict[str, list[str]]:
    """The answers of each column that holds nothing else, empty where there is none."""
    classes, people, broken = table.classes, dict[str, list[str]](), []
    for name in table.names:
        if name == table.id_column or name.strip().lower() in NOT_PEOPLE:
            continue
        texts = [plain_number(text) for text in table.texts(name).tolist()]
        texts = [text if _is_answer(text, classes) else "" for text in texts]
        told = {text for text in texts if text}
        if told and (all(meaning(text) in classes for text in told) or all(map(str.isdecimal, told))):
            people[name] = texts
        elif strict and np.mean([meaning(text) in classes for text in texts if text] or [False]) > MOST_CLASSES:
            row = next(row for row, text in enumerate(texts) if text and meaning(text) not in classes)
            broken.append((name, row, texts[row]))
    if broken and len(people) + len(broken) > 1:
        name, row, text = broken[0]
        raise DataError(
            f"{table.path}, row {row}: {short(text)!r} in the column {name!r} is none of the classes "
            f"({listed(table.dataset.class_names)}), which its other cells are. Correct it, or leave the cell empty "
            "where there is no answer."
        )
    return people


def _is_answer(text: str, classes: Collection[str]) -> bool:
    """Whether a cell is more than a gap, or a word that says that somebody could not answer."""
    if text in ("", "-1") or text.lower() in NO_VALUES:
        return False
    return meaning(text) in classes or meaning(text) not in UNUSABLE


def _rows_of_examples(table: VotesTable) -> NDArray[np.int64]:
    """The example of each row, by its id, else by the order. Raises DataError where they do not line up."""
    count, dataset = len(table.cells), table.dataset
    if table.id_column is None:
        if count != len(dataset):
            raise DataError(
                f"{table.path} has {count} rows of votes but {dataset.path} has {len(dataset)} examples; they must "
                "line up row by row (the whole file, before a split is taken), or the votes need a column 'id'."
                f"{_said_of_turned(table)}"
            )
        return np.arange(count)
    ids = table.texts(table.id_column)
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        raise DataError(
            f"{table.path}: the id {str(ids[first])!r} stands in row {first} and in row {second} (counted from 0); one "
            "row per example is read, or long task,annotator,label."
        )
    return rows_of_ids(ids, table)


def _said_of_turned(table: VotesTable) -> str:
    """What to do with a table that has a column for each example."""
    if not 0 <= len(table.names) - len(table.dataset) <= 1:
        return ""
    return " It has a column for each example: turn it round (table.T with pandas), so that each has a row."
