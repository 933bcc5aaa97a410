"""Several ways to explain the same labels, none of which the labels alone can rule out, each with its probability.

Where a classifier and a label differ, the label may be wrong, the crowd may be of two minds, or the classifier may not
know. Of the labels that a confusion gives alike whatever the example, the likelihood tells. Of the rest it tells next
to nothing: a classifier that is half sure may know a crowd that is half sure, or may know half of it. Hence Bayesian
model averaging (Hoeting et al. 1999): a grid of crowds, from those that leave all doubt to the classifier to those
that leave none, and from no confusion to whatever confusion fits best. The prior over the grid was chosen on data sets
whose right labels are known; what people say of some examples then weighs the hypotheses anew.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from aleator.noise.crowd import Crowd
from aleator.noise.label_noise import Floats, LabelNoise, centred, nothing_known
from aleator.noise.likelihood import learn_label_noise
from aleator.rows import Rows, evenly

DOUBTS = (0.5, 1.2, 3.0, 8.0, np.inf)
"""From a crowd that is known well to one of one mind: the first leaves much of what the classifier is unsure of to the
crowd, the last all to the classifier. In the prior the last counts as `LARGEST_DOUBT`."""
LARGEST_DOUBT = 20.0
RELUCTANCES = (0.03, 0.1, 0.3, 1e6)
"""How many imagined right labels, for one that there is, speak against a confusion; the last allows none."""
DOUBT_AT_BEST, DOUBT_FOR_WEAKNESS, DOUBT_DEVIATION = 0.8, 5.0, 2.9
"""The prior of the logarithm of the doubt: its mean for a classifier that is sure of everything, how much more it is
for one that is sure of nothing, and its standard deviation. The more a classifier leaves open, the less of that is the
crowd's."""
DOUBT_FOR_CLOSE_CALLS, USUAL_CLOSE_CALLS = 12.0, 0.27
"""How much more that mean is for each `close_calls` above the usual ones. Where hardly any call is close, the classes
lie apart in what the classifier sees (the cluster assumption, Chapelle & Zien 2005): its first choice can be believed
though it is unsure which label was given, and the doubt is small.

All were chosen on one half of the portfolio's rows (`benchmarks/portfolio`); the last two made the other half better,
too. Of fifteen properties of a data set that were tried (accuracy, numbers of examples and classes, calibration,
entropy, what a confusion explains, ...) this one told most of the doubt of kinds of data that it was not fitted on."""
RELUCTANCE_FOR_WEAKNESS, RELUCTANCE_DEVIATION = 6.0, 0.8
"""The prior of the position in `RELUCTANCES`: its mean for a classifier that is sure of nothing (0 for one that is sure
of everything), and its standard deviation. A weak classifier gains from a confusion even where no label is wrong."""
LEAST_WEIGHT = 0.02
"""Hypotheses that are less probable than this are left out."""
ENOUGH, ENOUGH_PER_CLASS = 4000, 60
"""So many examples tell the confusion; with many classes, more."""
MOST_CLASSES, LEADING = 24, 8
"""With more classes than the first, an example's so many likeliest ones are kept singly, and its given label."""
NEVER, SMALLEST = np.float32(-60.0), np.float32(1e-20)
"""The logarithm of a probability that is none, and the least that is left to all other classes."""
FIRST_PASSES, PASSES = 10, 4
"""Of expectation and maximisation, for the first confusion and for those that begin with the one before."""


@dataclass(frozen=True)
class Hypotheses:
    """Crowds with their probabilities. Below, `log_probs` are `centred` log-probabilities `(example, class)`."""

    crowds: tuple[Crowd, ...]
    weights: Floats
    """`(hypothesis,)`, sum to one."""
    left_open: float
    """How unsure the classifier remains once a confusion has explained what it can: one minus the mean of its largest
    probabilities."""

    def posterior(self, log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]) -> NDArray[np.float32]:
        """Probability that a class is the right label, over all hypotheses, `(example, class)`."""
        if log_probs.shape[1] > MOST_CLASSES:
            return self._of_leading_classes(log_probs, given_label)
        result = np.zeros(log_probs.shape, dtype=np.float32)
        for crowd, weight in zip(self.crowds, self.weights, strict=True):
            result += np.float32(weight) * crowd.posterior(log_probs, given_label)
        return result

    def _of_leading_classes(
        self, log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """With many classes, each example's likeliest ones and its given label are kept singly, and the others are one
        class more, whose part each of them has by what the classifier says of it."""
        rows = np.arange(len(log_probs))[:, None]
        leading = np.argpartition(log_probs, -LEADING, axis=1)[:, -LEADING:]
        candidates = np.concatenate([leading, np.maximum(given_label, 0)[:, None]], axis=1)
        # The given label may be among the likeliest: then it stands there twice, and the second is not counted.
        twice = (leading == candidates[:, -1:]).any(axis=1) | (given_label < 0)
        result = np.zeros(log_probs.shape, dtype=np.float32)
        for crowd, weight in zip(self.crowds, self.weights, strict=True):
            log_q = crowd.log_answer(log_probs)
            few = np.empty((len(rows), LEADING + 2), dtype=np.float32)
            few[:, :-1] = log_q[rows, candidates]
            few[twice, -2] = NEVER
            rest = np.maximum(1 - np.exp(few[:, :-1]).sum(axis=1), SMALLEST)
            few[:, -1] = np.log(rest)
            noted = crowd.noise.confusion.astype(np.float32)[candidates, np.maximum(given_label, 0)[:, None]]
            elsewhere = (
                crowd.noise.confusion.sum(axis=0)[np.maximum(given_label, 0)] - noted[:, :-1].sum(axis=1)
            ) / max(1, log_probs.shape[1] - LEADING)
            of_given = np.concatenate([noted, np.maximum(elsewhere, 0)[:, None]], axis=1).astype(np.float32)
            few = crowd.first_choice(few, of_given, given_label >= 0) * np.float32(weight)
            few[twice, -2] = 0
            np.exp(log_q, out=log_q)
            log_q[rows, candidates] = 0
            log_q *= (few[:, -1] / np.maximum(log_q.sum(axis=1), SMALLEST))[:, None]
            result += log_q
            for place in range(LEADING + 1):
                result[rows[:, 0], candidates[:, place]] += few[:, place]
        return result

    def each(self, log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]) -> NDArray[np.float32]:
        """The same under each hypothesis, `(hypothesis, example, class)`."""
        return np.stack([crowd.posterior(log_probs, given_label) for crowd in self.crowds])

    def weighed(self, log_evidence: Floats) -> "Hypotheses":
        """After something was seen that has this log-likelihood under each hypothesis, `(hypothesis,)`."""
        log_weights = np.log(self.weights) + log_evidence
        kept, weights = _probable(np.exp(log_weights - logsumexp(log_weights)))
        return Hypotheses(tuple(self.crowds[one] for one in kept.tolist()), weights, self.left_open)

    @property
    def confusion(self) -> Floats:
        """What is expected of the confusion, `(true, given)`."""
        return np.asarray(np.tensordot(self.weights, [crowd.noise.confusion for crowd in self.crowds], axes=1))


def drawn(weights: Floats, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Numbers of hypotheses with these probabilities, each as often as it is probable, in random order, `(draw,)`."""
    share = (random.permutation(count) + random.random()) / count
    return np.asarray(np.searchsorted(weights.cumsum(), share).clip(max=len(weights) - 1))


def only(crowd: Crowd) -> Hypotheses:
    """No other explanation is thought of."""
    return Hypotheses((crowd,), np.ones(1), 0.0)


def explain(log_probs: Rows, given_label: NDArray[np.int64]) -> Hypotheses:
    """The hypotheses for a classifier that has not seen the labels: `log_probs` `(example, class)`, `given_label`
    `(example,)`, -1 where there is none."""
    classes = log_probs.shape[1]
    rows = evenly(np.flatnonzero(given_label >= 0), max(ENOUGH, ENOUGH_PER_CLASS * classes))
    if not len(rows):
        return only(Crowd(nothing_known(classes), np.inf))
    logits, labels = centred(log_probs[rows]), given_label[rows]
    noises: list[LabelNoise] = []
    for reluctance in RELUCTANCES:
        noises.append(
            learn_label_noise(
                logits,
                labels,
                right_counts=1 + reluctance * len(labels) / classes,
                start=noises[-1] if noises else None,
                passes=PASSES if noises else FIRST_PASSES,
            )
        )
    left_open = float(1 - noises[0].answers(logits).max(axis=1).mean())
    kept, weights = crowds_believed(left_open, close_calls(logits))
    crowds = [Crowd(noise, doubt) for noise in noises for doubt in DOUBTS]
    return Hypotheses(tuple(crowds[one] for one in kept.tolist()), weights, left_open)


def crowds_believed(left_open: float, close: float) -> tuple[NDArray[np.int64], Floats]:
    """Which places of the grid (reluctance, doubt) are not too improbable before people said anything, and their
    probabilities, by what the classifier leaves open and the share of `close_calls`."""
    doubts = np.log(np.minimum(DOUBTS, LARGEST_DOUBT))
    expected_doubt = (
        DOUBT_AT_BEST + DOUBT_FOR_WEAKNESS * left_open + DOUBT_FOR_CLOSE_CALLS * (close - USUAL_CLOSE_CALLS)
    )
    log_weights = (
        _log_normal(np.arange(len(RELUCTANCES)), RELUCTANCE_FOR_WEAKNESS * left_open, RELUCTANCE_DEVIATION)[:, None]
        + _log_normal(doubts, expected_doubt, DOUBT_DEVIATION)
    ).ravel()
    return _probable(np.exp(log_weights))


def close_calls(logits: NDArray[np.floating[Any]]) -> float:
    """Share of the examples whose two likeliest classes are less than half as far apart as those of most (of three in
    five), by a classifier's logits `(example, class)`. How sure it is of itself, or how noisy the labels that it
    learned from, changes nothing of that."""
    leading = np.partition(logits, -2, axis=1)[:, -2:]
    lead = leading[:, 1] - leading[:, 0]
    return float((lead < np.quantile(lead, 0.6) / 2).mean())


def _probable(weights: Floats) -> tuple[NDArray[np.int64], Floats]:
    kept = np.flatnonzero(weights >= LEAST_WEIGHT)
    return kept, weights[kept] / weights[kept].sum()


def _log_normal(values: NDArray[Any], mean: float, deviation: float) -> Floats:
    logs = -0.5 * ((values - mean) / deviation) ** 2
    return np.asarray(logs - logsumexp(logs))
