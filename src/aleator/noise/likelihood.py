"""How given labels err, by their likelihood under predictions that have not memorised them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from aleator.noise.label_noise import FLOOR, Floats, LabelNoise
from aleator.rows import blocks

ENOUGH = 20_000
"""So many examples tell how labels err; more would only take longer."""
PASSES = 15
IN_CACHE = 20
"""So many times smaller than usual are the blocks that stay in a processor's cache."""
SHARPNESS_DEVIATION, SHIFT_DEVIATION = 1.0, 1.0
"""Of the logarithm of the sharpness, and of the shift of a class in logits, before anything is seen."""
ALIKE = 0.2
"""How firmly the classes are held to have equal shares of wrong labels; chosen on FER+'s majority with 40 % symmetric
noise, where nothing of it costs 6 points of accuracy. What a classifier learns with a confusion
agrees with it: without a hold, that of a class that is rare or hard to see drifts to right labels."""


def learn_label_noise(
    log_probs: Floats,
    given_label: NDArray[np.int64],
    *,
    right_counts: float = 10.0,
    alike: float = 0.0,
    shifted: bool = True,
    start: LabelNoise | None = None,
    passes: int = PASSES,
) -> LabelNoise:
    """Expectation and maximisation over sharpness, shift and confusion (Dawid & Skene 1979 with a calibrated
    classifier as the prior).

    A classifier that was trained on noisy labels is unsure by as much as they are noisy: here the noise goes to the
    confusion, and the classifier becomes as sure as it should be. The likelihood tells the two apart by the shape of
    what the classifier says: honest doubt differs from example to example. It must not have memorised the labels.

    Args:
        log_probs: `(example, class)`, up to a constant in each row; what lies below `FLOOR` counts as that.
        given_label: `(example,)`.
        right_counts: Dirichlet counts of the confusion before anything is seen: so many for a right label, and one
            for all wrong ones together.
        alike: how firmly the classes are held to have equal shares of wrong labels, in imagined examples of each for
            one that a class has on average. Which labels the wrong ones are is each class's own.
        shifted: the classifier may over- and underrate whole classes, as one that resists its labels does. What is
            told the confusion while it learns has no reason to: and a shift would let it take labels that are often
            exchanged for honest doubt between two classes.
        start: where to begin; by default with all that the classifier and the labels differ in as the confusion.
        passes: how often expectation and maximisation take turns.
    """
    log_probs, classes = np.maximum(log_probs, FLOOR), log_probs.shape[1]
    below = log_probs - log_probs.max(axis=1, keepdims=True)
    prior, imagined = 1 / classes + right_counts * np.eye(classes), alike * len(given_label) / classes
    x, confusion = np.zeros(1 + classes), None
    if start is not None:
        x, confusion = np.append(np.log(start.sharpness), start.shift), start.confusion
    if confusion is None:
        confusion = _confusion(np.eye(classes)[log_probs.argmax(axis=1)], given_label, prior, imagined)
    free = (None, None)
    bounds = [free] + classes * [free if shifted else (0.0, 0.0)]
    with threadpool_limits(1, "blas"):  # small matrices: threads that wait for each other cost more
        for _ in range(passes):
            p_label = np.ascontiguousarray(confusion.T)[given_label]  # row by row in memory, as `log_probs` are
            x = minimize(
                _minus_log_posterior, x, args=(below, p_label), jac=True, method="L-BFGS-B",
                bounds=bounds, options={"maxiter": 10},
            ).x  # fmt: skip
            confusion = _confusion(_truth(x, below, p_label), given_label, prior, imagined)
    return LabelNoise(float(np.exp(x[0])), x[1:], confusion)


def estimate_corrected(log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]) -> LabelNoise:
    """For a classifier that is told the confusion while it learns (forward correction); all labels are known."""
    return learn_label_noise(np.asarray(log_probs, dtype=np.float64), given_label, alike=ALIKE, shifted=False)


def _minus_log_posterior(x: Floats, below: Floats, p_label: Floats) -> tuple[float, Floats]:
    """Of log-sharpness and shifts, given log-probabilities `(example, class)`, the highest of each example zero, and
    `P(label | true)`, likewise; and its gradient."""
    one, tiny = np.ones(below.shape[1]), np.finfo(float).tiny
    value, turned, moved = 0.0, 0.0, np.zeros(len(one))
    for rows in blocks(len(below), len(one) * IN_CACHE):
        some, q = below[rows], _unscaled(x, below[rows])
        joint = q * p_label[rows]
        total, likelihood = np.maximum(q @ one, tiny), np.maximum(joint @ one, tiny)
        value += float(np.log(total).sum() - np.log(likelihood).sum())
        moved += (1 / likelihood) @ joint - (1 / total) @ q
        q *= some
        joint *= some
        turned += float((joint @ one / likelihood).sum() - (q @ one / total).sum())
    deviation = np.concatenate([[SHARPNESS_DEVIATION], np.full(len(one), SHIFT_DEVIATION)])
    value += 0.5 * float(((x / deviation) ** 2).sum())
    return value, -np.concatenate([[turned * np.exp(x[0])], moved]) + x / deviation**2


def _truth(x: Floats, below: Floats, p_label: Floats) -> Floats:
    """What is believed of the truth, `(example, class)`, of the same."""
    result = np.empty_like(below)
    for rows in blocks(len(below), below.shape[1] * IN_CACHE):
        joint = np.multiply(_unscaled(x, below[rows]), p_label[rows], out=result[rows])
        joint /= np.maximum(joint.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return result


def _unscaled(x: Floats, below: Floats) -> Floats:
    """How probable each answer is, up to a factor in each row, `(example, class)`."""
    q = np.exp(x[0]) * below
    q += x[1:] - x[1:].max()
    return np.asarray(np.exp(q, out=q))


def _confusion(truth: Floats, label: NDArray[np.int64], prior: Floats, imagined: float) -> Floats:
    """`(true, given)`, each row a distribution. The classes share how often a label is wrong, not which it then is.

    `prior` are counts, and `imagined` examples of each class err as often as all.
    """
    counts = prior.copy()
    chosen = csr_array((np.ones(len(label)), (label, np.arange(len(label)))), shape=(len(counts), len(label)))
    counts += (chosen @ truth).T
    right = (counts.diagonal() + imagined * np.trace(counts) / counts.sum()) / (counts.sum(axis=1) + imagined)
    wrong = counts * (1 - np.eye(len(counts)))
    shares = wrong / np.maximum(wrong.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.asarray(np.diag(right) + (1 - right)[:, None] * shares)
