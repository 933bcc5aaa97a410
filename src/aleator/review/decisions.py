"""A decision, and what the log of all decisions says now.

The log only grows: a changed mind is a new decision, an undo is a new row. What stands is a function of the *set* of
rows, so that rows may arrive late, twice or in any order (a retried request, an import) and the state is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aleator.errors import DataError

LABEL, AMBIGUOUS, UNUSABLE, UNDO = "label", "ambiguous", "unusable", "undo"
ANSWERS = (LABEL, AMBIGUOUS, UNUSABLE)
LONGEST_NAME = 80
LONGEST_TEXT = 4096


@dataclass(frozen=True)
class Decision:
    """One row of the log."""

    uuid: str
    """Made by whoever decides: the same decision sent twice is stored once."""
    example: str
    """The example's id."""
    reviewer: str
    kind: str
    """`label`, `ambiguous`, `unusable` or `undo`."""
    labels: tuple[str, ...] = ()
    """Class names: one for `label`, two or more for `ambiguous`, none else."""
    time: str = ""
    """ISO 8601, UTC, with microseconds, so that text sorts as time does."""
    seconds: float | None = None
    """How long the person looked."""
    before: str = ""
    """What stood before: the reviewer's earlier answer as `answer_text` writes it, else the given label."""
    undoes: str = ""
    """For an undo, the decision that it takes back."""
    origin: str = "page"
    """Where it was made: `page`, `grid`, or the name of an imported file."""

    def __post_init__(self) -> None:
        wanted = {LABEL: len(self.labels) == 1, AMBIGUOUS: len(self.labels) > 1}.get(self.kind, not self.labels)
        if self.kind not in (*ANSWERS, UNDO) or not wanted or len(set(self.labels)) < len(self.labels):
            raise DataError(
                f"A decision on {self.example!r} is {self.kind!r} with {len(self.labels)} label(s); wanted is label "
                "with one, ambiguous with two or more different ones, unusable or undo with none."
            )
        if (self.kind == UNDO) != bool(self.undoes):
            raise DataError("An undo names the decision that it takes back, and nothing else does.")
        try:
            canonical = str(UUID(self.uuid))
        except ValueError as error:
            raise DataError(f"A decision's uuid is {self.uuid!r}; wanted is a UUID (RFC 9562).") from error
        object.__setattr__(self, "uuid", canonical)
        check_reviewer(self.reviewer)
        if self.seconds is not None and not 0 <= self.seconds < 1e7:
            raise DataError(f"A decision on {self.example!r} took {self.seconds} seconds; wanted is 0 or more.")
        for text in (self.example, self.before, self.origin, *self.labels):
            if "\0" in text or len(text) > LONGEST_TEXT:
                raise DataError(f"{text[:60]!r} is longer than {LONGEST_TEXT} characters or has a NUL in it.")


def check_reviewer(name: str) -> None:
    """Raise DataError unless the name can stand in a list of names."""
    if not name or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(f"A reviewer's name is 1 to {LONGEST_NAME} printable characters, not {name[:LONGEST_NAME]!r}.")


def answer_text(kind: str, labels: Iterable[str]) -> str:
    """An answer in one line: `fear`, `fear|sad`, or `(not usable)`."""
    return "(not usable)" if kind == UNUSABLE else "|".join(labels)


def utc_text(moment: datetime) -> str:
    """The time as the log writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def now_after(earlier: str) -> str:
    """The time now, or just after `earlier` where the clock was put back: a later answer must stand."""
    now = datetime.now(UTC)
    if earlier:
        now = max(now, datetime.fromisoformat(earlier) + timedelta(microseconds=1))
    return utc_text(now)


@dataclass
class Ledger:
    """What the rows that were added so far say. Adding rows in any order, or twice, gives the same."""

    made: dict[tuple[str, str], dict[str, Decision]] = field(default_factory=dict)
    """`(example, reviewer)` to the answers of that reviewer, by uuid."""
    undone: set[tuple[str, str, str]] = field(default_factory=set)
    """`(example, reviewer, uuid)`: an undo takes back the reviewer's own answer on that example only."""
    reviewers_of: dict[str, dict[str, Decision]] = field(default_factory=dict)
    """An example's id to the standing answer of each reviewer."""

    def add(self, decision: Decision) -> None:
        key = decision.example, decision.reviewer
        if decision.kind == UNDO:
            self.undone.add((*key, decision.undoes))
        else:
            self.made.setdefault(key, {})[decision.uuid] = decision
        stands = self._latest(key)
        of_example = self.reviewers_of.setdefault(decision.example, {})
        if stands is None:
            of_example.pop(decision.reviewer, None)
        else:
            of_example[decision.reviewer] = stands
        if not of_example:
            del self.reviewers_of[decision.example]

    def standing(self, example: str) -> dict[str, Decision]:
        """Each reviewer's answer that stands, by name."""
        return self.reviewers_of.get(example, {})

    def is_undone(self, decision: Decision) -> bool:
        return (decision.example, decision.reviewer, decision.uuid) in self.undone

    def _latest(self, key: tuple[str, str]) -> Decision | None:
        left = [decision for decision in self.made.get(key, {}).values() if not self.is_undone(decision)]
        return max(left, key=lambda decision: (decision.time, decision.uuid), default=None)


def settle(answers: Iterable[Decision]) -> tuple[str, tuple[str, ...]] | None:
    """What several reviewers' standing answers come to: `(kind, labels)`, or None without an answer.

    Each reviewer has one vote, shared equally among the classes of an ambiguous answer. More than half of the votes
    for one class is a label, more than half for "not usable" is that, anything else is ambiguous between the classes
    that were named (a single class beside "not usable" stays a label: it is the one answer that can be used).
    """
    votes: dict[str, float] = {}
    unusable = total = 0.0
    for answer in answers:
        total += 1
        unusable += answer.kind == UNUSABLE
        for label in answer.labels:
            votes[label] = votes.get(label, 0.0) + 1 / len(answer.labels)
    if not total:
        return None
    if unusable > total / 2 or not votes:
        return UNUSABLE, ()
    ranked = sorted(votes, key=lambda label: (-votes[label], label))
    if votes[ranked[0]] > total / 2 or len(ranked) == 1:
        return LABEL, (ranked[0],)
    return AMBIGUOUS, tuple(ranked)
