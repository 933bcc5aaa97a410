"""The table of a file: its names and labels as text, without what is no row of it."""

from pathlib import Path

import pyarrow as pa

from aleator.data.options import ReadOptions
from aleator.data.readers.answer_columns import with_one_label
from aleator.data.readers.column_names import loosely
from aleator.data.readers.columns import (
    columns_that_stay_text,
    label_column,
    names_of_pictures,
    only_label_column,
    path_column,
    split_column,
)
from aleator.data.readers.given_table import GivenTable
from aleator.data.readers.one_hot import binary_columns, columns_of_one_label
from aleator.data.readers.tables import read_table_saying, without_empty_rows
from aleator.data.readers.text_tables import EVERY_COLUMN, with_numbers

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
"""Tables whose cells are text that may look like numbers."""
FOOTERS = frozenset(
    ("total", "totals", "grand total", "sum", "subtotal", "average", "mean", "summe", "gesamt", "somme")
)


def table_of_file(path: Path, root: Path, options: ReadOptions) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and what is said of it; pictures that it names lie below `root`, or where `options` say."""
    as_text = columns_that_stay_text(options)
    table, said = read_table_saying(path, as_text, options.encoding)
    given, _ = with_one_label(GivenTable(table, path, options.image_root or root, options))
    more = _names_by_content(_with_names_as_written(given)) - as_text
    if more:  # 007 was taken for a number, since the column's name says nothing
        as_text |= more
        table, said = read_table_saying(path, as_text, options.encoding)
    table, of_rows = without_empty_rows(table, path)
    table, of_footer = _without_footer(GivenTable(table, path, root, options), as_text)
    return table, (*said, *of_rows, *of_footer)


def _with_names_as_written(given: GivenTable) -> GivenTable:
    """The table, its broken numbers as they are written where pictures lie near it: 1e5 may name 1e5.png."""
    broken = [field.name for field in given.cells.schema if pa.types.is_floating(field.type)]
    if not broken or given.path.suffix.lower() not in TEXT_SUFFIXES or not names_of_pictures(given.root):
        return given
    written, _ = read_table_saying(given.path, EVERY_COLUMN, given.options.encoding)
    cells = given.cells
    for name in set(broken) & set(written.column_names):
        cells = cells.set_column(cells.column_names.index(name), name, written[name])
    return given.with_cells(cells)


def _names_by_content(given: GivenTable) -> set[str]:
    """The columns of names and labels that are known by what they hold, as `loosely` writes them."""
    label, _ = label_column(given)
    pictures, _ = path_column(given, label)
    taken = {pictures, given.id_column, split_column(given.cells), given.worker_column}
    if label is None and pictures is not None and len(binary_columns(given.cells, taken)) < 2:
        label, _ = only_label_column(given.cells, taken)
    return {loosely(name) for name in (label, pictures) if name is not None}


def _without_footer(given: GivenTable, as_text: set[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The table without a last row that has no label and a cell that calls it a sum of the others."""
    table, path = given.cells, given.path
    last = {name: str(cells[0] or "").strip() for name, cells in table.slice(len(table) - 1).to_pydict().items()}
    named = [cell for cell in last.values() if cell.lower().rstrip(":") in FOOTERS]
    if not named or len(table) < 2 or columns_of_one_label(table, given.options.label_column):
        return table, ()
    label, _ = label_column(given)
    if label is None or last[label]:
        return table, ()
    table, of_numbers = with_numbers(table.slice(0, len(table) - 1), as_text, path, comma_is_decimal=False)
    left_out = f"The last row of {path.name} ({named[0]!r}) has no label and sums the others up: it is left out."
    return table, (*of_numbers, left_out)
