"""Standing decisions as arrays, for the mathematics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aleator.decisions.decision import Decision


@dataclass(frozen=True)
class Reviews:
    """Standing decisions, one row each: the latest of each reviewer for an example.

    Raises ValueError when the parts do not fit together.
    """

    row: NDArray[np.int64]
    """The example's row, `(decision,)`."""
    answer: NDArray[np.float64]
    """`(decision, class)`, shares that sum to one: one class, or equal shares of several that it lies between. All
    zero: the example is not usable, and says nothing about the labels of others."""
    reviewer: NDArray[np.int64]
    """Who decided, `(decision,)`, an index into `reviewer_names`."""
    reviewer_names: tuple[str, ...] = ("reviewer",)

    def __post_init__(self) -> None:
        if not len(self.row) == len(self.answer) == len(self.reviewer):
            raise ValueError(f"{len(self.row)} rows, {len(self.answer)} answers, {len(self.reviewer)} reviewers")
        total = self.answer.sum(axis=1)
        if ((self.answer < 0).any(axis=1) | ((total != 0) & ~np.isclose(total, 1))).any():
            raise ValueError("an answer is a distribution over classes, or all zero for an example that is not usable")

    def __len__(self) -> int:
        return len(self.row)

    def take(self, decisions: NDArray[np.bool_]) -> "Reviews":
        return replace(self, row=self.row[decisions], answer=self.answer[decisions], reviewer=self.reviewer[decisions])

    @property
    def usable(self) -> NDArray[np.bool_]:
        return np.asarray(self.answer.any(axis=1))


def no_reviews(classes: int) -> Reviews:
    return Reviews(np.empty(0, np.int64), np.empty((0, classes)), np.empty(0, np.int64), ())


def reviews_of_labels(labels: NDArray[np.int64], classes: int, name: str = "reviewer") -> Reviews:
    """One reviewer's labels, `(example,)`, -1 where the example was not reviewed."""
    rows = np.flatnonzero(labels >= 0)
    return Reviews(rows, np.eye(classes)[labels[rows]], np.zeros(len(rows), np.int64), (name,))


def reviews_of_decisions(answered: Iterable[tuple[int, Mapping[str, Decision]]], class_names: Sequence[str]) -> Reviews:
    """Rows with the answers of each reviewer that stand, as arrays; classes are numbered as in `class_names`."""
    standing = [(row, decision) for row, answers in answered for decision in answers.values()]
    names = sorted({decision.reviewer for _, decision in standing})
    number_of = {name: number for number, name in enumerate(names)}
    class_of = {name: label for label, name in enumerate(class_names)}
    answer = np.zeros((len(standing), len(class_of)))
    for place, (_, decision) in enumerate(standing):
        for label in decision.labels:
            answer[place, class_of[label]] = 1 / len(decision.labels)
    return Reviews(
        row=np.array([row for row, _ in standing], dtype=np.int64),
        answer=answer,
        reviewer=np.array([number_of[decision.reviewer] for _, decision in standing], dtype=np.int64),
        reviewer_names=tuple(names),
    )
