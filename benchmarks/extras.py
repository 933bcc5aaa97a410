"""Packages that some comparisons need and the development set-up does not have."""

from importlib import import_module
from types import ModuleType

from aleator.errors import MissingExtraError


def import_extra(name: str) -> ModuleType:
    """A package of the extra `bench`."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"The comparison needs {name}, which is not installed: pip install 'aleator[bench]', or say --no-peers."
        ) from error
