"""Small pieces of work, for tests."""

import os
import signal
from pathlib import Path

import numpy as np

from aleator.errors import AleatorError
from aleator.workers import Arrays


def squares(shared: int, number: int) -> Arrays:
    return {"squares": (np.arange(shared) + number) ** 2, "process": np.array(os.getpid())}


def dies_at_first(mark: str) -> Arrays:
    """The worker is killed while it does it for the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"done": np.ones(1)}


def fails(message: str) -> Arrays:
    raise ValueError(message)


def refuses(message: str) -> Arrays:
    raise AleatorError(message)


def waits_for(mark: str) -> Arrays:
    """Says that it has begun, and ends when it is killed."""
    Path(mark).touch()
    signal.pause()
    return {}
