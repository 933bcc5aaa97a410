"""Tables of names that load what they stand for only when it is looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar, cast

from aleator.errors import UnknownNameError

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Registry(Mapping[str, T]):
    """Names to things that are defined elsewhere: `Registry("objective", {"votes": "package.module:Attribute"})`.

    To list or check names loads nothing, so that the command line can put them into its help; `registry[name]` imports
    the module. A new entry is one file and one line. Raises UnknownNameError, which lists the names, for one that is
    not there.
    """

    kind: str
    """What the names are names of, for the message."""
    places: dict[str, str]
    """Where each is defined: `module:attribute`."""

    def __getitem__(self, name: str) -> T:
        if name not in self.places:
            raise UnknownNameError(f"There is no {self.kind} {name!r}; choose one of {', '.join(self.places)}.")
        module, _, attribute = self.places[name].partition(":")
        return cast(T, getattr(import_module(module), attribute))

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)
