"""Votes in a long table: a row for each answer, with the example, the answer, and most often the person."""

from dataclasses import replace

import numpy as np

from aleator.data.dataset import AnnotatorVotes, Votes
from aleator.data.readers.column_names import INDEX_COLUMNS, WORKER_COLUMNS, find_column
from aleator.data.readers.columns import MOSTLY
from aleator.data.readers.kinds import CELLS_TRIED, is_text, texts_of
from aleator.data.readers.numbers import plain_number
from aleator.data.readers.people import named_people, once_each
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.votes_of_examples import (
    JoinedVotes,
    first_number,
    no_votes,
    rows_of_ids,
    said_of_numbers,
)
from aleator.data.readers.votes_table import ANSWER_COLUMNS, TASK_COLUMNS, VotesTable
from aleator.errors import DataError


def long_votes(table: VotesTable) -> JoinedVotes | None:
    """The votes, by what the columns are called, else by what they hold; None where it is no such table."""
    task, label = _task_column(table), find_column(table.names, ANSWER_COLUMNS)
    worker = find_column(table.names, WORKER_COLUMNS)
    if task is not None and label is not None and worker is not None:
        votes, said = _votes(table, task, worker, label)
        return JoinedVotes(votes, f"by {task!r}", said)
    if task is not None and label is not None and len(np.unique(table.texts(task))) < len(table.cells):
        votes, said = _votes(table, task, None, label)
        return JoinedVotes(votes, f"by {task!r}, an answer a row, of people that no column names", said)
    by_content = _columns_by_content(table)
    if by_content is None:
        return None
    task, worker, label = by_content
    votes, said = _votes(table, task, worker, label)
    how = f"by {task!r}, whose cells are ids of the data; {worker!r} are the people, {label!r} their answers"
    return JoinedVotes(votes, how, said)


def _task_column(table: VotesTable) -> str | None:
    """The column that names the example: the first of the usual ones that holds an id of the data, else the first."""
    found = (find_column(table.names, [name]) for name in TASK_COLUMNS)
    named = [name for name in found if name is not None]
    return next(iter([*filter(table.names_examples, named), *named]), None)


def _columns_by_content(table: VotesTable) -> tuple[str, str, str] | None:
    """The columns of task, person and answer: of ids of the data that repeat, of classes, and the one column of text
    beside them; None where there are none."""
    some = table.cells.slice(0, CELLS_TRIED)
    cells = {name: texts_of(some[name]).tolist() for name in table.names if name not in INDEX_COLUMNS}
    tasks = [name for name, texts in cells.items() if set(texts) <= table.ids and len(set(texts)) < len(texts)]
    classes, others = table.classes, [name for name in cells if name not in tasks]
    labels = [name for name in others if np.mean([meaning(text) in classes for text in cells[name]]) > MOSTLY]
    if len(tasks) != 1 or len(labels) != 1:
        return None
    words = [name for name in others if name not in labels and is_text(table.cells[name].type)]
    people = [name for name in words if 2 <= len(set(cells[name])) < len(cells[name]) / 2]
    return (tasks[0], people[0], labels[0]) if len(people) == 1 else None


def _votes(table: VotesTable, task: str, worker: str | None, label: str) -> tuple[Votes, tuple[str, ...]]:
    """The votes, and what is said of them; without a column of people each row counts."""
    classes = table.dataset.class_names
    answers = [plain_number(text) for text in table.texts(label).tolist()]
    given = np.array([answer not in ("", "-1") for answer in answers])
    if not given.any():
        raise DataError(f"{table.path}: the column {label!r} holds no answer.")
    told = {answer for answer, there in zip(answers, given, strict=True) if there}
    said: tuple[str, ...] = ()
    if all(map(str.isdecimal, told)) and not told <= set(classes):
        first = first_number(told, len(classes))
        if first is None:
            outside = next(row for row in np.flatnonzero(given) if int(answers[row]) >= len(classes))
            raise DataError(
                f"{table.path}, row {outside}: the label {answers[outside]} is out of range; there are {len(classes)} "
                f"classes, 0 to {len(classes) - 1}."
            )
        said = said_of_numbers(first, classes)
        answers = [classes[int(one) - first] if there else one for one, there in zip(answers, given, strict=True)]
    rows = rows_of_ids(table.texts(task), table)[given]
    names, answer = np.unique(np.array(answers)[given], return_inverse=True)
    votes = no_votes(names.tolist(), table)
    if worker is None:
        np.add.at(votes.counts, (rows, answer), 1)
        return votes, said
    people = named_people(table.texts(worker)[given])
    counted, twice = once_each(rows, people, answer)
    rows, answer = rows[counted], answer[counted]
    people, annotator = np.unique(people[counted], return_inverse=True)
    np.add.at(votes.counts, (rows, answer), 1)
    found = AnnotatorVotes(rows, annotator, answer, tuple(people.tolist()))
    return replace(votes, annotators=found), (*said, *twice)
