"""A crowd, of which each given label is one answer: how probable each class is as its first choice.

What a crowd would answer to an example is a distribution `softmax(z)`. Its first choice, `argmax z`, is the right
label; the given label is the answer of one of the crowd, seen through the source's confusion (Kendall & Gal 2017 have
the random logits, Dawid & Skene 1979 the confusion). `z` is known with error only: what a classifier says, plus
something drawn for each class. Drawn from Gumbel distributions, which differ from Gaussians in little but the tails,
all that is asked of `z` is an integral over one number, the largest logit: it does not depend on which class it belongs
to (McFadden 1974), and given it the others are independent.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import log_softmax

from aleator.noise.label_noise import FLOOR, LabelNoise

LEAST = 1e-30
"""No probability is smaller, so that its logarithm is finite in single precision."""
NODES = 4
"""Of the Gauss-Legendre rule over the largest logit. Twice as many change no probability by more than .002."""
_points, _weights = np.polynomial.legendre.leggauss(NODES)
QUADRATURE = (_points + 1) / 2, _weights / 2
"""Its points and weights from 0 to 1."""
KNOTS = np.linspace(-60.0, 3.0, 1261)
TABLE = np.linspace(-60.0, 0.0125, 4802)
"""Where the integrand is computed, and where it is tabulated from that: so fine that interpolation errs by 2e-5 of a
value at most."""


@dataclass(frozen=True)
class Crowd:
    """How a crowd answers, how its answers were noted, and how well a classifier knows it."""

    noise: LabelNoise
    """Before the given label is known, an answer is drawn from `q(t) = softmax(sharpness * log_probs + shift)`, and
    noted through the confusion."""
    doubt: float
    """How far off the logits `z` of the crowd are known to lie, as the scale of a Gumbel distribution; the answers of
    one example scatter by a scale of one. The larger it is, the more of what the classifier is not sure of is its own
    ignorance; at infinity a crowd is of one mind, and what differs from it is the confusion's doing."""

    def posterior(self, log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]) -> NDArray[np.float32]:
        """Probability that a class is the crowd's first choice, `(example, class)`, where the given label is known, or
        before it is (-1)."""
        of_given = self.noise.confusion.astype(np.float32)[:, np.maximum(given_label, 0)].T
        # Class by class in memory, as `of_given` lies: adding up a few numbers of each row is slow.
        return self.first_choice(np.asfortranarray(self.log_answer(log_probs)), of_given, given_label >= 0)

    def first_choice(
        self, log_q: NDArray[np.float32], of_given: NDArray[np.float32], labelled: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """The posterior by `log q` and `P(given label | answer)`, `(example, class)` each."""
        if np.isinf(self.doubt):
            # A confusion that somebody gave may hold zeros.
            noted = np.float32(self.noise.weight) * np.log(np.maximum(of_given, np.float32(LEAST)))
            return _softmax(log_q + np.where(labelled[:, None], noted, np.float32(0)))
        first, joint = self._joint(log_q, of_given)
        result = joint if labelled.all() else np.where(labelled[:, None], joint, first)
        result /= result.sum(axis=1, keepdims=True)
        return np.asarray(result)

    def log_answer(self, log_probs: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Logarithm of `q`, `(example, class)`: how probable each answer is."""
        scaled = np.maximum(log_probs, FLOOR, dtype=np.float32)
        scaled *= np.float32(self.noise.sharpness)
        scaled += self.noise.shift.astype(np.float32)
        return np.asarray(log_softmax(scaled, axis=1))

    def _joint(
        self, log_q: NDArray[np.float32], of_given: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`P(first choice)`, and `P(first choice, given label)`, each `(example, class)`.

        At each node of the integral the largest logit is known, and the others are as probable as they then are: an
        answer is drawn from the largest and the means of the others' exponentials.
        """
        doubt = float(self.doubt)
        of_given = of_given.T  # class by class, as below
        # The answers' own scatter and the doubt together make them as flat as q is: the crowd itself is sharper.
        log_first = log_q.T * np.float32(np.hypot(1, doubt) / doubt)
        log_first -= log_first.max(axis=0)
        first = np.exp(log_first)
        total = first.sum(axis=0)
        first /= total
        log_first -= np.log(total)
        below, beyond = _places(log_first)
        joint, noted = np.zeros_like(first), np.empty_like(first)
        for (table, rises), weight in zip(_beneath_nodes(doubt), QUADRATURE[1], strict=True):
            others = rises.take(below)
            others *= beyond
            others += table.take(below)
            np.multiply(others, of_given, out=noted)
            total, answers = noted.sum(axis=0), others.sum(axis=0)
            answers += 1
            np.subtract(of_given, noted, out=noted)
            noted += total
            noted /= np.subtract(answers, others, out=others)
            noted *= np.float32(weight)
            joint += noted
        joint *= first
        return first.T, np.maximum(joint, np.float32(LEAST), out=joint).T


@lru_cache(maxsize=32)
def _beneath_nodes(doubt: float) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
    """For each node of the integral, the mean of `exp(z - largest)` for a logit that is not the largest, at the points
    of `TABLE`, which are `log P(first choice)`; and how much it rises from each to the next.

    `x = exp((m - largest) / doubt)` is `P(first choice)` times minus the logarithm of the node; the mean is the
    integral of `(1 + v / x) ** -doubt` over a `v` from the exponential distribution.
    """
    log_v = np.linspace(-50, 4.5, 2000)
    density = np.exp(log_v - np.exp(log_v)) * (log_v[1] - log_v[0])
    mean = CubicSpline(KNOTS, np.exp(-doubt * np.logaddexp(0, log_v - KNOTS[:, None])) @ density)
    each = (mean(np.maximum(TABLE + np.log(-np.log(point)), KNOTS[0])) for point in QUADRATURE[0])
    return tuple((values.astype(np.float32), np.diff(values).astype(np.float32)) for values in each)


def _places(log_first: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The point of `TABLE` below each number, and how far beyond it that is, in steps; changes `log_first`."""
    log_first -= np.float32(TABLE[0])
    log_first *= np.float32(1 / (TABLE[1] - TABLE[0]))
    np.clip(log_first, 0, len(TABLE) - 2, out=log_first)
    below = np.floor(log_first)
    log_first -= below
    return below.astype(np.intp), log_first


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
