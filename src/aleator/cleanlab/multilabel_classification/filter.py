"""`cleanlab.multilabel_classification.filter`: which examples have a class too many or too few."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.verdicts import multilabel
from aleator.verdicts.checks import explain_ignored
from aleator.verdicts.choosing import Choice, FilterBy

Labels = Sequence[Sequence[int]]


def find_label_issues(
    labels: Labels,
    pred_probs: ArrayLike,
    return_indices_ranked_by: str | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    num_to_remove_per_class: int | Sequence[int] | None = None,
    min_examples_per_class: int = 1,
    confident_joint: ArrayLike | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
    low_memory: bool = False,
) -> NDArray[Any]:
    """`aleator.find_label_issues` with `multi_label=True`: a mask `(example,)`, or rows, the worst first."""
    explain_ignored(
        confident_joint=confident_joint, n_jobs=n_jobs, verbose=verbose or None, low_memory=low_memory or None
    )
    choice = Choice(filter_by, frac_noise, num_to_remove_per_class, min_examples_per_class)
    return multilabel.multi_label_issues(labels, pred_probs, return_indices_ranked_by, rank_by_kwargs, choice)


def find_multilabel_issues_per_class(
    labels: Labels,
    pred_probs: ArrayLike,
    return_indices_ranked_by: str | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    num_to_remove_per_class: int | Sequence[int] | None = None,
    min_examples_per_class: int = 1,
    confident_joint: ArrayLike | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
    low_memory: bool = False,
) -> NDArray[np.bool_] | tuple[list[NDArray[Any]], list[NDArray[Any]], list[NDArray[Any]]]:
    """Which annotations are probably wrong: a mask `(example, class)`; with `return_indices_ranked_by` three lists with
    an entry for each class: the rows, the worst first, the labels 0 and 1 `(example,)`, and `(example, 2)`
    probabilities."""
    explain_ignored(
        confident_joint=confident_joint, n_jobs=n_jobs, verbose=verbose or None, low_memory=low_memory or None
    )
    choice = Choice(filter_by, frac_noise, num_to_remove_per_class, min_examples_per_class)
    issues = multilabel.issues_per_class(labels, pred_probs, choice)
    if return_indices_ranked_by is None:
        return issues
    quality = multilabel.multi_label_quality_per_class(
        labels, pred_probs, method=return_indices_ranked_by, **(rank_by_kwargs or {})
    )
    rows = [np.flatnonzero(of_class) for of_class in issues.T]
    ranked = [found[np.argsort(quality[found, label], kind="stable")] for label, found in enumerate(rows)]
    each = list(multilabel.one_for_each_class(labels, pred_probs))
    return ranked, [has for has, _ in each], [probs for _, probs in each]
