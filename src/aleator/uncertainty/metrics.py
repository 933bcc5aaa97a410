"""How good predictions and uncertainties are. Arrays in, numbers out; every docstring says which way is better."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import pearsonr, spearmanr

Floats = NDArray[np.float64]


def negative_log_likelihood(log_probs: ArrayLike, target: ArrayLike) -> float:
    """Mean `-log p` in nats, of labels `(example,)` or soft labels `(example, class)`; lower is better."""
    log_probs, target = np.asarray(log_probs, dtype=np.float64), np.asarray(target)
    if target.ndim == 1:
        return float(-np.take_along_axis(log_probs, target[:, None], axis=1).mean())
    return float(-(target * np.where(target > 0, log_probs, 0.0)).sum(axis=1).mean())


def brier_score(probs: ArrayLike, target: ArrayLike) -> float:
    """Mean squared distance, summed over classes: 0 to 2, lower is better. Target as in the likelihood."""
    probs, target = np.asarray(probs, dtype=np.float64), np.asarray(target)
    wanted = np.eye(probs.shape[1])[target] if target.ndim == 1 else target
    return float(((probs - wanted) ** 2).sum(axis=1).mean())


def entropy(probs: ArrayLike) -> Floats:
    """Entropy of each distribution in nats; weights along the last axis need not add up to one."""
    weights = np.asarray(probs, dtype=np.float64)
    share = weights / weights.sum(axis=-1, keepdims=True)
    return np.asarray(-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1))


@dataclass(frozen=True)
class RiskCoverage:
    """What is gained by answering only the examples with the least uncertainty."""

    coverage: Floats
    """`(example,)`: share answered, from the least uncertain one to all."""
    risk: Floats
    """`(example,)`: share of wrong answers among them."""

    @property
    def area(self) -> float:
        """AURC, the mean risk over all coverages; lower is better."""
        return float(self.risk.mean())

    def accuracy_at(self, coverage: float) -> float:
        """Selective accuracy: share of right answers among the given share of examples; higher is better."""
        if not 0 < coverage <= 1:
            raise ValueError(f"coverage is {coverage}: it lies above 0 and is at most 1")
        return float(1 - self.risk[int(np.ceil(coverage * len(self.risk) - 1e-9)) - 1])


def risk_coverage(uncertainty: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """Risk against coverage, for an uncertainty `(example,)` that is high where an answer should be withheld.

    Examples of equal uncertainty have no order: each counts with their common share of errors.
    """
    score, wrong = np.asarray(uncertainty, dtype=np.float64), 1.0 - np.asarray(correct, dtype=np.float64)
    order = np.argsort(score, kind="stable")
    _, group, size = np.unique(score[order], return_inverse=True, return_counts=True)
    shared = (np.bincount(group, wrong[order]) / size)[group]
    count = np.arange(1, len(score) + 1)
    return RiskCoverage(count / len(score), np.cumsum(shared) / count)


def auroc(score: ArrayLike, positive: ArrayLike) -> float:
    """Probability that a positive has the higher score than a negative; .5 says nothing, higher is better."""
    positive = np.asarray(positive, dtype=bool)
    if positive.all() or not positive.any():
        return float("nan")
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, np.asarray(score)))


def auroc_within_label(score: ArrayLike, positive: ArrayLike, label: ArrayLike) -> float:
    """Mean over labels of the AUROC among the examples of one label; labels with one kind only have none.

    A score that only knows which labels are often wrong has .5 here.
    """
    score, positive, label = np.asarray(score), np.asarray(positive, dtype=bool), np.asarray(label)
    each = np.array([auroc(score[label == value], positive[label == value]) for value in np.unique(label)])
    return float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")


@dataclass(frozen=True)
class VoteAgreement:
    """How well an aleatoric uncertainty ranks examples by the disagreement of a crowd."""

    spearman: float
    """Correlation with the entropy of the votes; higher is better."""
    ceiling: float
    """What a perfect uncertainty would be expected to reach, given how noisy so few votes are."""
    class_mean: float
    """What is reached by the mean vote entropy of the example's majority class: a score that sees no example."""
    examples: int


def f1(flagged: NDArray[np.bool_], positive: NDArray[np.bool_]) -> float:
    """Harmonic mean of the flags' precision and recall, both `(example,)`; 0 where nothing is flagged or positive."""
    return float(2 * (flagged & positive).sum() / max(1, flagged.sum() + positive.sum()))


def best_f1(score: ArrayLike, positive: ArrayLike) -> float:
    """The highest that a cut through the score reaches."""
    from sklearn.metrics import precision_recall_curve  # scikit-learn takes 60 MB of memory

    precision, recall, _ = precision_recall_curve(positive, score)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12)))


def vote_agreement(
    aleatoric: ArrayLike, votes: ArrayLike, *, splits: int = 20, seed: int = 0, least_votes: int = 4
) -> VoteAgreement:
    """Compare an uncertainty `(example,)` with vote counts `(example, class)`, of the rows with `least_votes` votes.

    The ceiling: each example's votes are divided into two random halves; with `r` the correlation of the halves'
    entropies, the reliability of all votes is `2 r / (1 + r)` (Spearman 1910, Brown 1910), and no score is expected
    to correlate with them better than the root of that.
    """
    score, counts = np.asarray(aleatoric, dtype=np.float64), np.asarray(votes).astype(np.int64)
    if score.shape != counts.shape[:1]:
        raise ValueError(f"{score.shape} uncertainties for {len(counts)} rows of votes: give one for each")
    enough = counts.sum(axis=1) >= least_votes
    if enough.sum() < 3:
        raise ValueError(f"{enough.sum()} examples have {least_votes} votes or more: a correlation needs three")
    score, counts = score[enough], counts[enough]
    random = np.random.default_rng(seed)
    halves = [_half_split_correlation(counts, random) for _ in range(splits)]
    r = max(0.0, float(np.mean(halves)))
    observed, majority = entropy(counts), counts.argmax(axis=1)
    class_mean = np.bincount(majority, observed) / np.maximum(np.bincount(majority), 1)
    return VoteAgreement(
        spearman=_spearman(score, observed),
        ceiling=float(np.sqrt(2 * r / (1 + r))),
        class_mean=_spearman(class_mean[majority], observed),
        examples=int(enough.sum()),
    )


def _half_split_correlation(counts: NDArray[np.int64], random: np.random.Generator) -> float:
    """Spearman correlation of the entropies of two random halves of each row's votes, drawn without replacement."""
    wanted, left = counts.sum(axis=1) // 2, counts.sum(axis=1)
    first = np.zeros_like(counts)
    for column in range(counts.shape[1]):
        left = left - counts[:, column]
        first[:, column] = random.hypergeometric(counts[:, column], left, wanted)
        wanted = wanted - first[:, column]
    return _spearman(entropy(first), entropy(counts - first))


def _spearman(a: Floats, b: Floats) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)


@dataclass(frozen=True)
class Sweep:
    """What was measured along a sweep, one value a step."""

    accuracy: ArrayLike
    aleatoric: ArrayLike
    """Mean over the test examples."""
    epistemic: ArrayLike


def disentanglement_error(data_size: Sweep, label_noise: Sweep) -> float:
    """Disentanglement Error of de Jong et al. (2024, arXiv 2408.12175): 0 is perfect, .5 is worth nothing, 1.5 worst.

    With `r` the Pearson correlation of accuracy with *minus* the mean uncertainty along a sweep (so that it is 1 for
    an uncertainty that grows as accuracy falls),

        (|r_aleatoric on data size| + |1 - r_epistemic on data size|
         + |1 - r_aleatoric on label noise| + |r_epistemic on label noise|) / 4:

    with less data only the epistemic part should grow, with more label noise only the aleatoric one. A constant,
    whose correlation counts as 0, has .5, and so does giving the total for both: `DISENTANGLEMENT_OF_A_CONSTANT`.
    """
    errors = (
        abs(_falls_with_accuracy(data_size.aleatoric, data_size.accuracy)),
        abs(1 - _falls_with_accuracy(data_size.epistemic, data_size.accuracy)),
        abs(1 - _falls_with_accuracy(label_noise.aleatoric, label_noise.accuracy)),
        abs(_falls_with_accuracy(label_noise.epistemic, label_noise.accuracy)),
    )
    return sum(errors) / 4


DISENTANGLEMENT_OF_A_CONSTANT = 0.5


def _falls_with_accuracy(uncertainty: ArrayLike, accuracy: ArrayLike) -> float:
    uncertainty, accuracy = np.asarray(uncertainty, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    if uncertainty.shape != accuracy.shape or uncertainty.size < 2:
        raise ValueError(
            f"{uncertainty.size} uncertainties for {accuracy.size} accuracies: a sweep needs one of each for two steps "
            "or more"
        )
    # Rounding noise around a constant is no trend.
    if np.ptp(uncertainty) <= 1e-9 * max(1.0, float(np.abs(uncertainty).max())) or np.ptp(accuracy) == 0:
        return 0.0
    statistic: Any = pearsonr(accuracy, -uncertainty).statistic
    return float(statistic)
