"""Labelled data that are in memory already, as other libraries hold them: no library is loaded that is not there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset
from aleator.data.encoded_pictures import encoded_picture, is_picture
from aleator.data.how_read import HowRead
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.array_sources import source_and_range
from aleator.data.readers.arrays import EXAMPLE_ARRAYS, ID_ARRAYS, LABEL_ARRAYS, NAME_ARRAYS, SPLIT_ARRAYS
from aleator.data.readers.column_names import LABEL_COLUMNS, find_column
from aleator.data.readers.labels import EncodedLabels, encoded
from aleator.data.readers.limits import check_columns
from aleator.data.readers.one_hot import one_hot_array
from aleator.data.readers.table import dataset_of_table
from aleator.data.readers.tables import joined, with_split
from aleator.data.sources import ExampleSource, ImageBytes
from aleator.data.value_range import ValueRange
from aleator.data.wording import listed
from aleator.errors import DataError

KINDS = (
    "a Hugging Face Dataset, a pandas or polars DataFrame, a pyarrow Table, (X, y), a dict of arrays, a torch or "
    "torchvision Dataset, or an iterable of (example, label) pairs"
)
MOST_LOOKED_AT = 1000
MOST_ITEMS, MOST_OF_SPARSE = 5_000_000, 1 << 29
IMAGE_COLUMN = "image"


def dataset_of(data: Any, options: ReadOptions = NOTHING_ASKED) -> LabelledDataset:
    """A data set of what other libraries hold.

    Args:
        data: one of `KINDS`. Pictures are arrays, PIL pictures, tensors `(channel, height, width)`, bytes or paths.
        options: as for a table: names of columns, of classes, the folder of paths.

    Raises DataError naming the row, or what is accepted instead.
    """
    library = type(data).__module__.partition(".")[0]
    if library == "datasets":
        return _hugging_face(data, options)
    if library in ("pandas", "polars") and not hasattr(data, "columns"):
        raise DataError(f"A {library} {type(data).__name__} is one column; give examples and labels: (X, y).")
    if library in ("pandas", "polars"):
        return _of_table(_frame(data, library), f"a {library} DataFrame", options)
    if isinstance(data, pa.Table):
        return _of_table(data, "a pyarrow Table", options)
    if isinstance(data, Mapping):
        return _of_arrays(data, options)
    if library == "torch" and hasattr(data, "batch_size") and hasattr(data, "dataset"):
        return dataset_of(data.dataset, options)  # a DataLoader, whose batches are made for training
    if isinstance(data, tuple) and len(data) == 2 and _is_column(data[0]) and _is_column(data[1]):
        return _of_items(data[0], data[1], "(X, y)", options)
    if isinstance(getattr(data, "samples", None), list) and hasattr(data, "root"):
        return _of_samples(data, options)
    if (hasattr(data, "__getitem__") and hasattr(data, "__len__")) or isinstance(data, Iterable):
        return _of_pairs(data, options)
    raise DataError(f"{type(data).__name__} is no labelled data that is read; wanted is a path, or {KINDS}.")


def _hugging_face(data: Any, options: ReadOptions) -> LabelledDataset:
    """Its Arrow table, with pictures as they are stored."""
    if isinstance(data, Mapping):  # DatasetDict
        parts = {str(split): _arrow_of(part) for split, part in data.items()}
        tables = [with_split(table, split) for split, table in parts.items()]
        if not tables:
            raise DataError("The DatasetDict holds no split.")
        table = joined(tables, "The splits of the DatasetDict").replace_schema_metadata(tables[0].schema.metadata)
        return _of_table(table, f"a Hugging Face DatasetDict ({listed(parts)})", options)
    if hasattr(data, "with_format") and hasattr(data, "__len__"):
        return _of_table(_arrow_of(data), "a Hugging Face Dataset", options)
    return _of_pairs(data, options)


def _arrow_of(data: Any) -> pa.Table:
    import datasets

    for name, feature in data.features.items():
        if isinstance(feature, datasets.Image):
            data = data.cast_column(name, datasets.Image(decode=False))
    table = data.with_format("arrow")[:]
    metadata = {"huggingface": _features_json(data.features)}
    return table.replace_schema_metadata(metadata)


def _features_json(features: Any) -> str:
    import json

    names = {
        name: {"_type": "ClassLabel", "names": list(feature.names)}
        for name, feature in features.items()
        if type(feature).__name__ == "ClassLabel"
    }
    return json.dumps({"info": {"features": names}})


def _frame(data: Any, library: str) -> pa.Table:
    """A DataFrame as an Arrow table; PIL pictures, arrays and bytes in it become bytes of pictures."""
    check_columns([str(name) for name in data.columns], Path(f"The {library} DataFrame"))
    columns = {str(name): data[name] for name in data.columns}
    if library == "pandas" and data.index.name is not None and str(data.index.name) not in columns:
        columns = {str(data.index.name): data.index.to_series(), **columns}
    arrays = {}
    for name, column in columns.items():
        first = next((value for value in islice(column, 1000) if value is not None), None)
        if is_picture(first):
            arrays[name] = pa.array(
                [None if one is None else encoded_picture(one) for one in column], pa.large_binary()
            )
        elif library == "polars":
            arrays[name] = column.to_arrow()
        else:
            arrays[name] = _of_pandas(column, name)
    return pa.table(arrays)


def _of_pandas(column: Any, name: str) -> pa.Array:
    """A column of pandas; what Arrow has no kind for (periods, intervals) as text. Raises DataError naming it."""
    kind = str(column.dtype)
    try:
        if kind.startswith("Sparse"):
            column = column.sparse.to_dense()
        array = pa.Array.from_pandas(column)
        value = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
        if not isinstance(value, pa.BaseExtensionType):
            return array
        return pa.array([None if one is None else str(one) for one in column.astype(object)], pa.string())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"The pandas DataFrame, column {name!r}: its cells are of kinds that do not go together, or of none that "
            f"is read ({kind}: {error}). Make them all numbers or all text (.astype(str)), or leave the column out."
        ) from error


def _of_table(table: pa.Table, form: str, options: ReadOptions) -> LabelledDataset:
    if len(table) == 0:
        raise DataError(f"{form} has no rows.")
    root = options.image_root or Path()
    return _named(dataset_of_table(table, Path(form), root, options, HowRead(form)), form)


def _of_arrays(data: Mapping[Any, Any], options: ReadOptions) -> LabelledDataset:
    names = [str(name) for name in data]
    columns = {str(name): value for name, value in data.items()}
    where = "The dict"
    examples = find_column(names, (*EXAMPLE_ARRAYS, IMAGE_COLUMN), options.path_column, where)
    labels = find_column(names, LABEL_ARRAYS, options.label_column, where)
    named = find_column(names, LABEL_COLUMNS, options.label_column, where)
    if examples is None and named is not None and _are_cells(columns):
        return _of_table(pa.table({name: list(cells) for name, cells in columns.items()}), "a dict of columns", options)
    if examples is None or labels is None:
        raise DataError(
            f"{where} needs examples ({', '.join(EXAMPLE_ARRAYS[:3])}, ...) and labels ({', '.join(LABEL_ARRAYS[:3])}, "
            f"...); it has {listed(names)}."
        )
    classes = find_column(names, NAME_ARRAYS)
    if (
        classes is not None
        and options.names is None
        and len(columns[classes]) > np.max(_numbers_or_zero(columns[labels]))
    ):
        options = options.but(ReadOptions(class_names=tuple(map(str, columns[classes]))))
    dataset = _of_items(columns[examples], columns[labels], "a dict of arrays", options)
    split = find_column(names, SPLIT_ARRAYS)
    ids = find_column(names, ID_ARRAYS, options.id_column, where)
    return replace(
        dataset,
        ids=dataset.ids if ids is None else np.asarray(columns[ids]).astype(str),
        split=None if split is None else np.asarray(columns[split]).astype(str),
    )


def _are_cells(columns: Mapping[str, Any]) -> bool:
    """Whether they are columns of numbers and texts, of one length."""
    lists = [cells for cells in columns.values() if isinstance(cells, list | tuple | np.ndarray)]
    plain = (str, int, float, bool, type(None), np.generic)
    return (
        len(lists) == len(columns) > 1
        and len({len(cells) for cells in lists}) == 1
        and all(isinstance(cell, plain) for cells in lists for cell in islice(cells, MOST_LOOKED_AT))
    )


def _numbers_or_zero(labels: Any) -> NDArray[Any]:
    """Labels that are numbers; any others are infinite, since no list names them."""
    values = np.asarray(_plain(labels))
    return values if values.dtype.kind in "iu" and values.size else np.array([np.inf])


def _of_samples(data: Any, options: ReadOptions) -> LabelledDataset:
    """torchvision's folders: the files themselves, without the transforms of a training."""
    root = Path(data.root)
    names = tuple(map(str, data.classes))
    paths = [Path(path).resolve() for path, _ in data.samples]
    top = root.resolve()
    inside = [path.relative_to(top).as_posix() if path.is_relative_to(top) else str(path) for path in paths]
    table = pa.table({"path": inside, "label": [names[label] for _, label in data.samples]})
    asked = options if options.names is not None else options.but(ReadOptions(class_names=names))
    form = f"a torchvision {type(data).__name__}"
    dataset = _named(dataset_of_table(table, Path(form), root, asked, HowRead(form)), form)
    return dataset.saying("The picture files are read, without the transforms.")


def _of_pairs(data: Any, options: ReadOptions) -> LabelledDataset:
    """Pairs (example, label), or dicts with both."""
    form = f"{type(data).__name__} of pairs"
    if hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        if len(data) == 0:
            raise DataError(f"{form}: there are no examples.")
        items = (data[number] for number in range(len(data)))
    else:
        items = iter(data)
    first = next(iter_or_none := iter(islice(items, MOST_ITEMS + 1)), None)
    if first is None:
        raise DataError(f"{form}: there are no examples.")
    every = [first, *iter_or_none]
    if len(every) > MOST_ITEMS:
        raise DataError(f"{form}: there are more than {MOST_ITEMS:,} examples; an endless generator is not read.")
    if isinstance(first, Mapping):
        columns = {name: [item.get(name) for item in every] for name in first}
        return replace(_of_arrays(columns, options), how_read=HowRead(f"{type(data).__name__} of dicts"))
    for row, item in enumerate(every):
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise DataError(f"{form}, item {row}: it is no pair of an example and its label; wanted is {KINDS}.")
    examples, labels = [item[0] for item in every], [item[1] for item in every]
    names = _class_names(data)
    asked = options if options.names is not None or names is None else options.but(ReadOptions(class_names=names))
    return _of_items(examples, labels, form, asked)


def _class_names(data: Any) -> tuple[str, ...] | None:
    """The names that torchvision's data sets carry, also below a Subset."""
    while not hasattr(data, "classes") and hasattr(data, "dataset"):
        data = data.dataset
    names = getattr(data, "classes", None)
    return tuple(map(str, names)) if isinstance(names, list | tuple) and names else None


def _of_items(examples: Any, labels: Any, form: str, options: ReadOptions) -> LabelledDataset:
    labels = _plain(labels)
    library = type(examples).__module__.partition(".")[0]
    if library in ("pandas", "polars") and hasattr(examples, "columns"):
        return _of_rows(_frame(examples, library), labels, form, options)
    if hasattr(examples, "toarray"):
        if examples.shape[0] * examples.shape[1] > MOST_OF_SPARSE:
            raise DataError(f"{form}: the sparse examples of shape {examples.shape} are too many to be made dense.")
        examples = examples.toarray()
    count = len(examples)
    if count != len(labels):
        raise DataError(f"{form}: {count} examples but {len(labels)} labels; they must line up.")
    if count == 0:
        raise DataError(f"{form}: there are no examples.")
    if isinstance(labels, np.ndarray) and labels.ndim != 1:
        labels = one_hot_array(labels, form)
    first = next((one for one in examples if one is not None), None)
    if isinstance(first, str | Path):
        texts = [None if label is None else str(label) for label in list(labels)]
        written = [None if one is None else str(one) for one in examples]
        if isinstance(first, Path) or sum(has_picture_ending(one or "") for one in written) > len(written) / 2:
            return _of_table(pa.table({"path": written, "label": texts}), form, options)
        asked = options.but(ReadOptions(text_column="text"))
        return _of_table(pa.table({"text": written, "label": texts}), form, asked)
    encoded_labels = encoded(labels, f"{form}, labels", options.names, missing=options.missing_label)
    try:
        source, scaled = _source(examples, first)
    except DataError as error:
        raise DataError(f"{form}: {error}") from error
    how = HowRead(form).with_said(*encoded_labels.said, "" if scaled is None else scaled.sentence("Pictures"))
    return _in_memory(source, encoded_labels, form, how)


def _of_rows(table: pa.Table, labels: Any, form: str, options: ReadOptions) -> LabelledDataset:
    """The rows of a table, with labels beside it."""
    if len(table) != len(labels):
        raise DataError(f"{form}: {len(table)} examples but {len(labels)} labels; they must line up.")
    name = next(name for name in ("label", "y", "given label", "the label") if name not in table.column_names)
    whole = table.append_column(name, pa.array(list(labels), from_pandas=True))
    return _of_table(whole, form, options.but(ReadOptions(label_column=name)))


def _source(examples: Any, first: Any) -> tuple[ExampleSource, ValueRange | None]:
    if isinstance(first, bytes) or _is_pil(first):
        return ImageBytes(pa.array([encoded_picture(one) for one in examples], pa.large_binary())), None
    if isinstance(examples, list | tuple):
        arrays = [np.asarray(_plain(one)) for one in examples]
        shapes = {array.shape for array in arrays}
        if len(shapes) > 1:  # pictures of several sizes
            if any(array.ndim not in (2, 3) for array in arrays):
                raise DataError(f"examples have several shapes ({listed(sorted(shapes))}), and are no pictures.")
            return ImageBytes(pa.array([encoded_picture(array) for array in arrays], pa.large_binary())), None
        values = np.stack(arrays)
    else:
        values = np.asarray(_plain(examples))
    source, scaled = source_and_range(values)
    return source, scaled


def _in_memory(source: ExampleSource, labels: EncodedLabels, form: str, how: HowRead) -> LabelledDataset:
    return LabelledDataset(
        name="data",
        path=form,
        ids=np.arange(len(source)).astype(str),
        source=source,
        given_labels=labels.labels,
        class_names=labels.names,
        how_read=how,
    )


def _named(dataset: LabelledDataset, form: str) -> LabelledDataset:
    return replace(dataset, name="data", path=form)


def _is_column(values: Any) -> bool:
    return (
        (hasattr(values, "__len__") or hasattr(values, "toarray"))
        and not isinstance(values, str | bytes | Mapping)
        and not _is_pil(values)
    )


def _is_pil(value: Any) -> bool:
    return type(value).__module__.startswith("PIL.")


def _plain(values: Any) -> NDArray[Any] | list[Any]:
    """Tensors, Series and the like as NumPy arrays."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    if hasattr(values, "numpy") and not isinstance(values, np.ndarray):
        values = values.numpy()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, list | tuple):
        return [one.item() if hasattr(one, "item") and getattr(one, "ndim", 1) == 0 else one for one in values]
    return np.asarray(values)
