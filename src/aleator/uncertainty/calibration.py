"""Do stated probabilities come true, and what to do if not: calibration error, temperature, prediction sets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from aleator.uncertainty.metrics import negative_log_likelihood

Floats = NDArray[np.float64]
Binning = Literal["equal_width", "adaptive"]
"""Bins of equal width, or of equal count."""


@dataclass(frozen=True)
class ReliabilityCurve:
    """What was stated against what came true, a value for each bin that has examples."""

    confidence: Floats
    """`(bin,)`: mean stated probability."""
    accuracy: Floats
    """`(bin,)`: share that came true."""
    count: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance over examples, 0 to 1; lower is better."""
        return float((self.count * np.abs(self.confidence - self.accuracy)).sum() / self.count.sum())


def reliability_curve(
    confidence: ArrayLike, correct: ArrayLike, *, bins: int = 15, binning: Binning = "equal_width"
) -> ReliabilityCurve:
    """Compare stated probabilities `(example,)` with outcomes `(example,)`, true or false.

    Bins include their upper ends. An empty bin is left out: it would say nothing, neither good nor bad.
    """
    stated, outcome = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if stated.shape != outcome.shape or stated.ndim != 1 or not stated.size:
        raise ValueError(
            f"confidence has shape {stated.shape}, correct {outcome.shape}: both are (example,), not empty"
        )
    if binning == "adaptive":
        bin_of = np.empty(len(stated), dtype=np.int64)
        bin_of[np.argsort(stated, kind="stable")] = np.arange(len(stated)) * bins // len(stated)
    else:
        bin_of = np.clip(np.ceil(stated * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    filled = count > 0
    mean_stated = np.bincount(bin_of, stated, minlength=bins)[filled] / count[filled]
    mean_outcome = np.bincount(bin_of, outcome, minlength=bins)[filled] / count[filled]
    return ReliabilityCurve(mean_stated, mean_outcome, count[filled])


def calibration_error(
    probs: ArrayLike, labels: ArrayLike, *, bins: int = 15, binning: Binning = "equal_width"
) -> float:
    """Expected calibration error of the predicted class, of probabilities `(example, class)`; lower is better."""
    probs = np.asarray(probs, dtype=np.float64)
    correct = probs.argmax(axis=1) == np.asarray(labels)
    return reliability_curve(probs.max(axis=1), correct, bins=bins, binning=binning).error


def class_calibration_errors(
    probs: ArrayLike, labels: ArrayLike, *, bins: int = 15, binning: Binning = "equal_width"
) -> Floats:
    """Expected calibration error of each class's probability, `(class,)`; their mean is the class-wise ECE."""
    probs, labels = np.asarray(probs, dtype=np.float64), np.asarray(labels)
    columns = enumerate(probs.T)
    return np.array([reliability_curve(p, labels == k, bins=bins, binning=binning).error for k, p in columns])


def fit_temperature(log_probs: ArrayLike, target: ArrayLike) -> float:
    """Return the temperature, from .05 to 20, with the least negative log-likelihood (Guo et al. 2017, 1706.04599).

    Takes logits or log-probabilities `(example, class)` and labels or soft labels. Fit it on examples that neither
    trained the model nor judge it.
    """
    logits = np.asarray(log_probs, dtype=np.float64)

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(scale_temperature(logits, np.exp(log_temperature)), target)

    # The likelihood has one maximum in 1 / temperature, and hence in the logarithm.
    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def scale_temperature(log_probs: ArrayLike, temperature: float) -> Floats:
    """Divide logits or log-probabilities by a temperature and normalise them again; the ranking stays."""
    return np.asarray(log_softmax(np.asarray(log_probs, dtype=np.float64) / temperature, axis=-1))


@dataclass(frozen=True)
class Conformal:
    """A calibrated threshold that turns probabilities into sets of classes; see `conformal`."""

    method: str
    level: float
    threshold: float

    def sets(self, probs: ArrayLike, *, random: np.random.Generator | None = None) -> NDArray[np.bool_]:
        """Which classes are in the set of each example, `(example, class)`. A set may be empty: nothing fits."""
        return CONFORMAL_SCORES[self.method](np.asarray(probs, dtype=np.float64), random) <= self.threshold


def conformal(
    probs: ArrayLike,
    labels: ArrayLike,
    *,
    level: float = 0.9,
    method: Literal["lac", "aps"] = "lac",
    random: np.random.Generator | None = None,
) -> Conformal:
    """Calibrate sets of classes that contain the label of a new example with probability `level` or more.

    The promise holds for examples exchangeable with those given here, on which the model was not trained. `lac`
    scores a class by one minus its probability and has the smallest sets (Sadinle et al. 2019, arXiv 1609.00451);
    `aps` by the mass of the classes at least as probable, and is fairer to hard examples (Romano et al. 2020, arXiv
    2006.02544). With `random`, here and in `Conformal.sets`, `aps` counts a random part of the class's own mass: the
    coverage is then exact, not conservative.
    """
    probs, labels = np.asarray(probs, dtype=np.float64), np.asarray(labels)
    if method not in CONFORMAL_SCORES:
        raise ValueError(f"method {method!r} is unknown: choose one of {', '.join(CONFORMAL_SCORES)}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: it lies between 0 and 1")
    own = np.sort(CONFORMAL_SCORES[method](probs, random)[np.arange(len(labels)), labels])
    rank = int(np.ceil((len(own) + 1) * level - 1e-9))
    # With too few examples for the level, only the set of all classes keeps the promise.
    return Conformal(method, level, float(own[rank - 1]) if rank <= len(own) else float("inf"))


def _improbability(probs: Floats, random: np.random.Generator | None) -> Floats:
    return 1 - probs


def _mass_at_least_as_probable(probs: Floats, random: np.random.Generator | None) -> Floats:
    order = np.argsort(-probs, axis=1, kind="stable")
    mass = np.empty_like(probs)
    np.put_along_axis(mass, order, np.cumsum(np.take_along_axis(probs, order, axis=1), axis=1), axis=1)
    if random is None:
        return mass
    return np.asarray(mass - random.random((len(probs), 1)) * probs)


CONFORMAL_SCORES: dict[str, Callable[[Floats, np.random.Generator | None], Floats]] = {
    "lac": _improbability,
    "aps": _mass_at_least_as_probable,
}
"""A class's score, low where it fits."""
