"""The reviewers side by side: what each answers, and how far they agree."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.decisions.decision import LABEL, Decision
from aleator.review.board import Board

LONGEST_LOOK = 60.0
"""Seconds: whoever takes longer was away."""


@dataclass(frozen=True)
class Person:
    """One reviewer's work."""

    name: str
    reviewed: int
    changed: int
    """Answers without the given label among them."""
    ambiguous: int
    unusable: int
    median_seconds: float | None
    changed_per_minute: float | None
    """Labels changed per minute of looking."""
    shared: int
    """Examples that somebody else answered too."""
    agreed: float | None
    """Share of those where the answers are the same; None without any."""
    kappa: float | None
    """The agreement beyond chance; see `chance_corrected`."""
    confusion: NDArray[np.float64]
    """Given label against answer, `(class, class)`; an ambiguous answer is shared equally."""


@dataclass(frozen=True)
class Disagreement:
    row: int
    answers: list[tuple[str, Decision]]


def people(board: Board) -> list[Person]:
    """Everybody who has a standing answer, the busiest first."""
    class_of = {name: label for label, name in enumerate(board.examples.class_names)}
    own: dict[str, list[tuple[int, Decision]]] = {}
    pairs: dict[str, list[tuple[Decision, Decision]]] = {}
    for row, answers in board.answered():
        for name, decision in answers.items():
            own.setdefault(name, []).append((int(board.examples.given[row]), decision))
            others = [other for other_name, other in answers.items() if other_name != name]
            pairs.setdefault(name, []).extend((decision, other) for other in others)
    found = [_person(name, decisions, pairs[name], class_of) for name, decisions in own.items()]
    return sorted(found, key=lambda person: (-person.reviewed, person.name))


def disagreements(board: Board, most: int = 200) -> list[Disagreement]:
    """Examples on which reviewers' standing answers differ."""
    rows = np.flatnonzero(board.disagreed)[:most].tolist()
    return [Disagreement(row, sorted(board.standing(row).items())) for row in rows]


def changed_per_minute(answers: Iterable[tuple[bool, float | None]]) -> float | None:
    """Changed labels per minute of looking, of answers that tell how long they took; None without any."""
    timed = [(changed, min(seconds, LONGEST_LOOK)) for changed, seconds in answers if seconds is not None]
    minutes = sum(seconds for _, seconds in timed) / 60
    return sum(changed for changed, _ in timed) / minutes if minutes else None


def chance_corrected(pairs: list[tuple[Decision, Decision]]) -> float | None:
    """Cohen's kappa of pairs of answers (Educational and Psychological Measurement 20, 1960).

    Each different answer is a category of its own. None without pairs, or where chance alone would agree always.
    """
    if not pairs:
        return None
    first, second = [_category(one) for one, _ in pairs], [_category(other) for _, other in pairs]
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / len(pairs)
    chance = sum(first.count(kind) * second.count(kind) for kind in set(first)) / len(pairs) ** 2
    return None if chance >= 1 else (observed - chance) / (1 - chance)


def _person(
    name: str,
    decisions: list[tuple[int, Decision]],
    pairs: list[tuple[Decision, Decision]],
    class_of: dict[str, int],
) -> Person:
    confusion = np.zeros((len(class_of), len(class_of)))
    changed = 0
    for given, decision in decisions:
        labels = [class_of[label] for label in decision.labels]
        changed += given not in labels
        if given >= 0 and labels:
            confusion[given, labels] += 1 / len(labels)
    seconds = [decision.seconds for _, decision in decisions if decision.seconds is not None]
    agreed = [_category(one) == _category(other) for one, other in pairs]
    return Person(
        name=name,
        reviewed=len(decisions),
        changed=changed,
        ambiguous=sum(len(decision.labels) > 1 for _, decision in decisions),
        unusable=sum(not decision.labels for _, decision in decisions),
        median_seconds=float(np.median(seconds)) if seconds else None,
        changed_per_minute=changed_per_minute(
            (given not in [class_of[label] for label in decision.labels], decision.seconds)
            for given, decision in decisions
        ),
        shared=len(pairs),
        agreed=float(np.mean(agreed)) if agreed else None,
        kappa=chance_corrected(pairs),
        confusion=confusion,
    )


def _category(decision: Decision) -> tuple[str, ...]:
    return decision.labels if decision.kind == LABEL else (decision.kind, *sorted(decision.labels))
