"""A CSV, TSV, Parquet or JSON-lines table of labels, and of picture paths, pictures, texts or features."""

from pathlib import Path

import pyarrow as pa

from aleator.data.cells import plain_cells
from aleator.data.dataset import LabelledDataset
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.answer_columns import with_one_label
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.kinds import with_plain_columns
from aleator.data.readers.label_files import with_labels_of_file
from aleator.data.readers.picture_tables import dataset_of_pictures
from aleator.data.readers.rows import dataset_of_rows, row_columns
from aleator.data.readers.table_file import table_of_file
from aleator.data.readers.tables import LIST_SUFFIXES, TABLE_SUFFIXES

FORM = "a table (.csv, .tsv, .parquet, .jsonl, or a list .txt) of labels, and of picture paths, texts or features"


def knows(path: Path) -> bool:
    """Any file with a table's ending."""
    return path.is_file() and path.suffix.lower() in (*TABLE_SUFFIXES, *LIST_SUFFIXES)


def read(path: Path, options: ReadOptions) -> LabelledDataset:
    """Read it; paths are relative to the table's folder (or `image_root`) and must lie below it."""
    table, said = table_of_file(path, path.parent, options)
    table, of_labels = with_labels_of_file(plain_cells(table, path), path, options)
    return dataset_of_table(table, path, path.parent, options, HowRead().with_said(*said, *of_labels))


def dataset_of_table(
    table: pa.Table, path: Path, root: Path, options: ReadOptions, how: HowRead = HowRead()
) -> LabelledDataset:
    """The data set that a table of labels and of paths (relative to `root`), pictures, texts or features describes.

    Files that are not there (at most a tenth) and repeated rows are listed in `skipped`, but keep their rows, so that
    votes still line up; `read_dataset` takes them out.
    """
    given = GivenTable(with_plain_columns(table), path, options.image_root or root, options)
    given, said = with_one_label(given)
    how = how.with_said(*said)
    columns = row_columns(given)
    return dataset_of_pictures(given, how) if columns is None else dataset_of_rows(given, columns, how)
