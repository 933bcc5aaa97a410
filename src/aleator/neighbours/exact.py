"""Every pair of examples compared: matrix products by the block, never `(example, example)` in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.neighbours.found import Neighbours
from aleator.workers import Arrays, Piece, Workers
from aleator.workers.kept import results_of

BLOCK_CELLS = 32_000_000
PIECE_PRODUCTS = 500_000_000_000
"""Multiplications in a piece of work: some ten seconds of one core."""
LEAST = 1e-12
"""No vector is taken to be shorter."""


def directions_of(embedding: NDArray[np.floating[Any]]) -> torch.Tensor:
    """The centred embedding `(example, feature)`, each of length one, as a copy."""
    directions = torch.from_numpy(np.array(embedding, dtype=np.float32))
    directions -= directions.mean(0)
    directions /= directions.norm(dim=1, keepdim=True).clamp_min(LEAST)
    return directions


def exact_neighbours(
    directions: torch.Tensor,
    group: NDArray[np.int64],
    count: int,
    rows: NDArray[np.int64] | None = None,
    *,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Neighbours:
    """The `count` nearest by inner product of `directions` `(example, feature)`, of all examples or of these `rows`,
    computed where the directions are.

    Examples of one `group` `(example,)` are not among each other's neighbours; every example is in one of its own
    group at least.
    """
    total, wanted_rows = len(directions), np.arange(len(directions)) if rows is None else rows
    groups = torch.from_numpy(group).to(directions.device)
    largest = int(np.unique(group, return_counts=True)[1].max(initial=1))
    wanted = min(count + largest, total)
    found_rows = np.full((len(wanted_rows), count), -1, dtype=np.int64)
    distance = np.full((len(wanted_rows), count), np.nan, dtype=np.float32)
    step, at = _step(total), 0
    for some in torch.split(torch.from_numpy(wanted_rows).to(directions.device), step):
        similarity, candidate = (directions[some] @ directions.T).topk(wanted, dim=1)
        similarity = torch.where(groups[candidate] == groups[some][:, None], -torch.inf, similarity)
        similarity, place = similarity.topk(min(count, wanted), dim=1)
        there = similarity > -torch.inf
        block = slice(at, at + len(some))
        found_rows[block, : there.shape[1]] = torch.where(there, candidate.gather(1, place), -1).cpu().numpy()
        distance[block, : there.shape[1]] = torch.where(there, 1 - similarity, torch.nan).cpu().numpy()
        at += len(some)
        on_block(at, len(wanted_rows))
    return Neighbours(found_rows, distance)


def exact_pieces(examples: int, features: int) -> int:
    """How many pieces of work it is to find the neighbours of so many examples."""
    return -(-examples // _rows_in_piece(examples, features)) if examples else 1


def exact_in_pieces(
    directions: torch.Tensor,
    group: NDArray[np.int64],
    count: int,
    folder: Path | None,
    on: Workers,
    on_block: Callable[[int, int], None],
) -> Neighbours:
    """As `exact_neighbours` of all, by the piece: `folder` keeps what each finds, and `on` does them."""
    examples, features = directions.shape
    if exact_pieces(examples, features) == 1:
        return exact_neighbours(directions, group, count, on_block=on_block)
    size, shared, threads = _rows_in_piece(examples, features), (directions.numpy(), group), torch.get_num_threads()
    pieces = [
        Piece(f"nearest-{start}", nearest_of, (count, start, min(start + size, examples)), shared, threads)
        for start in range(0, examples, size)
    ]
    found = results_of(pieces, folder, on, on_block)
    return Neighbours(*(np.concatenate([one[name] for one in found]) for name in ("rows", "distance")))


def nearest_of(directions: NDArray[np.float32], group: NDArray[np.int64], count: int, start: int, stop: int) -> Arrays:
    """`rows` and `distance` of the neighbours of the examples from `start` to `stop`."""
    return vars(exact_neighbours(torch.from_numpy(directions), group, count, np.arange(start, stop)))


def _step(examples: int) -> int:
    """So many examples are compared with all others at once."""
    return max(1, BLOCK_CELLS // max(examples, 1))


def _rows_in_piece(examples: int, features: int) -> int:
    """A multiple of the step, so that what is computed is the same in pieces and in one go."""
    step = _step(examples)
    return max(1, PIECE_PRODUCTS // max(1, examples * features) // step) * step
