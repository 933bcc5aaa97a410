"""Labels and probabilities that somebody brings, and the pictures that they are of."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.auditing.predictions import LabelledPredictions
from aleator.data.dataset import LabelledDataset
from aleator.data.options import ReadOptions
from aleator.data.read import read_dataset
from aleator.errors import DataError
from aleator.progress import Progress, silent


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
