"""What the verdicts add up to: how many labels are wrong, in which direction, and how sure that is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.verdicts.judge import Judgement
from aleator.verdicts.names import VERDICTS
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
        scale = len(members) / inside.sum()
        low, high = credible_interval(wrong[:, inside].sum(axis=1, dtype=np.float64) * scale, expected)
        return {"count": expected, "low": max(low, 0.0), "high": min(high, float(len(members)))}

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


def credible_interval(draws: NDArray[np.floating[Any]], centre: float | NDArray[np.float64]) -> Any:
    """Where a further draw lies with probability `LEVEL`, for draws along the first axis, moved to their `centre`.

    What the posterior expects is the centre, not the mean of the draws: noise in the numbers makes every sure answer
    less sure, and so moves the draws to one side. (FER2013, 200 random reviews: by .020 of the labels.) The quantiles
    allow for how few draws there are.
    """
    half = (1 - LEVEL) / 2
    quantiles = np.quantile(draws, [half, 1 - half], axis=0, method="weibull")
    return (quantiles - draws.mean(axis=0) + centre).tolist()


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
    expected = _expected_confusion(posterior.distribution, posterior.observations.given_label, per_draw.shape[1]).T
    expected = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
    low, high = np.clip(credible_interval(per_draw, expected), 0, 1).tolist()
    sources = [{"name": "given labels", "confusion": expected.tolist(), "low": low, "high": high}]
    people = [*zip(posterior.annotator_names, posterior.annotators, strict=True)]
    if reviews is not None:
        people += zip(reviews.reviewer_names, posterior.reviewers, strict=True)
    return sources + [{"name": name, "confusion": confusion.tolist()} for name, confusion in people]
