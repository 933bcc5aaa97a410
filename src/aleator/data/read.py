"""Any labelled data set in: the reader that knows the path reads it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from aleator.data.dataset import LabelledDataset
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.readers import forms, reader_for
from aleator.data.readers.shared import select_split
from aleator.data.readers.votes import read_votes
from aleator.errors import DataError, while_reading
from aleator.progress import Progress, silent


def read_dataset(
    path: str | Path, options: ReadOptions = NOTHING_ASKED, *, progress: Progress = silent
) -> LabelledDataset:
    """Read a labelled data set.

    Args:
        path: one of the forms of `aleator.data.readers.READERS`.
        options: what the path does not say; see `ReadOptions`.
        progress: called with stage, completed, total.

    Raises DataError naming the file, the row or the id, and the remedy.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path} is not there.")
    reader = reader_for(path)
    if reader is None:
        raise DataError(f"{path} is in no form that is read: {forms()}.")
    progress("reading", 0, 1)
    with while_reading(path, "labelled data"):
        dataset = reader.read(path, options)
    if options.votes is not None:
        with while_reading(options.votes, "votes"):
            dataset = replace(dataset, votes=read_votes(options.votes, dataset))
    dataset = replace(_without_skipped(_of_split(dataset, options.split)), reading=options)
    dataset.check_learnable()
    progress("reading", 1, 1)
    return dataset


def _of_split(dataset: LabelledDataset, split: str | None) -> LabelledDataset:
    rows = select_split(dataset.split, split, dataset.path)
    if rows is None:
        return dataset
    ids = set(dataset.ids[rows].tolist())
    return replace(dataset.take(rows), skipped=tuple(one for one in dataset.skipped if one.id in ids))


def _without_skipped(dataset: LabelledDataset) -> LabelledDataset:
    """Rows of missing files were kept until votes were joined, which may line up by row."""
    skipped = [one.id for one in dataset.skipped]
    return dataset.take(np.flatnonzero(~np.isin(dataset.ids, skipped))) if skipped else dataset
