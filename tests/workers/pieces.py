"""Small pieces of work, for tests."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.errors import AleatorError
from aleator.workers import Arrays


def squares(shared: int, number: int) -> Arrays:
    return {"squares": (np.arange(shared) + number) ** 2, "process": np.array(os.getpid())}


def told_squares(values: NDArray[np.int64], number: int, on_step: Callable[[int], None]) -> Arrays:
    on_step(number)
    return {"squares": (values + number) ** 2}


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


def begun_once(mark: str) -> Arrays:
    """The first time it says that it has begun and never ends; the second time it is done at once."""
    if not Path(mark).exists():
        Path(mark).touch()
        signal.pause()
    return {"done": np.ones(1)}


def counted(folder: str, number: int) -> Arrays:
    """Leaves a mark each time it is begun; number 3 waits while a file `hold` is there."""
    with (Path(folder) / f"{number}").open("a") as file:
        file.write("x")
    while number == 3 and (Path(folder) / "hold").exists():
        time.sleep(0.05)
    return {"number": np.array(number)}


def summed(numbers: int, on_step: Callable[[int], None], checkpoint: Path) -> Arrays:
    """Of the numbers up to this one, each written down when it is added."""
    done = [int(line) for line in checkpoint.read_text().split()] if checkpoint.exists() else []
    for number in range(len(done) + 1, numbers + 1):
        done.append(number)
        checkpoint.write_text("\n".join(map(str, done)))
        on_step(number)
    return {"sum": np.array(sum(done))}
