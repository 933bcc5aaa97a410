"""Brought probabilities of each example's likeliest classes, judged: an audit's table and its estimates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits.labels import label_table
from aleator.data.dataset import LabelledDataset
from aleator.data.sparse_probabilities import LikeliestClasses
from aleator.verdicts.checks import IN_SAMPLE
from aleator.verdicts.estimates import Estimates
from aleator.verdicts.leading import judge_leading, leading_entropy, leading_looks_in_sample, leading_scores
from aleator.verdicts.leading_estimates import estimate_leading, leading_verdicts


@dataclass(frozen=True)
class JudgedTable:
    """A judgement as it is written."""

    table: pa.Table
    estimates: Estimates


def judge_many_classes(dataset: LabelledDataset, likeliest: LikeliestClasses) -> JudgedTable:
    """Judge the given labels, of which each example has one; there are no neighbours and no copies."""
    given = dataset.given_labels
    posterior = judge_leading(given, likeliest)
    verdicts = leading_verdicts(posterior)
    remarks = (IN_SAMPLE,) if leading_looks_in_sample(given, likeliest) else ()
    none = np.full(len(given), -1)
    predicted = likeliest.label[:, 0]
    return JudgedTable(
        label_table(dataset, verdicts, predicted, _scores(given, likeliest), none, none[:, None]),
        estimate_leading(posterior, verdicts, dataset.class_names, remarks),
    )


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
