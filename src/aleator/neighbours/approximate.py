"""Neighbours among many examples, by faiss in a process of its own; see `faiss_program.py`."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.errors import AleatorError
from aleator.neighbours.exact import LEAST, directions_of, exact_neighbours
from aleator.neighbours.found import Neighbours
from aleator.rows import let_go

PROGRAM = Path(__file__).with_name("faiss_program.py")
MORE = 12
"""Candidates beyond those wanted, for copies: of more copies than this, all are compared."""
BLOCK = 16_384


def approximate_neighbours(
    embedding: NDArray[np.floating[Any]],
    group: NDArray[np.int64],
    count: int,
    *,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Neighbours:
    """As `exact_neighbours` of the directions of an embedding `(example, feature)`, but nearly all of them only. The
    embedding is read by the block, so that it may be mapped from disk.

    Raises AleatorError where the search ends early, with what it said last.
    """
    total = len(embedding)
    largest = int(np.unique(group, return_counts=True)[1].max(initial=1))
    asked = min(count + min(largest, MORE), total)
    rows, distance = np.full((total, count), -1, dtype=np.int64), np.full((total, count), np.nan, dtype=np.float32)
    with tempfile.TemporaryDirectory(prefix="aleator-neighbours-") as name:
        folder = Path(name)
        _write_directions(embedding, folder / "vectors.npy")
        _run([sys.executable, str(PROGRAM), name, str(asked), str(torch.get_num_threads())], on_block)
        found = np.load(folder / "rows.npy", mmap_mode="r")
        similarity = np.load(folder / "similarity.npy", mmap_mode="r")
        for start in range(0, total, BLOCK):
            block = slice(start, start + BLOCK)
            candidate, near = np.array(found[block]), np.array(similarity[block])
            usable = (candidate >= 0) & (group[np.maximum(candidate, 0)] != group[block][:, None])
            first = np.argsort(~usable, axis=1, kind="stable")[:, :count]
            there = np.take_along_axis(usable, first, axis=1)
            rows[block, : first.shape[1]] = np.where(there, np.take_along_axis(candidate, first, axis=1), -1)
            distance[block, : first.shape[1]] = np.where(there, 1 - np.take_along_axis(near, first, axis=1), np.nan)
    few = np.flatnonzero(rows[:, -1] < 0)
    if len(few):
        missing = exact_neighbours(directions_of(embedding), group, count, few)
        rows[few], distance[few] = missing.rows, missing.distance
    return Neighbours(rows, distance)


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


def _run(command: list[str], on_block: Callable[[int, int], None]) -> None:
    """Run the program, and pass on how far it is."""
    with tempfile.TemporaryFile("w+") as said:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            assert program.stdout is not None
            for line in program.stdout:
                completed, total = map(int, line.split())
                on_block(completed, total)
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
