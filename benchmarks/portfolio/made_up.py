"""Data sets made up from nothing: a crowd, a way to err and a learner, each drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE_FREE_SHARE = 0.1
"""Of the sets that have no wrong label."""


@dataclass(frozen=True)
class MadeUp:
    """One made-up set, and what a learner that has not seen the labels says of it."""

    given: NDArray[np.int64]
    truth: NDArray[np.int64]
    classes: int
    features: NDArray[np.float32]
    ambiguous: NDArray[np.bool_]
    pred_probs: NDArray[np.float64]


def made_up_sets(count: int, *, seed: int) -> Iterator[MadeUp]:
    """The sets of one seed: 2 to 100 classes, 300 to 20,000 examples, balanced to 100 : 1, clean to 45 % wrong.

    An example has logits `z`, which the features show with error; the crowd's distribution is `softmax(z / ease)`. A
    given label is the crowd's first choice seen through a confusion matrix, or the answer of one of the crowd seen
    through it. The learner's probabilities are what an ideal learner says who sees the features, and knows how often
    each label is given, but is too sure or not sure enough of itself.
    """
    for number in range(count):
        yield _made_up(np.random.default_rng([seed, number]))


def _made_up(random: np.random.Generator) -> MadeUp:
    classes = int(random.choice([2, 3, 5, 7, 10, 20, 100], p=[0.15, 0.15, 0.2, 0.15, 0.2, 0.1, 0.05]))
    examples = int(np.exp(random.uniform(np.log(max(300, 30 * classes)), np.log(20_000))))
    imbalance = np.exp(random.uniform(0, np.log(100)) * (random.random() < 0.5))
    share = np.geomspace(1, 1 / imbalance, classes)
    share /= share.sum()
    kind = random.choice(classes, size=examples, p=share)
    separation, doubt = random.uniform(3, 9), random.uniform(0.3, 2.5)
    centres = random.standard_normal((classes, classes)) * 0.7 + separation * np.eye(classes)
    logits = centres[kind] + random.standard_normal((examples, classes)) * random.uniform(0.7, 2.0)
    truth = logits.argmax(axis=1)
    ease = np.exp(random.uniform(np.log(0.3), np.log(1.5)))
    crowd = np.exp((logits - logits.max(axis=1, keepdims=True)) / ease)
    crowd /= crowd.sum(axis=1, keepdims=True)

    confusion = _confusion(classes, random)
    by_one_of_the_crowd = random.random() < 0.6
    asked = crowd if by_one_of_the_crowd else np.eye(classes)[truth]
    given = truth if random.random() < NOISE_FREE_SHARE else _drawn(asked @ confusion, random)

    seen = logits + doubt * random.standard_normal(logits.shape)
    # What the features leave open flattens what an ideal learner says of the next answer.
    told = np.exp((seen - seen.max(axis=1, keepdims=True)) / np.hypot(ease, 0.8 * doubt))
    told /= told.sum(axis=1, keepdims=True)
    told = (told @ confusion if given is not truth else told) ** np.exp(random.normal(0, 0.25))
    return MadeUp(
        given,
        truth,
        classes,
        seen.astype(np.float32),
        crowd.max(axis=1) <= 0.6,
        told / told.sum(axis=1, keepdims=True),
    )


def _confusion(classes: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Errors at most as often as 45 %: everywhere alike, towards few classes, or more in some classes than others."""
    rate = random.uniform(0, 0.45) * random.random(classes) ** random.choice([0.0, 1.0])
    towards = random.dirichlet(np.full(classes, random.choice([0.2, 1.0, 20.0])), size=classes)
    towards = towards * (1 - np.eye(classes)) + 1e-9 * (1 - np.eye(classes))
    towards /= towards.sum(axis=1, keepdims=True)
    return np.asarray(rate[:, None] * towards + np.diag(1 - rate))


def _drawn(shares: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    return np.asarray((random.random((len(shares), 1)) > shares.cumsum(axis=1)[:, :-1]).sum(axis=1))
