"""Packages that are called as their verb: `aleator.review(audit)`, beside `aleator.review.serve`."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class Verb(ModuleType):
    """A package whose call is that of a function of its own name in one of its modules."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = self.__name__.rpartition(".")[2]
        return getattr(import_module(self.__dict__["HOME_OF_VERB"]), name)(*args, **kwargs)


def make_verb(package: str) -> None:
    """Let a package be called; its `HOME_OF_VERB` names the module of the function."""
    sys.modules[package].__class__ = Verb
