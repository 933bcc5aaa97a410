"""How long-running code tells what it is doing: one callable, no framework."""

from typing import Protocol


class Progress(Protocol):
    """Called with the stage's name and how much of it is done; a stage ends when completed == total."""

    def __call__(self, stage: str, completed: int, total: int) -> None: ...


def silent(stage: str, completed: int, total: int) -> None:
    """Report nothing: the default in the library."""
