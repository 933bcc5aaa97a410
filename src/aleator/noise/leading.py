"""Many classes: each example's likeliest ones are kept singly, and what is left to all others is one number.

The hypotheses are those of `hypotheses.py`, learned the same way, but nothing here is `(example, class)` or
`(class, class)`: how often a label is right is each class's own, pairs of classes that were seen together have a number
each, and for all others it counts only which label was given.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import coo_array, csr_array

from aleator.noise.crowd import Crowd
from aleator.noise.hypotheses import (
    DOUBTS,
    FIRST_PASSES,
    NEVER,
    PASSES,
    RELUCTANCES,
    SMALLEST,
    USUAL_CLOSE_CALLS,
    close_calls,
    crowds_believed,
)
from aleator.noise.label_noise import FLOOR, Floats, LabelNoise
from aleator.noise.likelihood import SHARPNESS_DEVIATION, SHIFT_DEVIATION
from aleator.rows import blocks, evenly

Labels = NDArray[np.int64]
ENOUGH = 60_000
"""So many examples tell how labels err."""


@dataclass(frozen=True)
class LeadingClasses:
    """What a classifier says of each example, of its likeliest classes one by one."""

    label: Labels
    """`(example, place)`, no class twice in a row; -1 where there are fewer."""
    log_probs: NDArray[np.float32]
    """`(example, place)`, none below the floor; `NEVER` where there is no class."""
    other: NDArray[np.float32]
    """Log-probability of each of the other classes, who share what is left, `(example,)`; none below the floor."""
    classes: int

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: "Labels | slice") -> "LeadingClasses":
        return LeadingClasses(self.label[rows], self.log_probs[rows], self.other[rows], self.classes)

    @property
    def others(self) -> Labels:
        """How many classes are not kept singly, `(example,)`."""
        return np.asarray(self.classes - (self.label >= 0).sum(axis=1))

    def with_given(self, given: Labels) -> "LeadingClasses":
        """With the given label (-1 none) kept singly in one more place, where it is not among the likeliest."""
        there = (given < 0) | (self.label == given[:, None]).any(axis=1)
        return LeadingClasses(
            np.concatenate([self.label, np.where(there, -1, given)[:, None]], axis=1),
            np.concatenate([self.log_probs, np.where(there, NEVER, self.other)[:, None]], axis=1),
            self.other,
            self.classes,
        )


def leading_classes(label: Labels, probs: NDArray[np.floating[Any]], classes: int) -> LeadingClasses:
    """From classes `(example, place)`, -1 none, and their probabilities; what these leave of one is the others'."""
    named = label >= 0
    log_probs = np.log(np.maximum(probs, np.exp(FLOOR), dtype=np.float32))
    left = np.maximum(1 - np.where(named, probs, 0).sum(axis=1, dtype=np.float64), 0)
    each = left / np.maximum(classes - named.sum(axis=1), 1)
    other = np.log(np.maximum(each, np.exp(FLOOR))).astype(np.float32)
    return LeadingClasses(label, np.where(named, log_probs, NEVER), other, classes)


@dataclass(frozen=True)
class SparseConfusion:
    """A transition matrix that is `right` on its diagonal, and `scale[true] * (seen[true, given] + column[given])`
    beside it."""

    right: Floats
    scale: Floats
    column: Floats
    """`(class,)` each."""
    seen: csr_array
    """`(true, given)`, nothing on the diagonal."""

    def at(self, true: Labels, given: Labels) -> NDArray[np.float32]:
        """P(given | true), `(example, place)`, of true labels `(example, place)` (-1: zero) and given `(example,)`."""
        t, g = np.maximum(true, 0), np.broadcast_to(np.maximum(given, 0)[:, None], true.shape)
        seen = np.asarray(self.seen[t.ravel(), g.ravel()]).reshape(true.shape)
        return np.where(true < 0, 0, np.where(t == g, self.right[t], self.scale[t] * (seen + self.column[g]))).astype(
            np.float32
        )

    def of_others(self, named: NDArray[np.float32], given: Labels, others: Labels) -> NDArray[np.float32]:
        """Its mean over the classes that are not kept singly, `(example,)`; `named` are those that are."""
        g = np.maximum(given, 0)
        rest = self.column_sums[g] - named.sum(axis=1, dtype=np.float64)
        return np.asarray(np.maximum(rest, 0) / np.maximum(others, 1), dtype=np.float32)

    @property
    def column_sums(self) -> Floats:
        beside = self.seen.T @ self.scale + self.column * (self.scale.sum() - self.scale)
        return np.asarray(self.right + beside)


@dataclass(frozen=True)
class LeadingNoise:
    """As `LabelNoise`, with a confusion that needs no `(class, class)`."""

    sharpness: float
    shift: Floats
    confusion: SparseConfusion

    def log_answer(self, leading: LeadingClasses) -> NDArray[np.float32]:
        """Logarithm of the probability of each answer, `(example, place + 1)`: the last is all others together."""
        shift = self.shift.astype(np.float32)
        logits = np.empty((len(leading), leading.label.shape[1] + 1), dtype=np.float32)
        named = leading.label >= 0
        logits[:, :-1] = np.where(
            named, np.float32(self.sharpness) * leading.log_probs + shift[np.maximum(leading.label, 0)], NEVER
        )
        logits[:, -1] = np.float32(self.sharpness) * leading.other + np.log(self.others_weight(leading))
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return np.asarray(np.maximum(logits, NEVER))

    def others_weight(self, leading: LeadingClasses) -> NDArray[np.float32]:
        """Sum of `exp(shift)` over the classes that are not kept singly, `(example,)`."""
        weights = np.exp(self.shift)
        named = np.where(leading.label >= 0, weights[np.maximum(leading.label, 0)], 0).sum(axis=1)
        return np.asarray(np.maximum(weights.sum() - named, SMALLEST), dtype=np.float32)


@dataclass(frozen=True)
class LeadingHypotheses:
    """Crowds with their probabilities, over leading classes."""

    noises: tuple[LeadingNoise, ...]
    crowds: tuple[tuple[int, float], ...]
    """Which of the noises, and the doubt."""
    weights: Floats
    left_open: float

    def posterior(self, leading: LeadingClasses, given: Labels) -> NDArray[np.float32]:
        """Probability that a class is the right label, over all hypotheses, `(example, place + 1)`: of each leading
        class, and of all others together. Given labels that are not among the leading classes are among the others."""
        result = np.zeros((len(leading), leading.label.shape[1] + 1), dtype=np.float32)
        for rows in blocks(len(leading), result.shape[1] * 4):
            for weight, said in self._under_each(leading.take(rows), given[rows]):
                result[rows] += np.float32(weight) * said
        return result

    def each_of(self, label: Labels, leading: LeadingClasses, given: Labels) -> NDArray[np.float32]:
        """Probability under each hypothesis that a label `(example,)` is right, `(hypothesis, example)`; it is told
        apart, and so is the given one."""
        result = np.zeros((len(self.crowds), len(leading)), dtype=np.float32)
        for rows in blocks(len(leading), (leading.label.shape[1] + 1) * 4):
            some = leading.take(rows)
            own = some.label == label[rows][:, None]
            for number, (_, said) in enumerate(self._under_each(some, given[rows])):
                result[number, rows] = np.where(own, said[:, :-1], 0).sum(axis=1)
        return result

    def _under_each(self, leading: LeadingClasses, given: Labels) -> Iterator[tuple[float, NDArray[np.float32]]]:
        before = -1
        others = leading.others
        for (number, doubt), weight in zip(self.crowds, self.weights.tolist(), strict=True):
            if number != before:
                noise, before = self.noises[number], number
                log_q = noise.log_answer(leading)
                named = noise.confusion.at(leading.label, given)
                of_given = np.column_stack([named, noise.confusion.of_others(named, given, others)])
            said = _crowd(doubt).first_choice(log_q, of_given, given >= 0)
            said[:, :-1][leading.label < 0] = 0
            yield weight, said / said.sum(axis=1, keepdims=True)


def _crowd(doubt: float) -> Crowd:
    """One whose noise is told to it."""
    return Crowd(LabelNoise(1.0, np.zeros(0), np.zeros((0, 0))), doubt)


def explain_leading(
    leading: LeadingClasses, given: Labels, on_noise: Callable[[int, int], None] = lambda completed, total: None
) -> LeadingHypotheses:
    """As `explain`, for a classifier that says only what it holds likeliest; `given` `(example,)`, -1 no label."""
    rows = evenly(np.flatnonzero(given >= 0), ENOUGH)
    some, labels = leading.take(rows).with_given(given[rows]), given[rows]
    noises: list[LeadingNoise] = []
    for number, reluctance in enumerate(RELUCTANCES):
        right_counts = 1 + reluctance * len(labels) / leading.classes
        start = noises[-1] if noises else None
        noises.append(_learn(some, labels, right_counts, start, PASSES if noises else FIRST_PASSES))
        on_noise(number + 1, len(RELUCTANCES))
    answers = np.exp(noises[0].log_answer(some)[:, :-1])
    left_open = float(1 - answers.max(axis=1).mean()) if len(rows) else 0.0
    close = close_calls(some.log_probs) if len(rows) else USUAL_CLOSE_CALLS
    kept, weights = crowds_believed(left_open, close)
    crowds = tuple((place // len(DOUBTS), DOUBTS[place % len(DOUBTS)]) for place in kept.tolist())
    return LeadingHypotheses(tuple(noises), crowds, weights, left_open)


def _learn(
    leading: LeadingClasses, given: Labels, right_counts: float, start: LeadingNoise | None, passes: int
) -> LeadingNoise:
    """Expectation and maximisation, as `learn_label_noise`."""
    classes, design = leading.classes, _Design(leading)
    if start is None:
        first = np.zeros(leading.label.shape, dtype=np.float64)
        first[np.arange(len(leading)), leading.log_probs.argmax(axis=1)] = 1
        x, confusion = np.zeros(1 + classes), _confusion(leading, given, first, np.zeros(len(leading)), right_counts)
    else:
        x, confusion = np.append(np.log(start.sharpness), start.shift), start.confusion
    for _ in range(passes):
        named = confusion.at(leading.label, given)
        p_given = np.column_stack([named, confusion.of_others(named, given, leading.others)])
        loss, options = design.minus_log_posterior, {"maxiter": 10}
        x = minimize(loss, x, args=(p_given,), jac=True, method="L-BFGS-B", options=options).x
        noise = LeadingNoise(float(np.exp(x[0])), x[1:], confusion)
        truth: Floats = np.exp(noise.log_answer(leading), dtype=np.float64)
        truth *= p_given
        truth /= np.maximum(truth.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        confusion = _confusion(leading, given, truth[:, :-1], truth[:, -1], right_counts)
    return LeadingNoise(noise.sharpness, noise.shift, confusion)


class _Design:
    """What does not change while sharpness and shifts are looked for."""

    def __init__(self, leading: LeadingClasses) -> None:
        named, highest = leading.label >= 0, leading.log_probs.max(axis=1, keepdims=True)
        self.classes = leading.classes
        self.label = np.where(named, leading.label, leading.classes)  # a class more, of no weight
        self.log_probs = np.where(named, leading.log_probs - highest, np.float32(0))
        self.other = leading.other - highest[:, 0]

    def minus_log_posterior(self, x: Floats, p_given: NDArray[np.float32]) -> tuple[float, Floats]:
        """Of log-sharpness and shifts, given `P(label | true)` `(example, place + 1)`; and its gradient."""
        sharpness, weights = np.float32(np.exp(x[0])), np.append(np.exp(x[1:]), 0).astype(np.float32)
        weight = weights[self.label]
        others = np.maximum(weights.sum() - weight.sum(axis=1), SMALLEST)
        pull = np.empty_like(p_given)
        q = np.empty_like(p_given)
        np.exp(self.log_probs * sharpness, out=q[:, :-1])
        q[:, :-1] *= weight
        q[:, -1] = np.exp(self.other * sharpness) * others
        total = q.sum(axis=1)
        joint = np.maximum(np.einsum("np,np->n", q, p_given), SMALLEST)
        np.divide(p_given, joint[:, None], out=pull)
        pull -= 1 / total[:, None]
        pull *= q
        share = pull[:, -1] / others
        weight *= share[:, None]
        moved = np.bincount(self.label.ravel(), (pull[:, :-1] - weight).ravel(), minlength=self.classes + 1)[:-1]
        moved += weights[:-1] * share.sum(dtype=np.float64)
        turned = float(np.vdot(pull[:, :-1], self.log_probs)) + float(np.vdot(pull[:, -1], self.other))
        deviation = np.concatenate([[SHARPNESS_DEVIATION], np.full(len(x) - 1, SHIFT_DEVIATION)])
        value = -np.log(joint / total, dtype=np.float64).sum() + 0.5 * ((x / deviation) ** 2).sum()
        return float(value), -np.concatenate([[turned * sharpness], moved]) + x / deviation**2


def _confusion(
    leading: LeadingClasses, given: Labels, truth: Floats, of_others: Floats, right_counts: float
) -> SparseConfusion:
    """By what is believed of the truth: of leading classes `(example, place)`, and of all others `(example,)`, who
    share it."""
    classes = leading.classes
    label, answer = leading.label, np.broadcast_to(given[:, None], leading.label.shape)
    own, beside = label == answer, (label >= 0) & (label != answer)
    right = np.bincount(label[own], truth[own], minlength=classes) + 1 / classes + right_counts
    column = np.bincount(given, of_others, minlength=classes) / classes + 1 / classes
    seen = coo_array((truth[beside], (label[beside], answer[beside])), shape=(classes, classes)).tocsr()
    wrong = np.asarray(seen.sum(axis=1)) + column.sum() - column
    right = right / (right + wrong)
    return SparseConfusion(right, (1 - right) / np.maximum(wrong, np.finfo(float).tiny), column, seen)
