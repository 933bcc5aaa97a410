"""Small networks gain nothing from a second thread, and lose much where another program needs the processor."""

from collections.abc import Iterator

import pytest
import torch


def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


one_thread = pytest.fixture(_one_thread)
"""This process computes with one thread, as the processes of members do."""
one_thread_in_package = pytest.fixture(_one_thread, scope="package", autouse=True)
"""The same for all tests of a package, whose conftest.py imports it."""
