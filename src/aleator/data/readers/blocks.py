"""How much of a file Arrow reads at once."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

USUAL_BLOCK, LARGEST_BLOCK = 1 << 20, (1 << 31) - 1


def with_large_blocks(read: Callable[[int], pa.Table], path: Path) -> pa.Table:
    """Read in usual blocks, and at once where a line does not fit into one."""
    try:
        return read(USUAL_BLOCK)
    except pa.ArrowInvalid as error:
        if "block" not in str(error) or path.stat().st_size <= USUAL_BLOCK:
            raise
    return read(block_of_all(path))


def block_of_all(path: Path) -> int:
    return min(max(path.stat().st_size + 1, USUAL_BLOCK), LARGEST_BLOCK)
