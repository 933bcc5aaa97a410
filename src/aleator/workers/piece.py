"""A piece of work, and the simplest who does it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""A result: arrays by name."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Work that depends on nothing but its arguments, so that anybody may do it, and do it again."""

    name: str
    """For people, and for the folder of the result."""
    function: Callable[..., Arrays]
    """Of a module; called with `shared` and then `arguments`."""
    arguments: tuple[Any, ...] = ()
    """Plain values, arrays and dataclasses of them."""
    shared: tuple[Any, ...] = ()
    """What many pieces are called with: the same object in each, which is sent to a machine once."""
    threads: int = 1
    """That it computes with: in single precision they show in the last digits."""
    gpus: int = 0


class Workers(Protocol):
    """Who does pieces."""

    @property
    def apart(self) -> bool:
        """Whether they are other processes, which do not see this one's memory nor, perhaps, its files."""

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """Each piece with what came of it, in the order in which they are done. Pieces are asked for as there is
        somebody to do them."""


class Here:
    """This process, one piece after another."""

    apart = False

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        for piece in pieces:
            yield piece, piece.function(*piece.shared, *piece.arguments)


HERE = Here()


def as_bytes(content: bytes) -> NDArray[np.uint8]:
    """A file's content as an array, to be sent along with others."""
    return np.frombuffer(content, np.uint8)
