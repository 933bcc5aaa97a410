"""Arrays: `.npz` with examples and labels, or `.npy` with the labels in a file of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.array_files import ALONE, IDX, read_arrays
from aleator.data.readers.array_sources import source_and_range, source_of_array
from aleator.data.readers.column_names import find_column
from aleator.data.readers.label_files import labels_of_file
from aleator.data.readers.labels import EMOTIONS, encoded, labelled
from aleator.data.readers.one_hot import one_hot_array
from aleator.data.sources import ExampleSource
from aleator.data.wording import listed
from aleator.errors import DataError

EXAMPLE_ARRAYS = (
    *("images", "pixels", "x", "data", "features", "embeddings", "embedding", "vectors", "x_train", "train_images"),
    "arr_0",
)
LABEL_ARRAYS = ("labels", "label", "y", "targets", "target", "emotion", "y_train", "train_labels", "arr_1")
NAME_ARRAYS = ("class_names", "classes", "label_names", "target_names", "names")
"""The names of the classes 0, 1, 2, ..."""
SPLIT_ARRAYS = ("split", "usage")
ID_ARRAYS = ("ids", "id")
SPLITS = ("train", "val", "valid", "validation", "dev", "test")
PAIRS = (
    ("{}_images", "{}_labels"),
    ("{}_x", "{}_y"),
    ("x_{}", "y_{}"),
    ("images_{}", "labels_{}"),
    ("{}_data", "{}_labels"),
)
"""What the arrays of a split are called, in small letters."""
FORM = "arrays (.npz with examples and labels, or .npy or idx-ubyte with --label-file) of pictures or feature vectors"


def knows(path: Path) -> bool:
    """NumPy's files, and those that MNIST is in."""
    return path.is_file() and (path.suffix.lower() in (".npz", ".npy") or path.name.endswith(IDX))


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; nothing is unpickled. `label_column`, `id_column` and `path_column` name arrays of an .npz."""
    arrays = read_arrays(path)
    if path.suffix.lower() != ".npz":
        if options.label_file is None:
            raise DataError(
                f"{path} holds examples but no labels; name the file with the labels: --label-file FILE.{_beside(path)}"
            )
        return _dataset(path, arrays[ALONE], labels_of_file(options.label_file), {}, "labels", options)
    if options.path_column is None and options.label_column is None and options.label_file is None:
        arrays = _with_splits(arrays, path)
    names = list(arrays)
    examples = find_column(names, EXAMPLE_ARRAYS, options.path_column, path, "--path-column")
    label = find_column(names, LABEL_ARRAYS, options.label_column, path, "--label-column")
    if examples is None:
        raise DataError(
            f"{path} has no array of examples ({', '.join(EXAMPLE_ARRAYS)}); it has {listed(names)}. "
            "Name it with --path-column."
        )
    if label is None and options.label_file is None:
        raise DataError(
            f"{path} has no array of labels ({', '.join(LABEL_ARRAYS)}); it has {listed(names)}. "
            "Name it with --label-column, or a file with --label-file."
        )
    values = arrays[str(label)] if options.label_file is None else labels_of_file(options.label_file)
    dataset = _dataset(path, arrays[examples], values, arrays, str(label), options)
    used = {examples, label, *(name for name in names if name.lower() in (*NAME_ARRAYS, *SPLIT_ARRAYS, *ID_ARRAYS))}
    other = [name for name in names if name not in used and name != options.id_column]
    said = f"Not used: {listed(other)}; --path-column and --label-column name other arrays." if other else ""
    return dataset.saying(said)


def _with_splits(arrays: Mapping[str, NDArray[Any]], path: Path) -> Mapping[str, NDArray[Any]]:
    """The arrays of several splits (`train_images`, `test_images`; `x_train`, `x_test`) one after another, with a
    `split`; as they are where there is one split only."""
    found: list[tuple[str, NDArray[Any], NDArray[Any]]] = []
    loose = {name.lower(): name for name in arrays}
    for split in SPLITS:
        for pair in PAIRS:
            names = [name.format(split) for name in pair]
            if set(names) <= set(loose):
                examples, labels = (arrays[loose[name]] for name in names)
                found.append((split, examples, labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels))
    if len(found) < 2:
        return arrays
    shapes = {examples.shape[1:] for _, examples, _ in found}
    if len(shapes) > 1:
        raise DataError(f"{path}: the splits hold examples of different shapes ({listed(sorted(shapes))}).")
    return {
        "images": np.concatenate([examples for _, examples, _ in found]),
        "labels": np.concatenate([labels for _, _, labels in found]),
        "split": np.concatenate([np.full(len(labels), split) for split, _, labels in found]),
    }


def _dataset(
    path: Path,
    examples: NDArray[Any],
    values: NDArray[Any],
    arrays: Mapping[str, NDArray[Any]],
    label_name: str,
    options: ReadOptions,
) -> LabelledDataset:
    if examples.ndim == 0 or len(examples) == 0:
        raise DataError(f"{path}: there are no examples; their array has shape {examples.shape}.")
    values = _one_each(values, examples, path)
    named = _class_names(arrays, values) if options.names is None else None
    labels = encoded(
        values,
        f"{path}, labels",
        options.names or named,
        number_names=EMOTIONS if label_name == "emotion" else None,
        missing=options.missing_label,
    )
    split = find_column(arrays, SPLIT_ARRAYS)
    ids = find_column(arrays, ID_ARRAYS, options.id_column, path, "--id-column")
    try:
        source, scaled = source_and_range(examples)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    how = HowRead(f"arrays of {source.kind}, {'x'.join(map(str, examples.shape[1:]))} each").with_said(
        "" if named is None else f"The classes' names are those of the file ({listed(named)}).",
        *labels.said,
        "" if scaled is None else scaled.sentence("Pictures"),
    )
    return labelled(source, labels, path, how, ids=_texts(arrays, ids, path), split=_texts(arrays, split, path))


def _texts(arrays: Mapping[str, NDArray[Any]], name: str | None, path: Path) -> NDArray[np.str_] | None:
    """An array of a text for each example; None without a name."""
    if name is not None and arrays[name].ndim != 1:
        raise DataError(f"{path}: the array {name!r} has shape {arrays[name].shape}; wanted is (example,).")
    return None if name is None else arrays[name].astype(str)


def _one_each(labels: NDArray[Any], examples: NDArray[Any], path: Path) -> NDArray[Any]:
    """One label for each example. Raises DataError where they do not line up."""
    if labels.ndim == 2 and labels.shape[0] == 1 < examples.shape[0] == labels.shape[1]:  # MATLAB has rows only
        labels = labels[0]
    if labels.ndim != 1:
        labels = one_hot_array(labels, str(path))
    if len(labels) > len(examples) and not any(map(str, labels[len(examples) :])):  # empty lines at the end
        labels = labels[: len(examples)]
    if len(labels) != len(examples):
        turned = examples.ndim == 2 and examples.shape[1] == len(labels)
        remedy = " The array of examples has a column for each label: save its transpose (.T)." if turned else ""
        raise DataError(f"{path}: {len(examples)} examples but {len(labels)} labels; they must line up.{remedy}")
    return labels


def _class_names(arrays: Mapping[str, NDArray[Any]], values: NDArray[Any]) -> tuple[str, ...] | None:
    """The names that the file has for its labels, if these are numbers below their count."""
    name = find_column(arrays, NAME_ARRAYS)
    if name is None or values.dtype.kind not in "iuf" or arrays[name].ndim != 1 or arrays[name].dtype.kind not in "US":
        return None
    names = tuple(arrays[name].astype(str).tolist())
    return names if len(set(names)) == len(names) > np.nanmax(values, initial=0) else None


def source_of_file(path: Path) -> ExampleSource:
    """The examples of a file, without labels."""
    arrays = read_arrays(path)
    name = ALONE if ALONE in arrays else find_column(arrays, EXAMPLE_ARRAYS)
    if name is None:
        raise DataError(
            f"{path} has no array of examples ({', '.join(EXAMPLE_ARRAYS)}); it has {listed(arrays) or 'none'}."
        )
    examples = arrays[name]
    try:
        if examples.ndim == 0 or len(examples) == 0:
            raise DataError(f"there are no examples; their array has shape {examples.shape}.")
        return source_of_array(examples)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _beside(path: Path) -> str:
    """A hint at files that may hold the labels."""
    of_mnist = path.name.replace("images", "labels").replace("idx3", "idx1")
    names = [of_mnist, "labels.npy", "y.npy", f"{path.stem}_labels.npy"]
    found = [file for name in names if name != path.name and (file := path.with_name(name)).is_file()]
    return f" Perhaps {found[0]}?" if found else ""
