"""The errors Aleator raises on purpose. Each message says what is wrong, where, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AleatorError(Exception):
    """Base class: catching it catches every error that Aleator raises on purpose."""


class UnknownNameError(AleatorError, KeyError):
    """A name is not in a table of choices; the message lists those that are."""

    __str__ = Exception.__str__  # a KeyError shows its message in quotes


class DataError(AleatorError, ValueError):
    """The data set cannot be used as it is; the message names the file, row or id and the remedy."""


class AuditFolderError(AleatorError):
    """The audit folder is missing, belongs to another data set, or was written by another version."""


class ModelError(AleatorError):
    """The model folder is missing, altered, cut off, or was written by another version."""


class MissingExtraError(AleatorError, ImportError):
    """An optional dependency is needed; the message names the extra that installs it."""


class MissingNameError(AleatorError, ImportError):
    """A name of another package that is not offered here; the message says what to use."""


@contextmanager
def while_reading(
    path: Path | str, form: str, kind: type[AleatorError] = DataError, remedy: str = ""
) -> Iterator[None]:
    """Around all that reads one file (or, by a name for people, data in memory): whatever its content makes a library
    raise is an error about that file.

    The one place of a reader where exceptions are caught. They are not listed: a damaged file makes libraries raise
    nearly anything (also MemoryError and RecursionError).
    """
    try:
        yield
    except AleatorError:
        raise
    except FileNotFoundError as error:
        raise kind(f"{error.filename or path} is not there.{remedy}") from error
    except Exception as error:
        raise kind(f"{path} cannot be read as {form} ({_reason(error)}).{remedy}") from error


def _reason(error: Exception) -> str:
    """What a library said, on one line; what are no errors of reading are told by their type too."""
    said = " ".join(str(error).split())[:300].rstrip(".")
    plain = isinstance(error, ValueError | OSError) and said
    return said if plain else f"{type(error).__name__}: {said}" if said else type(error).__name__
