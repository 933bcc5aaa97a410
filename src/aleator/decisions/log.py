"""The log of all decisions, and what it says now.

The log only grows: a changed mind is a new decision, an undo is a new row. What stands is a function of the *set* of
rows, so that rows may arrive late, twice or in any order (a retried request, an import) and the state is the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aleator.data.texts import RowOf
from aleator.decisions.decision import UNDO, Decision


@dataclass
class DecisionLog:
    """What the rows that were added so far say. Adding rows in any order, or twice, gives the same."""

    made: dict[tuple[str, str], dict[str, Decision]] = field(default_factory=dict)
    """`(example, reviewer)` to the answers of that reviewer, by uuid."""
    undone: set[tuple[str, str, str]] = field(default_factory=set)
    """`(example, reviewer, uuid)`: an undo takes back the reviewer's own answer on that example only."""
    reviewers_of: dict[str, dict[str, Decision]] = field(default_factory=dict)
    """An example's id to the standing answer of each reviewer."""

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> "DecisionLog":
        log = cls()
        for decision in decisions:
            log.add(decision)
        return log

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

    def answers_by(self, reviewer: str, example: str) -> list[Decision]:
        """All answers of a reviewer on an example that are not taken back."""
        made = self.made.get((example, reviewer), {})
        return [decision for decision in made.values() if not self.is_undone(decision)]

    def all_standing(self) -> list[Decision]:
        """Every answer that stands, oldest first."""
        found = (one for answers in self.reviewers_of.values() for one in answers.values())
        return sorted(found, key=lambda one: (one.time, one.uuid))

    def answered(self, row_of: RowOf | Mapping[str, int]) -> Iterator[tuple[int, dict[str, Decision]]]:
        """The row of each answered example with the answers that stand; ids that are not known are left out."""
        for example, answers in self.reviewers_of.items():
            row = row_of.get(example)
            if row is not None:
                yield row, answers

    def is_undone(self, decision: Decision) -> bool:
        return (decision.example, decision.reviewer, decision.uuid) in self.undone

    def _latest(self, key: tuple[str, str]) -> Decision | None:
        return max(self.answers_by(key[1], key[0]), key=lambda decision: (decision.time, decision.uuid), default=None)
