"""A table's column of paths, as paths below a folder."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.below import first_outside
from aleator.data.readers.kinds import decoded, is_text, trimmed
from aleator.data.texts import Texts
from aleator.errors import DataError

UNUSUAL = r"^/|^\./|/\.?/|/\.?$|^\.$"
"""Absolute paths, and those that have a shorter form."""


def relative_paths(column: pa.ChunkedArray, table: Path, root: Path) -> Texts:
    """A column of paths as paths relative to `root`, with forward slashes. Raises DataError naming the row."""
    paths = clean_paths(column, table, root)
    row_outside = first_outside(root, paths)
    if row_outside is not None:
        raise DataError(
            f"{table}, row {row_outside}: {column[row_outside].as_py()!r} points outside of {root}; only files below "
            "it are read. Move the table, or make its paths relative to its folder."
        )
    return paths


def clean_paths(column: pa.ChunkedArray, table: Path, root: Path) -> Texts:
    """The same, wherever the paths point to."""
    column = decoded(column)
    if not is_text(column.type):
        raise DataError(
            f"{table}: its column of picture paths holds {column.type}, not text. Name the right one with "
            "--path-column."
        )
    texts = trimmed(column)
    missing = np.flatnonzero(pc.equal(texts, "").to_numpy(zero_copy_only=False))
    if len(missing):
        raise DataError(f"{table}, row {missing[0]}: the path is missing.")
    texts = pc.replace_substring(texts, "\\", "/")
    unusual = pc.match_substring_regex(texts, UNUSUAL)
    if pc.any(unusual).as_py():
        plain = [_relative(text, root) for text in texts.filter(unusual).to_pylist()]
        texts = pc.replace_with_mask(texts, unusual, pa.array(plain, pa.string()))
    return Texts(texts)


def _relative(text: str, root: Path) -> str:
    file = Path(text)
    if file.is_absolute():
        parent = next((top for top in (root, root.resolve()) if file.is_relative_to(top)), None)
        file = file if parent is None else file.relative_to(parent)
    return file.as_posix()
