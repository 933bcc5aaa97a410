"""A table, where it is from, and what was asked of it: what is needed to say which of its columns is what."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.data.options import ReadOptions
from aleator.data.readers.column_names import ID_COLUMNS, PATH_COLUMNS, WORKER_COLUMNS, find_column
from aleator.data.readers.kinds import texts_of


@dataclass(frozen=True)
class GivenTable:
    """A table, where it is from, and what was asked of it."""

    cells: pa.Table
    path: Path
    """Of its file, or of the folder of several; errors name it."""
    root: Path
    """The folder that its paths are relative to."""
    options: ReadOptions

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def names(self) -> list[str]:
        """Of its columns."""
        return list(self.cells.column_names)

    @property
    def id_column(self) -> str | None:
        return find_column(self.names, ID_COLUMNS, self.options.id_column, self.path, "--id-column")

    @property
    def named_path_column(self) -> str | None:
        """The column that is called as paths are; `columns.path_column` also looks at what columns hold."""
        return find_column(self.names, PATH_COLUMNS, self.options.path_column, self.path, "--path-column")

    @property
    def worker_column(self) -> str | None:
        """The column of the people whose answers the rows are."""
        return find_column(self.names, WORKER_COLUMNS)

    def texts(self, name: str) -> NDArray[np.str_]:
        """A column as text; what is missing is empty."""
        return texts_of(self.cells[name])

    def with_cells(self, cells: pa.Table) -> "GivenTable":
        return replace(self, cells=cells)
