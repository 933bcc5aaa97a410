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


class RowOf:
    """An id's row, found by bisection in the sorted ids: a dict of a million texts would be 100 MB."""

    def __init__(self, ids: pa.StringArray) -> None:
        self.ids = ids
        self.order = pc.sort_indices(ids).to_numpy().astype(np.int32)

    def __contains__(self, example: object) -> bool:
        return isinstance(example, str) and self.get(example) is not None

    def get(self, example: str) -> int | None:
        low, high = 0, len(self.order)
        wanted = example.encode()
        while low < high:
            middle = (low + high) // 2
            if self.ids[int(self.order[middle])].as_buffer().to_pybytes() < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(self.order) and self.ids[int(self.order[low])].as_py() == example:
            return int(self.order[low])
        return None
