"""Every pair of examples compared: matrix products by the block, never `(example, example)` in memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.neighbours.found import Neighbours

BLOCK_CELLS = 32_000_000
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
    step, at = max(1, BLOCK_CELLS // max(total, 1)), 0
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
