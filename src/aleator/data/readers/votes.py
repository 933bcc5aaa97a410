"""Several people's answers: one column per class (FER+'s file), or long `task,annotator,label`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import binom

from aleator.data.dataset import AnnotatorVotes, LabelledDataset, Votes
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers.column_names import (
    ID_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    PATH_COLUMNS,
    SPLIT_COLUMNS,
    WORKER_COLUMNS,
    find_column,
)
from aleator.data.readers.columns import CELLS_TRIED, MOST_CLASSES, MOSTLY, answers_of_cells
from aleator.data.readers.kinds import is_text, texts_of
from aleator.data.readers.numbers import NO_VALUES
from aleator.data.readers.people import named_people, once_each
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.votes_table import (
    ANSWER_COLUMNS,
    TASK_COLUMNS,
    UNUSABLE,
    check_counts,
    columns_of_counts,
    may_be_per_cent,
    numbers_in,
    read_votes_table,
)
from aleator.data.wording import listed, short
from aleator.errors import DataError

FEWEST_TO_TELL = 50
"""Examples from which on an agreement no better than by chance says that the votes are of other data."""
CLEAR_GAP = 0.1
NEEDS_IDS = "join them by ids: give both files a column 'id', or name the pictures' paths in the votes"
NOT_PEOPLE = frozenset(
    (*TASK_COLUMNS, *SPLIT_COLUMNS, *LABEL_COLUMNS, "", "unnamed: 0", "index", "row", "image name", "image_name")
)


def read_votes(path: Path, dataset: LabelledDataset, options: ReadOptions = NOTHING_ASKED) -> Votes:
    """`join_votes`, without what it says."""
    return join_votes(path, dataset, options)[0]


def join_votes(path: Path, dataset: LabelledDataset, options: ReadOptions) -> tuple[Votes, tuple[str, ...]]:
    """Votes for the examples of a data set, before any of its rows is left out, and how they were joined.

    A long table (task, annotator, label) and a wide one (a column for each answer, or for each person) line up by
    ids or paths. A wide one without them lines up row by row only where it proves to be of these data: a column that
    both have is the same, or the votes agree with the labels far better than by chance. An empty cell is no vote.

    Raises DataError where they do not line up, no answer means a class, or the votes agree with the labels no better
    than by chance.
    """
    table, said = read_votes_table(path, dataset, options)
    votes, how, said_of_votes = _joined(table, path, dataset, options, said)
    agreement = agreement_of(votes, dataset)
    if agreement.examples >= FEWEST_TO_TELL and not agreement.better_than_chance:
        raise DataError(
            f"{path}: the votes are joined {how}, but the answer of most is the given label of {agreement.share:.1%} "
            f"of {agreement.examples:,} examples, no more than by chance ({agreement.chance:.1%}): they are those of "
            "other data, or in another order. Give both files the same ids."
        )
    told = f"The votes of {path.name} are joined {how}"
    if agreement.examples:
        told += f"; the answer of most is the given label of {agreement.share:.1%} of {agreement.examples:,} examples"
        told += f" ({agreement.chance:.1%} by chance)"
    others = _said_of_others(votes, table, _id_column(table, dataset), dataset)
    return votes, (*said, f"{told}.", *said_of_votes, *others)


def _said_of_others(votes: Votes, table: pa.Table, id_column: str | None, dataset: LabelledDataset) -> list[str]:
    """What is said of answers that are no class, and of columns of numbers beside counts that count none."""
    columns = zip(votes.names, votes.class_index, votes.unusable, votes.counts.sum(axis=0).tolist(), strict=True)
    outside = [f"{name!r} ({count:,.6g} votes)" for name, label, useless, count in columns if label < 0 and not useless]
    said = []
    if outside:
        said.append(
            f"No classes of the data, and counted as answers beside them: {listed(outside)}. Take out of the votes "
            "what is no answer."
        )
    if votes.annotators is None and (beside := columns_of_counts(table, id_column, dataset)[1]):
        said.append(f"Columns of numbers that count no answer are not used: {listed(map(repr, beside))}.")
    if votes.annotators is None and may_be_per_cent(votes.counts):
        said.append(
            "The votes of each example add to 100, and are taken as those of 100 people. If they are per cent, write "
            "how often each answer was given."
        )
    return said


@dataclass(frozen=True)
class Agreement:
    """How often the answer of most is the given label."""

    examples: int
    """That have a label and an answer of most that is a class of the data."""
    share: float
    chance: float
    """What the share would be if votes and labels had nothing to do with each other."""

    @property
    def better_than_chance(self) -> bool:
        """The agreement is no accident (one in ten thousand), and takes away a tenth of the disagreement."""
        if self.examples == 0 or self.chance >= 1:
            return self.share >= self.chance
        kappa = (self.share - self.chance) / (1 - self.chance)
        return kappa > 0.1 and binom.sf(round(self.share * self.examples) - 1, self.examples, self.chance) < 1e-3


def agreement_of(votes: Votes, dataset: LabelledDataset) -> Agreement:
    """Of the answer of most and the given label."""
    classes = len(dataset.class_names)
    counts = votes.class_counts(classes)
    rows = np.flatnonzero((counts.sum(axis=1) > 0) & (dataset.given_labels >= 0))
    if not len(rows):
        return Agreement(0, 0.0, 0.0)
    first, given = counts[rows].argmax(axis=1), dataset.given_labels[rows]
    shares = [np.bincount(labels, minlength=classes) / len(rows) for labels in (first, given)]
    return Agreement(len(rows), float((first == given).mean()), float(shares[0] @ shares[1]))


def _joined(
    table: pa.Table, path: Path, dataset: LabelledDataset, options: ReadOptions, said: tuple[str, ...]
) -> tuple[Votes, str, tuple[str, ...]]:
    """The votes, how they are joined, and what else is said of them."""
    columns = table.column_names
    task = _task_column(table, dataset)
    worker = find_column(columns, WORKER_COLUMNS)
    label = find_column(columns, ANSWER_COLUMNS)
    if task is not None and worker is not None and label is not None:
        votes, told = _long(table, task, worker, label, path, dataset)
        return votes, f"by {task!r}", told
    if task is not None and worker is None and label is not None and _repeats(table[task]):
        votes, told = _long(table, task, None, label, path, dataset)
        return votes, f"by {task!r}, an answer a row, of people that no column names", told
    by_content = _long_columns(table, dataset)
    if by_content is not None:
        task, worker, label = by_content
        votes, told = _long(table, task, worker, label, path, dataset)
        how = f"by {task!r}, whose cells are ids of the data; {worker!r} are the people, {label!r} their answers"
        return votes, how, told
    id_column = _id_column(table, dataset)
    in_cells = _in_cells(table, id_column, path, dataset) if options.votes_form is None else None
    if in_cells is not None:
        votes, name, told = in_cells
        return votes, f"from the cells of {name!r} {_order(table, id_column, votes, path, dataset)}", told
    counts = None if options.votes_form == "answers" else _counts_or_error(table, id_column, path, dataset, said)
    strict = not isinstance(counts, Votes)
    answers, told = None, ()
    if options.votes_form != "counts":
        answers, told = _answers_of_people(table, id_column, path, dataset, strict)
    if options.votes_form is None and isinstance(answers, Votes) and _columns_are_classes(counts):
        answers = None
    if isinstance(answers, Votes) and isinstance(counts, Votes):
        votes, how = _likelier(counts, answers, path, dataset, id_column, table)
        return votes, how, told if votes is answers else ()
    if isinstance(counts, DataError) and answers is not None:
        agreement = agreement_of(answers, dataset)
        if not agreement.better_than_chance:
            raise DataError(
                f"{counts} If its columns are people, whose cells are their answers, nothing says that its rows are in "
                f"the order of {dataset.path}: the answer of most is the given label of {agreement.share:.1%}, "
                f"{agreement.chance:.1%} by chance; {NEEDS_IDS}."
            )
    found = answers if isinstance(answers, Votes) else counts
    if not isinstance(found, Votes):
        raise found if found is not None else DataError(f"{path} has no columns whose cells are classes of the data.")
    kind = "people's answers, a column each, " if found is answers else ""
    return found, kind + _order(table, id_column, found, path, dataset), told if found is answers else ()


def _repeats(column: pa.ChunkedArray) -> bool:
    texts = texts_of(column)
    return len(np.unique(texts)) < len(texts)


def _long_columns(table: pa.Table, dataset: LabelledDataset) -> tuple[str, str, str] | None:
    """The columns of task, person and answer of a long table, by what they hold: ids of the data that repeat, classes,
    and one column of text beside them; None where it is no such table."""
    some = table.slice(0, CELLS_TRIED)
    texts = {name: texts_of(some[name]) for name in table.column_names if name not in INDEX_COLUMNS}
    ids, classes = set(dataset.ids.tolist()), {meaning(name) for name in dataset.class_names}
    tasks = [
        name for name, cells in texts.items() if set(cells.tolist()) <= ids and len(set(cells.tolist())) < len(cells)
    ]
    labels = [
        name
        for name, cells in texts.items()
        if name not in tasks and np.mean([meaning(cell) in classes for cell in cells.tolist()]) > MOSTLY
    ]
    if len(tasks) != 1 or len(labels) != 1:
        return None
    people = [
        name
        for name, cells in texts.items()
        if name not in (*tasks, *labels)
        and is_text(table[name].type)
        and 2 <= len(set(cells.tolist())) < len(cells) / 2
    ]
    return (tasks[0], people[0], labels[0]) if len(people) == 1 else None


def _columns_are_classes(counts: Votes | DataError | None) -> bool:
    """Whether columns are called as classes are, by more than their number."""
    if not isinstance(counts, Votes):
        return False
    return any(
        label >= 0 and not name.strip().isdecimal()
        for name, label in zip(counts.names, counts.class_index, strict=True)
    )


def _likelier(
    counts: Votes, answers: Votes, path: Path, dataset: LabelledDataset, id_column: str | None, table: pa.Table
) -> tuple[Votes, str]:
    """The reading under which the votes agree with the labels."""
    as_counts, as_answers = agreement_of(counts, dataset), agreement_of(answers, dataset)
    gap = as_answers.share - as_counts.share
    both = f"{as_answers.share:.1%} of the labels read as people's answers, {as_counts.share:.1%} as counts"
    if abs(gap) < CLEAR_GAP:
        raise DataError(
            f"{path} can be read in two ways: each column is a person, and its cells their answers, or each column is "
            f"an answer, and its cells count votes; neither fits clearly better ({both}). Say which: --votes-form "
            "answers or --votes-form counts."
        )
    votes, kind = (answers, "people's answers, a column each") if gap > 0 else (counts, "counts of votes")
    return votes, f"as {kind} ({both}; --votes-form), {_order(table, id_column, votes, path, dataset)}"


def _order(table: pa.Table, id_column: str | None, votes: Votes, path: Path, dataset: LabelledDataset) -> str:
    """How they line up, in words. Raises DataError for rows whose order nothing proves."""
    if id_column is not None:
        return f"by {id_column!r}"
    split = find_column(table.column_names, SPLIT_COLUMNS)
    if split is not None and dataset.split is not None:
        same = np.char.lower(texts_of(table[split])) == np.char.lower(dataset.split)
        if same.all() and len(np.unique(dataset.split)) > 1:
            return f"row by row, since the column {split!r} is the same in every row"
        if not same.all():
            raise DataError(
                f"{path}, row {np.flatnonzero(~same)[0]}: the column {split!r} is another than the data's split, so "
                f"the rows are in another order; {NEEDS_IDS}."
            )
    agreement = agreement_of(votes, dataset)
    changes = int((np.diff(dataset.given_labels) != 0).sum())
    if changes < 2 * len(np.unique(dataset.given_labels)):
        raise DataError(
            f"{path}: nothing says that its rows are in the order of {dataset.path}, whose examples are sorted by "
            f"label; {NEEDS_IDS}."
        )
    if not agreement.better_than_chance:
        raise DataError(
            f"{path}: nothing says that its rows are in the order of {dataset.path}: the answer of most is the given "
            f"label of {agreement.share:.1%} of {agreement.examples:,} examples, {agreement.chance:.1%} by chance; "
            f"{NEEDS_IDS}."
        )
    return f"row by row, since they agree with the labels ({agreement.share:.1%}, by chance {agreement.chance:.1%})"


def _answers_of_people(
    table: pa.Table, id_column: str | None, path: Path, dataset: LabelledDataset, strict: bool
) -> tuple[Votes | None, tuple[str, ...]]:
    """A column for each person, whose cells are classes (by name or number), and what is said of it; None where it is
    no such table. What says that somebody could not answer is no vote.

    Raises DataError, if `strict`, where a person's column holds something else between the classes.
    """
    classes = {meaning(name): number for number, name in enumerate(dataset.class_names)}
    people: dict[str, list[str]] = {}
    broken = []
    for field in table.schema:
        if field.name == id_column or field.name.strip().lower() in NOT_PEOPLE - {"class"}:
            continue
        texts = [plain_number(text) for text in texts_of(table[field.name]).tolist()]
        texts = [text if _is_answer(text, classes) else "" for text in texts]
        told = {text for text in texts if text}
        if told and (all(meaning(text) in classes for text in told) or all(map(str.isdecimal, told))):
            people[field.name] = texts
        elif strict and np.mean([meaning(text) in classes for text in texts if text] or [False]) > MOST_CLASSES:
            other = next(row for row, text in enumerate(texts) if text and meaning(text) not in classes)
            broken.append((field.name, other, texts[other]))
    if broken and len(people) + len(broken) > 1:
        name, row, text = broken[0]
        raise DataError(
            f"{path}, row {row}: {short(text)!r} in the column {name!r} is none of the classes "
            f"({listed(dataset.class_names)}), which its other cells are. Correct it, or leave the cell empty where "
            "there is no answer."
        )
    numbered = [name for name, texts in people.items() if any(meaning(text) not in classes for text in texts if text)]
    first = _first_number({text for name in numbered for text in people[name] if text}, len(classes))
    if first is None:
        people = {name: texts for name, texts in people.items() if name not in numbered}
    if len(people) < 2:
        return None, ()
    answers = [
        [-1 if not text else int(text) - (first or 0) if name in numbered else classes[meaning(text)] for text in texts]
        for name, texts in people.items()
    ]
    values = np.array(answers, dtype=np.int64).T
    rows = _rows_by_id_or_order(table, id_column, path, dataset)
    example, person = np.nonzero(values >= 0)
    answer = values[example, person]
    votes = _no_votes(list(dataset.class_names), path, dataset)
    np.add.at(votes.counts, (rows[example], answer), 1)
    said = (_counted_from_1(dataset),) if first else ()
    return replace(votes, annotators=AnnotatorVotes(rows[example], person, answer, tuple(people))), said


def _in_cells(
    table: pa.Table, id_column: str | None, path: Path, dataset: LabelledDataset
) -> tuple[Votes, str, tuple[str, ...]] | None:
    """The votes of a column that holds several people's answers in each cell, its name, and what is said of it; None
    where there is none."""
    classes = [meaning(name) for name in dataset.class_names]
    for name in table.column_names:
        answers = None if name == id_column else answers_of_cells(table, name)
        if answers is None:
            continue
        names, said = answers.names, tuple[str, ...]()
        if all(map(str.isdecimal, names)) and not {meaning(one) for one in names} & set(classes):
            first = _first_number(set(names), len(classes))
            if first is None:
                continue
            names = tuple(dataset.class_names[int(one) - first] for one in names)
            said = (_counted_from_1(dataset),) if first else ()
        if not {meaning(one) for one in names} & set(classes):
            continue
        votes = _no_votes(list(names), path, dataset)
        votes.counts[_rows_by_id_or_order(table, id_column, path, dataset)] = answers.counts
        return votes, name, said
    return None


def _is_answer(text: str, classes: Collection[str]) -> bool:
    """Whether a cell is more than a gap, or a word that says that somebody could not answer."""
    if text in ("", "-1") or text.lower() in NO_VALUES:
        return False
    return meaning(text) in classes or meaning(text) not in UNUSABLE


def _first_number(told: set[str], classes: int) -> int | None:
    """The number of the first class where answers number them: 0, or 1 where the highest is the number of classes;
    None where they are no such numbers."""
    numbers = {int(text) for text in told}
    if not numbers or max(numbers) < classes:
        return 0
    return 1 if max(numbers) == classes and min(numbers) >= 1 else None


def _counted_from_1(dataset: LabelledDataset) -> str:
    names = dataset.class_names
    return f"The answers run to {len(names)} and name {names[0]!r} to {names[-1]!r}: they are counted from 1."


def _rows_by_id_or_order(
    table: pa.Table, id_column: str | None, path: Path, dataset: LabelledDataset
) -> NDArray[np.int64]:
    if id_column is None:
        if len(table) != len(dataset):
            raise DataError(
                f"{path} has {len(table)} rows of votes but {dataset.path} has {len(dataset)} examples; they must "
                "line up row by row (the whole file, before a split is taken), or the votes need a column 'id'."
                f"{_said_of_turned(table, dataset)}"
            )
        return np.arange(len(table))
    ids = texts_of(table[id_column])
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        raise DataError(
            f"{path}: the id {str(ids[first])!r} stands in row {first} and in row {second} (counted from 0); one row "
            "per example is read, or long task,annotator,label."
        )
    return _rows_of(ids, path, dataset)


def _said_of_turned(table: pa.Table, dataset: LabelledDataset) -> str:
    """What to do with a table that has a column for each example."""
    if not 0 <= table.num_columns - len(dataset) <= 1:
        return ""
    return " It has a column for each example: turn it round (table.T with pandas), so that each has a row."


def _counts_or_error(
    table: pa.Table, id_column: str | None, path: Path, dataset: LabelledDataset, said: tuple[str, ...]
) -> Votes | DataError:
    try:
        return _counts(table, id_column, path, dataset, said)
    except DataError as error:
        return error


def _counts(
    table: pa.Table, id_column: str | None, path: Path, dataset: LabelledDataset, said: tuple[str, ...]
) -> Votes:
    """A column for each answer, whose cells count votes."""
    names, beside = columns_of_counts(table, id_column, dataset)
    votes = _no_votes(names, path, dataset)
    values = np.stack([numbers_in(table, name) for name in names], axis=1)
    bad = np.flatnonzero((values < 0).any(axis=1) | np.isinf(values).any(axis=1))
    if len(bad):
        raise DataError(f"{path}, row {bad[0]}: a count of votes is negative or infinite.")
    check_counts(values, path, beside, said)
    votes.counts[_rows_by_id_or_order(table, id_column, path, dataset)] = values
    return votes


def _task_column(table: pa.Table, dataset: LabelledDataset) -> str | None:
    """The column that names the example: the first of the usual ones that holds an id of the data, else the first."""
    found = [find_column(table.column_names, [name]) for name in TASK_COLUMNS]
    named = [name for name in found if name is not None]
    fits = [name for name in named if np.isin(texts_of(table[name]), dataset.ids).any()]
    return next(iter([*fits, *named]), None)


def _id_column(table: pa.Table, dataset: LabelledDataset) -> str | None:
    """The column of ids; a column of paths counts as one only where a path is an id of the data set."""
    by_id = find_column(table.column_names, ("task", *ID_COLUMNS))
    by_path = find_column(table.column_names, PATH_COLUMNS)
    if by_id is None and by_path is not None and np.isin(texts_of(table[by_path]), dataset.ids).any():
        return by_path
    return by_id


def _long(
    table: pa.Table, task: str, worker: str | None, label: str, path: Path, dataset: LabelledDataset
) -> tuple[Votes, tuple[str, ...]]:
    """A row for each answer, and what is said of them; without a column of people each counts."""
    classes = dataset.class_names
    answers = [plain_number(text) for text in texts_of(table[label]).tolist()]
    given = np.array([answer not in ("", "-1") for answer in answers])
    if not given.any():
        raise DataError(f"{path}: the column {label!r} holds no answer.")
    numbers = all(answer.isdecimal() for answer, there in zip(answers, given, strict=True) if there)
    said: tuple[str, ...] = ()
    if numbers and not {answer for answer in answers if answer.isdecimal()} <= set(dataset.class_names):
        first = _first_number({answer for answer, there in zip(answers, given, strict=True) if there}, len(classes))
        if first is None:
            outside = next(row for row in np.flatnonzero(given) if int(answers[row]) >= len(classes))
            raise DataError(
                f"{path}, row {outside}: the label {answers[outside]} is out of range; there are {len(classes)} "
                f"classes, 0 to {len(classes) - 1}."
            )
        said = (_counted_from_1(dataset),) if first else ()
        answers = [classes[int(one) - first] if there else one for one, there in zip(answers, given, strict=True)]
    rows = _rows_of(texts_of(table[task]), path, dataset)[given]
    names, answer = np.unique(np.array(answers)[given], return_inverse=True)
    votes = _no_votes(names.tolist(), path, dataset)
    if worker is None:
        np.add.at(votes.counts, (rows, answer), 1)
        return votes, said
    people = named_people(texts_of(table[worker])[given])
    counted, twice = once_each(rows, people, answer)
    rows, answer = rows[counted], answer[counted]
    people, annotator = np.unique(people[counted], return_inverse=True)
    np.add.at(votes.counts, (rows, answer), 1)
    found = AnnotatorVotes(rows, annotator, answer, tuple(people.tolist()))
    return replace(votes, annotators=found), (*said, *twice)


def _no_votes(names: list[str], path: Path, dataset: LabelledDataset) -> Votes:
    """No votes yet; what each answer means is settled here."""
    classes = {meaning(name): number for number, name in enumerate(dataset.class_names)}
    class_index = np.array([classes.get(meaning(name), -1) for name in names], dtype=np.int64)
    if not (class_index >= 0).any():
        raise DataError(
            f"{path}: none of its answers ({listed(names) or 'no columns of numbers'}) is one of the classes "
            f"({listed(dataset.class_names)}). Rename its columns, or the classes with --class-names; or write a row "
            "for each answer: id, annotator, label."
        )
    unusable = np.array([meaning(name) in UNUSABLE for name in names]) & (class_index < 0)
    return Votes(np.zeros((len(dataset), len(names)), dtype=np.float32), tuple(names), class_index, unusable)


def plain_number(text: str) -> str:
    """A column of numbers with gaps is read as floats: 3.0 means 3."""
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdecimal() else text


def _rows_of(ids: NDArray[np.str_], path: Path, dataset: LabelledDataset) -> NDArray[np.int64]:
    row_of = {str(example): row for row, example in enumerate(dataset.ids)}
    unknown = [number for number, example in enumerate(ids.tolist()) if example not in row_of]
    if unknown:
        raise DataError(
            f"{path}, row {unknown[0]}: {str(ids[unknown[0]])!r} is no id of {dataset.path} "
            f"({len(unknown)} such rows; ids there look like {str(dataset.ids[0])!r})."
        )
    return np.array([row_of[example] for example in ids.tolist()], dtype=np.int64)
