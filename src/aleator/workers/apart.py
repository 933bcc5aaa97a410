"""A piece of work in a process that did not make it: on Ray's nodes, and beside this process."""

from importlib import import_module
from operator import attrgetter
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from aleator.workers.piece import Arrays


def compute(
    function_name: str, shared: tuple[Any, ...], arguments: tuple[Any, ...], threads: int, **aside: Any
) -> Arrays:
    """What comes of the piece, with its number of threads; `aside` as in `Piece`."""
    module, _, name = function_name.partition(":")
    function = attrgetter(name)(import_module(module))
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        return dict(function(*shared, *arguments, **aside))
