"""What the verdicts add up to: how many labels of the data set are wrong, and in which direction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm, t

from aleator.verdicts.judge import VERDICTS, Judgement

LEVEL = 0.9
CALIBRATION_SHIFT = 0.3
"""Standard deviation, in logits, by which an unreviewed audit may be too strict or too lenient as a whole.

Without a single reviewed label nothing in the data can tell this apart from the truth. On FER2013 and on drawn
faces the shift that would make the estimate exact lay within this range.
"""
CALIBRATION_SCALE = 0.12
"""And the relative standard deviation of the count itself: where the networks are sure of everything, a shift moves
nothing, yet they may miss a part of the errors."""


def estimate_data_set(
    judgement: Judgement,
    log_probs: NDArray[np.float64],
    given_label: NDArray[np.int64],
    classes: tuple[str, ...],
) -> dict[str, Any]:
    """The `estimates` section of `audit.json`: counts with intervals, verdicts, the confusion, a row per class.

    The interval joins the disagreement of the draws `(draw, example, class)` with a common shift of all
    probabilities (`CALIBRATION_SHIFT`).
    """
    labelled = given_label >= 0
    given = given_label[labelled]
    p_mislabelled = judgement.p_mislabelled[labelled]
    per_draw = 1 - np.exp(log_probs[:, labelled][:, np.arange(len(given)), given])
    count = len(classes)
    return {
        "level": LEVEL,
        "mislabelled": _counted(p_mislabelled, per_draw, with_share=True),
        "verdicts": {verdict: int((judgement.verdict == verdict).sum()) for verdict in VERDICTS},
        "confusion": _confusion(judgement.label_distribution[labelled], p_mislabelled, given, count).tolist(),
        "per_class": [
            _class_row(name, p_mislabelled[given == label], per_draw[:, given == label])
            for label, name in enumerate(classes)
        ],
    }


def _counted(
    p_mislabelled: NDArray[np.float64], per_draw: NDArray[np.float64], *, with_share: bool = False
) -> dict[str, float]:
    total = len(p_mislabelled)
    if not total:
        return {"count": 0.0, "low": 0.0, "high": 0.0}
    estimate = float(p_mislabelled.sum())
    draws = len(per_draw)
    counts = per_draw.sum(axis=1)
    half = (1 - LEVEL) / 2
    of_draws = t.isf(half, draws - 1) * counts.std(ddof=1) / np.sqrt(draws) if draws > 1 else 0.0
    log_odds = logit(np.clip(p_mislabelled, 1e-9, 1 - 1e-9))
    shift, of_scale = norm.isf(half) * CALIBRATION_SHIFT, norm.isf(half) * CALIBRATION_SCALE * estimate
    low = max(0.0, estimate - np.hypot.reduce([estimate - expit(log_odds - shift).sum(), of_draws, of_scale]))
    high = min(float(total), estimate + np.hypot.reduce([expit(log_odds + shift).sum() - estimate, of_draws, of_scale]))
    row = {"count": estimate, "low": float(low), "high": float(high)}
    if with_share:
        row |= {"share": estimate / total, "share_low": float(low / total), "share_high": float(high / total)}
    return row


def _class_row(name: str, p_mislabelled: NDArray[np.float64], per_draw: NDArray[np.float64]) -> dict[str, Any]:
    counted = _counted(p_mislabelled, per_draw)
    return {
        "class": name,
        "examples": len(p_mislabelled),
        "mislabelled": counted["count"],
        "low": counted["low"],
        "high": counted["high"],
    }


def _confusion(
    distribution: NDArray[np.float64],
    p_mislabelled: NDArray[np.float64],
    given: NDArray[np.int64],
    classes: int,
) -> NDArray[np.float64]:
    """Expected number of examples `(given, true)`."""
    others = distribution.copy()
    others[np.arange(len(given)), given] = 0
    others *= (p_mislabelled / np.maximum(others.sum(axis=1), 1e-12))[:, None]
    others[np.arange(len(given)), given] = 1 - p_mislabelled
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, given, others)
    return confusion
