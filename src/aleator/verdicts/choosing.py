"""Which labels are called issues, once it is known how probably each is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from aleator.errors import DataError
from aleator.verdicts.flags import flag_above
from aleator.verdicts.posterior import LabelPosterior
from aleator.verdicts.probabilities import quality_of
from aleator.verdicts.scores import plain_scores

ByPosterior = Literal["posterior", "prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]
"""The posterior, and cleanlab's ways to count and prune, which it takes the place of."""
ByScores = Literal["predicted_neq_given", "low_self_confidence", "low_normalized_margin"]
FilterBy = ByPosterior | ByScores
BY_POSTERIOR, BY_SCORES = get_args(ByPosterior), get_args(ByScores)


@dataclass(frozen=True)
class Choice:
    """Which of the labels that may be wrong are returned; see `aleator.find_label_issues`."""

    filter_by: FilterBy = "posterior"
    frac_noise: float = 1.0
    num_to_remove_per_class: int | Sequence[int] | None = None
    min_examples_per_class: int = 0
    above: float | None = None


@dataclass(frozen=True)
class Judged:
    """What is chosen from, whoever judged it."""

    given: NDArray[np.int64]
    """Given labels, `(example,)`."""
    classes: int
    quality: NDArray[np.float64]
    """Probability that each is right, `(example,)`."""
    cut: Callable[[], float]
    """The probability of being wrong above which labels are called wrong."""
    predicted: Callable[[], NDArray[np.int64]]
    """The likeliest class of each example by the learners alone."""
    score: Callable[[str], NDArray[np.float64]]
    """A plain score of each label by name."""


def judged_by(posterior: LabelPosterior, several: tuple[NDArray[np.floating[Any]], ...]) -> Judged:
    """By the posterior and each learner's probabilities `(example, class)`."""
    given, quality = posterior.observations.given_label, quality_of(posterior)

    def probs() -> NDArray[np.float64]:
        return np.asarray(np.mean(several, axis=0, dtype=np.float64))

    return Judged(
        given,
        posterior.observations.classes,
        quality,
        lambda: flag_above(posterior, 1 - quality),
        lambda: probs().argmax(axis=1),
        lambda method: plain_scores(given, probs(), method),
    )


def choose_issues(judged: Judged, choice: Choice) -> NDArray[np.bool_]:
    """Which labels are called wrong, `(example,)`."""
    given, wrong = judged.given, 1 - judged.quality
    if choice.filter_by in BY_SCORES:
        if choice.num_to_remove_per_class is not None or choice.frac_noise != 1 or choice.above is not None:
            raise DataError(
                "num_to_remove_per_class, frac_noise and above are not supported for "
                f"filter_by={choice.filter_by!r}, which counts for itself; leave them out, or filter_by."
            )
        if choice.filter_by == "predicted_neq_given":
            issues = judged.predicted() != given
        else:
            expected = round(float(wrong.sum()))
            wrong = 1 - judged.score(choice.filter_by.removeprefix("low_"))
            issues = _worst(wrong, np.ones(len(given), dtype=bool), expected)
    elif choice.filter_by not in BY_POSTERIOR:
        raise DataError(f"{choice.filter_by!r} is no filter_by; there are {', '.join((*BY_POSTERIOR, *BY_SCORES))}.")
    elif choice.num_to_remove_per_class is not None:
        wanted = np.broadcast_to(np.asarray(choice.num_to_remove_per_class, dtype=np.int64), (judged.classes,))
        issues = np.zeros(len(given), dtype=bool)
        for label, count in enumerate(wanted.tolist()):
            issues |= _worst(wrong, given == label, count)
    else:
        issues = wrong > (judged.cut() if choice.above is None else choice.above)
    if choice.frac_noise != 1:
        if not 0 <= choice.frac_noise <= 1:
            raise DataError(f"frac_noise is a share from 0 to 1, not {choice.frac_noise}.")
        issues = _worst(wrong, issues, round(choice.frac_noise * int(issues.sum())))
    if choice.min_examples_per_class > 0:
        for label in np.unique(given[issues]).tolist():
            of_class = given == label
            most = max(0, int(of_class.sum()) - choice.min_examples_per_class)
            issues = np.where(of_class, _worst(wrong, issues & of_class, most), issues)
    return np.asarray(issues)


def _worst(wrong: NDArray[np.float64], among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """The `count` among these that are the most probably wrong, as a mask."""
    rows = np.flatnonzero(among)
    result = np.zeros(len(wrong), dtype=bool)
    result[rows[np.argsort(-wrong[rows], kind="stable")[:count]]] = True
    return result
