"""The labels of a table: in one column, as several people's answers in its cells, or a column for each class."""

from dataclasses import replace

import pyarrow as pa

from aleator.data.readers.answers_in_cells import answers_in_column
from aleator.data.readers.column_names import is_exported
from aleator.data.readers.columns import class_label_names, names_by_number, only_label_column
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.labels import EncodedLabels, encoded
from aleator.data.readers.no_label_column import no_label_column
from aleator.data.readers.one_hot import one_hot
from aleator.data.readers.people import labels_of_cells
from aleator.errors import DataError


def labels_of_column(given: GivenTable, name: str, examples: str | None) -> EncodedLabels:
    """The labels in a column. Where its cells hold several people's answers, ties are drawn by the names in the column
    of `examples`."""
    cells, options = given.cells, given.options
    where, missing = f"{given.path}, column {name!r}", options.missing_label
    values, of_the_file = cells[name].combine_chunks(), class_label_names(cells.schema).get(name)
    answers = answers_in_column(cells, name, options.names)
    if answers is not None:
        values, said = labels_of_cells(answers, None if examples is None else given.texts(examples), given.path)
        return encoded(values, where, options.names or of_the_file, missing=missing).after(*said)
    if of_the_file is not None and pa.types.is_integer(values.type):
        labels = encoded(values, where, of_the_file, missing=missing or "-1")
        return replace(labels, names=options.names or labels.names)
    beside = names_by_number(cells, name) if options.names is None and options.label_column is None else None
    if beside is None:
        return encoded(values, where, options.names, missing=missing, names_only=is_exported(given.names))
    other, names = beside
    labels = encoded(values, where, names, missing=missing)
    said_of_both = (
        f"The columns {name!r} and {other!r} name and number the same classes, which are in the order of the numbers."
    )
    return replace(labels, said=(*labels.said, said_of_both))


def labels_without_column(given: GivenTable, taken: set[str | None], examples: str | None) -> EncodedLabels:
    """The labels where no column is called so: in columns of 0 and 1, one for each class, else in the one column beside
    those `taken` that can hold them. Raises DataError where neither is there."""
    labels = one_hot(given.cells, taken, given.path)
    if labels is not None:
        names = given.options.names or labels.names
        if len(names) != len(labels.names):
            raise DataError(f"{given.path} has {len(labels.names)} columns of classes, --class-names {len(names)}.")
        return replace(labels, names=names)
    taken = {*taken, given.worker_column}
    name, said = only_label_column(given.cells, taken)
    if name is None:
        raise no_label_column(given, taken)
    return labels_of_column(given, name, examples).after(said)
