"""Labels and predicted probabilities in, label issues out: called and shaped as cleanlab's users expect."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from aleator.data.sparse_probabilities import is_sparse
from aleator.errors import DataError
from aleator.verdicts.checks import IN_SAMPLE, checked_probabilities, explain, explain_ignored
from aleator.verdicts.choosing import Choice, FilterBy, Judged, choose_issues, judged_by
from aleator.verdicts.flags import DRAWS, best_cut
from aleator.verdicts.leading import checked_leading, judge_leading, leading_looks_in_sample, leading_scores
from aleator.verdicts.multilabel import multi_label_issues
from aleator.verdicts.probabilities import judge_checked, judge_probabilities, quality_of
from aleator.verdicts.scores import plain_scores

RankedBy = Literal["self_confidence", "normalized_margin", "confidence_weighted_entropy", "label_quality"]


def find_label_issues(  # as long as its list of arguments, which are cleanlab's
    labels: ArrayLike | Sequence[Sequence[int]],
    pred_probs: ArrayLike | sparse.sparray,
    *,
    return_indices_ranked_by: RankedBy | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    filter_by: FilterBy = "posterior",
    frac_noise: float = 1.0,
    num_to_remove_per_class: int | Sequence[int] | None = None,
    min_examples_per_class: int = 0,
    confident_joint: ArrayLike | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
    multi_label: bool = False,
    features: ArrayLike | None = None,
    reviewed_labels: ArrayLike | None = None,
    above: float | None = None,
) -> NDArray[Any]:
    """Which labels are probably wrong.

    Args:
        labels: given labels `(example,)`, 0 to K-1; with `multi_label` a list with the classes of each example.
        pred_probs: out-of-sample predicted probabilities `(example, K)`, or several learners' `(learner, example, K)`;
            of many classes one of scipy's sparse arrays with the likeliest of each example, who leave to all others
            what is left of one.
        return_indices_ranked_by: instead of a mask, the rows of the issues, worst first, by this score.
        rank_by_kwargs: what `get_label_quality_scores` is called with for that, beside the method.
        filter_by: `posterior`, which also stands in for cleanlab's `prune_by_noise_rate`, `prune_by_class`, `both` and
            `confident_learning`; `predicted_neq_given`, where the likeliest class is another; `low_self_confidence` or
            `low_normalized_margin`, the lowest scores, as many as the posterior holds to be wrong.
        frac_noise: this share of what would be returned, the worst.
        num_to_remove_per_class: so many of each given class, the worst, whatever is believed of them.
        min_examples_per_class: so many of each given class are never returned.
        confident_joint: accepted and explained: the posterior counts for itself.
        n_jobs: accepted and explained: it does so in one process.
        verbose: accepted and explained likewise.
        multi_label: each example has any number of classes; each class is judged for itself, and an example is an issue
            if one of its classes is.
        features: an embedding `(example, feature)`: what simple learners say of the labels by it, out of sample, is
            heard as one more learner (ten thousand examples take seconds), and it helps to learn from reviewed labels.
        reviewed_labels: what somebody who looked says, `(example,)`, -1 where nobody has.
        above: the probability of being wrong above which a label is an issue; by default the one that promises the
            highest F1.

    Returns a mask `(example,)`, true for an issue, or rows. Raises DataError for input that cannot be judged.
    """
    explain_ignored(confident_joint=confident_joint, n_jobs=n_jobs, verbose=verbose or None)
    choice = Choice(filter_by, frac_noise, num_to_remove_per_class, min_examples_per_class, above)
    if multi_label:
        if is_sparse(pred_probs):
            raise DataError("Sparse pred_probs are not for multi_label, where probabilities do not sum to one.")
        if features is not None or reviewed_labels is not None or above is not None:
            raise DataError("features, reviewed_labels and above are not for multi_label; leave them out.")
        return multi_label_issues(
            cast(Sequence[Sequence[int]], labels), pred_probs, return_indices_ranked_by, rank_by_kwargs, choice
        )
    if is_sparse(pred_probs):
        if features is not None or reviewed_labels is not None:
            raise DataError("features and reviewed_labels are not used with sparse pred_probs; leave them out.")
        judged = _judged_by_leading(labels, pred_probs)
    else:
        given, several = checked_probabilities(labels, pred_probs)
        posterior = judge_checked(given, several, features=features, reviewed_labels=reviewed_labels)
        judged = judged_by(posterior, several)
    issues = choose_issues(judged, choice)
    if return_indices_ranked_by is None:
        return issues
    if return_indices_ranked_by == "label_quality":
        quality = judged.quality
    else:
        quality = get_label_quality_scores(
            judged.given, pred_probs, method=return_indices_ranked_by, **(rank_by_kwargs or {})
        )
    rows = np.flatnonzero(issues)
    return rows[np.argsort(quality[rows], kind="stable")]


def get_label_quality_scores(
    labels: ArrayLike,
    pred_probs: ArrayLike | sparse.sparray,
    *,
    method: RankedBy = "label_quality",
    adjust_pred_probs: bool = False,
) -> NDArray[np.float64]:
    """How good each label is, `(example,)`, 0 to 1, up is good.

    `label_quality` is the probability that the label is right, given all that the data set as a whole says of how its
    labels err. `self_confidence`, `normalized_margin` and `confidence_weighted_entropy` look at each example alone
    (Northcutt et al. 2021), with `adjust_pred_probs` relative to what is usual in the class, which the posterior knows
    by itself.
    """
    if is_sparse(pred_probs):
        if adjust_pred_probs:
            raise DataError("adjust_pred_probs is not supported for sparse pred_probs; leave it out.")
        if method == "label_quality":
            return _judged_by_leading(labels, pred_probs).quality
        return leading_scores(*checked_leading(labels, pred_probs), method)
    if method == "label_quality":
        if adjust_pred_probs:
            explain(
                "adjust_pred_probs changes nothing for label_quality: the posterior knows how frequent classes are."
            )
        return quality_of(judge_probabilities(labels, pred_probs))
    given, several = checked_probabilities(labels, pred_probs)
    probs: NDArray[np.float64] = np.mean(several, axis=0, dtype=np.float64)
    return plain_scores(given, probs, method, adjust_pred_probs=adjust_pred_probs)


def _judged_by_leading(labels: ArrayLike | Sequence[Sequence[int]], pred_probs: Any) -> Judged:
    given, likeliest = checked_leading(labels, pred_probs)
    if leading_looks_in_sample(given, likeliest):
        explain(IN_SAMPLE)
    posterior = judge_leading(given, likeliest)
    quality = posterior.quality

    def cut() -> float:
        return best_cut(lambda rows: posterior.draws_of_given(DRAWS, rows), 1 - quality, np.arange(len(given)))

    return Judged(
        given,
        likeliest.classes,
        quality,
        cut,
        lambda: likeliest.label[:, 0],
        lambda method: leading_scores(given, likeliest, method),
    )


label_quality_scores = get_label_quality_scores
