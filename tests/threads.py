"""Tests of small networks compute with one thread: see `aleator.threads`."""

from collections.abc import Iterator

import pytest

from aleator.threads import one_thread as one_thread_meanwhile


def _one_thread() -> Iterator[None]:
    with one_thread_meanwhile():
        yield


one_thread = pytest.fixture(_one_thread)
"""This process computes with one thread, as the processes of members do."""
one_thread_in_package = pytest.fixture(_one_thread, scope="package", autouse=True)
"""The same for all tests of a package, whose conftest.py imports it."""
