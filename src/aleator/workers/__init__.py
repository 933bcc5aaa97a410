"""Work that can be divided: pieces that depend on nothing but their arguments, and who does them."""

from collections.abc import Iterator
from contextlib import contextmanager

from aleator.workers.piece import HERE, Arrays, Piece, Workers
from aleator.workers.where import Where

__all__ = ["HERE", "Arrays", "Piece", "Where", "Workers", "workers_at"]


@contextmanager
def workers_at(where: Where) -> Iterator[Workers]:
    """Who does pieces there, until the end of the block.

    Raises MissingExtraError without Ray, and AleatorError for a cluster that does not answer.
    """
    if where.on == "here":
        yield HERE
        return
    from aleator.workers.on_ray import OnRay  # Ray is imported by nobody who has not asked for it

    with OnRay(where.ray_address) as workers:
        yield workers
