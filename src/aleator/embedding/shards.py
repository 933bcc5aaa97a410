"""Examples made into vectors batch by batch: in this process, or in shards that workers take."""

import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from aleator.data.decoding import UnreadableImage
from aleator.data.sources import ExampleSource, ImageArray, ImageBytes, ImageFiles, TextArray
from aleator.embedding.extractor import Extractor
from aleator.errors import AleatorError
from aleator.workers import Arrays, Piece, Workers

BATCHES_AHEAD = 3
"""Decoded while the network computes."""
BATCHES_IN_SHARD = 16
Batch = tuple[NDArray[np.int64], list[Any], list[tuple[int, str]]]
Made = tuple[NDArray[np.int64], NDArray[np.float32], list[tuple[int, str]]]
"""Rows, their vectors `(row, feature)`, and rows that cannot be read with the reason."""


def made_here(
    source: ExampleSource, network: Extractor, rows: NDArray[np.int64], threads: int | None
) -> Generator[Made, None, None]:
    """Batch by batch; so many threads decode, without a number one for each processor."""
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for good, prepared, failed in _batches(source, network, rows, pool):
            vectors = network.vectors(prepared) if len(good) else np.zeros((0, network.record.dimension), np.float32)
            yield good, vectors, failed


def examples_in_shard(network: Extractor) -> int:
    return BATCHES_IN_SHARD * network.batch_size


def made_apart(
    source: ExampleSource, network: Extractor, rows: NDArray[np.int64], on: Workers
) -> Generator[Made, None, None]:
    """Shard by shard, in the order of the rows; the batches are those of `made_here`.

    Workers are sent the examples themselves, pictures as the bytes of their files: they need not see the files.
    """
    size = examples_in_shard(network)
    shards = [rows[start : start + size] for start in range(0, len(rows), size)]
    values = source.values if isinstance(source, ImageFiles | ImageBytes) else None
    shared, gpus = (network,), int(getattr(network, "device", None) == torch.device("cuda"))
    number_of: dict[Piece, int] = {}

    def pieces() -> Iterator[Piece]:
        for number, shard in enumerate(shards):
            part = _sent(source, shard)
            if isinstance(part, ImageBytes):
                part = part.scaled_by(values)  # type: ignore[arg-type]  # None is what all of them are scaled by, too
            piece = Piece(f"shard-{number}", embed_shard, (part,), shared, torch.get_num_threads(), gpus)
            number_of[piece] = number
            yield piece

    waiting: dict[int, Arrays] = {}
    next_one = 0
    for piece, arrays in on.results(pieces()):
        waiting[number_of.pop(piece)] = arrays
        while next_one in waiting:  # kept in order: the file is the same whoever was faster
            result = waiting.pop(next_one)
            good = shards[next_one][result["good"]]
            failed = [(row, _why_unreadable(source, row)) for row in shards[next_one][~result["good"]].tolist()]
            yield good, result["vectors"], failed
            next_one += 1


def embed_shard(network: Extractor, source: ExampleSource) -> Arrays:
    """The `vectors` of the examples that can be read, and which these are (`good`)."""
    good = np.zeros(len(source), dtype=bool)
    parts = []
    for rows, vectors, _ in made_here(source, network, np.arange(len(source)), torch.get_num_threads()):
        good[rows] = True
        parts.append(vectors)
    return {"good": good, "vectors": np.concatenate(parts)}


def _sent(source: Any, rows: NDArray[np.int64]) -> ImageArray | ImageBytes | TextArray:
    """These examples as something that needs no file; one that cannot be read is empty."""
    if not isinstance(source, ImageFiles):
        return source.take(rows)  # type: ignore[no-any-return]

    def content(row: int) -> bytes:
        try:
            return (source.root / source.paths[row]).read_bytes()
        except OSError:
            return b""

    return ImageBytes(pa.array([content(row) for row in rows.tolist()], pa.large_binary()))


def _why_unreadable(source: ExampleSource, row: int) -> str:
    """What this process says of an example that a worker could not read."""
    try:
        load(source, row, None)
    except UnreadableImage as error:
        return str(error)
    raise AleatorError(
        f"{source.describe(row)} can be read here and not by a worker: install the same extras of Aleator on all nodes."
    )


def _batches(
    source: ExampleSource, network: Extractor, rows: NDArray[np.int64], pool: ThreadPoolExecutor
) -> Iterator[Batch]:
    """Rows that were made ready, what they are then, and rows that cannot be read, batch by batch; the next ones are
    decoded in the pool meanwhile."""

    def prepare(row: int) -> Any:
        try:
            return network.prepare(load(source, row, network.decoded_side))
        except UnreadableImage as error:
            return error

    def taken(batch: NDArray[np.int64], futures: list[Future[Any]]) -> Batch:
        made = [future.result() for future in futures]
        good = np.array([not isinstance(one, UnreadableImage) for one in made])
        failed = [(int(row), str(one)) for row, one, ok in zip(batch, made, good, strict=True) if not ok]
        return batch[good], [one for one, ok in zip(made, good, strict=True) if ok], failed

    ahead: deque[tuple[NDArray[np.int64], list[Future[Any]]]] = deque()
    for start in range(0, len(rows), network.batch_size):
        batch = rows[start : start + network.batch_size]
        ahead.append((batch, [pool.submit(prepare, row) for row in batch.tolist()]))
        if len(ahead) > BATCHES_AHEAD:
            yield taken(*ahead.popleft())
    while ahead:
        yield taken(*ahead.popleft())


def load(source: Any, row: int, side: int | None) -> Any:
    return source.load(row, side) if source.kind == "images" else source.load(row)
