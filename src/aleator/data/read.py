"""Any labelled data set in: the reader that knows the path reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aleator.data.dataset import LabelledDataset
from aleator.data.objects import dataset_of
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.overview import names_alike
from aleator.data.readers import READERS, forms, reader_for
from aleator.data.readers.broken import check_kind
from aleator.data.readers.compressed import unpacked
from aleator.data.readers.remedies import LIBSVM, REMEDIES, is_of_libsvm, remedy_for
from aleator.data.readers.tables import LIST_SUFFIXES
from aleator.data.readers.votes import join_votes
from aleator.data.sources import ImageBytes, ImageFiles
from aleator.data.wording import listed
from aleator.errors import DataError, while_reading
from aleator.progress import Progress, silent

FILL_DOWN = (
    "examples have no label. If a label stands for the rows below it, as merged cells do, write it into each of them "
    "(table['label'].ffill() with pandas)."
)


def read_dataset(
    path: Any,
    options: ReadOptions = NOTHING_ASKED,
    *,
    learnable: bool = True,
    progress: Progress = silent,
) -> LabelledDataset:
    """Read a labelled data set.

    Args:
        path: one of the forms of `aleator.data.readers.READERS`, or data in memory (`aleator.data.objects.KINDS`).
        options: what the path does not say; see `ReadOptions`.
        learnable: require two classes, and enough examples of each.
        progress: called with stage, completed, total.

    Raises DataError naming the file, the row or the id, and the remedy.
    """
    progress("reading", 0, 1)
    dataset = _read(path, options)
    if options.votes is not None:
        with unpacked(options.votes) as file, while_reading(options.votes, "votes"):
            votes, said = join_votes(file, dataset, options)
        dataset = replace(dataset, votes=votes).saying(*said)
    dataset = _without_skipped(dataset.of_split(options.split))
    unlabelled = _said_of_labels(dataset)
    dataset = dataset.saying(*_said_of_pictures(dataset), *_said_of_names(dataset), unlabelled)
    if learnable:
        try:
            dataset.check_learnable()
        except DataError as error:
            raise DataError(f"{error} {unlabelled}".strip()) from None
    progress("reading", 1, 1)
    return dataset


def _read(path: Any, options: ReadOptions) -> LabelledDataset:
    """The data set, with what was asked where it is a path: data in memory are not read again."""
    if isinstance(path, LabelledDataset):
        return path
    if isinstance(path, str | Path):
        return replace(_of_path(Path(path), options), reading=options)
    return dataset_of(path, options)


def _of_path(path: Path, options: ReadOptions) -> LabelledDataset:
    if not path.exists():
        raise DataError(f"{path} is not there.")
    with unpacked(path) as file, _unpacked_labels(options) as unpacked_options:
        if file == path:
            return _of_file_or_folder(path, unpacked_options)
        beside = replace(unpacked_options, image_root=options.image_root or path.parent)
        return replace(_of_file_or_folder(file, beside), path=str(path))


@contextmanager
def _unpacked_labels(options: ReadOptions) -> Iterator[ReadOptions]:
    if options.label_file is None:
        yield options
        return
    with unpacked(options.label_file) as file:
        yield replace(options, label_file=file)


def _of_file_or_folder(path: Path, options: ReadOptions) -> LabelledDataset:
    reader = reader_for(path)
    if path.is_file() and (reader is not None or path.suffix.lower() not in REMEDIES):
        with while_reading(path, "labelled data"):
            check_kind(path)
    if path.suffix.lower() in LIST_SUFFIXES and path.is_file() and is_of_libsvm(path):
        raise DataError(f"{path} {LIBSVM}.")
    if reader is None and (remedy := remedy_for(path)) is not None:
        raise DataError(f"{path} {remedy}.")
    if reader is None:
        raise DataError(f"{path} is in no form that is read: {forms()}.")
    if options.label_file is not None and reader not in (READERS["arrays"], READERS["table"]):
        raise DataError(f"{path} has its labels in itself ({reader.form}); leave --label-file out.")
    with while_reading(path, "labelled data"):
        dataset = reader.read(path, options)
    if not dataset.how_read.form:
        dataset = replace(dataset, how_read=replace(dataset.how_read, form=reader.form))
    return dataset


def _without_skipped(dataset: LabelledDataset) -> LabelledDataset:
    """Rows of missing files were kept until votes were joined, which may line up by row."""
    skipped = [one.id for one in dataset.skipped]
    return dataset.take(np.flatnonzero(~np.isin(dataset.ids, skipped))) if skipped else dataset


def _said_of_pictures(dataset: LabelledDataset) -> list[str]:
    """Those of more than 8 bits are scaled by one rule, and of files that hold several the first is read."""
    source = dataset.source
    if not isinstance(source, ImageFiles | ImageBytes):
        return []
    values = source.scaling()
    return ["" if values is None else values.sentence("Pictures"), source.several_in_a_file()]


def _said_of_names(dataset: LabelledDataset) -> list[str]:
    """Names of classes that look alike, and examples without the name of a split."""
    alike = [
        f"The class names {listed(map(repr, group))} look alike; if they are one class, write them alike in the data."
        for group in names_alike(dataset.class_names)
    ]
    without = 0 if dataset.split is None else int((dataset.split == "").sum())
    return [*alike, f"{without:,} examples are of no split." if without else ""]


def _said_of_labels(dataset: LabelledDataset) -> str:
    """That most examples have none; empty where most have."""
    without = int((dataset.given_labels < 0).sum())
    return f"{without:,} of {len(dataset):,} {FILL_DOWN}" if 2 * without > len(dataset) else ""
