"""Judge an audit again with what reviewers answered, in a second and without training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.folder import Audit
from aleator.verdicts.estimates import estimate_data_set
from aleator.verdicts.judge import CLEAR_SHARE, Judgement
from aleator.verdicts.reviews import Reviews


@dataclass(frozen=True)
class Standing:
    """What is believed of every example now, in the audit's order."""

    p_mislabelled: NDArray[np.float64]
    label_distribution: NDArray[np.float64]
    suggested_label: NDArray[np.int64]
    verdict: NDArray[np.str_]
    review_order: NDArray[np.int64]
    """Rows that nobody reviewed, best to review next first."""
    estimates: dict[str, Any]
    """The `estimates` section of `audit.json`, with `errors_left` among the unreviewed, and `sources`."""


class LiveJudge:
    """Judges one audit again and again. `update` is pure."""

    def __init__(self, audit: Audit) -> None:
        from aleator.auditing.audit import label_distributions

        mean, spread = audit.logits
        self.log_probs = label_distributions(np.asarray(mean), np.asarray(spread))
        self.classes = audit.class_names
        self.given = audit.column("given_label").astype(np.int64)
        self.p_mislabelled = audit.column("p_mislabelled").astype(np.float64)
        self.distribution = np.stack(audit.column("label_distribution").tolist()).astype(np.float64)
        self.suggested = audit.column("suggested_label").astype(np.int64)
        self.verdict = np.array([value or "" for value in audit.column("verdict")], dtype="<U10")

    def update(self, reviews: Reviews) -> Standing:
        rows, place = np.unique(reviews.row, return_inverse=True)
        answer = np.zeros((len(rows), len(self.classes)))
        np.add.at(answer, place, reviews.answer)
        usable = answer.sum(axis=1) > 0
        rows, answer = rows[usable], answer[usable]
        answer /= answer.sum(axis=1, keepdims=True)
        p_mislabelled, distribution = self.p_mislabelled.copy(), self.distribution.copy()
        suggested, verdict, log_probs = self.suggested.copy(), self.verdict.copy(), self.log_probs.copy()
        distribution[rows], suggested[rows] = answer, answer.argmax(axis=1)
        given = np.maximum(self.given[rows], 0)
        fits = np.take_along_axis(answer, given[:, None], axis=1)[:, 0] >= answer.max(axis=1)
        p_mislabelled[rows] = np.where(self.given[rows] >= 0, ~fits, np.nan)
        verdict[rows] = np.where(answer.max(axis=1) < CLEAR_SHARE, "ambiguous", np.where(fits, "ok", "mistake"))
        log_probs[:, rows] = np.log(np.maximum(answer, 1e-12))
        judgement = Judgement(distribution, p_mislabelled, suggested, verdict)
        estimates = estimate_data_set(judgement, log_probs, self.given, self.classes)
        left = np.ones(len(self.given), dtype=bool)
        left[reviews.row] = False
        left &= self.given >= 0
        unreviewed = np.flatnonzero(left)
        open_part = Judgement(
            distribution[unreviewed], p_mislabelled[unreviewed], suggested[unreviewed], verdict[unreviewed]
        )
        errors = estimate_data_set(open_part, log_probs[:, unreviewed], self.given[unreviewed], self.classes)
        estimates["errors_left"] = {key: errors["mislabelled"][key] for key in ("count", "low", "high")}
        estimates["sources"] = []
        order = unreviewed[np.argsort(-p_mislabelled[unreviewed], kind="stable")]
        return Standing(p_mislabelled, distribution, suggested, verdict, order, estimates)
