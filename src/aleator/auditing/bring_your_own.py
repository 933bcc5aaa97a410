"""What `aleator judge` does with files."""

from pathlib import Path

import numpy as np

from aleator.auditing.folder import Audit, audited_path, read_audited, with_data
from aleator.auditing.predictions import judge_predictions
from aleator.auditing.rejudge import rejudge_folder
from aleator.data.dataset import LabelledDataset
from aleator.data.predictions import read_labels, read_matrix
from aleator.data.readers.votes import read_votes
from aleator.data.sources import FeatureArray
from aleator.errors import DataError
from aleator.progress import Progress, silent
from aleator.verdicts import Reviews
from aleator.verdicts.decisions import read_decisions


def judge_again(audit: Audit, reviews: Reviews, *, data: Path | None = None) -> Audit:
    """Let an audit hear decisions, in place. Without its data, its report stays as it was."""
    if data is not None or audited_path(audit) is not None:
        audit = with_data(audit, read_audited(audit, data))
    return rejudge_folder(audit, reviews)


def judge_files(
    labels: Path,
    pred_probs: Path,
    folder: Path,
    *,
    features: Path | None = None,
    votes: Path | None = None,
    reviewed: Path | None = None,
    class_names: str | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Audit:
    """Judge labels by probabilities, each from a file; see `judge_predictions`."""
    probs, columns, ids_of_probs = read_matrix(pred_probs)
    if probs.ndim != 2:
        raise DataError(f"{pred_probs} has shape {probs.shape}; wanted is (example, class).")
    names = columns if class_names is None else tuple(name.strip() for name in class_names.split(","))
    given, names, ids = read_labels(labels, names, probs.shape[1])
    missing = np.flatnonzero(given < 0)
    if len(missing):
        raise DataError(f"{labels}, row {missing[0]}: there is no label; leave such rows out of both files.")
    if ids is not None and ids_of_probs is not None and not np.array_equal(ids, ids_of_probs):
        raise DataError(f"{labels} and {pred_probs} name different ids, or in different order; they must line up.")
    ids = ids if ids is not None else ids_of_probs
    ids = np.arange(len(given)).astype(str) if ids is None else ids
    blank = FeatureArray(np.zeros((len(given), 1), np.float32))
    dataset = LabelledDataset(labels.stem, str(labels), ids, blank, given, names)
    return judge_predictions(
        given,
        probs,
        folder,
        class_names=names,
        ids=ids,
        features=None if features is None else read_matrix(features)[0],
        votes=None if votes is None else read_votes(votes, dataset),
        reviews=None if reviewed is None else read_decisions(reviewed, ids, names),
        path=str(labels),
        force=force,
        progress=progress,
    )
