"""From the cells of a table of votes to votes for the examples of a data set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import Votes
from aleator.data.readers.synonyms import meaning
from aleator.data.readers.votes_table import UNUSABLE, VotesTable
from aleator.data.wording import listed
from aleator.errors import DataError


@dataclass(frozen=True)
class JoinedVotes:
    """Votes for the examples of a data set."""

    votes: Votes
    how: str
    """They are joined, in words."""
    said: tuple[str, ...] = ()


def no_votes(names: list[str], table: VotesTable) -> Votes:
    """No votes yet; what each answer means is settled here. Raises DataError where none means a class."""
    class_names = table.dataset.class_names
    class_index = np.array([table.classes.get(meaning(name), -1) for name in names], dtype=np.int64)
    if not (class_index >= 0).any():
        raise DataError(
            f"{table.path}: none of its answers ({listed(names) or 'no columns of numbers'}) is one of the classes "
            f"({listed(class_names)}). Rename its columns, or the classes with --class-names; or write a row "
            "for each answer: id, annotator, label."
        )
    unusable = np.array([meaning(name) in UNUSABLE for name in names]) & (class_index < 0)
    return Votes(np.zeros((len(table.dataset), len(names)), dtype=np.float32), tuple(names), class_index, unusable)


def rows_of_ids(ids: NDArray[np.str_], table: VotesTable) -> NDArray[np.int64]:
    """The rows of the examples that these ids name. Raises DataError for an id that is none."""
    dataset = table.dataset
    row_of = {str(example): row for row, example in enumerate(dataset.ids)}
    unknown = [number for number, example in enumerate(ids.tolist()) if example not in row_of]
    if unknown:
        raise DataError(
            f"{table.path}, row {unknown[0]}: {str(ids[unknown[0]])!r} is no id of {dataset.path} "
            f"({len(unknown)} such rows; ids there look like {str(dataset.ids[0])!r})."
        )
    return np.array([row_of[example] for example in ids.tolist()], dtype=np.int64)


def first_number(told: set[str], classes: int) -> int | None:
    """The number of the first class where answers number them: 0, or 1 where the highest is the number of classes;
    None where they are no such numbers."""
    numbers = {int(text) for text in told}
    if not numbers or max(numbers) < classes:
        return 0
    return 1 if max(numbers) == classes and min(numbers) >= 1 else None


def said_of_numbers(first: int | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """What is said of answers that number the classes from 1 on."""
    if not first:
        return ()
    return (f"The answers run to {len(names)} and name {names[0]!r} to {names[-1]!r}: they are counted from 1.",)
