"""`cleanlab.multilabel_classification.rank`: how good the classes of each example are, 0 to 1, up is good."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.cleanlab.multilabel_classification.filter import Labels
from aleator.verdicts import multilabel

MOVING_AVERAGE = {"method": "exponential_moving_average", "alpha": 0.8}


def get_label_quality_scores(
    labels: Labels,
    pred_probs: ArrayLike,
    *,
    method: str = "self_confidence",
    adjust_pred_probs: bool = False,
    aggregator_kwargs: Mapping[str, Any] = MOVING_AVERAGE,
) -> NDArray[np.float64]:
    """One score for all classes of an example together, `(example,)`."""
    return multilabel.multi_label_quality(
        labels,
        pred_probs,
        method=method,
        adjust_pred_probs=adjust_pred_probs,
        aggregator_kwargs=aggregator_kwargs,
    )


def get_label_quality_scores_per_class(
    labels: Labels, pred_probs: ArrayLike, *, method: str = "self_confidence", adjust_pred_probs: bool = False
) -> NDArray[np.float64]:
    """A score for each class of each example, `(example, class)`."""
    return multilabel.multi_label_quality_per_class(
        labels, pred_probs, method=method, adjust_pred_probs=adjust_pred_probs
    )
