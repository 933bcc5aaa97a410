"""What the verdicts add up to: how many labels are wrong, in which direction, and how sure that is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.verdicts.judge import VERDICTS, Judgement
from aleator.verdicts.posterior import Posterior
from aleator.verdicts.reviews import Reviews

LEVEL = 0.9
DRAWS, MOST_ROWS = 60, 15_000
"""Plausible opinions that the intervals are made of, and the examples they are applied to; the rest is like these."""


def estimate_data_set(
    posterior: Posterior,
    judgement: Judgement,
    class_names: tuple[str, ...],
    reviews: Reviews | None = None,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """The `estimates` section of `audit.json`: counts with credible intervals.

    Each of `DRAWS` plausible opinions says how many labels are wrong; the interval holds `LEVEL` of what they say.
    `errors_left` is the same for the examples that nobody has reviewed. `sources` are the confusion matrices
    `(true, answered)` of all who gave labels, as shares of each row; that of the given labels has an interval.
    """
    given, classes = posterior.observations.given_label, len(class_names)
    labelled = np.flatnonzero(given >= 0)
    reviewed = np.zeros(len(given), dtype=bool)
    if reviews is not None:
        reviewed[reviews.row] = True
    sample = labelled if len(labelled) <= MOST_ROWS else _sample(labelled, seed)
    draws = posterior.draws(DRAWS, sample, seed)
    wrong = 1 - np.take_along_axis(draws, given[sample][None, :, None], axis=2)[:, :, 0]
    p_mislabelled = judgement.p_mislabelled

    def counted(rows: NDArray[np.bool_]) -> dict[str, float]:
        """Of the examples in `rows`, as many as expected; its interval from the sampled ones among them."""
        members = labelled[rows[labelled]]
        inside = rows[sample]
        expected = float(p_mislabelled[members].sum())
        if not inside.any():
            return {"count": expected, "low": expected, "high": expected}
        # Draws scatter around the draws' own mean; the expectation of the whole is known better than from the sample.
        scale = len(members) / inside.sum()
        low, high = credible_interval(wrong[:, inside].sum(axis=1, dtype=np.float64) * scale)
        return {"count": expected, "low": min(low, expected), "high": min(max(high, expected), float(len(members)))}

    everything = counted(np.ones(len(given), dtype=bool))
    total = max(1, len(labelled))
    shares = {f"share{suffix}": everything[key] / total for key, suffix in _SHARES}
    per_draw = _confusions(draws, given[sample], classes)
    return {
        "level": LEVEL,
        "mislabelled": {**everything, **shares},
        "errors_left": {**counted(~reviewed), "examples": int((given[~reviewed] >= 0).sum())},
        "reviewed": int(reviewed.sum()),
        "verdicts": {verdict: int((judgement.verdict == verdict).sum()) for verdict in VERDICTS},
        "confusion": _expected_confusion(posterior.distribution, given, classes).tolist(),
        "per_class": [
            {"class": name, "examples": int((given == label).sum()), **_renamed(counted(given == label))}
            for label, name in enumerate(class_names)
        ],
        "sources": _sources(posterior, per_draw, reviews),
    }


_SHARES = (("count", ""), ("low", "_low"), ("high", "_high"))


def _renamed(counted: dict[str, float]) -> dict[str, float]:
    return {"mislabelled": counted["count"], "low": counted["low"], "high": counted["high"]}


def credible_interval(values: NDArray[np.floating[Any]], axis: int = 0) -> Any:
    """Where a further draw lies with probability `LEVEL`: between quantiles that allow for how few draws there are."""
    half = (1 - LEVEL) / 2
    return np.quantile(values, [half, 1 - half], axis=axis, method="weibull").tolist()


def _sample(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


def _expected_confusion(
    distribution: NDArray[np.float32], given: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Expected number of examples `(given, true)`."""
    labelled = given >= 0
    columns = [np.bincount(given[labelled], distribution[labelled, true], minlength=classes) for true in range(classes)]
    return np.stack(columns, axis=1)


def _confusions(draws: NDArray[np.float32], given: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """The given labels' confusion matrix under each draw, `(draw, true, given)`, each row a distribution."""
    joint = np.stack([_expected_confusion(one, given, classes).T for one in draws])
    return np.asarray(joint / np.maximum(joint.sum(axis=2, keepdims=True), 1e-12))


def _sources(posterior: Posterior, per_draw: NDArray[np.float64], reviews: Reviews | None) -> list[dict[str, Any]]:
    low, high = credible_interval(per_draw)
    sources = [{"name": "given labels", "confusion": per_draw.mean(axis=0).tolist(), "low": low, "high": high}]
    people = [*zip(posterior.annotator_names, posterior.annotators, strict=True)]
    if reviews is not None:
        people += zip(reviews.reviewer_names, posterior.reviewers, strict=True)
    return sources + [{"name": name, "confusion": confusion.tolist()} for name, confusion in people]
