"""A piece of work in a process that did not make it: on Ray's nodes, and beside this process."""

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from aleator.workers.piece import Arrays


def compute(
    function_name: str,
    shared: tuple[Any, ...],
    arguments: tuple[Any, ...],
    threads: int,
    on_step: Callable[[int], None] | None = None,
) -> Arrays:
    """What comes of the piece, with its number of threads."""
    module, _, name = function_name.partition(":")
    function = attrgetter(name)(import_module(module))
    telling = {} if on_step is None else {"on_step": on_step}
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        return dict(function(*shared, *arguments, **telling))
