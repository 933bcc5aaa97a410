"""The nearest examples of each: who asks for neighbours asks here."""

import importlib.util
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.neighbours.approximate import approximate_neighbours
from aleator.neighbours.exact import directions_of, exact_in_pieces, exact_neighbours, exact_pieces
from aleator.neighbours.found import Neighbours
from aleator.workers import HERE, Workers

CPU = torch.device("cpu")
MOST_EXACT = 100_000
"""Among more examples neighbours are approximate where `faiss` is installed: there every pair costs minutes (100,000 of
512 features two minutes of one core, a million three and a half hours)."""


def nearest_neighbours(
    embedding: NDArray[np.floating[Any]],
    group: NDArray[np.int64],
    *,
    count: int = 10,
    device: torch.device = CPU,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Neighbours:
    """The `count` nearest examples by cosine of the centred embedding `(example, feature)`.

    Exact up to `MOST_EXACT` examples. Among more, faiss (the extra `ann`) finds at least 97 of 100, measured on some
    of them in each search; without it every pair is compared, with a warning that says what that takes.

    Examples of one `group` `(example,)`, -1 = stands alone, are not among each other's neighbours: copies would vote
    for themselves.

    What takes longer than some ten seconds is done in pieces (`is_divided`): `on` does them, and `folder` keeps what
    each finds, so that an interrupted search goes on.

    With a GPU as `device` every pair is compared there, where it has memory for that, and neither faiss nor a warning
    is needed.
    """
    total, features = embedding.shape
    own = np.where(group >= 0, group, -1 - np.arange(total))
    if device.type != "cpu":
        with suppress(torch.OutOfMemoryError):
            return exact_neighbours(directions_of(embedding).to(device), own, count, on_block=on_block)
    if total > MOST_EXACT and features:
        if importlib.util.find_spec("faiss") is not None:
            return approximate_neighbours(embedding, own, count, folder=folder, on=on, on_block=on_block)
        warnings.warn(
            f"Every pair of {total:,} examples is compared to find neighbours, which takes "
            f"{_in_words(total, features)} of processor time; with faiss it is a tenth of that or less: "
            "pip install 'aleator[ann]'",
            stacklevel=2,
        )
    return exact_in_pieces(directions_of(embedding), own, count, folder, on, on_block)


def is_divided(examples: int, features: int) -> bool:
    """Whether a search among so many is work for several."""
    return examples > MOST_EXACT or exact_pieces(examples, features) > 1


def _in_words(examples: int, features: int) -> str:
    """How long all pairs take at 80 thousand million operations a second."""
    minutes = 2 * examples**2 * (features + 100) / 80e9 / 60
    return f"about {minutes:,.0f} minutes" if minutes < 120 else f"about {minutes / 60:,.0f} hours"
