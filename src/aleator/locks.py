"""One process at a time works on a folder or a file: a lock of the operating system, gone when the process ends."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import ParamSpec, TypeVar

from filelock import FileLock, Timeout

from aleator.errors import AleatorError
from aleator.files import named, unfinished_beside

P = ParamSpec("P")
Result = TypeVar("Result")
INSIDE = ".aleator.lock"
"""The lock's name in a folder beside which nothing can be written."""


@contextmanager
def only_one(path: Path, kind: type[AleatorError] = AleatorError) -> Iterator[None]:
    """While this lasts no other process, and no other thread of this one, works on `path`.

    The lock is a file beside it, which is gone afterwards; after a kill it is left until somebody works there again,
    and stands in nobody's way. Where nothing can be written, nothing is locked: what follows says so.

    Raises an error of this kind when somebody else is at it, or when the folder is removed meanwhile.
    """
    path = path.resolve()
    lock = _lock_of(path)
    if lock is None:
        yield
        return
    try:
        lock.acquire()
    except Timeout as error:
        raise kind(
            f"Another aleator is working on {path}: wait until it is done, or end it. Nothing was changed by this one."
        ) from error
    try:
        yield
    except (OSError, AleatorError) as error:
        gone = [place for place in (path, unfinished_beside(path)) if f"{place}{os.sep}" in _said(error)]
        name = getattr(error, "filename", None)
        if gone and (not gone[0].exists() or (isinstance(name, str) and not Path(name).parent.exists())):
            raise kind(f"{gone[0]} was removed or renamed while it was worked on; give the command again.") from error
        if isinstance(error, OSError):
            raise named(error, path) from error
        raise
    finally:
        if lock.lock_counter == 1:  # held by nobody further out
            Path(lock.lock_file).unlink(missing_ok=True)  # who opened it meanwhile sees that it is gone
        lock.release()


def one_at_a_time(kind: type[AleatorError]) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """A function whose argument `folder` only one process at a time may work on."""

    def of(function: Callable[P, Result]) -> Callable[P, Result]:
        called = signature(function)

        @wraps(function)
        def alone(*args: P.args, **kwargs: P.kwargs) -> Result:
            try:
                folder = Path(str(called.bind(*args, **kwargs).arguments["folder"]))
            except TypeError as error:  # an argument too few or too many; of which function, signatures do not say
                raise TypeError(f"{function.__name__}(): {error}") from None
            with only_one(folder, kind):
                return function(*args, **kwargs)

        return alone

    return of


def _said(error: Exception) -> str:
    """What the error says, the path of its file from the root."""
    name = getattr(error, "filename", None)
    return f"{error} {os.path.realpath(name)}" if isinstance(name, str) else str(error)


def _lock_of(path: Path) -> FileLock | None:
    """The same object for the same path, so that whoever holds it may take it once more."""
    beside = path.parent / f".{path.name}.lock"
    for file in (beside, path / INSIDE):
        if file.parent.is_dir() and os.access(file.parent, os.W_OK):
            return FileLock(file, timeout=0, is_singleton=True, thread_local=True)
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        return _lock_of(path)
    return None
