"""A piece of work, and the simplest who does it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""A result: arrays by name."""
GOES_ON = "The same command goes on after the last finished piece."


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
    on_step: Callable[[int], None] | None = None
    """Told how far the piece is, by a function that takes an `on_step` too; a Ray worker tells nothing."""
    steps: int = 0
    """How many it takes in all, where that is known: told when the result is there, whoever made it."""
    resumes: bool = False
    """The function takes a `checkpoint`: a file, if it is given one, from which interrupted work goes on."""
    checkpoint: Path | None = None
    """That file, where results are kept; a Ray worker has none."""

    @property
    def function_name(self) -> str:
        """By which another process finds the function."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    def aside(self, on_step: Callable[[int], None] | None) -> dict[str, Any]:
        """What the function is called with beside its arguments on this machine: nothing that its result follows from.
        `on_step` is whom it tells there."""
        named = {"on_step": None if self.on_step is None else on_step, "checkpoint": self.checkpoint}
        return {name: value for name, value in named.items() if value is not None}


class Workers(Protocol):
    """Who does pieces."""

    @property
    def apart(self) -> bool:
        """Whether they may be on other machines, where this one's files are not seen."""

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """Each piece with what came of it, in the order in which they are done. Pieces are asked for as there is
        somebody to do them."""


class Here:
    """This process, one piece after another."""

    apart = False

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        for piece in pieces:
            yield piece, piece.function(*piece.shared, *piece.arguments, **piece.aside(piece.on_step))


HERE = Here()
