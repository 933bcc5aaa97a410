"""Files of probabilities that hold each example's likeliest classes only.

Either what `scipy.sparse.save_npz` writes, or a table with the columns `class_1`, `probability_1`, `class_2`, ... and
perhaps `id`: names or numbers of classes, and their probabilities. What these leave of one is all other classes'.
"""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from aleator.data.sparse_probabilities import MOST_LEADING
from aleator.errors import DataError, while_reading

CLASS, PROBABILITY = "class_{}", "probability_{}"
CLASS_COLUMNS = tuple(CLASS.format(place) for place in range(1, MOST_LEADING + 1))
ITS_ARRAYS = {"format.npy", "shape.npy", "data.npy"}


def holds_sparse(path: Path) -> bool:
    """Whether a file is one of scipy's sparse matrices."""
    if path.suffix.lower() != ".npz" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return set(file.namelist()) >= ITS_ARRAYS


def read_sparse(path: Path) -> sparse.csr_array:
    """`(example, class)`. Raises DataError where the file is damaged."""
    with while_reading(path, "a sparse matrix of scipy.sparse.save_npz"):
        matrix = sparse.csr_array(sparse.load_npz(path))
        matrix.check_format(full_check=True)  # numbers of columns that are not there would be looked up anywhere
        return matrix


def holds_likeliest(columns: Iterable[str]) -> bool:
    """Whether a table's columns are classes and their probabilities."""
    return {CLASS.format(1), PROBABILITY.format(1)} <= set(columns)


@dataclass(frozen=True)
class NamedProbabilities:
    """Probabilities of named classes, `(example, place)` each; nothing where a text is empty."""

    name: tuple[pa.Array, ...]
    """Texts, a column for each place."""
    probability: NDArray[np.float64]
    path: Path

    @property
    def names(self) -> set[str]:
        """All that occur."""
        return {str(one) for column in self.name for one in column.unique().to_pylist() if one}

    def matrix(self, class_names: Sequence[str]) -> sparse.csr_array:
        """`(example, class)` in the order of these names. Raises DataError for a class that is not among them."""
        value_set, examples = pa.array(class_names, pa.string()), len(self.probability)
        rows, columns, values = [], [], []
        for place, texts in enumerate(self.name):
            found = pc.index_in(texts, value_set=value_set).fill_null(-1).to_numpy(zero_copy_only=False)
            there = np.flatnonzero(pc.not_equal(texts, "").to_numpy(zero_copy_only=False))
            unknown = there[found[there] < 0]
            if len(unknown):
                raise DataError(
                    f"{self.path}, row {unknown[0]}: {CLASS.format(place + 1)} is {texts[int(unknown[0])].as_py()!r}, "
                    "which is no class of the labels; name all classes: --class-names a,b,c."
                )
            rows.append(there)
            columns.append(found[there])
            values.append(self.probability[there, place])
        cells = (np.concatenate(rows), np.concatenate(columns))
        matrix = sparse.coo_array((np.concatenate(values), cells), shape=(examples, len(class_names)))
        counts = np.bincount(cells[0], minlength=examples)
        result = sparse.csr_array(matrix)
        twice = np.flatnonzero(np.diff(result.indptr) < counts)
        if len(twice):
            raise DataError(f"{self.path}, row {twice[0]}: a class stands there twice.")
        return result


def named_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Names that occur, in order: sorted, and whole numbers from 0 to the largest."""
    occur = {name for name in names if name}
    if all(name.isdecimal() and len(name) < 8 for name in occur):
        return tuple(map(str, range(max(map(int, occur), default=0) + 1)))
    return tuple(sorted(occur))


def named_probabilities(table: pa.Table, path: Path) -> NamedProbabilities:
    """Of a table that `holds_likeliest`. Raises DataError for more places than are kept singly."""
    beyond = CLASS.format(MOST_LEADING + 1)
    if beyond in table.column_names:
        raise DataError(
            f"{path} has a column {beyond!r}; {MOST_LEADING} classes of an example are taken at most: leave out "
            "the columns of the others, whose part is what the first ones leave of one."
        )
    names, probabilities = [], []
    for place in range(1, MOST_LEADING + 1):
        one, other = CLASS.format(place), PROBABILITY.format(place)
        if not {one, other} & set(table.column_names):
            break
        for wanted in (one, other):
            if wanted not in table.column_names:
                raise DataError(f"{path} has no column {wanted!r} beside {one if wanted == other else other!r}.")
        texts = table[one].combine_chunks()
        if pa.types.is_dictionary(texts.type):
            texts = texts.cast(texts.type.value_type)
        names.append(pc.utf8_trim_whitespace(pc.fill_null(texts.cast(pa.string()), "")))
        with while_reading(path, f"probabilities in the column {other!r}"):
            probabilities.append(table[other].cast(pa.float64()).fill_null(0.0).to_numpy())
    return NamedProbabilities(tuple(names), np.stack(probabilities, axis=1), path)
