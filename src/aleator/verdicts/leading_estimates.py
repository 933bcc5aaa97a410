"""Verdicts by leading classes, and what they add up to; as `judge.py` and `estimates.py`, without a matrix."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from aleator.rows import at_random
from aleator.verdicts.estimates import (
    DRAWS,
    ERROR,
    LEVEL,
    MOST_ROWS,
    RELATIVE_ERROR,
    ClassEstimate,
    ClassPair,
    ErrorsLeft,
    Estimates,
    WrongLabels,
    credible_interval,
)
from aleator.verdicts.flags import DRAWS as CUT_DRAWS
from aleator.verdicts.flags import best_cut, safe_changes
from aleator.verdicts.judge import MISTAKE, Verdicts, cheapest, leave_as_they_are
from aleator.verdicts.leading import LeadingPosterior
from aleator.verdicts.names import VERDICTS

PAIRS = 100
"""Pairs of classes that are told."""


def leading_verdicts(posterior: LeadingPosterior) -> Verdicts:
    """One verdict for each example; all are labelled."""
    given, quality = posterior.given_label, posterior.quality
    suggested, highest = posterior.suggested
    verdict = cheapest(quality, highest, suggested == given)
    changed = np.flatnonzero(verdict == MISTAKE)

    def gain(some: NDArray[np.int64]) -> NDArray[np.float32]:
        rows = changed[some]
        return posterior.draws_of(suggested[rows], CUT_DRAWS, rows) - posterior.draws_of_given(CUT_DRAWS, rows)

    leave_as_they_are(verdict, changed[~safe_changes(highest[changed] - quality[changed], gain)], 1 - quality)
    p_mislabelled = np.clip(1 - quality, 0, 1).astype(np.float32).astype(np.float64)
    cut = best_cut(lambda rows: posterior.draws_of_given(CUT_DRAWS, rows), p_mislabelled, np.arange(len(given)))
    return Verdicts(posterior.distribution, p_mislabelled, suggested, np.array(VERDICTS)[verdict], cut)


def estimate_leading(
    posterior: LeadingPosterior,
    verdicts: Verdicts,
    class_names: tuple[str, ...],
    remarks: tuple[str, ...] = (),
    *,
    seed: int = 0,
) -> Estimates:
    """Counts with credible intervals; the classes' are by how many examples each has, and what all classes' draws
    say, since few examples of each tell little of their own."""
    given, wrong = posterior.given_label, verdicts.p_mislabelled
    total = len(given)
    sample = at_random(np.arange(total), MOST_ROWS, seed)
    draws = 1 - posterior.draws_of_given(DRAWS, sample, seed)
    random = np.random.default_rng([seed, 1])
    scales = np.exp(RELATIVE_ERROR * random.standard_normal(DRAWS))
    offsets = ERROR * random.standard_normal(DRAWS)
    chance = np.sqrt((draws * (1 - draws)).mean(axis=1, dtype=np.float64) / total)
    shares = draws.mean(axis=1, dtype=np.float64) + chance * random.standard_normal(DRAWS)
    expected = float(wrong.sum())
    low, high = credible_interval((shares * scales + offsets) * total, expected)
    everything = expected, max(low, 0.0), min(high, float(total))
    return Estimates(
        level=LEVEL,
        mislabelled=WrongLabels(*everything, *(count / total for count in everything)),
        errors_left=ErrorsLeft(*everything, total),
        reviewed=0,
        verdicts={verdict: int((verdicts.verdict == verdict).sum()) for verdict in VERDICTS},
        confusion=[],
        per_class=_of_classes(given, wrong, shares * scales + offsets, class_names, random),
        flagged=int(verdicts.flagged.sum()),
        flag_above=verdicts.flag_above,
        remarks=remarks,
        pairs=pairs_of_classes(verdicts.label_distribution, given),
    )


def _of_classes(
    given: NDArray[np.int64],
    wrong: NDArray[np.float64],
    shares: NDArray[np.float64],
    class_names: tuple[str, ...],
    random: np.random.Generator,
) -> tuple[ClassEstimate, ...]:
    """By the draws' shares of wrong labels `(draw,)`."""
    classes = len(class_names)
    examples, expected = np.bincount(given, minlength=classes), np.bincount(given, wrong, classes)
    spread = np.sqrt(np.bincount(given, wrong * (1 - wrong), classes))
    relative = (shares / max(float(shares.mean()), 1e-9))[:, None]
    drawn = expected * relative + spread * random.standard_normal((len(shares), classes))
    low, high = (
        np.clip(bound, 0, examples).tolist() for bound in credible_interval(drawn, expected.astype(np.float64))
    )
    return tuple(
        ClassEstimate(name, int(count), float(about), least, most)
        for name, count, about, least, most in zip(class_names, examples, expected, low, high, strict=True)
    )


def pairs_of_classes(distribution: Any, given: NDArray[np.int64]) -> tuple[ClassPair, ...]:
    """The pairs of classes between which most labels are wrong, by a sparse label distribution `(example, class)`."""
    every, classes = distribution.tocoo(), distribution.shape[1]
    beside = every.col != given[every.row]
    rows, label = every.row[beside], every.col[beside]
    counts: Any = coo_array(
        (every.data[beside].astype(np.float64), (given[rows], label)), shape=(classes, classes)
    ).tocsr()
    counts = counts.tocoo()
    most = np.argsort(-counts.data, kind="stable")[:PAIRS]
    examples = np.bincount(given, minlength=classes)
    return tuple(
        ClassPair(int(one), int(other), float(count), float(count / examples[one]))
        for one, other, count in zip(counts.row[most], counts.col[most], counts.data[most], strict=True)
    )
