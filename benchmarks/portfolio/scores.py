"""One row of the portfolio: what was said of a data set's labels, held against what is right."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.metrics import average_precision_score

from aleator.auditing.judging import JudgeInputs, Judgement, pass_judgement
from aleator.auditing.sampled import drawing_order
from aleator.decisions.reviews import Reviews, reviews_of_labels
from aleator.evidence.confidence import margin, self_confidence
from aleator.evidence.inputs import EvidenceInputs
from aleator.evidence.neighbours import neighbour_agreement
from aleator.neighbours.search import nearest_neighbours
from aleator.uncertainty.calibration import reliability_curve
from aleator.uncertainty.metrics import auroc, best_f1, f1
from aleator.verdicts import Observations, review_order
from aleator.verdicts.scores import PLAIN_SCORES
from benchmarks.portfolio.cases import Case

CHOSEN_REVIEWS, RANDOM_REVIEWS, BATCH = 100, 60, 25
HALVES = ("chosen on", "reported on")


@dataclass(frozen=True)
class Judged:
    """A data set, what somebody says of it, and what the judge makes of that."""

    name: str
    case: Case
    observations: Observations
    features: NDArray[np.float32]
    """That a neighbour vote is taken in."""
    probs: NDArray[np.float64]
    """Of the learner alone, which peers are given."""

    @property
    def half(self) -> str:
        """Which half of the portfolio the row belongs to: by its name, so that it stays there."""
        return HALVES[zlib.crc32(self.name.encode()) % 2]


def row_of(judged: Judged, *, peers: bool, reviews: bool) -> dict[str, Any]:
    """All figures of a row; `peers` adds cleanlab's, `reviews` what reviews bring."""
    case, truth, given = judged.case, judged.case.truth, judged.case.given
    scored = truth != -1
    wrong = (given != truth)[scored]
    judgement = judge_again(judged)
    verdicts, estimate = judgement.verdicts, judgement.estimates.mislabelled
    suspicion = _plain_scores(judged) | (_cleanlab_scores(judged) if peers else {})
    ours = verdicts.p_mislabelled[scored]
    flagged = verdicts.flagged[scored]
    changed = np.where(verdicts.verdict == "mistake", verdicts.suggested_label, given)
    row: dict[str, Any] = {
        "name": judged.name,
        "half": judged.half,
        "examples": len(given),
        "classes": case.classes,
        "share_wrong": float(wrong.mean()),
        "estimate": estimate.share,
        "low": estimate.share_low,
        "high": estimate.share_high,
        "inside": bool(estimate.share_low <= wrong.mean() <= estimate.share_high),
        "flagged": float(flagged.mean()),
        "calibration_error": reliability_curve(ours, wrong).error,
        "corrected": float((changed == truth)[scored].mean() - (given == truth)[scored].mean()),
    }
    if wrong.any() and not wrong.all():
        differs = (judged.probs.argmax(axis=1) != given)[scored]
        everybody = {"ours": ours} | {name: score[scored] for name, score in suspicion.items()}
        row |= {
            "f1": f1(flagged, wrong),
            "f1_differs": f1(differs, wrong),
            "f1_best": max(best_f1(score, wrong) for score in everybody.values()),
            "auroc": auroc(ours, wrong),
            "ap": float(average_precision_score(wrong, ours)),
            "auroc_peers": {name: auroc(score[scored], wrong) for name, score in suspicion.items()},
            "ap_peers": {
                name: float(average_precision_score(wrong, score[scored])) for name, score in suspicion.items()
            },
        }
        if peers:
            row["f1_peers"] = {name: f1(flags[scored], wrong) for name, flags in _cleanlab_flags(judged).items()}
        row |= _against_ambiguity(judged, judgement)
        if reviews:
            row |= _reviewed(judged, judgement)
    return row


def judge_again(judged: Judged, reviews: Reviews | None = None) -> Judgement:
    alone = np.full(len(judged.case.given), -1)
    names = tuple(f"class {label}" for label in range(judged.case.classes))
    inputs = JudgeInputs(judged.observations, names, alone > 0, alone, None, out_of_sample=True)
    return pass_judgement(inputs, reviews)


def _plain_scores(judged: Judged) -> dict[str, NDArray[np.float64]]:
    """What anybody makes of one learner's probabilities, and the neighbours' vote; high for wrong labels."""
    given, log_probs = judged.case.given, np.log(np.maximum(judged.probs, 1e-12))
    neighbours = nearest_neighbours(judged.features, np.full(len(given), -1), count=10).rows
    margins = np.zeros((0, len(given)), np.float32)
    inputs = EvidenceInputs(given, log_probs, margins, judged.features, neighbours)
    plain = {"self-confidence": self_confidence, "log-odds margin": margin, "kNN vote": neighbour_agreement}
    return {name: -score(inputs) for name, score in plain.items()}


def _cleanlab_scores(judged: Judged) -> dict[str, NDArray[np.float64]]:
    from cleanlab.rank import get_label_quality_scores

    return {
        f"cleanlab {method}": -get_label_quality_scores(judged.case.given, judged.probs, method=method)
        for method in PLAIN_SCORES
    }


def _cleanlab_flags(judged: Judged) -> dict[str, NDArray[np.bool_]]:
    from cleanlab.filter import find_label_issues

    return {
        f"cleanlab {rule}": np.asarray(find_label_issues(judged.case.given, judged.probs, filter_by=rule))
        for rule in ("prune_by_noise_rate", "both", "low_normalized_margin")
    }


def _against_ambiguity(judged: Judged, judgement: Judgement) -> dict[str, float]:
    """AUROC of clear mistakes against ambiguous examples, where the crowd is known."""
    case, verdicts = judged.case, judgement.verdicts
    if case.ambiguous is None or case.origin == "made up":
        return {}
    mistake = (case.given != case.truth) & (case.truth >= 0) & ~case.ambiguous
    if mistake.sum() < 10 or case.ambiguous.sum() < 10:
        return {}
    both = mistake | case.ambiguous
    entropy = entr(verdicts.label_distribution.astype(np.float64)).sum(axis=1) / np.log(case.classes)
    return {"mistake_ambiguous": auroc((verdicts.p_mislabelled * (1 - entropy))[both], mistake[both])}


def _reviewed(judged: Judged, unaided: Judgement) -> dict[str, float]:
    """What reviews bring, on the examples that were not reviewed; half of all may be."""
    case, random = judged.case, np.random.default_rng(0)
    may = (random.random(len(case.given)) < 0.5) & (case.truth >= 0)
    if may.sum() < 2 * CHOSEN_REVIEWS:
        return {}
    rest = (case.truth != -1) & ~may
    wrong = (case.given != case.truth)[rest]
    rows, judgement, reviews = np.empty(0, np.int64), unaided, None
    while len(rows) < CHOSEN_REVIEWS:
        order = review_order(judgement.posterior, reviews)
        rows = np.concatenate([rows, order[may[order]][:BATCH]])
        reviews = _reviews(case, rows)
        judgement = judge_again(judged, reviews)
    drawing = drawing_order(case.given)  # as the page's order "at random"
    by_chance = drawing[case.truth[drawing] >= 0][:RANDOM_REVIEWS]
    at_random = judge_again(judged, _reviews(case, by_chance)).estimates.mislabelled
    before, after = unaided.estimates.mislabelled, judgement.estimates.mislabelled
    found = (case.given != case.truth)[rows].mean()
    return {
        "reviewed_ap_gain": float(
            average_precision_score(wrong, judgement.verdicts.p_mislabelled[rest])
            - average_precision_score(wrong, unaided.verdicts.p_mislabelled[rest])
        ) if wrong.any() and not wrong.all() else 0.0,
        "reviewed_width": float(
            (after.share_high - after.share_low) / max(before.share_high - before.share_low, 1e-9)
        ),
        "found_per_random": float(found / max((case.given != case.truth)[may].mean(), 1e-9)),
        "random_width": float(at_random.share_high - at_random.share_low),
        "random_inside": float(at_random.share_low <= case.share_wrong <= at_random.share_high),
    }  # fmt: skip


def _reviews(case: Case, rows: NDArray[np.int64]) -> Reviews:
    said = np.full(len(case.given), -1)
    said[rows] = case.truth[rows]
    return reviews_of_labels(said, case.classes)


def summary(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """What the rows show together."""
    rows = list(rows)
    noisy = [row for row in rows if "f1" in row]
    clean = [row for row in rows if row["share_wrong"] == 0]
    moderate = [row for row in noisy if row["share_wrong"] <= 0.32]

    def mean(values: list[float]) -> float:
        return float(np.mean(values)) if values else float("nan")

    def lowest(values: list[float]) -> float:
        return min(values, default=float("nan"))

    result = {
        "rows": len(rows),
        "inside": mean([row["inside"] for row in rows]),
        "median_width": float(np.median([row["high"] - row["low"] for row in rows])),
        "median_width_to_share": float(np.median([(row["high"] - row["low"]) / row["share_wrong"] for row in noisy])),
        "error_of_estimate": mean([abs(row["estimate"] - row["share_wrong"]) for row in rows]),
        "calibration_error": mean([row["calibration_error"] for row in rows]),
        "worst_calibration_error": max(row["calibration_error"] for row in rows),
        "worst_correction": min(row["corrected"] for row in rows),
        "clean_flagged": mean([row["flagged"] for row in clean]),
        "clean_estimate": mean([row["estimate"] for row in clean]),
        "f1_below_best": mean([row["f1_best"] - row["f1"] for row in moderate]),
        "f1_below_best_worst": max((row["f1_best"] - row["f1"] for row in moderate), default=float("nan")),
        "f1_above_differs": mean([row["f1"] - row["f1_differs"] for row in noisy]),
        "f1_above_differs_worst": lowest([row["f1"] - row["f1_differs"] for row in noisy]),
        "auroc_above_best": mean([row["auroc"] - max(row["auroc_peers"].values()) for row in noisy]),
        "auroc_above_best_worst": lowest([row["auroc"] - max(row["auroc_peers"].values()) for row in noisy]),
        "ap_above_best": mean([row["ap"] - max(row["ap_peers"].values()) for row in noisy]),
        "ap_above_best_worst": lowest([row["ap"] - max(row["ap_peers"].values()) for row in noisy]),
        "mistake_ambiguous": mean([row["mistake_ambiguous"] for row in noisy if "mistake_ambiguous" in row]),
    }
    for name in ("reviewed_ap_gain", "reviewed_width", "found_per_random", "random_width", "random_inside"):
        values = [row[name] for row in noisy if name in row]
        if values:
            result[name] = mean(values)
    if any("f1_peers" in row for row in noisy):
        for name in noisy[0]["f1_peers"]:
            result[f"f1 of {name}"] = mean([row["f1_peers"][name] for row in noisy])
        result["f1"] = mean([row["f1"] for row in noisy])
    return result
