"""How given labels err, learned from nothing but the labels and what a network says of the examples."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import entr, log_softmax, logsumexp
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]

ENOUGH = 20_000
"""So many examples tell how labels err; more would only take longer."""
PASSES = 15
LEAST = -9.0
"""No log-probability counts for less: a probability of zero is a claim that nobody can hold."""
SHARPNESS_DEVIATION, SHIFT_DEVIATION = 1.0, 1.0
"""Of the logarithm of the sharpness, and of the shift of a class in logits, before anything is seen."""
ALIKE = 0.2
"""How firmly the classes are held to have equal shares of wrong labels. What a classifier learns with a confusion
agrees with it: without a hold, that of a class that is rare or hard to see drifts to right labels."""


@dataclass(frozen=True)
class LabelNoise:
    """A label is drawn from `sum_t q(t) confusion[t, label]`, with `q = softmax(sharpness * log_probs + shift)`."""

    sharpness: float
    shift: Floats
    """In logits, `(class,)`."""
    confusion: Floats
    """`(true, given)`, each row a distribution."""

    def posterior(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Of the true label where the given one is known, `(example, class)`."""
        log_q = self._log_truth(log_probs)
        with np.errstate(divide="ignore"):  # a confusion that somebody gave may hold zeros
            return np.asarray(np.exp(log_softmax(log_q + np.log(self.confusion)[:, given_label].T, axis=1)))

    def p_mislabelled(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Probability that the given label is not the true one, `(example,)`."""
        return np.asarray(1 - self.posterior(log_probs, given_label)[np.arange(len(given_label)), given_label])

    def p_given(self, log_probs: Floats, given_label: NDArray[np.int64]) -> Floats:
        """Probability of the given label before it is known, `(example,)`."""
        p_label = np.exp(self._log_truth(log_probs)) @ self.confusion
        return np.asarray(p_label[np.arange(len(given_label)), given_label])

    def explained(self, log_probs: Floats, given_label: NDArray[np.int64]) -> float:
        """Share of the labels' entropy that the classifier and the confusion explain; at most 1, 0 by class shares."""
        share = np.bincount(given_label) / len(given_label)
        unexplained = -np.log(self.p_given(log_probs, given_label)).mean()
        return float(1 - unexplained / max(entr(share).sum(), np.finfo(float).tiny))

    def _log_truth(self, log_probs: Floats) -> Floats:
        return np.asarray(log_softmax(self.sharpness * np.maximum(log_probs, LEAST) + self.shift, axis=1))


def learn_label_noise(
    log_probs: Floats,
    given_label: NDArray[np.int64],
    *,
    right_counts: float = 10.0,
    alike: float = 0.0,
    shifted: bool = True,
) -> LabelNoise:
    """Expectation and maximisation over sharpness, shift and confusion (Dawid & Skene 1979 with a calibrated
    classifier as the prior).

    A classifier that was trained on noisy labels is unsure by as much as they are noisy: here the noise goes to the
    confusion, and the classifier becomes as sure as it should be. The likelihood tells the two apart by the shape of
    what the classifier says: honest doubt differs from example to example. It must not have memorised the labels.

    Args:
        log_probs: `(example, class)`, up to a constant in each row; what lies below `LEAST` counts as that.
        given_label: `(example,)`.
        right_counts: Dirichlet counts of the confusion before anything is seen: so many for a right label, and one
            for all wrong ones together.
        alike: how firmly the classes are held to have equal shares of wrong labels, in imagined examples of each for
            one that a class has on average. Which labels the wrong ones are is each class's own.
        shifted: the classifier may over- and underrate whole classes, as one that resists its labels does. What is
            told the confusion while it learns has no reason to: and a shift would let it take labels that are often
            exchanged for honest doubt between two classes.
    """
    log_probs, classes = np.maximum(log_probs, LEAST), log_probs.shape[1]
    prior, imagined = 1 / classes + right_counts * np.eye(classes), alike * len(given_label) / classes
    confusion = _confusion(np.eye(classes)[log_probs.argmax(axis=1)], given_label, prior, imagined)
    free, x = (None, None), np.zeros(1 + classes)
    bounds = [free] + classes * [free if shifted else (0.0, 0.0)]
    for _ in range(PASSES):
        log_of_label = np.log(confusion)[:, given_label].T
        x = minimize(
            _minus_log_posterior, x, args=(log_probs, log_of_label), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 10},
        ).x  # fmt: skip
        noise = LabelNoise(float(np.exp(x[0])), x[1:], confusion)
        confusion = _confusion(noise.posterior(log_probs, given_label), given_label, prior, imagined)
    return replace(noise, confusion=confusion)


def learn_corrected_noise(log_probs: Floats, given_label: NDArray[np.int64]) -> LabelNoise:
    """`learn_label_noise` for a classifier that is told the confusion while it learns (forward correction)."""
    with threadpool_limits(1, "blas"):  # small matrices: threads that wait for each other cost more
        return learn_label_noise(log_probs, given_label, alike=ALIKE, shifted=False)


def _minus_log_posterior(x: Floats, log_probs: Floats, log_of_label: Floats) -> tuple[float, Floats]:
    """Of log-sharpness and shifts, given the confusion; and its gradient."""
    sharpness = np.exp(x[0])
    log_q = log_softmax(sharpness * log_probs + x[1:], axis=1)
    joint = log_q + log_of_label
    likelihood = logsumexp(joint, axis=1, keepdims=True)
    pull = np.exp(joint - likelihood) - np.exp(log_q)
    deviation = np.concatenate([[SHARPNESS_DEVIATION], np.full(len(x) - 1, SHIFT_DEVIATION)])
    value = -likelihood.sum() + 0.5 * ((x / deviation) ** 2).sum()
    gradient = -np.concatenate([[(pull * log_probs).sum() * sharpness], pull.sum(axis=0)]) + x / deviation**2
    return float(value), gradient


def _confusion(truth: Floats, label: NDArray[np.int64], prior: Floats, imagined: float) -> Floats:
    """`(true, given)`, each row a distribution. The classes share how often a label is wrong, not which it then is.

    `prior` are counts, and `imagined` examples of each class err as often as all.
    """
    counts = prior.copy()
    np.add.at(counts.T, label, truth)
    right = (counts.diagonal() + imagined * np.trace(counts) / counts.sum()) / (counts.sum(axis=1) + imagined)
    wrong = counts * (1 - np.eye(len(counts)))
    shares = wrong / np.maximum(wrong.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.asarray(np.diag(right) + (1 - right)[:, None] * shares)
