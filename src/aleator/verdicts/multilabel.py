"""Examples with any number of classes: each class is judged for itself, whether an example has it or has it not.

One posterior a class: "has it" and "has it not" are the two classes of its labels, and what a learner says of the class
is their probability. What classes say of each other is not heard.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.errors import DataError
from aleator.verdicts.choosing import Choice, choose_issues, judged_by
from aleator.verdicts.probabilities import judge_probabilities, quality_of
from aleator.verdicts.scores import plain_scores

Floats = NDArray[np.float64]
Aggregator = str | Callable[..., Floats]
ALPHA, TEMPERATURE = 0.8, 0.1


def multi_label_issues(
    labels: Sequence[Sequence[int]],
    pred_probs: ArrayLike,
    return_indices_ranked_by: str | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    choice: Choice = Choice(),  # noqa: B008 (frozen)
) -> NDArray[Any]:
    """Which examples have a class too many or too few; see `aleator.find_label_issues`.

    Labels are a list with the classes of each example, probabilities `(example, class)` that need not sum to one.
    """
    issues = issues_per_class(labels, pred_probs, choice).any(axis=1)
    if return_indices_ranked_by is None:
        return np.asarray(issues)
    quality = multi_label_quality(labels, pred_probs, method=return_indices_ranked_by, **(rank_by_kwargs or {}))
    rows = np.flatnonzero(issues)
    return rows[np.argsort(quality[rows], kind="stable")]


def issues_per_class(
    labels: Sequence[Sequence[int]],
    pred_probs: ArrayLike,
    choice: Choice = Choice(),  # noqa: B008
) -> NDArray[np.bool_]:
    """Which annotations are probably wrong, `(example, class)`.

    Where the learner says what is annotated, nothing is called wrong: one annotation of many is not called so by
    how its class errs alone.
    """
    removed = choice.num_to_remove_per_class
    classes = checked_multi_label(labels, pred_probs)[1].shape[1]
    counts = None if removed is None else np.broadcast_to(np.asarray(removed, dtype=np.int64), (classes,))
    result = []
    for label, (has, probs) in enumerate(one_for_each_class(labels, pred_probs)):
        # Of so many to remove, those that lack the class, as cleanlab has it: an example too many would count twice.
        own = choice if counts is None else replace(choice, num_to_remove_per_class=(int(counts[label]), 0))
        posterior = judge_probabilities(has, probs, warn_in_sample=False)
        against = np.where(has == 1, probs[:, 1] < 0.5, probs[:, 1] > 0.5)
        result.append(choose_issues(judged_by(posterior, (probs,)), own) & against)
    return np.stack(result, axis=1)


def multi_label_quality_per_class(
    labels: Sequence[Sequence[int]],
    pred_probs: ArrayLike,
    *,
    method: str = "label_quality",
    adjust_pred_probs: bool = False,
) -> Floats:
    """How good each annotation is, `(example, class)`, 0 to 1, up is good; see `aleator.get_label_quality_scores`."""
    return np.stack(
        [
            quality_of(judge_probabilities(has, probs, warn_in_sample=False))
            if method == "label_quality"
            else plain_scores(has, probs, method.lower(), adjust_pred_probs=adjust_pred_probs)
            for has, probs in one_for_each_class(labels, pred_probs)
        ],
        axis=1,
    )


def multi_label_quality(
    labels: Sequence[Sequence[int]],
    pred_probs: ArrayLike,
    *,
    method: str = "label_quality",
    adjust_pred_probs: bool = False,
    aggregator_kwargs: Mapping[str, Any] | None = None,
) -> Floats:
    """How good the classes of each example are together, `(example,)`, 0 to 1, up is good.

    `aggregator_kwargs` say how scores of classes become one: `method` is `exponential_moving_average` over the scores
    from the best to the worst (`alpha`, the weight of the next worse, .8), `softmin` (`temperature`, .1), or a function
    of `(example, class)` that takes `axis`.
    """
    scores = multi_label_quality_per_class(labels, pred_probs, method=method, adjust_pred_probs=adjust_pred_probs)
    options = dict(aggregator_kwargs or {})
    if not options:
        return moving_average(scores)
    how: Aggregator = options.pop("method", "exponential_moving_average")
    if callable(how):
        return np.asarray(how(scores, axis=1, **options))
    if how == "exponential_moving_average":
        return moving_average(scores, **{"alpha": None, **options})
    if how == "softmin":
        return soft_minimum(scores, **options)
    raise DataError(f"{how!r} joins no scores; there are exponential_moving_average, softmin, or a function.")


def moving_average(scores: Floats, alpha: float | None = ALPHA) -> Floats:
    """From the best to the worst score of each example, each next one with the weight `alpha` (None: `2 / (K + 1)`)."""
    alpha = 2 / (scores.shape[1] + 1) if alpha is None else alpha
    if not 0 <= alpha <= 1:
        raise DataError(f"alpha must be in the interval [0, 1], and is {alpha}.")
    falling = -np.sort(-scores, axis=1)
    result = falling[:, 0]
    for place in range(1, falling.shape[1]):
        result = alpha * falling[:, place] + (1 - alpha) * result
    return np.asarray(result)


def soft_minimum(scores: Floats, temperature: float = TEMPERATURE) -> Floats:
    """The mean of each example's scores, bad ones weighed by a softmax of this temperature."""
    weights = np.exp((scores.min(axis=1, keepdims=True) - scores) / temperature)
    return np.asarray((weights * scores).sum(axis=1) / weights.sum(axis=1))


def one_for_each_class(
    labels: Sequence[Sequence[int]], pred_probs: ArrayLike
) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """For each class the labels "has it" (1) or not (0), `(example,)`, and their probabilities `(example, 2)`."""
    has, probs = checked_multi_label(labels, pred_probs)
    for label in range(probs.shape[1]):
        yield has[:, label], np.stack([1 - probs[:, label], probs[:, label]], axis=1)


def checked_multi_label(labels: Sequence[Sequence[int]], pred_probs: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    """Which example has which class, `(example, class)` of 0 and 1, and the probabilities. Raises DataError naming the
    first row that is wrong."""
    probs = np.asarray(pred_probs, dtype=np.float64)
    if probs.ndim != 2 or not len(probs):
        raise DataError(f"pred_probs has shape {probs.shape}; wanted is (example, class).")
    bad = np.flatnonzero(~((probs >= 0) & (probs <= 1)).all(axis=1))
    if len(bad):
        raise DataError(f"pred_probs, row {bad[0]}: probabilities are from 0 to 1, without NaN.")
    if not isinstance(labels, list) or not all(isinstance(of_one, Sequence | np.ndarray) for of_one in labels):
        raise DataError(
            "With multi_label, labels are a list with a list of classes for each example: [[0, 2], [], [1]]."
        )
    if len(labels) != len(probs):
        raise DataError(f"{len(labels)} labels but {len(probs)} rows of pred_probs; they must line up.")
    has = np.zeros(probs.shape, dtype=np.int64)
    for row, of_one in enumerate(labels):
        for label in of_one:
            if not isinstance(label, int | np.integer) or not 0 <= label < probs.shape[1]:
                raise DataError(
                    f"labels, row {row}: {cast(Any, label)!r} has no column in pred_probs, which has columns 0 to "
                    f"{probs.shape[1] - 1}."
                )
            has[row, label] = 1
    return has, probs
