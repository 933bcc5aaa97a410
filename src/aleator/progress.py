"""How long-running code tells what it is doing: one callable, no framework; and who shows that to people."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import TaskID

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
SECONDS_BETWEEN_LINES = 30.0
SECONDS_BETWEEN_PICTURES = 0.3


class Progress(Protocol):
    """Called with the stage's name and how much of it is done; a stage ends when completed == total."""

    def __call__(self, stage: str, completed: int, total: int) -> None: ...


def silent(stage: str, completed: int, total: int) -> None:
    """Report nothing."""


class _Stages:
    """When each stage began. One that had ended begins anew, as where a benchmark does the same work again."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}
        self.ended: set[str] = set()

    def begins(self, stage: str, completed: int, total: int, now: float) -> bool:
        """Whether it begins with this call, `now`."""
        again = stage in self.ended and completed < total
        begins = again or stage not in self.begun
        if begins:
            self.begun[stage] = now
        (self.ended.add if completed >= total else self.ended.discard)(stage)
        return begins

    def left(self, stage: str, completed: int, total: int, now: float) -> str:
        """How long it still takes."""
        return _time((now - self.begun[stage]) * (total - completed) / completed)


class _Display(AbstractContextManager[Any]):
    """Shows nothing: what the others are kinds of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def __call__(self, stage: str, completed: int, total: int) -> None: ...


class Bars(_Display):
    """A bar for each stage, with the time left, on a terminal's stderr."""

    def __init__(self) -> None:
        from rich import progress
        from rich.console import Console

        self.stages = _Stages()
        self.tasks: dict[str, TaskID] = {}
        self.progress = progress.Progress(
            progress.TextColumn("{task.description:20}"),
            progress.BarColumn(bar_width=32),
            progress.TaskProgressColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
        )

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.progress.stop()

    def __call__(self, stage: str, completed: int, total: int) -> None:
        begins = self.stages.begins(stage, completed, total, time.monotonic())
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(stage, total=total)
        elif begins:
            self.progress.reset(self.tasks[stage])
        self.progress.update(self.tasks[stage], completed=completed, total=total)


class Lines(_Display):
    """A line when a stage begins and, while it lasts, one every half minute: for logs, on stderr."""

    def __init__(self) -> None:
        self.stages = _Stages()
        self.last = 0.0

    def __call__(self, stage: str, completed: int, total: int) -> None:
        now = time.monotonic()
        if self.stages.begins(stage, completed, total, now):
            self.last = now
            print(f"{stage} ...", file=sys.stderr, flush=True)
        elif now - self.last >= SECONDS_BETWEEN_LINES and 0 < completed < total:
            self.last = now
            left = self.stages.left(stage, completed, total, now)
            print(f"{stage} {completed / total:.0%}, about {left} left", file=sys.stderr, flush=True)


class NotebookBar(_Display):
    """One line of HTML that is replaced as the work goes on; it needs no widgets."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self.html = HTML
        self.handle = display(HTML(""), display_id=True)
        self.stages = _Stages()
        self.last = 0.0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.handle.update(self.html(""))

    def __call__(self, stage: str, completed: int, total: int) -> None:
        now = time.monotonic()
        self.stages.begins(stage, completed, total, now)
        if now - self.last < SECONDS_BETWEEN_PICTURES and completed < total:
            return
        self.last = now
        left = f", about {self.stages.left(stage, completed, total, now)} left" if completed else ""
        bar = f'<progress value="{completed}" max="{max(total, 1)}"></progress>'
        self.handle.update(self.html(f"{bar} {escape(stage)}{left}"))


def display(*, log: bool = False) -> _Display:
    """What shows progress here: a bar in a terminal or a notebook. Elsewhere nothing or, for a `log`, lines."""
    kernel = sys.modules.get("IPython")
    shell = kernel.get_ipython() if kernel is not None else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        return NotebookBar()
    if sys.stderr is not None and sys.stderr.isatty():
        return Bars()
    return Lines() if log else _Display()


def shows_progress(work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function whose `progress` is not given show it where somebody is looking."""

    @wraps(work)
    def watched(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if kwargs.get("progress") is not None:
            return work(*args, **kwargs)
        with display() as kwargs["progress"]:
            return work(*args, **kwargs)

    return watched


def _time(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
