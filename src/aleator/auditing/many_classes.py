"""Brought probabilities of each example's likeliest classes, judged, and judged again with decisions.

A decision settles its own example. It teaches nothing of the others, as there are few of each class; but the reviewed
reviews tell how many labels are wrong (`left.py`).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from aleator.auditing.left import told_by_reviews
from aleator.audits import AuditFolder
from aleator.audits.labels import label_table
from aleator.data.dataset import LabelledDataset
from aleator.data.sparse_probabilities import LikeliestClasses
from aleator.decisions.decision import UNUSABLE
from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import settle
from aleator.verdicts.checks import IN_SAMPLE
from aleator.verdicts.estimates import ErrorsLeft, Estimates, WrongLabels
from aleator.verdicts.judge import Verdicts, decided
from aleator.verdicts.leading import judge_leading, leading_entropy, leading_looks_in_sample, leading_scores
from aleator.verdicts.leading_estimates import estimate_leading, leading_verdicts, pairs_of_classes
from aleator.verdicts.names import VERDICTS


@dataclass(frozen=True)
class LikeliestJudgement:
    """What became of it."""

    given_label: NDArray[np.int64]
    verdicts: Verdicts
    estimates: Estimates


def judge_likeliest(
    given: NDArray[np.int64], likeliest: LikeliestClasses, class_names: tuple[str, ...]
) -> LikeliestJudgement:
    """Judge the given labels, of which each example has one; there are no neighbours and no copies."""
    posterior = judge_leading(given, likeliest)
    verdicts = leading_verdicts(posterior)
    remarks = (IN_SAMPLE,) if leading_looks_in_sample(given, likeliest) else ()
    return LikeliestJudgement(given, verdicts, estimate_leading(posterior, verdicts, class_names, remarks))


def judged_by_likeliest(audit: AuditFolder) -> LikeliestJudgement:
    """A folder's judgement before anybody decided. Raises AuditFolderError where what it was judged by is missing."""
    return judge_likeliest(audit.column("given_label"), audit.likeliest, audit.class_names)


def likeliest_table(dataset: LabelledDataset, likeliest: LikeliestClasses, verdicts: Verdicts) -> pa.Table:
    """The audit's table."""
    none = np.full(len(dataset), -1)
    scores = _scores(dataset.given_labels, likeliest)
    return label_table(dataset, verdicts, likeliest.label[:, 0], scores, none, none[:, None])


def with_decisions(judged: LikeliestJudgement, reviews: Reviews) -> LikeliestJudgement:
    """The same with what people decided: of an example that is not usable it stays as it was believed."""
    if not len(reviews):
        return judged
    given, before, settled = judged.given_label, judged.verdicts, settle(reviews)
    usable = settled.kind != UNUSABLE
    row, share = settled.row[usable], settled.share[usable]
    verdict, suggested, wrong = before.verdict.copy(), before.suggested_label.copy(), before.p_mislabelled.copy()
    verdict[settled.row] = np.array(VERDICTS)[decided(settled, given)]
    suggested[row] = share.argmax(axis=1)
    wrong[row] = 1 - share[np.arange(len(row)), given[row]]
    others = np.ones(len(given), dtype=np.float32)
    others[row] = 0
    place, label = np.nonzero(share)
    answers = csr_array(
        (share[place, label].astype(np.float32), (row[place], label)), shape=before.label_distribution.shape
    )
    kept: Any = diags_array(others) @ before.label_distribution
    distribution = csr_array(kept + answers)
    distribution.eliminate_zeros()
    distribution.sort_indices()
    verdicts = replace(
        before, label_distribution=distribution, p_mislabelled=wrong, suggested_label=suggested, verdict=verdict
    )
    return LikeliestJudgement(given, verdicts, _estimates(judged, verdicts, reviews))


def _estimates(judged: LikeliestJudgement, verdicts: Verdicts, reviews: Reviews) -> Estimates:
    """What nobody reviewed is as uncertain as all was, unless those that were drawn at random tell more."""
    given, first, estimates = judged.given_label, judged.verdicts.p_mislabelled, judged.estimates
    open_rows = np.ones(len(given), dtype=bool)
    open_rows[reviews.row] = False
    found, left = float(verdicts.p_mislabelled[~open_rows].sum()), float(first[open_rows].sum())
    about, count = estimates.mislabelled, int(open_rows.sum())
    part = left / max(about.count, 1e-12)
    low, high = about.low * part, min(about.high * part, float(count))
    total = found + left, found + low, found + high
    classes = len(estimates.per_class)
    moved = np.bincount(given, verdicts.p_mislabelled - first, classes)
    heard = replace(
        estimates,
        mislabelled=WrongLabels(*total, *(one / max(1, len(given)) for one in total)),
        errors_left=ErrorsLeft(left, low, high, count),
        reviewed=int((~open_rows).sum()),
        verdicts={verdict: int((verdicts.verdict == verdict).sum()) for verdict in VERDICTS},
        per_class=tuple(
            replace(
                one,
                mislabelled=one.mislabelled + by,
                low=min(max(one.low + by, 0.0), one.examples),
                high=min(max(one.high + by, 0.0), one.examples),
            )
            for one, by in zip(estimates.per_class, moved.tolist(), strict=True)
        ),
        flagged=int(verdicts.flagged.sum()),
        pairs=pairs_of_classes(verdicts.label_distribution, given),
    )
    return told_by_reviews(heard, given, lambda rows: np.stack([first[rows]] * 2), lambda: about, found, reviews)


def _scores(given: NDArray[np.int64], likeliest: LikeliestClasses) -> dict[str, NDArray[Any]]:
    """One learner's doubt is all aleatoric; of the kinds of evidence those that need nothing but what it says."""
    entropy = leading_entropy(likeliest)
    own = leading_scores(given, likeliest, "self_confidence")
    highest = own - (2 * leading_scores(given, likeliest, "normalized_margin") - 1)
    margin = np.log(np.maximum(own, LEAST)) - np.log(np.maximum(highest, LEAST))
    return {
        "total": entropy,
        "aleatoric": entropy,
        "epistemic": np.zeros(len(given)),
        "self_confidence": own,
        "margin": margin,
    }


LEAST = 1e-12
"""No probability is taken to be smaller, so that its logarithm is finite."""
