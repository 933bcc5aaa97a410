"""Features that are kept: of one network, whatever examples they are of. Only appended to, and so resumable."""

import os
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from aleator.embedding.extractor import NetworkRecord
from aleator.errors import AleatorError
from aleator.locks import only_one
from aleator.records import from_json, read_json, write_record

NETWORK, VECTORS, KEYS = "network.json", "vectors.float32", "keys.uint64"
CHECKED_AT_ONCE = 4096


class FeatureStore:
    """`network.json`, and for each example a vector, and its key with the vector's CRC-32, in the order in which they
    were made.

    A vector is written before its key: what a kill cuts off has no key, and is made again, as is what was damaged and
    all behind it.
    """

    def __init__(self, folder: Path, record: NetworkRecord) -> None:
        """Those of this network in a folder that may hold several networks' features. Raises AleatorError for a folder
        of another one's."""
        self.folder, self.dimension = folder / record.key, record.dimension
        self.record = record
        if (self.folder / NETWORK).exists() and self._written() != record:
            raise AleatorError(f"{self.folder} holds another network's features; delete it.")
        self.whole = sys.maxsize
        self.whole = self._undamaged()

    def _written(self) -> NetworkRecord | None:
        try:
            return from_json(NetworkRecord, read_json(self.folder / NETWORK))
        except (ValueError, OSError):
            return None

    def keys(self) -> NDArray[np.uint64]:
        """Of all examples that are kept, `(kept,)`."""
        return self._rows()[:, 0]

    def _rows(self) -> NDArray[np.uint64]:
        """Key and checksum of all that are kept, `(kept, 2)`."""
        path, vectors = self.folder / KEYS, self.folder / VECTORS
        if not path.exists() or not vectors.exists():
            return np.zeros((0, 2), np.uint64)
        kept = min(path.stat().st_size // 16, vectors.stat().st_size // (4 * self.dimension), self.whole)
        return np.fromfile(path, np.uint64, 2 * kept).reshape(-1, 2)

    def _undamaged(self) -> int:
        """How many vectors there are before the first that is not what was written."""
        rows, vectors = self._rows(), self.vectors()
        for start in range(0, len(rows), CHECKED_AT_ONCE):
            part = slice(start, start + CHECKED_AT_ONCE)
            other = np.flatnonzero(rows[part, 1] != _checksums(vectors[part]))
            if len(other):
                return start + int(other[0])
        return sys.maxsize

    def tidy(self) -> None:
        """Remove the lock that a kill left: who has nothing to write does not come to it."""
        with suppress(AleatorError), only_one(self.folder):
            pass

    def vectors(self) -> NDArray[np.float32]:
        """Of all examples that are kept, `(kept, dimension)`, mapped into memory."""
        kept = len(self.keys())
        if kept == 0:
            return np.zeros((0, self.dimension), np.float32)
        return np.memmap(self.folder / VECTORS, np.float32, "r", shape=(kept, self.dimension))

    def rows(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Where each example's vector is, `(example,)`; -1 where there is none."""
        kept = self.keys()
        if len(kept) == 0:
            return np.full(len(keys), -1)
        order = np.argsort(kept, kind="stable")
        place = np.searchsorted(kept[order], keys).clip(max=len(kept) - 1)
        found = order[place]
        return np.where(kept[found] == keys, found, -1)


class Writer:
    """Appends to a store; one at a time."""

    def __init__(self, store: FeatureStore) -> None:
        self.store = store

    def __enter__(self) -> "Writer":
        store = self.store
        store.folder.mkdir(parents=True, exist_ok=True)
        self.alone = only_one(store.folder)
        self.alone.__enter__()
        if not (store.folder / NETWORK).exists():
            write_record(store.folder / NETWORK, store.record)
        kept = len(store.keys())
        self.files = [_opened_at(store.folder / VECTORS, 4 * store.dimension * kept)]
        self.files.append(_opened_at(store.folder / KEYS, 16 * kept))
        store.whole = sys.maxsize
        return self

    def append(self, keys: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        """Keep a batch."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        for file, values in zip(self.files, (vectors, np.stack([keys, _checksums(vectors)], axis=1)), strict=True):
            file.write(np.ascontiguousarray(values).data)
            file.flush()
            os.fsync(file.fileno())  # a key is never on the disk before its vector

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for file in self.files:
            file.close()
        self.alone.__exit__(kind, error, traceback)


def _checksums(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(vector.data) for vector in vectors], dtype=np.uint64)


def _opened_at(path: Path, end: int) -> BinaryIO:
    """The file, what was cut off behind `end` removed, to be written on."""
    file = path.open("r+b" if path.exists() else "w+b")
    file.truncate(end)
    file.seek(end)
    return file
