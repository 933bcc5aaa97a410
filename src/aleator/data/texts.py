"""Many texts in one block of memory: a million of them as Python objects would be a tenth of a gigabyte."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BLOCK = 16_384


class Texts(Sequence[str]):
    """A sequence of texts, held as an Arrow array."""

    def __init__(self, values: "pa.StringArray | Iterable[str]") -> None:
        if not isinstance(values, pa.Array):
            values = values.array if isinstance(values, Texts) else pa.array(values, pa.string())
        self.array: pa.StringArray = values

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "Texts": ...
    def __getitem__(self, row: int | slice) -> "str | Texts":
        return Texts(self.array[row]) if isinstance(row, slice) else str(self.array[int(row)].as_py())

    def __iter__(self) -> Iterator[str]:
        for block in self.blocks():
            yield from block.to_pylist()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts) and bool(self.array.equals(other.array))

    __hash__ = None  # type: ignore[assignment]

    def take(self, rows: NDArray[np.int64]) -> "Texts":
        return Texts(self.array.take(pa.array(rows)))

    def blocks(self) -> Iterator[pa.StringArray]:
        """The array in pieces that may be Python objects for a moment."""
        return (self.array.slice(start, BLOCK) for start in range(0, len(self), BLOCK))

    def to_numpy(self) -> NDArray[np.str_]:
        """As numpy's array of texts of one width."""
        longest = pc.max(pc.utf8_length(self.array)).as_py() or 1
        result = np.empty(len(self), dtype=f"<U{longest}")
        for number, block in enumerate(self.blocks()):
            result[number * BLOCK : (number + 1) * BLOCK] = block.to_pylist()
        return result
