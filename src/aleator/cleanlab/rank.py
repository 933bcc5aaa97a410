"""`cleanlab.rank`: how good each label is, 0 to 1, up is good, and labels in the order of that."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.cleanlab.instead import FUNCTIONS, refusing
from aleator.errors import DataError
from aleator.verdicts import issues
from aleator.verdicts.checks import checked_probabilities, explain

Floats = NDArray[np.float64]


def get_label_quality_scores(
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    method: issues.RankedBy = "self_confidence",
    adjust_pred_probs: bool = False,
) -> Floats:
    """`aleator.get_label_quality_scores` with cleanlab's default: the probability of the given label, `(example,)`.

    `method="label_quality"` is the posterior's answer, which finds more of the wrong labels.
    """
    return issues.get_label_quality_scores(labels, pred_probs, method=method, adjust_pred_probs=adjust_pred_probs)


def get_label_quality_ensemble_scores(
    labels: ArrayLike,
    pred_probs_list: Sequence[ArrayLike],
    *,
    method: issues.RankedBy = "self_confidence",
    adjust_pred_probs: bool = False,
    weight_ensemble_members_by: Literal["uniform", "accuracy", "log_loss_search", "custom"] = "accuracy",
    custom_weights: ArrayLike | None = None,
    verbose: bool = True,
) -> Floats:
    """The mean of several learners' scores, `(example,)`, each learner weighed by how often it agrees with the labels,
    equally, or by `custom_weights`, `(learner,)`.

    For one posterior over all of them give `aleator.find_label_issues` their probabilities as one array.
    """
    if not isinstance(pred_probs_list, list) or not pred_probs_list:
        raise AssertionError("pred_probs_list is a list with the probabilities (example, class) of each learner.")
    given = checked_probabilities(labels, pred_probs_list[0])[0]
    if (custom_weights is not None) != (weight_ensemble_members_by == "custom"):
        error = AssertionError if custom_weights is None else DataError
        raise error('custom_weights and weight_ensemble_members_by="custom" go together.')
    scores = [
        get_label_quality_scores(labels, one, method=method, adjust_pred_probs=adjust_pred_probs)
        for one in pred_probs_list
    ]
    if weight_ensemble_members_by == "custom":
        weights = np.asarray(custom_weights, dtype=np.float64)
        if weights.shape != (len(scores),):
            raise AssertionError(f"custom_weights has shape {weights.shape}; wanted is one for each of {len(scores)}.")
        return np.asarray(np.tensordot(weights, scores, axes=1))
    if weight_ensemble_members_by == "accuracy":
        weights = np.array([(np.argmax(one, axis=1) == given).mean() for one in pred_probs_list])
    elif weight_ensemble_members_by == "uniform":
        weights = np.ones(len(scores))
    elif weight_ensemble_members_by == "log_loss_search":
        explain("log_loss_search is not offered; the learners are weighed by their agreement with the labels.")
        weights = np.array([(np.argmax(one, axis=1) == given).mean() for one in pred_probs_list])
    else:
        raise DataError(f"{weight_ensemble_members_by!r} is no way to weigh learners: accuracy, uniform or custom.")
    return np.average(scores, axis=0, weights=weights)


def order_label_issues(
    label_issues_mask: NDArray[np.bool_],
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    rank_by: issues.RankedBy = "self_confidence",
    rank_by_kwargs: Mapping[str, Any] | None = None,
) -> NDArray[np.int64]:
    """The rows of a mask `(example,)`, the worst first by this score."""
    scores = get_label_quality_scores(labels, pred_probs, method=rank_by, **(rank_by_kwargs or {}))
    rows = np.flatnonzero(label_issues_mask)
    return rows[np.argsort(scores[rows], kind="stable")]


def find_top_issues(quality_scores: ArrayLike, *, top: int = 10) -> NDArray[np.int64]:
    """The rows of the lowest scores, `(top,)`, the worst first."""
    return np.argsort(quality_scores, kind="stable")[:top]


def get_self_confidence_for_each_label(labels: ArrayLike, pred_probs: ArrayLike) -> Floats:
    """The probability of the given label."""
    return get_label_quality_scores(labels, pred_probs, method="self_confidence")


def get_normalized_margin_for_each_label(labels: ArrayLike, pred_probs: ArrayLike) -> Floats:
    """The probability of the given label less that of the likeliest other, moved to 0 to 1."""
    return get_label_quality_scores(labels, pred_probs, method="normalized_margin")


def get_confidence_weighted_entropy_for_each_label(labels: ArrayLike, pred_probs: ArrayLike) -> Floats:
    """Falls with the entropy over the probability of the given label."""
    return get_label_quality_scores(labels, pred_probs, method="confidence_weighted_entropy")


__getattr__ = refusing(__name__, FUNCTIONS)
