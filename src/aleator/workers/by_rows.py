"""What is computed for each example by itself, divided where there are many."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.rows import blocks
from aleator.workers.kept import results_of
from aleator.workers.piece import HERE, Arrays, Piece, Workers

PIECE_CELLS = 64_000_000
"""Numbers that a piece of work is given: where each takes some six million a second, ten seconds of one core."""


def by_rows(
    name: str,
    function: Callable[..., Arrays],
    some: Callable[[slice], tuple[Any, ...]],
    examples: int,
    cells: int,
    *,
    threads: int = 1,
    folder: Path | None = None,
    on: Workers = HERE,
) -> NDArray[Any]:
    """The array `name` of what the function makes of all examples, each of so many numbers (`cells`).

    It is called with what `some` says of a slice of them: with all at once, unless they are more than a piece of work
    is worth and somebody else may do it (`on`), or what is made is kept (`folder`).
    """
    parts = blocks(examples, cells, PIECE_CELLS)
    if len(parts) < 2 or (folder is None and not on.apart):
        return function(*some(slice(0, examples)))[name]
    pieces = [Piece(f"{name}-{rows.start}", function, some(rows), threads=threads) for rows in parts]
    return np.concatenate([made[name] for made in results_of(pieces, folder, on)])
