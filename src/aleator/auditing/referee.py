"""How well an audit did, judged by somebody it did not listen to: a crowd's votes, or the known truth."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from scipy.stats import rankdata, spearmanr

from aleator.audits.info import DetectionScores, RefereeScores
from aleator.audits.truth import Truth
from aleator.data.dataset import Votes
from aleator.evidence import EVIDENCE
from aleator.uncertainty.calibration import reliability_curve
from aleator.uncertainty.metrics import auroc, auroc_within_label, best_f1, f1
from aleator.verdicts import Verdicts

NO_OPINION = -1
"""The referee's label where it has none: such examples are not scored."""
PRECISION_AT = (10, 30, 100, 300, 1000, 3000, 10000)
VOTES_RULE = (
    "single votes are dropped; an example is scored if one class then has more than half of the votes and the "
    "votes do not call it unusable; its label is wrong if it is another class"
)


def truth_of_votes(votes: Votes) -> Truth:
    """The majority's label, where there is one."""
    return Truth("votes", VOTES_RULE, votes.majority(), vote_entropy(votes))


def detection_scores(
    suspicion: NDArray[np.floating[Any]], given_label: NDArray[np.int64], referee_label: NDArray[np.int64]
) -> DetectionScores:
    """AUROC, mean AUROC within a given label, and average precision of a score that is high for wrong labels.

    The AUROC over all examples is flattered by a score that only knows which classes are bad; the one within a
    given label is not. Classes with no wrong or no right label have none and are left out of the mean.
    """
    scored = (referee_label != NO_OPINION) & (given_label >= 0)
    wrong = (given_label != referee_label)[scored]
    suspicion, given = suspicion[scored], given_label[scored]
    if wrong.all() or not wrong.any():
        return DetectionScores(None, None, None)
    from sklearn.metrics import average_precision_score

    within = auroc_within_label(suspicion, wrong, given)
    return DetectionScores(
        auroc(suspicion, wrong),
        within if np.isfinite(within) else None,
        float(average_precision_score(wrong, suspicion)),
    )


def score_audit(
    given: NDArray[np.int64],
    verdicts: Verdicts,
    scores: Mapping[str, NDArray[Any]],
    truth: Truth,
) -> RefereeScores | None:
    """The referee section of `audit.json`; `scores` are uncertainties and evidence (up is good), `(example,)` each.

    None where the referee has no opinion on any example with a label.
    """
    referee_label, classes = truth.label, verdicts.label_distribution.shape[1]
    scored = (referee_label != NO_OPINION) & (given >= 0)
    if not scored.any():
        return None
    wrong = (given != referee_label)[scored]
    p_mislabelled = verdicts.p_mislabelled[scored]
    flagged = verdicts.flagged[scored]
    by_suspicion = wrong[np.argsort(-p_mislabelled, kind="stable")]
    confusion = np.zeros((classes, classes), dtype=np.int64)
    known = scored & (referee_label >= 0)
    np.add.at(confusion, (given[known], referee_label[known]), 1)
    return RefereeScores(
        **vars(detection_scores(verdicts.p_mislabelled, given, referee_label)),
        name=truth.name,
        rule=truth.rule,
        examples=int(scored.sum()),
        wrong=int(wrong.sum()),
        share_wrong=float(wrong.mean()),
        best_f1=best_f1(p_mislabelled, wrong),
        **_flag_scores(flagged, wrong),
        calibration_error=reliability_curve(p_mislabelled, wrong).error,
        given_label_accuracy=float(1 - wrong.mean()),
        suggested_label_accuracy=float((verdicts.suggested_label == referee_label)[scored].mean()),
        spearman_aleatoric_vote_entropy=entropy_correlation(scores["aleatoric"], truth.vote_entropy),
        spearman_distribution_vote_entropy=entropy_correlation(
            entr(verdicts.label_distribution).sum(axis=1), truth.vote_entropy
        ),
        baselines=baselines(scores, given, referee_label),
        precision_at=tuple(
            (count, float(by_suspicion[:count].mean())) for count in PRECISION_AT if count <= len(by_suspicion)
        ),
        confusion=confusion.tolist(),
    )


def baselines(
    columns: Mapping[str, NDArray[Any]], given: NDArray[np.int64], referee_label: NDArray[np.int64]
) -> dict[str, DetectionScores]:
    """The same scores for the plain detectors that come out of the same run."""
    frequency = np.bincount(given[given >= 0], minlength=int(given.max(initial=0)) + 1)
    suspicion = {"label_frequency": -frequency[np.maximum(given, 0)].astype(float)}
    for name in EVIDENCE:
        known = ~np.isnan(columns[name])
        if known.any():  # an example that a kind of evidence is silent on is an average one to it
            suspicion[name] = -np.where(known, columns[name], columns[name][known].mean())
    return {name: detection_scores(score, given, referee_label) for name, score in suspicion.items()}


def _flag_scores(flagged: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> dict[str, float]:
    hits = int((flagged & wrong).sum())
    return {
        "flags_precision": hits / max(1, int(flagged.sum())),
        "flags_recall": hits / max(1, int(wrong.sum())),
        "flags_f1": f1(flagged, wrong),
    }


def vote_entropy(votes: Votes) -> NDArray[np.float64]:
    """The entropy of the votes on usable classes, in nats, `(example,)`; NaN where there are fewer than two."""
    counts = votes.counts[:, ~votes.unusable].astype(np.float64)
    voted = counts.sum(axis=1)
    enough = voted > 1
    share = counts[enough] / voted[enough, None]
    entropy = np.full(len(counts), np.nan)
    entropy[enough] = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)
    return entropy


def entropy_correlation(uncertainty: NDArray[np.floating[Any]], entropy: NDArray[np.float64] | None) -> float | None:
    """Spearman correlation of an uncertainty `(example,)` with the entropy of votes; None where it has no meaning."""
    if entropy is None:
        return None
    voted = ~np.isnan(entropy)
    uncertainty, entropy = uncertainty[voted], entropy[voted]
    if len(entropy) < 3 or np.ptp(rankdata(entropy)) == 0 or np.ptp(uncertainty) == 0:
        return None
    return float(spearmanr(uncertainty, entropy).statistic)
