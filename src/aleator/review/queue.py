"""Which examples come next: the judge's order, cut down by a filter, without what others look at."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.errors import DataError
from aleator.review.board import Board
from aleator.review.live import Live, Snapshot
from aleator.verdicts.names import VERDICTS

State = Literal["unreviewed", "reviewed", "disagreed", "all"]
CACHED_ORDERS = 8
"""Orders kept in memory; one of a million examples is 4 MB."""
BLOCK = 4096
MOST_SKIPPED = 10_000


@dataclass(frozen=True)
class Filter:
    """Which examples are wanted; None and empty text want all."""

    given: int | None = None
    suggested: int | None = None
    verdict: str = ""
    source: str = ""
    """What the path begins with."""
    text: str = ""
    """What the id or the path contains, whatever its case."""
    state: State = "unreviewed"

    @property
    def is_plain(self) -> bool:
        return self == Filter()


def read_filter(query: Mapping[str, str], class_names: tuple[str, ...]) -> Filter:
    """The filter in a query string; classes are named by number. Raises DataError for what is none."""

    def label(name: str) -> int | None:
        text = query.get(name, "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 9 or int(text) >= len(class_names):
            raise DataError(f"{name}={text[:40]!r} is no class; wanted is a number below {len(class_names)}.")
        return int(text)

    verdict, state = query.get("verdict", ""), query.get("state", "") or "unreviewed"
    if verdict not in ("", *VERDICTS):
        raise DataError(f"verdict={verdict[:40]!r} is none of {', '.join(VERDICTS)}.")
    if state not in get_args(State):
        raise DataError(f"state={state[:40]!r} is none of {', '.join(get_args(State))}.")
    text, source = query.get("text", "").strip()[:200], query.get("source", "")[:200]
    return Filter(label("given"), label("suggested"), verdict, source, text, cast(State, state))


class Queue:
    """Hands out rows. Safe to use from many threads."""

    def __init__(self, board: Board, live: Live, *, second_opinions: float = 0.0) -> None:
        if not 0 <= second_opinions <= 1:
            raise DataError(f"The share of second opinions is from 0 to 1, not {second_opinions}.")
        self.board, self.live, self.second_opinions = board, live, second_opinions
        self._orders: OrderedDict[tuple[Filter, int, int], NDArray[np.int32]] = OrderedDict()
        self._skipped: dict[str, dict[int, None]] = {}
        self._lock, self._handing_out = threading.Lock(), threading.Lock()
        for reviewer, example in board.store.skips():
            row = board.examples.row_of.get(example)
            if row is not None:
                self._put_off(reviewer, row)

    def order(self, wanted: Filter) -> NDArray[np.int32]:
        """All rows that pass the filter, the judge's order first."""
        now = self.live.now
        # Which examples are reviewed changes with each decision, the judge's order only with each judgement.
        key = (wanted, now.version, 0 if wanted.state in ("unreviewed", "all") else self.board.version)
        with self._lock:
            if key in self._orders:
                self._orders.move_to_end(key)
                return self._orders[key]
        order = self._compute(wanted, now)
        with self._lock:
            self._orders[key] = order
            while len(self._orders) > CACHED_ORDERS:
                self._orders.popitem(last=False)
        return order

    def next_rows(self, reviewer: str, wanted: Filter, count: int, leave_out: set[int]) -> list[int]:
        """The next rows for a reviewer: nobody has answered them, nobody else looks at them, he has not skipped them.

        Second opinions that are due come first. `leave_out` are rows that the page holds already.
        """
        with self._handing_out:  # to one person after the other, or two would be handed the same
            found = self._choose(reviewer, wanted, count, leave_out)
            self.board.hold(found, reviewer)
            return found

    def _choose(self, reviewer: str, wanted: Filter, count: int, leave_out: set[int]) -> list[int]:
        board = self.board
        taken = board.held_by_others(reviewer) | leave_out
        mine = board.by_reviewer.get(reviewer, set())
        skipped = self._skipped.get(reviewer, {})
        found = [
            row
            for row in (self.due_second_opinions(reviewer) if wanted.is_plain else ())
            if row not in taken and row not in skipped
        ][:count]
        order = self.order(wanted)
        for start in range(0, len(order), BLOCK):
            if len(found) >= count:
                break
            block = order[start : start + BLOCK]
            if wanted.state == "unreviewed":
                block = block[board.answers_of[block] == 0]
            seen = taken | mine if wanted.state == "disagreed" else taken
            for row in block.tolist():
                if row not in seen and row not in skipped:
                    found.append(row)
                    if len(found) == count:
                        break
        if len(found) < count:  # what was skipped comes again at the very end
            again = [row for row in skipped if row not in taken and board.answers_of[row] == 0 and row not in found]
            found += again[: count - len(found)] if wanted.is_plain else []
        return found

    def skip(self, reviewer: str, row: int) -> None:
        """Put the row at the end of the reviewer's queue, also after the next start."""
        self.board.store.put_off(reviewer, self.board.examples.id(row))
        self._put_off(reviewer, row)

    def _put_off(self, reviewer: str, row: int) -> None:
        skipped = self._skipped.setdefault(reviewer, {})
        skipped.pop(row, None)
        skipped[row] = None
        while len(skipped) > MOST_SKIPPED:
            skipped.pop(next(iter(skipped)))

    def due_second_opinions(self, reviewer: str) -> list[int]:
        """Rows with one answer, of somebody else, that are drawn for a second one."""
        if not self.second_opinions:
            return []
        with self.board.lock:
            others = [rows for name, rows in self.board.by_reviewer.items() if name != reviewer]
            rows = sorted(set().union(*others)) if others else []
            mine = self.board.by_reviewer.get(reviewer, set())
            return [
                row
                for row in rows
                if self.board.answers_of[row] == 1
                and row not in mine
                and drawn(self.board.examples.id(row), self.second_opinions)
            ]

    def _compute(self, wanted: Filter, now: Snapshot) -> NDArray[np.int32]:
        if wanted.is_plain:
            return now.review_order.astype(np.int32)
        keep = self.mask(wanted, now)
        if wanted.state == "disagreed":
            return np.flatnonzero(keep & self.board.disagreed).astype(np.int32)
        if wanted.state == "reviewed":
            return np.flatnonzero(keep & (self.board.answers_of > 0)).astype(np.int32)
        order = now.review_order
        if wanted.state == "all":
            rest = np.ones(len(keep), dtype=bool)
            rest[order] = False
            order = np.concatenate([order, np.flatnonzero(rest)])
        return order[keep[order]].astype(np.int32)

    def mask(self, wanted: Filter, now: Snapshot) -> NDArray[np.bool_]:
        """Which examples pass the filter, whatever their state."""
        examples = self.board.examples
        keep = np.ones(len(examples), dtype=bool)
        if wanted.given is not None:
            keep &= examples.given == wanted.given
        if wanted.suggested is not None:
            keep &= now.verdicts.suggested_label == wanted.suggested
        if wanted.verdict:
            keep &= now.verdicts.verdict == wanted.verdict
        if wanted.source:
            keep &= pc.starts_with(examples.source_names, wanted.source).to_numpy(zero_copy_only=False)
        if wanted.text:
            in_id = pc.match_substring(examples.ids, wanted.text, ignore_case=True)
            in_path = pc.match_substring(examples.source_names, wanted.text, ignore_case=True)
            keep &= pc.or_(in_id, in_path).to_numpy(zero_copy_only=False)
        return keep


def drawn(example: str, share: float) -> bool:
    """Whether the example belongs to a share of all that follows from its id alone."""
    return int.from_bytes(hashlib.sha256(example.encode()).digest()[:8]) < share * 2**64
