"""How many threads compute."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def at_most_threads(most: int) -> Iterator[None]:
    """Let PyTorch compute with no more threads than this in this process meanwhile.

    Threads that wait for each other stand still where another program needs the processor, or where there are fewer
    processors than threads: what takes seconds then takes minutes.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(min(most, threads))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread: thousands of small steps gain nothing from a second."""
    with at_most_threads(1):
        yield
