"""Several people's answers, joined to the examples of a data set: from a long table, or from a wide one."""

from pathlib import Path
from typing import Literal

import numpy as np

from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers.agreement import agreement_of
from aleator.data.readers.column_names import SPLIT_COLUMNS, find_column
from aleator.data.readers.long_votes import long_votes
from aleator.data.readers.vote_counts import columns_of_counts, may_be_per_cent
from aleator.data.readers.votes_of_examples import JoinedVotes
from aleator.data.readers.votes_table import VotesTable, read_votes_table
from aleator.data.readers.wide_votes import answers_of_cells, answers_of_columns, counts_of_answers
from aleator.data.wording import listed
from aleator.errors import DataError

FEWEST_TO_TELL = 50
"""Examples from which on an agreement no better than by chance says that the votes are of other data."""
CLEAR_GAP = 0.1
NEEDS_IDS = "join them by ids: give both files a column 'id', or name the pictures' paths in the votes"


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
    table = read_votes_table(path, dataset, options)
    joined = long_votes(table) or _wide_votes(table, options.votes_form)
    agreement = agreement_of(joined.votes, dataset)
    if agreement.examples >= FEWEST_TO_TELL and not agreement.better_than_chance:
        raise DataError(
            f"{path}: the votes are joined {joined.how}, but the answer of most is the given label of "
            f"{agreement.share:.1%} of {agreement.examples:,} examples, no more than by chance "
            f"({agreement.chance:.1%}): they are those of other data, or in another order. Give both files the same "
            "ids."
        )
    told = f"The votes of {path.name} are joined {joined.how}"
    if agreement.examples:
        told += f"; the answer of most is the given label of {agreement.share:.1%} of {agreement.examples:,} examples"
        told += f" ({agreement.chance:.1%} by chance)"
    return joined.votes, (*table.said, f"{told}.", *joined.said, *_said_of_others(joined.votes, table))


def _said_of_others(votes: Votes, table: VotesTable) -> list[str]:
    """What is said of answers that are no class, and of columns of numbers beside counts that count none."""
    columns = zip(votes.names, votes.class_index, votes.unusable, votes.counts.sum(axis=0).tolist(), strict=True)
    outside = [f"{name!r} ({count:,.6g} votes)" for name, label, useless, count in columns if label < 0 and not useless]
    said = []
    if outside:
        said.append(
            f"No classes of the data, and counted as answers beside them: {listed(outside)}. Take out of the votes "
            "what is no answer."
        )
    if votes.annotators is None and (beside := columns_of_counts(table)[1]):
        said.append(f"Columns of numbers that count no answer are not used: {listed(map(repr, beside))}.")
    if votes.annotators is None and may_be_per_cent(votes.counts):
        said.append(
            "The votes of each example add to 100, and are taken as those of 100 people. If they are per cent, write "
            "how often each answer was given."
        )
    return said


def _wide_votes(table: VotesTable, form: Literal["counts", "answers"] | None) -> JoinedVotes:
    """The votes of a row for each example. Raises DataError where there are none, or two readings fit as well."""
    if form is None and (in_cells := answers_of_cells(table)) is not None:
        votes, name, said = in_cells
        return JoinedVotes(votes, f"from the cells of {name!r} {_order(votes, table)}", said)
    counts = DataError(_no_classes(table)) if form == "answers" else _counts_or_error(table)
    found = None if form == "counts" else answers_of_columns(table, strict=not isinstance(counts, Votes))
    if found is None or (form is None and isinstance(counts, Votes) and _are_called_as_classes(counts)):
        if isinstance(counts, DataError):
            raise counts
        return JoinedVotes(counts, _order(counts, table))
    answers, said = found
    if isinstance(counts, Votes):
        return _likelier(counts, answers, said, table)
    if form is None:
        _check_agree(answers, table, counts)
    return JoinedVotes(answers, f"people's answers, a column each, {_order(answers, table)}", said)


def _no_classes(table: VotesTable) -> str:
    return f"{table.path} has no columns whose cells are classes of the data."


def _counts_or_error(table: VotesTable) -> Votes | DataError:
    try:
        return counts_of_answers(table)
    except DataError as error:
        return error


def _are_called_as_classes(counts: Votes) -> bool:
    """Whether columns are called as classes are, by more than their number."""
    columns = zip(counts.names, counts.class_index, strict=True)
    return any(label >= 0 and not name.strip().isdecimal() for name, label in columns)


def _check_agree(answers: Votes, table: VotesTable, no_counts: DataError) -> None:
    """Raise DataError where columns may be people's answers, but no more agree with the labels than by chance."""
    agreement = agreement_of(answers, table.dataset)
    if not agreement.better_than_chance:
        raise DataError(
            f"{no_counts} If its columns are people, whose cells are their answers, nothing says that its rows are in "
            f"the order of {table.dataset.path}: the answer of most is the given label of {agreement.share:.1%}, "
            f"{agreement.chance:.1%} by chance; {NEEDS_IDS}."
        )


def _likelier(counts: Votes, answers: Votes, said_of_answers: tuple[str, ...], table: VotesTable) -> JoinedVotes:
    """The reading under which the votes agree with the labels."""
    as_counts, as_answers = agreement_of(counts, table.dataset), agreement_of(answers, table.dataset)
    gap = as_answers.share - as_counts.share
    both = f"{as_answers.share:.1%} of the labels read as people's answers, {as_counts.share:.1%} as counts"
    if abs(gap) < CLEAR_GAP:
        raise DataError(
            f"{table.path} can be read in two ways: each column is a person, and its cells their answers, or each "
            f"column is an answer, and its cells count votes; neither fits clearly better ({both}). Say which: "
            "--votes-form answers or --votes-form counts."
        )
    if gap > 0:
        how = f"as people's answers, a column each ({both}; --votes-form), {_order(answers, table)}"
        return JoinedVotes(answers, how, said_of_answers)
    return JoinedVotes(counts, f"as counts of votes ({both}; --votes-form), {_order(counts, table)}")


def _order(votes: Votes, table: VotesTable) -> str:
    """How they line up, in words. Raises DataError for rows whose order nothing proves."""
    dataset, path = table.dataset, table.path
    if table.id_column is not None:
        return f"by {table.id_column!r}"
    split = find_column(table.names, SPLIT_COLUMNS)
    if split is not None and dataset.split is not None:
        same = np.char.lower(table.texts(split)) == np.char.lower(dataset.split)
        if same.all() and len(np.unique(dataset.split)) > 1:
            return f"row by row, since the column {split!r} is the same in every row"
        if not same.all():
            raise DataError(
                f"{path}, row {np.flatnonzero(~same)[0]}: the column {split!r} is another than the data's split, so "
                f"the rows are in another order; {NEEDS_IDS}."
            )
    changes = int((np.diff(dataset.given_labels) != 0).sum())
    if changes < 2 * len(np.unique(dataset.given_labels)):
        raise DataError(
            f"{path}: nothing says that its rows are in the order of {dataset.path}, whose examples are sorted by "
            f"label; {NEEDS_IDS}."
        )
    agreement = agreement_of(votes, dataset)
    if not agreement.better_than_chance:
        raise DataError(
            f"{path}: nothing says that its rows are in the order of {dataset.path}: the answer of most is the given "
            f"label of {agreement.share:.1%} of {agreement.examples:,} examples, {agreement.chance:.1%} by chance; "
            f"{NEEDS_IDS}."
        )
    return f"row by row, since they agree with the labels ({agreement.share:.1%}, by chance {agreement.chance:.1%})"
