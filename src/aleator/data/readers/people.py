"""Answers of several people for the same examples: who has a vote, and which label most of them give."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.answers_in_cells import AnswersInCells
from aleator.data.readers.column_names import WORKER_COLUMNS, find_column
from aleator.data.readers.kinds import texts_of
from aleator.data.readers.shared import EncodedLabels

NO_NAME = "(no name)"
"""Whose answers are that name nobody. They may be of several people, so each of them counts."""
MOST_TEXTS = 2 / 3
"""Where fewer texts than this share of the rows differ, rows are answers of several people."""


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


def one_for_several_people(
    table: pa.Table, ids: NDArray[np.str_] | None, texts: NDArray[np.str_] | None, labels: EncodedLabels, path: Path
) -> tuple[NDArray[np.str_] | None, list[int], list[str]]:
    """The ids, where the rows of one example, known by its id or its text, are several people's answers: then the first
    row has the answer of most. Also the other rows, and what is said of it."""
    worker, examples = find_column(table.column_names, WORKER_COLUMNS), texts if ids is None else ids
    if worker is None or examples is None or not _has_several_answers(examples, table[worker], ids is not None):
        return ids, [], []
    same = np.unique(examples, return_inverse=True)[1]
    rows = np.arange(len(table)).astype(str)
    names = rows if ids is None else ids
    named, _, others, said = answers_of_people(names, same, labels, table[worker], worker, path, "examples")
    if ids is None:
        return None, others, [f"{said[0]} For that both need a column 'id', which numbers the texts.", *said[1:]]
    return named, others, said


def _has_several_answers(examples: NDArray[np.str_], people: pa.ChunkedArray, are_ids: bool) -> bool:
    """Whether examples repeat, a row for each of several people; texts may also repeat by themselves."""
    most = 1.0 if are_ids else MOST_TEXTS
    return len(pc.unique(people)) > 1 and len(np.unique(examples)) < most * len(examples)


def answers_of_people(
    files: NDArray[np.str_],
    same_file: NDArray[np.int64],
    labels: EncodedLabels,
    people: pa.ChunkedArray,
    worker: str,
    path: Path,
    noun: str = "pictures",
) -> tuple[NDArray[np.str_], None, list[int], list[str]]:
    """Several people's answers, a row each: the example is read once, with the answer of most."""
    first = np.unique(same_file, return_index=True)[1]
    answered = np.flatnonzero(labels.labels >= 0)
    counted, said = once_each(same_file[answered], named_people(texts_of(people))[answered], labels.labels[answered])
    answered = answered[counted]
    counts = np.zeros((len(first), len(labels.names)), dtype=np.int64)
    np.add.at(counts, (same_file[answered], labels.labels[answered]), 1)
    most, tied = answer_of_most(counts, files[first].tolist())
    labels.labels[:] = most[same_file]
    repeated = np.setdiff1d(np.arange(len(files)), first)
    ids = files.astype(object)
    ids[repeated] = [f"{files[row]}#{row}" for row in repeated]
    told = (
        f"{len(files):,} rows are answers of several people (column {worker!r}) for {len(first):,} {noun}: the given "
        f"label is the answer of most. --votes {path.name} --use-votes uses each of them."
    )
    return np.array(ids.tolist()), None, repeated.tolist(), [told, *said, *said_of_ties(tied, noun)]
