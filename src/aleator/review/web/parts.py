"""The server's parts, as every request finds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aleator.audits.next_steps import Step
from aleator.decisions.store import Store
from aleator.review.board import Board
from aleator.review.examples import Examples
from aleator.review.live import Live
from aleator.review.queue import Queue
from aleator.review.web.guard import Buckets, Signer


@dataclass(frozen=True)
class Review:
    """All that a request needs."""

    examples: Examples
    store: Store
    board: Board
    live: Live
    queue: Queue
    signer: Signer
    wrong_tokens: Buckets
    prefix: str
    blind: bool
    """Everybody reviews blind; else each reviewer chooses."""
    next_steps: Callable[[], Sequence[Step]]
    """What whoever started the server does with the answers."""
