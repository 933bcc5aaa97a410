"""The error of a table in which no column is known as that of the labels, with what may be done."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.column_names import INDEX_COLUMNS, LABEL_COLUMNS, PATH_COLUMNS, find_column
from aleator.data.readers.columns import MOST_CLASSES, MOST_VOTES, holds_classes
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.kinds import CELLS_TRIED, texts_of
from aleator.data.readers.one_hot import columns_of_classes
from aleator.data.wording import listed
from aleator.errors import DataError


def no_label_column(given: GivenTable, taken: Collection[str | None]) -> DataError:
    """The error; it names the columns beside those `taken` that could hold the labels."""
    table = given.cells
    free = [name for name in table.column_names if name not in taken and name not in INDEX_COLUMNS]
    fit = [name for name in free if holds_classes(_as_whole(table[name]))]
    which = f" ({listed(map(repr, fit))} could be)" if fit else ""
    classes = columns_of_classes(table)
    apart = f" If each class has a column of its own, name all: --label-column {','.join(classes)}." if classes else ""
    return DataError(
        f"{given.path} has no column of labels; it has {listed(given.names)}. Name it with --label-column{which}."
        f"{apart or _said_of_turned(table) or _said_of_folders(table, free) or _said_of_people(table, free)}"
    )


def _said_of_folders(table: pa.Table, free: Collection[str]) -> str:
    """What to do with a list of nothing but pictures in folders: empty for any other table."""
    paths = [texts_of(table[name]).tolist() for name in table.column_names]
    if free or len(paths) != 1 or not all("/" in path.strip("/") for path in paths[0]):
        return ""
    folders = sorted({path.strip("/").split("/")[-2] for path in paths[0]})
    if not 2 <= len(folders) <= MOST_CLASSES * len(table):
        return ""
    return (
        f" If the folders of its paths are the classes ({listed(folders, 3)}), name their folder in the place of the "
        "table, or write them into a column 'label'."
    )


def _as_whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as whole ones, where they are: 4.0 may be a class."""
    if not pa.types.is_floating(column.type):
        return column
    cells = column.to_numpy()
    whole = bool((np.isnan(cells) | (cells == np.floor(cells))).all()) and not np.isinf(cells).any()
    return pa.chunked_array([pa.array(cells, from_pandas=True).cast(pa.int64())]) if whole else column


def _said_of_turned(table: pa.Table) -> str:
    """What to do with a table whose rows are what columns should be: empty for any other."""
    cells = texts_of(table.column(0)).tolist() if table.num_columns > len(table) else []
    called = find_column(cells, (*LABEL_COLUMNS, *PATH_COLUMNS))
    pictures = sum(map(has_picture_ending, table.column_names))
    if called is None and pictures <= table.num_columns / 2:
        return ""
    why = f"{called!r} stands in its first column" if called is not None else "its columns are called as pictures are"
    return (
        f" If each of its columns is an example ({why}), turn it round, so that each is a row: "
        "pandas.read_csv(file, index_col=0).T.to_csv(other)."
    )


def _said_of_people(table: pa.Table, free: list[str]) -> str:
    """What to do with columns of people's answers, of numbers of votes, or of shares of classes: empty where there are
    none."""
    shares = [name for name in free if pa.types.is_floating(table[name].type)]
    summed = np.array([table[name].fill_null(0).to_numpy() for name in shares]).sum(axis=0) if len(shares) > 1 else 0.0
    if len(shares) > 1 and np.allclose(summed, 1, atol=0.02):
        return (
            f" If {listed(map(repr, shares))} are shares of the classes, write the class with the largest into a "
            "column 'label' (table[names].idxmax(axis=1) with pandas)."
        )
    values = {name: set(texts_of(table[name].slice(0, CELLS_TRIED)).tolist()) - {""} for name in free}
    counts = [name for name in free if pa.types.is_integer(table[name].type) and len(values[name]) > 1]
    numbers = np.array([table[name].fill_null(0).to_numpy() for name in counts])
    of_votes = len(counts) > 1 and numbers.min() >= 0 and 1 < numbers.max() <= MOST_VOTES
    answers = [name for name in free if holds_classes(table[name])]
    same = [name for name in answers if any(values[name] == values[other] for other in answers if other != name)]
    if of_votes and (len(np.unique(numbers.sum(axis=0))) == 1 or len(same) < 2):
        what = f"If {listed(map(repr, counts))} count votes"
        names = f"{','.join(counts)} --votes-form counts"
    elif len(same) > 1 and any(len(values[name]) > 1 and not values[name] <= {"0", "1"} for name in same):
        what, names = f"If {listed(map(repr, same))} hold several people's answers", ",".join(same)
    else:
        return ""
    return (
        f" {what}, --label-column {names} takes the answer of most, and --votes, with this table once more, uses each "
        "of them."
    )
