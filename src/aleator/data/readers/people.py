"""Answers of several people for the same examples: who has a vote, and which label most of them give."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.readers.answers_in_cells import AnswersInCells

NO_NAME = "(no name)"
"""Whose answers are that name nobody. They may be of several people, so each of them counts."""


def named_people(people: NDArray[np.str_]) -> NDArray[np.str_]:
    """The people, what is empty called so."""
    return np.where(people == "", NO_NAME, people)


def once_each(
    example: NDArray[np.int64], people: NDArray[np.str_], answer: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The places of the answers that count, in order, and what is said of it: who sent the same answer for the same
    example twice has one vote."""
    names, person = np.unique(people, return_inverse=True)
    nameless = names[person] == NO_NAME
    apart = np.where(nameless, np.arange(len(example)), -1)
    _, first = np.unique(np.stack([example, person, answer, apart]), axis=1, return_index=True)
    twice = len(example) - len(first)
    said = []
    if twice:
        said.append(f"{twice:,} answers repeat one of the same person for the same example, and count once with it.")
    if nameless.any():
        said.append(f"{int(nameless.sum()):,} answers name nobody: each counts, as those of one person, {NO_NAME}.")
    return np.sort(first), tuple(said)


def answer_of_most(counts: NDArray[np.integer], names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The answer that was given most often, `(example,)` of `(example, answer)`, -1 where there is none; and where
    several were given as often: then one of them, drawn by the example's name, so that it is the same each time."""
    highest = counts.max(axis=1)
    label = np.where(highest > 0, counts.argmax(axis=1), -1)
    tied = ((counts == highest[:, None]).sum(axis=1) > 1) & (highest > 0)
    for row in np.flatnonzero(tied).tolist():
        candidates = np.flatnonzero(counts[row] == highest[row])
        label[row] = candidates[crc32(str(names[row]).encode()) % len(candidates)]
    return label.astype(np.int64), tied


def labels_of_cells(
    answers: AnswersInCells, examples: NDArray[np.str_] | None, path: Path
) -> tuple[pa.Array, tuple[str, ...]]:
    """The answer of most in each cell, null where there is none, and what is said of it; ties are drawn by the names of
    the examples."""
    rows = np.arange(len(answers.counts)).astype(str) if examples is None else examples
    most, tied = answer_of_most(answers.counts, rows.tolist())
    labels = pa.array(answers.names, pa.string()).take(pa.array(most, mask=most < 0))
    said = (
        f"Its cells hold {answers.told}: the given label is the answer of most."
        f"{f' --votes {path.name} --use-votes uses each of them.' if path.suffix else ''}"
    )
    return labels, (said, *said_of_ties(tied, "cells"))


def said_of_ties(tied: NDArray[np.bool_], noun: str) -> list[str]:
    count = int(tied.sum())
    said = f"{count:,} {noun} have no answer of most: of those given as often, one is drawn by the name of the example."
    return [said] if count else []
