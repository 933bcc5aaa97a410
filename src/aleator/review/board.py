"""The state of a review in memory: what the log says, what is believed now, and who looks at what.

One lock guards the log's state; beliefs are replaced as a whole by the background judge, so that readers always see
one version of them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from aleator.decisions.decision import UNDO, Decision, answer_text, now_after
from aleator.decisions.log import DecisionLog
from aleator.decisions.reviews import Reviews, reviews_of_decisions
from aleator.decisions.store import Store
from aleator.errors import DataError
from aleator.review.examples import Examples

RECENT = 50
MOST_STEPS = 1000
"""Of each reviewer's latest answers that are kept at hand, so that they can be taken back after the page was loaded
again."""
HERE = ("page", "grid", "rapid")
"""Where decisions are made that this page can take back."""
HELD_SECONDS = 120.0
"""How long an example that somebody was given to look at is kept from others."""


@dataclass(frozen=True)
class Recent:
    """One of the latest answers, for the figures on progress."""

    uuid: str
    changed: bool
    """The given label is not in it."""
    seconds: float | None


class Board:
    """What reviewers have done, from the log. Safe to use from many threads."""

    def __init__(self, examples: Examples, store: Store) -> None:
        self.examples, self.store = examples, store
        self.log = DecisionLog()
        self.lock = threading.RLock()
        self.target = float(store.setting("target", "0.02"))
        """Share of wrong labels that the team is content with."""
        self.last_number = 0
        self.decision_count = self.reviewed_count = 0
        self.answers_of = np.zeros(len(examples), dtype=np.uint16)
        """How many reviewers' answers stand, `(example,)`."""
        self.disagreed = np.zeros(len(examples), dtype=bool)
        self.by_reviewer: dict[str, set[int]] = {}
        self.row_of: dict[str, int] = {}
        """The rows of the examples that the log speaks of, so that nobody has to search for them again."""
        self.recent: deque[Recent] = deque(maxlen=RECENT)
        self._steps: dict[str, deque[Decision]] = {}
        self.version = 0
        self._held: dict[int, tuple[str, float]] = {}
        self._changed: list[threading.Event] = []
        self.catch_up()

    def on_change(self) -> threading.Event:
        """An event that is set whenever the log has grown."""
        event = threading.Event()
        self._changed.append(event)
        return event

    def catch_up(self) -> None:
        """Take in rows that the log has and we do not: at the start, and what other servers of a team wrote."""
        with self.lock:
            before = self.last_number
            for number, decision in self.store.after(self.last_number):
                self.last_number = number
                self._take_in(decision)
            if self.last_number > before:
                self._announce()

    def decide(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Store new decisions of one person, with the time and what stood before; durable when this returns."""
        with self.lock:
            moment, last = datetime.now(UTC), dict[str, str]()
            complete = []
            for decision in decisions:
                complete.append(self._completed(decision, moment, last.get(decision.example, "")))
                last[decision.example] = complete[-1].time
            stored = self.store.append(complete)
            self.catch_up()
            for decision in stored:
                row = self.examples.row_of.get(decision.example)
                if row is not None and self._held.get(row, ("", 0.0))[0] == decision.reviewer:
                    del self._held[row]
            return stored

    def undo(self, uuid: str, decision: str, reviewer: str) -> tuple[Decision, int]:
        """Take back one's own decision. Returns the undo and the row of the example."""
        taken_back = self.store.find(decision)
        if taken_back is None or taken_back.reviewer != reviewer or taken_back.kind == UNDO:
            raise DataError("There is no decision of yours to take back.")
        (stored,) = self.decide(
            [Decision(uuid, taken_back.example, reviewer, UNDO, undoes=taken_back.uuid, origin=taken_back.origin)]
        )
        row = self.examples.row_of.get(stored.example)
        return stored, -1 if row is None else row

    def set_target(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise DataError(f"The target is a share from 0 to 1, not {share}.")
        self.store.set_setting("target", str(share))
        with self.lock:
            self.target = share

    def standing(self, row: int) -> dict[str, Decision]:
        with self.lock:
            return dict(self.log.standing(self.examples.id(row)))

    def answered(self) -> list[tuple[int, dict[str, Decision]]]:
        """Each example's row with the answers that stand."""
        with self.lock:
            return [(row, dict(answers)) for row, answers in self.log.answered(self.row_of)]

    def reviews(self) -> Reviews:
        """All standing answers, for the judge."""
        return reviews_of_decisions(self.answered(), self.examples.class_names)

    def steps(self, reviewer: str, origin: str) -> list[list[Decision]]:
        """The reviewer's latest answers that are not taken back, oldest first; those sent together are one step."""
        with self.lock:
            steps: list[list[Decision]] = []
            for decision in self._steps.get(reviewer, ()):
                if decision.origin != origin:
                    continue
                if steps and steps[-1][-1].time == decision.time:
                    steps[-1].append(decision)
                else:
                    steps.append([decision])
            return steps

    def latest(self, reviewer: str) -> list[Decision]:
        """The reviewer's latest answers on this page, at most fifty."""
        with self.lock:
            return list(self._steps.get(reviewer, ()))[-RECENT:]

    def tagged(self, tag: str) -> list[int]:
        """Rows of examples of which a standing answer has the tag."""
        return [row for row, answers in self.answered() if any(tag in one.tags for one in answers.values())]

    def tags(self) -> list[str]:
        """All tags of standing answers, sorted."""
        return sorted({tag for _, answers in self.answered() for one in answers.values() for tag in one.tags})

    def hold(self, rows: Iterable[int], reviewer: str) -> None:
        """Keep the rows for this reviewer for a while."""
        with self.lock:
            until = time.monotonic() + HELD_SECONDS
            self._held.update((row, (reviewer, until)) for row in rows)

    def held_by_others(self, reviewer: str) -> set[int]:
        with self.lock:
            now = time.monotonic()
            self._held = {row: held for row, held in self._held.items() if held[1] > now}
            return {row for row, (name, _) in self._held.items() if name != reviewer}

    def _completed(self, decision: Decision, moment: datetime, earlier: str) -> Decision:
        row = self.examples.row_of.get(decision.example)
        if row is None:
            raise DataError(f"{decision.example[:80]!r} is no id of the data set.")
        unknown = [label for label in decision.labels if label not in self.examples.class_names]
        if unknown:
            raise DataError(f"{unknown[0][:80]!r} is none of the classes.")
        own = self.log.standing(decision.example).get(decision.reviewer)
        given = int(self.examples.given[row])
        before = answer_text(own.kind, own.labels) if own else self.examples.class_names[given] if given >= 0 else ""
        time_of = decision.time or now_after(max(earlier, own.time if own else ""), moment)
        return replace(decision, time=time_of, before=before)

    def _take_in(self, decision: Decision) -> None:
        self.log.add(decision)
        self.decision_count += 1
        row = self.row_of.get(decision.example)
        row = self.examples.row_of.get(decision.example) if row is None else row
        if row is None:
            return
        self.row_of[decision.example] = row
        answers = self.log.standing(decision.example)
        self.reviewed_count += bool(answers) - bool(self.answers_of[row])
        self.answers_of[row] = len(answers)
        self.disagreed[row] = len({(one.kind, frozenset(one.labels)) for one in answers.values()}) > 1
        rows = self.by_reviewer.setdefault(decision.reviewer, set())
        (rows.add if decision.reviewer in answers else rows.discard)(row)
        if decision.kind == UNDO:
            kept_ones = [one for one in self.recent if one.uuid != decision.undoes]
            self.recent = deque(kept_ones, maxlen=RECENT)
            kept_steps = [one for one in self._steps.get(decision.reviewer, ()) if one.uuid != decision.undoes]
            self._steps[decision.reviewer] = deque(kept_steps, maxlen=MOST_STEPS)
        else:
            given = int(self.examples.given[row])
            kept = given >= 0 and self.examples.class_names[given] in decision.labels
            self.recent.append(Recent(decision.uuid, not kept, decision.seconds))
            if decision.origin in HERE:
                self._steps.setdefault(decision.reviewer, deque(maxlen=MOST_STEPS)).append(decision)

    def _announce(self) -> None:
        self.version += 1
        for event in self._changed:
            event.set()
