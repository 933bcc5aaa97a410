"""How far the review has come, in figures that mean something."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.review.board import RECENT, Board
from aleator.review.live import Live
from aleator.review.people import changed_per_minute
from aleator.verdicts.estimates import ErrorsLeft


@dataclass(frozen=True)
class Headway:
    """Where the review stands."""

    examples: int
    is_known: bool
    """Whether anything is known of how many labels are wrong: there is an audit, or somebody has reviewed."""
    reviewed: int
    decisions: int
    wrong: tuple[float, float, float]
    """Given labels that are wrong, reviewed or not: count, low, high."""
    left: tuple[float, float, float]
    """Wrong labels among the examples that nobody reviewed: count, low, high."""
    level: float
    recent: int
    """How many of the latest answers the next two figures are about, at most fifty."""
    recent_changed: int
    recent_seconds: float | None
    """Median."""
    recent_per_minute: float | None
    """Labels changed per minute of looking, by these answers."""
    found: float
    """Wrong labels among the examples that somebody reviewed, as they are judged now."""
    next_expected: float | None
    """Wrong labels expected among the next fifty in the queue; None before the judge has put them in order."""
    target: float
    can_stop: bool
    """Even the high end of what is left is within the target."""
    more: int | None
    """About how many more reviews bring what is left to the target, even if it is the high end; None when unknown."""


@dataclass(frozen=True)
class Pace:
    """How one person goes along, by their latest answers."""

    answers: int
    seconds: float | None
    """Median."""
    per_minute: float | None
    """Labels changed per minute of looking."""


def pace(board: Board, reviewer: str) -> Pace:
    """By the reviewer's latest answers on this page, at most fifty."""
    names, given = board.examples.class_names, board.examples.given
    answers = []
    for one in board.latest(reviewer):
        label = int(given[board.row_of[one.example]]) if one.example in board.row_of else -1
        answers.append((label < 0 or names[label] not in one.labels, one.seconds))
    seconds = [one for _, one in answers if one is not None]
    return Pace(len(answers), float(np.median(seconds)) if seconds else None, changed_per_minute(answers))


def headway(board: Board, live: Live) -> Headway:
    """The figures of this moment."""
    now = live.now
    wrong, left = now.estimates.mislabelled, now.estimates.errors_left
    total = len(board.examples)
    with board.lock:
        recent = list(board.recent)
        reviewed, decisions, target = board.reviewed_count, board.decision_count, board.target
    seconds = [one.seconds for one in recent if one.seconds is not None]
    expected = now.expected_in_order
    known = board.examples.audit is not None and len(expected) > 0 and now.includes >= 0
    return Headway(
        examples=total,
        is_known=board.examples.audit is not None or reviewed > 0,
        reviewed=reviewed,
        decisions=decisions,
        wrong=(wrong.count, wrong.low, wrong.high),
        left=(left.count, left.low, left.high),
        level=now.estimates.level,
        recent=len(recent),
        recent_changed=sum(one.changed for one in recent),
        recent_seconds=float(np.median(seconds)) if seconds else None,
        recent_per_minute=changed_per_minute((one.changed, one.seconds) for one in recent),
        found=max(0.0, wrong.count - left.count),
        next_expected=float(expected[min(RECENT, len(expected)) - 1]) if known else None,
        target=target,
        can_stop=left.high <= target * total,
        more=_more(expected, left, target * total) if known else None,
    )


def _more(expected: NDArray[np.float32], left: ErrorsLeft, allowed: float) -> int | None:
    """How many examples of the queue's order have to be put right until no more errors than allowed are left, if
    there are as many as the high end says, spread over the order as the expected ones are."""
    excess = left.high - allowed
    if excess <= 0:
        return 0
    place = int(np.searchsorted(expected, excess * left.count / left.high))
    return place + 1 if place < len(expected) else None


def minutes(seconds: float) -> str:
    """A time as people say it: `half a minute`, `4 minutes`, `2 hours`."""
    if seconds < 45:
        return "half a minute"
    if seconds < 5400:
        count = max(1, round(seconds / 60))
        return f"{count} minute{'s' * (count > 1)}"
    return f"{round(seconds / 3600)} hours"
