"""Which examples come next: the judge's order or another, cut down by a filter, without what others look at."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, cast, get_args

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.auditing.sampled import drawing_order, drawn_and_reviewed
from aleator.decisions.decision import UNUSABLE
from aleator.errors import DataError
from aleator.review.board import HERE, Board
from aleator.review.contents import holds
from aleator.review.examples import alike
from aleator.review.live import Live, Snapshot
from aleator.review.looks import within
from aleator.rows import random_order
from aleator.verdicts import Verdicts
from aleator.verdicts.names import VERDICTS

State = Literal["unreviewed", "reviewed", "disagreed", "all"]
SORTS = {
    "next": "best next",
    "wrong": "most likely wrong",
    "quick": "most errors a minute",
    "unsure": "closest calls",
    "class": "by class, most likely wrong",
    "data": "as in the data",
    "random": "at random",
}
"""How examples can be put in order, and what each order is called. By `next` the judge says what to review."""
DRAWN = 10
"""One example in so many is drawn at random, so that how many wrong labels are left can be told
(`auditing/sampled.py`)."""
CLEAR = 3
"""Clear mistakes that a review begins with."""
LOOK, ANSWER = 0.15, 1.0
"""Seconds for a look at a tile of the grid, and for an answer of its own."""
CACHED_ORDERS = 8
"""Orders kept in memory; one of a million examples is 4 MB."""
BLOCK = 4096
MOST_SKIPPED = 10_000
MOST_CORNERS = 100


@dataclass(frozen=True)
class Filter:
    """Which examples are wanted; None and empty text want all."""

    given: int | None = None
    suggested: int | None = None
    verdict: str = ""
    source: str = ""
    """What the path begins with."""
    text: str = ""
    """What the id or the path contains, or the text or a cell of the example, whatever its case."""
    state: State = "unreviewed"
    tag: str = ""
    """A tag that a standing answer has."""
    wrong: float = 0.0
    """The least probability that the given label is wrong; 0 wants all."""
    sure: float = 0.0
    """The least probability of a suggestion that is not the given label; 0 wants all."""
    like: int | None = None
    """A row: this example and those that look most like it."""
    lasso: tuple[tuple[float, float], ...] = ()
    """Corners of what was drawn around on the map by looks."""
    sort: str = "next"
    """One of `SORTS`."""

    @property
    def is_plain(self) -> bool:
        """Whether all examples that nobody reviewed are wanted, in whatever order."""
        return replace(self, sort="next") == EVERYTHING

    @property
    def follows_the_judge(self) -> bool:
        """Whether what comes is for the judge to say; then some examples are drawn at random."""
        return self.is_plain and self.sort in ("next", "quick")


EVERYTHING = Filter()


def read_filter(query: Mapping[str, str], class_names: tuple[str, ...], examples: int) -> Filter:
    """The filter in a query string; classes, and the example that others look like, are named by number. Raises
    DataError for what is none."""

    def number(name: str, what: str, below: int) -> int | None:
        text = query.get(name, "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 9 or int(text) >= below:
            raise DataError(f"{name}={text[:40]!r} is no {what}; wanted is a number below {below}.")
        return int(text)

    verdict, state = query.get("verdict", ""), query.get("state", "") or "unreviewed"
    if verdict not in ("", *VERDICTS):
        raise DataError(f"verdict={verdict[:40]!r} is none of {', '.join(VERDICTS)}.")
    if state not in get_args(State):
        raise DataError(f"state={state[:40]!r} is none of {', '.join(get_args(State))}.")
    sort = query.get("sort", "") or "next"
    if sort not in SORTS:
        raise DataError(f"sort={sort[:40]!r} is none of {', '.join(SORTS)}.")
    classes = len(class_names)
    return Filter(
        given=number("given", "class", classes),
        suggested=number("suggested", "class", classes),
        verdict=verdict,
        source=query.get("source", "")[:200],
        text=query.get("text", "").strip()[:200],
        state=cast(State, state),
        tag=query.get("tag", "").strip()[:200],
        wrong=_probability(query, "wrong"),
        sure=_probability(query, "sure"),
        like=number("like", "example", examples),
        lasso=_corners(query.get("lasso", "")),
        sort=sort,
    )


def _probability(query: Mapping[str, str], name: str) -> float:
    text = query.get(name, "") or "0"
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise DataError(f"{name}={text[:40]!r} is no probability; wanted is a number from 0 to 1.")
    return share


def _corners(text: str) -> tuple[tuple[float, float], ...]:
    """The corners `x,y,x,y,...` of a polygon, each number from 0 to 1."""
    try:
        numbers = [float(one) for one in text.split(",")] if text else []
    except ValueError:
        numbers = [-1.0]
    if len(numbers) % 2 or len(numbers) > 2 * MOST_CORNERS or not all(0 <= one <= 1 for one in numbers):
        raise DataError(f"lasso={text[:40]!r} is no outline; wanted are pairs of numbers from 0 to 1.")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


class Queue:
    """Hands out rows. Safe to use from many threads."""

    def __init__(self, board: Board, live: Live, *, second_opinions: float = 0.0) -> None:
        if not 0 <= second_opinions <= 1:
            raise DataError(f"The share of second opinions is from 0 to 1, not {second_opinions}.")
        self.board, self.live, self.second_opinions = board, live, second_opinions
        self.drawn: set[int] = set()
        """Rows that were handed out because they were drawn at random, or for a second look."""
        self._drawing = drawing_order(board.examples.given) if board.examples.audit is not None else np.empty(0, int)
        self._orders: OrderedDict[tuple[Filter, int, int], NDArray[np.int32]] = OrderedDict()
        self._skipped: dict[str, dict[int, None]] = {}
        self._lock, self._handing_out = threading.Lock(), threading.Lock()
        for reviewer, example in board.store.skips():
            row = board.examples.row_of.get(example)
            if row is not None:
                self._put_off(reviewer, row)

    def order(self, wanted: Filter) -> NDArray[np.int32]:
        """All rows that pass the filter, in the order that is asked for."""
        now = self.live.now
        # Which examples are reviewed changes with each decision, the judge's order only with each judgement.
        follows_log = wanted.state not in ("unreviewed", "all") or wanted.tag
        key = (wanted, now.version, self.board.version if follows_log else 0)
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

        Second opinions and second looks that are due come first; one row in ten is drawn at random. `leave_out` are
        rows that the page holds already.
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
            for row in (
                *(self.due_second_opinions(reviewer) if wanted.is_plain else ()),
                *(self.due_second_looks(reviewer) if wanted.follows_the_judge else ()),
            )
            if row not in taken and row not in skipped
        ][:count]
        order = self.order(wanted)
        by_chance = self._by_chance(taken | skipped.keys()) if wanted.follows_the_judge else iter(())
        handed = board.reviewed_count + len(leave_out)
        for start in range(0, len(order), BLOCK):
            if len(found) >= count:
                break
            block = order[start : start + BLOCK]
            if wanted.state == "unreviewed":
                block = block[board.answers_of[block] == 0]
            seen = taken | mine if wanted.state == "disagreed" else taken
            for row in block.tolist():
                if len(found) == count:
                    break
                if (handed + len(found)) % DRAWN == DRAWN - 1:
                    found += [one for one in islice(by_chance, 1) if one not in found]
                if row not in seen and row not in skipped and row not in found and len(found) < count:
                    found.append(row)
        if len(found) < count:  # what was skipped comes again at the very end
            again = [row for row in skipped if row not in taken and board.answers_of[row] == 0 and row not in found]
            found += again[: count - len(found)] if wanted.is_plain else []
        return found

    def _by_chance(self, passed: Set[int]) -> Iterator[int]:
        """The next ones of the drawing order that nobody has reviewed."""
        for start in range(0, len(self._drawing), BLOCK):
            block = self._drawing[start : start + BLOCK]
            for row in block[self.board.answers_of[block] == 0].tolist():
                if row not in passed:
                    self.drawn.add(row)
                    yield row

    def with_drawn(self, order: NDArray[np.int32], end: int) -> NDArray[np.int32]:
        """The first `end` places of an order of rows that nobody has reviewed, every tenth of them drawn at random."""
        drawn = np.fromiter(islice(self._by_chance(set()), end // DRAWN), dtype=np.int32)
        rest = order[~np.isin(order, drawn)]
        places = np.minimum((DRAWN - 1) * np.arange(1, len(drawn) + 1), len(rest))
        return np.insert(rest, places, drawn)

    def due_second_looks(self, reviewer: str) -> list[int]:
        """Rows of the sample that the reviewer alone has answered, once, and neither with the given label nor with what
        the audit suggested at first.

        The rest is counted by the sample, so that a slip of the hand in it would stand for many wrong labels.
        """
        board, first, names = self.board, self.live.before.suggested_label, self.board.examples.class_names
        with board.lock:
            due = []
            for row in drawn_and_reviewed(self._drawing, board.answers_of > 0).tolist():
                made = board.log.answers_by(reviewer, board.examples.id(row))
                if board.answers_of[row] == 1 and len(made) == 1 and made[0].origin in HERE:
                    expected = {names[int(board.examples.given[row])], names[int(first[row])]}
                    if made[0].kind != UNUSABLE and expected.isdisjoint(made[0].labels):
                        due.append(row)
            self.drawn.update(due)
            return due

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
        if wanted == EVERYTHING:
            return self._opening(now)
        keep = self.mask(wanted, now)
        if wanted.state == "disagreed":
            rows = np.flatnonzero(keep & self.board.disagreed)
        elif wanted.state == "reviewed":
            rows = np.flatnonzero(keep & (self.board.answers_of > 0))
        else:
            order = now.review_order
            if wanted.state == "all":
                rest = np.ones(len(keep), dtype=bool)
                rest[order] = False
                order = np.concatenate([order, np.flatnonzero(rest)])
            rows = order[keep[order]]
        return self._sorted(rows.astype(np.int32), wanted, now)

    def _opening(self, now: Snapshot) -> NDArray[np.int32]:
        """The judge's order; while nobody has answered, the surest mistakes come first, so that it is clear at once
        what is asked."""
        order = now.review_order.astype(np.int32)
        if self.board.reviewed_count:
            return order
        mistakes = np.flatnonzero(now.verdicts.verdict == "mistake")
        suspicion = now.verdicts.p_mislabelled[mistakes]
        surest = mistakes[np.argsort(-suspicion, kind="stable")[:CLEAR]].astype(np.int32)
        return np.concatenate([surest, order[~np.isin(order, surest)]])

    def _sorted(self, rows: NDArray[np.int32], wanted: Filter, now: Snapshot) -> NDArray[np.int32]:
        """Rows in the order that is asked for; as they come for `next`."""
        suspicion = -np.nan_to_num(now.verdicts.p_mislabelled[rows], nan=-1.0)
        if wanted.sort == "next" and wanted.like is not None:
            place = {row: number for number, row in enumerate(alike(self.board.examples, wanted.like))}
            keys: tuple[NDArray[np.generic], ...] = (np.array([place[row] for row in rows.tolist()]),)
        elif wanted.sort == "wrong":
            keys = (suspicion,)
        elif wanted.sort == "quick":
            keys = (-errors_per_second((self.live.before, now.verdicts), self.board.examples.given, rows),)
        elif wanted.sort == "unsure":
            keys = (-now.verdicts.entropy_of(rows),)
        elif wanted.sort == "class":
            keys = (suspicion, self.board.examples.given[rows])
        elif wanted.sort == "data":
            keys = (rows,)
        elif wanted.sort == "random":
            keys = (random_order(len(self.board.examples))[rows],)
        else:
            return rows
        return rows[np.lexsort(keys)]

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
        if wanted.wrong:
            keep &= np.nan_to_num(now.verdicts.p_mislabelled) >= wanted.wrong
        if wanted.sure:
            share = now.verdicts.probability_of(now.verdicts.suggested_label)
            keep &= (share >= wanted.sure) & (now.verdicts.suggested_label != examples.given)
        if wanted.like is not None:
            near = np.zeros(len(examples), dtype=bool)
            near[alike(examples, wanted.like)] = True
            keep &= near
        if wanted.lasso:
            keep &= False if examples.positions is None else within(examples.positions, wanted.lasso)
        if wanted.tag:
            tagged = np.zeros(len(examples), dtype=bool)
            tagged[self.board.tagged(wanted.tag)] = True
            keep &= tagged
        if wanted.source:
            keep &= pc.starts_with(examples.source_names, wanted.source).to_numpy(zero_copy_only=False)
        if wanted.text:
            in_id = pc.match_substring(examples.ids, wanted.text, ignore_case=True)
            in_path = pc.match_substring(examples.source_names, wanted.text, ignore_case=True)
            keep &= pc.or_(in_id, in_path).to_numpy(zero_copy_only=False) | holds(examples, wanted.text)
        return keep


def errors_per_second(
    said: Sequence[Verdicts], given: NDArray[np.integer], rows: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Wrong labels that a second of looking at each should put right in the grid, `(row,)`: a whole screen is accepted
    as suggested, or as given, and only what is neither takes an answer of its own.

    The mean of what the audit `said` at first and says now: whoever goes by this order sees the most suspicious only,
    and what these teach does not always hold for the rest (put right a minute: drawn faces by their pixels 33 by the
    first, 23 by the latest, 34 by both; digits with 30 % symmetric noise 236, 224, 223; breast cancer 185, 201, 193).
    """
    total = np.zeros(len(rows))
    label = given[rows]
    for one in said:
        of_given = np.where(label >= 0, one.probability_of(np.maximum(label, 0), rows), 0.0)
        certain = np.maximum(one.probability_of(one.suggested_label[rows], rows), of_given)
        total += (1 - of_given) / (LOOK + ANSWER * (1 - certain))
    return total / len(said)


def drawn(example: str, share: float) -> bool:
    """Whether the example belongs to a share of all that follows from its id alone."""
    return int.from_bytes(hashlib.sha256(example.encode()).digest()[:8]) < share * 2**64
