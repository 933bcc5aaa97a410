"""Neighbours among many examples, by faiss in processes of its own; see `faiss_program.py`.

The index is built once, here; what is asked of it is divided.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.errors import AleatorError
from aleator.files import read_array, write_array
from aleator.neighbours.exact import LEAST, directions_of, exact_neighbours
from aleator.neighbours.found import Neighbours
from aleator.rows import let_go
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.kept import results_of
from aleator.workers.sent import file_of

PROGRAM = Path(__file__).with_name("faiss_program.py")
MORE = 12
"""Candidates beyond those wanted, for copies: of more copies than this, all are compared."""
BLOCK = 16_384
ROWS_IN_PIECE, MOST_PIECES = 100_000, 64
"""Examples whose neighbours are a piece of work, some twenty seconds of one core; more where these would be too many
pieces, since each loads the index."""


def approximate_neighbours(
    embedding: NDArray[np.floating[Any]],
    group: NDArray[np.int64],
    count: int,
    *,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Neighbours:
    """As `exact_neighbours` of the directions of an embedding `(example, feature)`, but nearly all of them only. The
    embedding is read by the block, so that it may be mapped from disk.

    `folder` keeps the index and what was found in it, and `on` looks there. Raises AleatorError where the search ends
    early, with what it said last.
    """
    total = len(embedding)
    largest = int(np.unique(group, return_counts=True)[1].max(initial=1))
    asked, threads = min(count + min(largest, MORE), total), torch.get_num_threads()
    size = max(ROWS_IN_PIECE, -(-total // MOST_PIECES))
    rows, distance = np.full((total, count), -1, dtype=np.int64), np.full((total, count), np.nan, dtype=np.float32)
    with tempfile.TemporaryDirectory(prefix="aleator-neighbours-") if folder is None else nullcontext(folder) as name:
        place = Path(name)
        place.mkdir(exist_ok=True)  # its parent is there, or somebody removed it
        _write_directions(embedding, place / "vectors.npy")
        vectors = read_array(place / "vectors.npy", mapped=True)
        index = Piece(
            "index", build_index, (asked, threads), (vectors,), threads, on_step=lambda done: on_block(done, 2 * total)
        )
        (built,) = results_of([index], place)
        shared = (built["index"], built["look_into"], vectors)
        starts = range(0, total, size)
        pieces = [
            Piece(f"found-{start}", search_index, (start, min(start + size, total), asked, threads), shared, threads)
            for start in starts
        ]
        results = results_of(pieces, place, on, lambda done, of: on_block(total + total * done // of, 2 * total))
        for start, result in zip(starts, results, strict=True):
            for at in range(0, len(result["rows"]), BLOCK):
                candidate, near = (np.array(result[name][at : at + BLOCK]) for name in ("rows", "similarity"))
                block = slice(start + at, start + at + len(candidate))
                usable = (candidate >= 0) & (group[np.maximum(candidate, 0)] != group[block][:, None])
                first = np.argsort(~usable, axis=1, kind="stable")[:, :count]
                there = np.take_along_axis(usable, first, axis=1)
                rows[block, : first.shape[1]] = np.where(there, np.take_along_axis(candidate, first, axis=1), -1)
                distance[block, : first.shape[1]] = np.where(there, 1 - np.take_along_axis(near, first, axis=1), np.nan)
            for array in result.values():
                let_go(array)
        with suppress(PermissionError):  # of Windows, while it is mapped
            (place / "vectors.npy").unlink()
    few = np.flatnonzero(rows[:, -1] < 0)
    if len(few):
        missing = exact_neighbours(directions_of(embedding), group, count, few)
        rows[few], distance[few] = missing.rows, missing.distance
    return Neighbours(rows, distance)


def build_index(
    vectors: NDArray[np.float16],
    count: int,
    threads: int,
    on_step: Callable[[int], None] = lambda done: None,
) -> Arrays:
    """The file of an `index` of directions `(example, feature)`, and where in it to look for so many neighbours: how
    many lists to `look_into`, and how many times the candidates to compare."""
    with tempfile.TemporaryDirectory(prefix="aleator-neighbours-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _run(["build", file_of(vectors, folder / "vectors.npy"), folder, count, threads], on_step)
        # What is mapped outlives the name of its file.
        return {
            "index": np.memmap(folder / "index.faiss", np.uint8, "r"),
            "look_into": read_array(folder / "look_into.npy"),
        }


def search_index(
    index: NDArray[np.uint8],
    look_into: NDArray[np.int64],
    vectors: NDArray[np.float16],
    start: int,
    stop: int,
    count: int,
    threads: int,
) -> Arrays:
    """`rows` and `similarity` of the nearest of the examples from `start` to `stop`, `(example, count)`."""
    with tempfile.TemporaryDirectory(prefix="aleator-neighbours-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_array(folder / "vectors.npy", vectors[start:stop])
        at = file_of(index, folder / "index.npy")
        _run(["search", folder / "vectors.npy", folder, count, threads, at, *look_into.tolist()])
        return {name: read_array(folder / f"{name}.npy") for name in ("rows", "similarity")}


def _write_directions(embedding: NDArray[np.floating[Any]], path: Path) -> None:
    """Centred and of length one, in half precision."""
    total = np.zeros(embedding.shape[1])
    for start in range(0, len(embedding), BLOCK):
        total += embedding[start : start + BLOCK].sum(axis=0, dtype=np.float64)
        let_go(embedding)
    centre = (total / len(embedding)).astype(np.float32)
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, embedding.shape)
    for start in range(0, len(embedding), BLOCK):
        block = embedding[start : start + BLOCK] - centre
        length = np.linalg.norm(block, axis=1, keepdims=True)
        vectors[start : start + BLOCK] = block / np.maximum(length, LEAST)
        let_go(embedding)
        let_go(vectors)
    vectors.flush()


def _run(arguments: list[Any], on_step: Callable[[int], None] = lambda done: None) -> None:
    """Run the program, and pass on how far it is."""
    with tempfile.TemporaryFile("w+") as said:
        program = subprocess.Popen(
            [sys.executable, str(PROGRAM), *map(str, arguments)], stdout=subprocess.PIPE, stderr=said, text=True
        )
        try:
            assert program.stdout is not None
            for line in program.stdout:
                on_step(int(line))
            code = program.wait()
        finally:
            program.kill()
        if code:
            said.seek(0)
            last = (said.read().strip().splitlines() or [f"it ended with {code}"])[-1]
            raise AleatorError(
                f"The search for neighbours by faiss failed: {last}. Free memory or disk space "
                f"({tempfile.gettempdir()}), or uninstall faiss-cpu: then every pair is compared."
            )
