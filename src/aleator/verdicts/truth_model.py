"""What people teach about the networks' word: a log-linear correction of the hypotheses (logistic regression).

    log P(right = t | example) = log P0(t) + sharpness * u_t + shift_t + given[t, l] + (mixing^T u)_t + (weights^T f)_t
                                 + constant

`P0` is what the hypotheses on how labels err say (`noise/hypotheses.py`), `u` are the networks' log-probabilities, `l`
the given label, `f` features. All numbers are zero until people answered; their answers move them, the few numbers that
all classes share easily, the single cells of the matrices only with many witnesses. `mixing` is the networks' own
confusion in log space: where they say "fear" and people say "neutral".
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

from aleator.noise.crowd import LEAST
from aleator.noise.hypotheses import Hypotheses
from aleator.noise.label_noise import centred
from aleator.rows import Rows, blocks, in_blocks
from aleator.workers.by_rows import by_rows
from aleator.workers.piece import HERE, Arrays, Workers


@dataclass(frozen=True)
class Precision:
    """How firmly the numbers keep to zero: inverse variances, in logits.

    Three times as firm as FER2013 alone would have it, where a hundred random reviews then raise the average precision
    to .83 rather than .84: on photographs such reviews cost .07 of it before, and .03 now.
    """

    sharpness: float = 30.0
    trust: float = 6.0
    """Of one number for all classes that is added where the given label is the class in question."""
    shift: float = 3.0
    given: float = 30.0
    mixing: float = 300.0
    features: float = 600.0


DEFAULT_PRECISION = Precision()


@dataclass(frozen=True)
class Observations:
    """What is known of each example before anybody looks at it."""

    log_probs: Rows
    """Log of the predicted label distribution, `(example, class)`."""
    given_label: NDArray[np.int64]
    """`(example,)`, -1 no label."""
    features: NDArray[np.floating[Any]] | None = None
    """`(example, feature)`, each of zero mean and unit variance, uncorrelated."""

    @property
    def classes(self) -> int:
        return int(self.log_probs.shape[1])

    def __len__(self) -> int:
        return self.log_probs.shape[0]

    def take(self, rows: "NDArray[np.int64] | slice") -> "Observations":
        features = None if self.features is None else self.features[rows]
        return Observations(self.log_probs[rows], self.given_label[rows], features)

    def centred(self) -> NDArray[np.float64]:
        """What the networks say in logits with mean zero over the classes."""
        return centred(self.log_probs[:])


@dataclass(frozen=True)
class TruthModel:
    """The model's numbers; see the top of the file."""

    start: Hypotheses
    sharpness: float
    shift: NDArray[np.float64]
    """`(class,)`."""
    given: NDArray[np.float64]
    """`(true, given)`."""
    mixing: NDArray[np.float64]
    """`(said, true)`."""
    features: NDArray[np.float64]
    """`(feature, class)`."""

    def logits(self, observations: Observations) -> NDArray[np.float64]:
        """`(example, class)`."""
        return start_logits(self.start, observations) + self.correction(observations)

    def correction(self, observations: Observations) -> NDArray[np.float64]:
        """What people taught, in logits, `(example, class)`."""
        u = observations.centred()
        logits = self.sharpness * u + self.shift + u @ self.mixing
        if observations.features is not None:
            logits += observations.features @ self.features
        labelled = observations.given_label >= 0
        logits[labelled] += self.given.T[observations.given_label[labelled]]
        return np.asarray(logits)

    @property
    def is_untaught(self) -> bool:
        """Nobody has taught anything."""
        return not any(np.any(part) for part in (self.sharpness, self.shift, self.given, self.mixing, self.features))

    def distribution(
        self, observations: Observations, *, folder: Path | None = None, on: Workers = HERE
    ) -> NDArray[np.float32]:
        """The posterior, `(example, class)`. Of very many examples `on` does pieces, which `folder` keeps."""
        return by_rows(
            "distribution", distribution_of, lambda rows: (self, observations.take(rows)), len(observations),
            observations.classes, folder=folder, on=on,
        )  # fmt: skip


def distribution_of(model: TruthModel, observations: Observations) -> Arrays:
    """The posterior `distribution`, `(example, class)`, a block at a time."""
    result = np.empty((len(observations), observations.classes), dtype=np.float32)
    untaught = model.is_untaught

    def fill(rows: slice) -> None:
        block = observations.take(rows)
        if untaught:
            result[rows] = model.start.posterior(block.centred(), block.given_label)
        else:
            result[rows] = np.exp(log_softmax(model.logits(block), axis=1))

    in_blocks(fill, len(observations), observations.classes)
    return {"distribution": result}


def start_logits(start: Hypotheses, observations: Observations) -> NDArray[np.float64]:
    """What the hypotheses say, in logits, `(example, class)`."""
    probs = start.posterior(observations.centred(), observations.given_label)
    return np.asarray(np.log(np.maximum(probs, LEAST, dtype=np.float64)))


def unaided(observations: Observations, start: Hypotheses) -> TruthModel:
    """What is believed before anybody looks."""
    classes = observations.classes
    features = 0 if observations.features is None else observations.features.shape[1]
    return TruthModel(
        start,
        0.0,
        np.zeros(classes),
        np.zeros((classes, classes)),
        np.zeros((classes, classes)),
        np.zeros((features, classes)),
    )


def learn(
    start: TruthModel,
    observations: Observations,
    truth: NDArray[np.float64],
    precision: Precision = DEFAULT_PRECISION,
) -> tuple[TruthModel, "LaplaceApproximation"]:
    """Move `start` to what the witnesses `(example, ...)` with their truth `(example, class)` say (MAP).

    Returns the model and its uncertainty.
    """
    design = _Design(start, observations, precision)
    found = minimize(
        design.loss, np.zeros(design.size), args=(truth,), jac=True, method="L-BFGS-B", options={"maxiter": 200}
    )
    return design.moved(found.x), LaplaceApproximation(design, found.x)


@dataclass(frozen=True)
class LaplaceApproximation:
    """The Gaussian that fits the posterior of the model's numbers at its mode."""

    design: "_Design"
    mode: NDArray[np.float64]

    @cached_property
    def root(self) -> NDArray[np.float64]:
        """A square root of the covariance, `(number, direction)`, or the standard deviations `(number,)`; costs as
        much as learning, and not everybody asks for it."""
        return self.design.covariance_root(self.mode)

    def draw(self, random: np.random.Generator) -> TruthModel:
        noise = random.standard_normal(self.root.shape[-1])
        return self.design.moved(self.mode + (self.root @ noise if self.root.ndim == 2 else self.root * noise))


MOST_JOINT = 1200
"""Numbers whose covariance is kept whole; beyond it each is taken by itself, which a diagonal can hold."""


class _Design:
    """The numbers as one vector of deviations from the start, and what the witnesses say of it."""

    def __init__(self, start: TruthModel, observations: Observations, precision: Precision) -> None:
        self.start = start
        k = self.classes = observations.classes
        self.u = observations.centred()
        self.base = start.logits(observations)
        labelled = observations.given_label >= 0
        self.given = np.zeros((len(observations), k))
        self.given[labelled, observations.given_label[labelled]] = 1
        features = observations.features
        self.f = np.zeros((len(observations), 0)) if features is None else np.asarray(features, dtype=np.float64)
        self.sizes = (1, 1, k, k * k, k * k, self.f.shape[1] * k)
        self.size = sum(self.sizes)
        names = (precision.sharpness, precision.trust, precision.shift)
        self.precision = np.repeat((*names, precision.given, precision.mixing, precision.features), self.sizes)

    def parts(self, x: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        k = self.classes
        pieces = np.split(x, np.cumsum(self.sizes)[:-1])
        return [*pieces[:3], pieces[3].reshape(k, k), pieces[4].reshape(k, k), pieces[5].reshape(-1, k)]

    def moved(self, x: NDArray[np.float64]) -> TruthModel:
        sharpness, trust, shift, given, mixing, features = self.parts(x)
        return TruthModel(
            self.start.start,
            self.start.sharpness + float(sharpness[0]),
            self.start.shift + shift,
            self.start.given + trust[0] * np.eye(self.classes) + given.T,
            self.start.mixing + mixing,
            self.start.features + features,
        )

    def log_probs(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        sharpness, trust, shift, given, mixing, features = self.parts(x)
        logits = self.base + sharpness * self.u + trust * self.given + shift
        logits += self.given @ given + self.u @ mixing + self.f @ features
        return np.asarray(logits - logsumexp(logits, axis=1, keepdims=True))

    def loss(self, x: NDArray[np.float64], truth: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_probs = self.log_probs(x)
        error = np.exp(log_probs) * truth.sum(axis=1, keepdims=True) - truth
        value = -(truth * log_probs).sum() + 0.5 * (self.precision * x**2).sum()
        gradient = np.concatenate(
            [
                [(error * self.u).sum(), (error * self.given).sum()],
                error.sum(axis=0),
                (self.given.T @ error).ravel(),
                (self.u.T @ error).ravel(),
                (self.f.T @ error).ravel(),
            ]
        )
        return float(value), gradient + self.precision * x

    def covariance_root(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Square root of the inverse Hessian of the loss."""
        probs = np.exp(self.log_probs(x))
        if self.size > MOST_JOINT:
            variance = probs * (1 - probs)
            curvature = np.concatenate(
                [
                    [(variance * self.u**2).sum(), (variance * self.given).sum()],
                    variance.sum(axis=0),
                    (self.given.T @ variance).ravel(),
                    ((self.u**2).T @ variance).ravel(),
                    ((self.f**2).T @ variance).ravel(),
                ]
            )
            return np.asarray(1 / np.sqrt(curvature + self.precision))
        hessian = np.diag(self.precision)
        for rows in blocks(len(probs), self.classes * self.size):
            jacobian = self._jacobian(rows)
            weighted = np.sqrt(probs[rows])[:, :, None] * jacobian
            mean = np.einsum("nk,nkp->np", probs[rows], jacobian)
            flat = weighted.reshape(-1, self.size)
            hessian += flat.T @ flat - mean.T @ mean
        lower = np.linalg.cholesky(hessian)
        return np.asarray(np.linalg.inv(lower).T)

    def _jacobian(self, rows: slice) -> NDArray[np.float64]:
        """Derivative of each logit, `(example, class, number)`."""
        u, given, f, k = self.u[rows], self.given[rows], self.f[rows], self.classes
        jacobian = np.zeros((len(u), k, self.size))
        jacobian[:, :, 0], jacobian[:, :, 1] = u, given
        at = 2
        one = np.ones((len(u), 1))
        for values in (one, given, u, f):
            width = values.shape[1] * k
            # Number (column of values, class) moves the logit of its own class only.
            view = jacobian[:, :, at : at + width].reshape(len(u), k, values.shape[1], k)
            for label in range(k):
                view[:, label, :, label] = values
            jacobian[:, :, at : at + width] = view.reshape(len(u), k, width)
            at += width
        return jacobian
