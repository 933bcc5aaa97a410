"""Memory that is free goes back to the system: on a million examples what reading and judging need for a moment is more
than what is kept."""

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Do so where the C library can (glibc); elsewhere nothing happens."""
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return
