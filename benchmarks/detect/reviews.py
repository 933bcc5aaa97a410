"""Ours: alone, and taught by a simulated reviewer who says what the referee says."""

import time
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.metrics import roc_auc_score

from aleator.auditing.referee import NO_OPINION, entropy_correlation, vote_entropy
from aleator.decisions.reviews import Reviews
from aleator.verdicts import LabelPosterior, Verdicts, judge, review_order, weigh_sources
from aleator.verdicts.estimates import DRAWS, MOST_ROWS, credible_interval
from benchmarks.detect.scores import Detection, halves, mean_of, score
from benchmarks.detect.tracks import Track
from benchmarks.reviewer import BATCH, answers, reviews_by

COVERAGE_REVIEWS = 200


def ours(track: Track, draws: int, counts: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Rows of the table, and the further figures in the same rows: unaided, then after reviews in our order and in
    random order, each the mean of several draws.

    In each draw a random half of the examples is scored, and the other half may be reviewed: what is measured is what
    was learned, and no order is favoured by what it takes out of the scored examples.
    """
    decided = answers(track.referee, track.votes, track.observations.classes)
    unaided, verdicts, seconds = _judged(track, None)
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    for draw, scored in enumerate(halves(track, draws)):
        rows["aleator, nothing reviewed"].append(_row(track, verdicts, seconds, scored))
        for order in ("chosen", "random"):
            for count, reviews in _reviewed(track, unaided, decided, ~scored, counts, order, draw):
                _, taught, update_seconds = _judged(track, reviews)
                rows[f"aleator, {count} {order}"].append(_row(track, taught, update_seconds, scored))
    # A count that one draw's half is too small for is left out.
    return {name: mean_of(several) for name, several in rows.items() if len(several) == draws}


def coverage(track: Track, simulations: int) -> dict[str, float]:
    """How often the interval for the share of wrong labels holds the truth, after random reviews.

    The share is that among the examples that the referee has an opinion of.
    """
    decided = answers(track.referee, track.votes, track.observations.classes)
    scored = np.flatnonzero(track.referee != NO_OPINION)
    random = np.random.default_rng([0, 4])
    hits, widths, misses = [], [], []
    for simulation in range(simulations):
        chosen = random.choice(len(track.given), min(COVERAGE_REVIEWS, len(track.given) // 4), replace=False)
        posterior, _, _ = _judged(track, reviews_by(chosen, decided))
        sample = np.sort(random.choice(scored, min(MOST_ROWS, len(scored)), replace=False))
        draws = posterior.draws(DRAWS, sample, simulation)
        wrong = 1 - np.take_along_axis(draws, track.given[sample][None, :, None], axis=2)[:, :, 0]
        given = track.given[sample]
        expected = 1 - posterior.distribution[sample, given].mean(dtype=np.float64)
        low, high = credible_interval(wrong.mean(axis=1), expected)
        truth = (track.given != track.referee)[sample].mean()
        hits.append(low <= truth <= high)
        widths.append(high - low)
        misses.append((low + high) / 2 - truth)
    return {
        "coverage": float(np.mean(hits)),
        "width": float(np.mean(widths)),
        "bias": float(np.mean(misses)),
        "simulations": simulations,
    }


def _judged(track: Track, reviews: Reviews | None) -> tuple[LabelPosterior, Verdicts, float]:
    start = time.perf_counter()
    posterior = weigh_sources(track.observations, out_of_sample=track.out_of_sample, reviews=reviews)
    verdicts = judge(posterior, reviews=reviews)
    return posterior, verdicts, time.perf_counter() - start


def _reviewed(
    track: Track,
    unaided: LabelPosterior,
    decided: NDArray[np.float64],
    open_rows: NDArray[np.bool_],
    counts: tuple[int, ...],
    order: str,
    seed: int,
) -> Iterator[tuple[int, Reviews]]:
    """The reviews at each count: the same ones, and more."""
    counts = tuple(count for count in counts if count <= open_rows.sum())
    if order == "random":
        rows = np.random.default_rng([seed, 2]).permutation(np.flatnonzero(open_rows))
        yield from ((count, reviews_by(rows[:count], decided)) for count in counts)
        return
    rows, posterior, reviews = np.empty(0, np.int64), unaided, None
    while len(rows) < max(counts, default=0):
        following = review_order(posterior, reviews, seed=seed)
        rows = np.concatenate([rows, following[open_rows[following]][:BATCH]])
        reviews = reviews_by(rows, decided)
        if len(rows) in counts:
            yield len(rows), reviews
        posterior, _, _ = _judged(track, reviews)


def _row(track: Track, verdicts: Verdicts, seconds: float, rows: NDArray[np.bool_]) -> dict[str, float]:
    p_mislabelled = verdicts.p_mislabelled
    detection = Detection(p_mislabelled, seconds, verdicts.flagged, p_mislabelled, verdicts.suggested_label)
    return score(track, detection, rows) | _against_ambiguity(track, verdicts, rows)


def _against_ambiguity(track: Track, verdicts: Verdicts, rows: NDArray[np.bool_]) -> dict[str, float]:
    """For votes: AUROC of mistakes against ambiguous examples, and how the distribution's entropy follows that of the
    votes (Spearman)."""
    if track.votes is None:
        return {}
    chosen = np.flatnonzero(rows)
    votes, given = track.votes.take(chosen), track.given[chosen]
    counts = votes.counts
    classes = votes.class_counts(track.observations.classes)
    ten = counts.sum(axis=1) >= 10
    own = np.take_along_axis(classes, given[:, None], axis=1)[:, 0]
    np.put_along_axis(classes, given[:, None], 0, axis=1)
    mistake = ten & (classes.max(axis=1) >= 8) & (own <= 1)
    ambiguous = ten & (counts.max(axis=1) <= 5)
    asked = mistake | ambiguous
    entropy = entr(verdicts.label_distribution[chosen]).sum(axis=1)
    return {
        "mistake_auroc": float(roc_auc_score(mistake[asked], clear_mistake(verdicts)[chosen][asked])),
        "entropy_spearman": entropy_correlation(entropy, vote_entropy(votes)) or float("nan"),
    }


def clear_mistake(verdicts: Verdicts) -> NDArray[np.float64]:
    """`p_mislabelled` times clarity, `(example,)`: low for right labels and for ambiguous examples.

    Clarity is one minus the entropy of the label distribution over its largest value. Of a dozen scores made of the
    distribution, the networks' own and their uncertainty, none was better by more than .005.
    """
    distribution = verdicts.label_distribution.astype(np.float64)
    clarity = 1 - entr(distribution).sum(axis=1) / np.log(distribution.shape[1])
    return np.asarray(verdicts.p_mislabelled * clarity)
