"""Any labelled data set in: the reader that knows the path reads it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from aleator.data.dataset import LabelledDataset
from aleator.data.readers import READERS
from aleator.data.readers.options import ReadOptions, select_split
from aleator.data.readers.votes import read_votes
from aleator.errors import DataError
from aleator.progress import Progress, silent


def read_dataset(
    path: str | Path,
    *,
    split: str | None = None,
    votes: str | Path | None = None,
    labels: str | Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    id_column: str | None = None,
    class_names: tuple[str, ...] | str | None = None,
    progress: Progress = silent,
) -> LabelledDataset:
    """Read a labelled data set.

    Args:
        path: Kaggle's `fer2013.csv`; a folder of class folders, with or without split folders; an ImageFolder with
            `metadata.csv|jsonl|parquet`; a CSV, TSV, Parquet or JSON-lines table of paths and labels; `.npz` or
            `.npy` arrays of pictures or feature vectors.
        split: keep this split only.
        votes: several people's answers, joined before the split is taken: one column per class, or long
            `task,annotator,label`.
        labels: for arrays, the file that holds the labels.
        path_column, label_column, id_column: a table's columns, where their names do not tell.
        class_names: names of the classes 0, 1, 2, ...; in one text they are separated by commas.
        progress: called with stage, completed, total.

    Raises DataError naming the file, the row or the id, and the remedy.
    """
    path = Path(path)
    if isinstance(class_names, str):
        class_names = tuple(name.strip() for name in class_names.split(","))
    if not path.exists():
        raise DataError(f"{path} is not there.")
    options = ReadOptions(
        split, None if labels is None else Path(labels), path_column, label_column, id_column, class_names
    )
    read = next((read for knows, read in READERS.values() if knows(path)), None)
    if read is None:
        raise DataError(
            f"{path} is in no form that is read: a fer2013.csv, a folder of class folders, a table (.csv, .tsv, "
            ".parquet, .jsonl) of paths and labels, or arrays (.npz, .npy)."
        )
    progress("reading", 0, 1)
    dataset = read(path, options)
    if votes is not None:
        dataset = replace(dataset, votes=read_votes(Path(votes), dataset))
    dataset = _without_skipped(_of_split(dataset, split))
    asked = {
        "split": split,
        "votes": votes,
        "labels": labels,
        "path_column": path_column,
        "label_column": label_column,
        "id_column": id_column,
        "class_names": None if class_names is None else ",".join(class_names),
    }
    dataset = replace(dataset, reading={name: str(value) for name, value in asked.items() if value is not None})
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
