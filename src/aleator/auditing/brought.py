"""Labels and probabilities that somebody brings in files, and the pictures that they are of."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from aleator.auditing.predictions import LabelledPredictions
from aleator.data.dataset import LabelledDataset
from aleator.data.likeliest_files import NamedProbabilities, named_classes
from aleator.data.options import ReadOptions
from aleator.data.predictions import label_values, read_features, read_labels, read_matrix, read_probabilities
from aleator.data.read import read_dataset
from aleator.data.readers.compressed import unpacked
from aleator.data.readers.votes import read_votes
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading
from aleator.progress import Progress, silent

ORDERED, MOST_ORDERED = 0.5, 2000
"""Of so many examples the likeliest class is the given one where labels and columns are in the right order; with more
classes the order is not looked for."""


def read_predictions(
    pred_probs: Path | Sequence[Path], reading: ReadOptions, features: Path | None = None
) -> LabelledPredictions:
    """Labels and probabilities, each from a file, or from one for each learner: `reading` names that of the labels, and
    votes and class names.

    Raises DataError naming the file, the row or the id, and the remedy.
    """
    files = [pred_probs] if isinstance(pred_probs, Path) else list(pred_probs)
    if reading.label_file is None:
        raise DataError(f"{files[0]} holds probabilities; name the file with the labels: --label-file FILE.")
    with ExitStack() as stack:
        label_file, *plain = (stack.enter_context(unpacked(file)) for file in (reading.label_file, *files))
        stack.enter_context(while_reading(files[0], f"probabilities for the labels in {reading.label_file}"))
        return replace(_lined_up(plain, label_file, reading, features), path=str(reading.label_file))


def _lined_up(files: list[Path], label_file: Path, reading: ReadOptions, features: Path | None) -> LabelledPredictions:
    probs, columns, ids_of_probs = read_probabilities(files[0])
    if not isinstance(probs, np.ndarray):
        if len(files) > 1 or features is not None or reading.votes is not None:
            raise DataError(
                f"{files[0]} holds probabilities of the likeliest classes, beside which no other learner, features or "
                "votes are used; leave them out."
            )
        return _likeliest_lined_up(files[0], probs, ids_of_probs, label_file, reading)
    if probs.ndim != 2:
        raise DataError(f"{files[0]} has shape {probs.shape}; wanted is (example, class).")
    several = [probs]
    for file in files[1:]:
        more, its_columns, its_ids = read_matrix(file)
        if more.shape != probs.shape:
            raise DataError(f"{file} has shape {more.shape}, {files[0]} has {probs.shape}; they must line up.")
        if its_columns is not None and columns is not None and its_columns != columns:
            raise DataError(f"{file} and {files[0]} have different columns, or in different order; they must line up.")
        if its_ids is not None and ids_of_probs is not None and not np.array_equal(its_ids, ids_of_probs):
            raise DataError(f"{file} and {files[0]} name different ids, or in different order; they must line up.")
        several.append(more)
    given, names, ids = read_labels(label_file, reading.names, probs.shape[1], columns)
    ids = _same_ids(given, ids, ids_of_probs, label_file, files[0])
    if reading.names is None and columns is None and not all(map(str.isdecimal, names)):
        _check_order(probs, given, names, files[0])
    predictions = LabelledPredictions(
        given,
        probs if len(several) == 1 else np.stack(several),
        names,
        ids,
        None if features is None else read_matrix(features)[0] if ids is None else read_features(features, ids),
        path=str(label_file),
    )
    if reading.votes is None:
        return predictions
    dataset = predictions.as_dataset(given, np.empty((len(given), 0), np.float32))
    return replace(predictions, votes=read_votes(reading.votes, dataset, reading))


def _check_order(probs: NDArray[np.floating[Any]], given: NDArray[np.int64], names: Sequence[str], file: Path) -> None:
    """Raise DataError where the columns, whose order nobody said, fit the labels in another order than that of the
    names. (Whether there is a row for each label, and what is in it, is looked at elsewhere.)"""
    if len(probs) != len(given) or len(names) > MOST_ORDERED:
        return
    said = np.zeros((len(names), len(names)))
    np.add.at(said, (given, probs.argmax(axis=1)), 1)
    classes, columns = linear_sum_assignment(said, maximize=True)
    agree, best = float(np.trace(said)) / len(given), float(said[classes, columns].sum()) / len(given)
    if best < ORDERED or agree > best / 2:
        return
    order = [names[one] for one in np.argsort(columns)]
    raise DataError(
        f"The columns of {file} have no names, and labels that are text are taken in the order {listed(names)}: so "
        f"{agree:.0%} of the likeliest classes are the given ones, in the order {listed(order)} {best:.0%} are. "
        f"Name the classes in the order of the columns: --class-names {','.join(order)}."
    )


def _likeliest_lined_up(
    file: Path,
    probs: sparse.csr_array | NamedProbabilities,
    ids_of_probs: NDArray[np.str_] | None,
    label_file: Path,
    reading: ReadOptions,
) -> LabelledPredictions:
    names = reading.names
    if isinstance(probs, NamedProbabilities):
        if names is None:
            names = named_classes(
                probs.names | {str(one).strip() for one in label_values(label_file)[0] if one is not None}
            )
        probs = probs.matrix(names)
    given, names, ids = read_labels(label_file, names, probs.shape[1])
    if len(given) != probs.shape[0]:
        raise DataError(f"{label_file} has {len(given)} labels, {file} {probs.shape[0]} rows; they must line up.")
    ids = _same_ids(given, ids, ids_of_probs, label_file, file)
    return LabelledPredictions(given, probs, names, ids, path=str(label_file))


def _same_ids(
    given: NDArray[np.int64],
    ids: NDArray[np.str_] | None,
    ids_of_probs: NDArray[np.str_] | None,
    label_file: Path,
    file: Path,
) -> NDArray[np.str_] | None:
    """The examples' ids, by whichever file has them. Raises DataError where they differ, or a label is missing."""
    missing = np.flatnonzero(given < 0)
    if len(missing):
        raise DataError(f"{label_file}, row {missing[0]}: there is no label; leave such rows out of both files.")
    if ids is not None and ids_of_probs is not None and not np.array_equal(ids, ids_of_probs):
        raise DataError(f"{label_file} and {file} name different ids, or in different order; they must line up.")
    return ids if ids is not None else ids_of_probs


def with_examples_of(
    predictions: LabelledPredictions, path: str, asked: ReadOptions, *, progress: Progress = silent
) -> LabelledPredictions:
    """Labels and probabilities with the examples that they are of, read from a path.

    Examples are found by their ids; where none were brought, row by row, which both labels have to bear out. Raises
    DataError where the data are others.
    """
    classes = predictions.classes
    numbers = tuple(map(str, range(classes)))  # what classes are called that nobody named
    names = asked.names if predictions.class_names in (None, numbers) else predictions.class_names
    reading = replace(asked, label_file=None, votes=None, class_names=names)
    dataset = read_dataset(path, reading, progress=progress)
    if len(dataset.class_names) != classes:
        raise DataError(
            f"{path} has {len(dataset.class_names)} classes ({', '.join(dataset.class_names)}), the probabilities have "
            f"{classes} columns; name them in the order of the columns: --class-names a,b,c."
        )
    dataset = dataset.take(_rows(predictions, dataset))
    given = np.asarray(predictions.labels)
    different = np.flatnonzero(dataset.given_labels != given)
    if len(different):
        row = int(different[0])
        by = "" if predictions.ids is not None else " Without ids they are joined row by row: give both files ids."
        raise DataError(
            f"{path} labels {str(dataset.ids[row])!r} {_name(dataset, dataset.given_labels[row])!r}, and "
            f"{predictions.path}, row {row}, {_name(dataset, given[row])!r}; {len(different):,} of {len(given):,} "
            f"labels differ, so these are other data.{by}"
        )
    return replace(
        predictions,
        class_names=dataset.class_names,
        ids=dataset.ids,
        examples=replace(dataset, votes=predictions.votes),
    )


def _rows(predictions: LabelledPredictions, dataset: LabelledDataset) -> NDArray[np.int64]:
    """The row in the data of each prediction."""
    if predictions.ids is None:
        brought = len(np.asarray(predictions.labels))
        if brought != len(dataset):
            raise DataError(
                f"{dataset.path} holds {len(dataset):,} examples, {predictions.path} {brought:,} labels without ids; "
                "give labels and probabilities ids, or read as many examples (--split)."
            )
        return np.arange(brought)
    position = pc.index_in(pa.array(predictions.ids, pa.string()), value_set=pa.array(dataset.ids, pa.string()))
    if position.null_count:
        missing = str(predictions.ids[int(np.flatnonzero(position.is_null().to_numpy(zero_copy_only=False))[0])])
        raise DataError(
            f"{dataset.path} has no example {missing!r}; its ids are like {str(dataset.ids[0])!r}. "
            f"{position.null_count:,} ids of {predictions.path} are not there."
        )
    return np.asarray(position.to_numpy(zero_copy_only=False), dtype=np.int64)


def _name(dataset: LabelledDataset, label: int) -> str:
    return dataset.class_names[int(label)] if 0 <= int(label) < len(dataset.class_names) else "(none)"
