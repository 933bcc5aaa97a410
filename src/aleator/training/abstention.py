"""From what the members say to an answer or an abstention (selective classification): temperature, conformal set, and
two thresholds that route."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import beta
from torch import Tensor

from aleator.uncertainty.calibration import Conformal, conformal
from aleator.uncertainty.decomposition import information_theoretic, of_voters
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.uncertainty.metrics import entropy

ANSWERS = ("answer", "ambiguous", "unfamiliar")
LEVEL = 0.9
"""How often the conformal set contains the label."""
ANSWERED, FAMILIAR = 0.8, 0.97
"""Shares of the held-out examples whose doubt and unfamiliarity lie below the two thresholds."""
SURE = float(entropy(np.array([[0.95, 0.05]]))[0])
"""In nats: who doubts less than one that gives .95 to a class and .05 to another is not ambiguous, however sure the
held-out examples were."""
FEW = 100
"""Held-out examples below which the thresholds are called rough."""


@dataclass(frozen=True)
class EnsemblePrediction:
    """What the members together say of each example."""

    probs: NDArray[np.float64]
    """`(example, class)`."""
    total: NDArray[np.float64]
    """In nats, `(example,)`, as the two parts that it is the sum of."""
    aleatoric: NDArray[np.float64]
    epistemic: NDArray[np.float64]
    unfamiliarity: NDArray[np.float64]
    """How little the example resembles what the members know, `(example,)`; it ranks, and has no unit. For pictures
    it is their embedding's distance from the training examples, for feature vectors how much the members
    disagree (their mutual information in nats)."""

    @property
    def doubt(self) -> NDArray[np.float64]:
        """How little the answer is sure: the entropy of `probs` in nats, `(example,)`."""
        return entropy(self.probs)


@dataclass(frozen=True)
class AbstentionRule:
    """When an answer is given; set from held-out examples, and all of it can be read in the model's card."""

    temperature: float
    conformal_threshold: float | None
    """A class is in the set if one minus its probability is at most this; None puts every class in."""
    ambiguous_above: float
    """Entropy of the probabilities, in nats, from which on two classes are named; at least `SURE`."""
    unfamiliar_above: float
    """Unfamiliarity from which on no answer is given."""

    def route(self, prediction: EnsemblePrediction) -> NDArray[np.str_]:
        """One of ANSWERS for each example: an unfamiliar one is refused before its ambiguity is looked at."""
        answer = np.where(prediction.doubt > self.ambiguous_above, ANSWERS[1], ANSWERS[0])
        return np.asarray(np.where(prediction.unfamiliarity > self.unfamiliar_above, ANSWERS[2], answer))

    def sets(self, prediction: EnsemblePrediction) -> NDArray[np.bool_]:
        """Which classes are in the conformal set, `(example, class)`. It may be empty: nothing fits."""
        threshold = np.inf if self.conformal_threshold is None else self.conformal_threshold
        return Conformal("lac", LEVEL, threshold).sets(prediction.probs)


def how_rough(held_out: int) -> str:
    """What few held-out examples leave open of the thresholds, as a sentence; empty where there are enough.

    The share of new examples below the k-th of n held-out ones has the distribution Beta(k, n + 1 - k).
    """
    if held_out >= FEW:
        return ""
    rank = ANSWERED * held_out
    high = 1 - beta.ppf(0.05, rank, held_out + 1 - rank)
    return (
        f"Only {held_out} examples were held out, so the thresholds are rough: of new ones like these up to {high:.0%} "
        f"may be called ambiguous, not the {1 - ANSWERED:.0%} that are meant."
    )


def prediction_of(
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    temperature: float,
    distance: NDArray[np.float32] | None = None,
    *,
    voters: bool = False,
) -> EnsemblePrediction:
    """Decompose the members' Gaussian logits `(member, example, class)`.

    The temperature divides the log of each member's expected softmax. It does not divide the logits: a spread puts a
    limit to how sure an expected softmax can be, and no temperature below it makes up for that. On FER2013 with votes:
    calibration error .022 this way, .064 that way.

    `voters`: the spread is doubt about how people would vote (objective `votes`). The uncertainties are then those of
    one voter's answer, and have no temperature, while the probabilities stay those of the label that the temperature
    was set by, the majority's: it is surer than any voter. Nothing that is decided depends on it.

    `distance`, `(member, example)`, is what `Familiarity` says of the embeddings. Two networks differ about an
    ambiguous face nearly as much as about a corrupted one; their features do not.
    """
    log_probs = _scaled(_log_probs(mean, spread), temperature)
    of_members = information_theoretic(log_probs)
    split = of_voters(torch.from_numpy(mean), torch.from_numpy(spread)) if voters else of_members
    total, aleatoric, epistemic = (part.numpy() for part in split)
    unfamiliarity = of_members.epistemic.numpy() if distance is None else distance.mean(axis=0, dtype=np.float64)
    return EnsemblePrediction(log_probs.exp().mean(0).numpy(), total, aleatoric, epistemic, unfamiliarity)


def learn_rule(
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    labels: NDArray[np.int64],
    distance: NDArray[np.float32] | None = None,
    *,
    confusion: NDArray[np.float64] | None = None,
) -> AbstentionRule:
    """Set temperature and thresholds from held-out examples: members' logits `(member, example, class)`, labels
    `(example,)`, -1 where none is known (such an example still counts for what is familiar), distances of embeddings.

    With a `confusion`, `(true, given)`, the model predicts the true label and not the given one: the temperature is the
    one at which the labels are likeliest after they were mixed up.
    """
    known = labels >= 0
    temperature = _temperature(mean[:, known], spread[:, known], labels[known], confusion)
    prediction = prediction_of(mean, spread, temperature, distance)
    calibrated = conformal(prediction.probs[known], labels[known], level=LEVEL)
    return AbstentionRule(
        temperature,
        calibrated.threshold if np.isfinite(calibrated.threshold) else None,  # JSON has no infinity
        max(SURE, float(np.quantile(prediction.doubt, ANSWERED))),
        float(np.quantile(prediction.unfamiliarity, FAMILIAR)),
    )


def log_mean_probs(mean: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log of the members' mean prediction, before any temperature, `(example, class)`."""
    log_probs = _log_probs(mean, spread)
    return np.asarray((torch.logsumexp(log_probs, dim=0) - np.log(len(log_probs))).numpy())


def _temperature(
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    labels: NDArray[np.int64],
    confusion: NDArray[np.float64] | None,
) -> float:
    """Temperature at which the members' mean prediction has the least log loss."""
    log_probs, own = _log_probs(mean, spread), torch.from_numpy(labels)

    def loss(log_temperature: float) -> float:
        log_q = torch.logsumexp(_scaled(log_probs, float(np.exp(log_temperature))), dim=0)
        if confusion is not None:
            log_q = (log_q.exp() @ torch.from_numpy(confusion)).clamp(min=1e-300).log()
        return float(-log_q.gather(1, own[:, None]).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(8)), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))


def _log_probs(mean: NDArray[np.float32], spread: NDArray[np.float32]) -> Tensor:
    return log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).double()


def _scaled(log_probs: Tensor, temperature: float) -> Tensor:
    return torch.log_softmax(log_probs / temperature, dim=-1)
