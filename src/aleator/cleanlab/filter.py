"""`cleanlab.filter`: which labels are probably wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.cleanlab.instead import FUNCTIONS, refusing
from aleator.verdicts import issues
from aleator.verdicts.checks import checked_probabilities, explain
from aleator.verdicts.choosing import FilterBy
from aleator.verdicts.multilabel import one_for_each_class

BY_POSTERIOR = "prune_by_noise_rate"


def find_label_issues(
    labels: ArrayLike | Sequence[Sequence[int]],
    pred_probs: ArrayLike,
    *,
    return_indices_ranked_by: issues.RankedBy | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    num_to_remove_per_class: int | Sequence[int] | None = None,
    min_examples_per_class: int = 1,
    confident_joint: ArrayLike | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
    multi_label: bool = False,
) -> NDArray[Any]:
    """`aleator.find_label_issues` with cleanlab's defaults: a mask `(example,)`, or rows, the worst first."""
    if filter_by in ("prune_by_class", "both", "confident_learning"):
        explain(f"filter_by={filter_by!r} is answered by the posterior, as the default is; the issues are the same.")
    return issues.find_label_issues(
        labels,
        pred_probs,
        return_indices_ranked_by=return_indices_ranked_by,
        rank_by_kwargs=rank_by_kwargs,
        filter_by=filter_by,
        frac_noise=frac_noise,
        num_to_remove_per_class=num_to_remove_per_class,
        min_examples_per_class=min_examples_per_class,
        confident_joint=confident_joint,
        n_jobs=n_jobs,
        verbose=verbose,
        multi_label=multi_label,
    )


def find_predicted_neq_given(
    labels: ArrayLike | Sequence[Sequence[int]], pred_probs: ArrayLike, *, multi_label: bool = False
) -> NDArray[np.bool_]:
    """Where the likeliest class is not the given one, `(example,)`; with several classes, where one of them is not."""
    if multi_label:
        each = one_for_each_class(labels, pred_probs)  # type: ignore[arg-type]
        return np.asarray(np.any(np.stack([probs.argmax(axis=1) != has for has, probs in each]), axis=0))
    given, (probs,) = checked_probabilities(labels, pred_probs)
    return np.asarray(probs.argmax(axis=1) != given)


__getattr__ = refusing(__name__, FUNCTIONS)
