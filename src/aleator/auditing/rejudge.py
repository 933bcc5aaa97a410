"""Reviewers' decisions change an audit without training anything again."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.auditing.folder import Audit, rewrite_folder
from aleator.auditing.judging import Grounds, Judged, observe, pass_judgement
from aleator.auditing.labels import judgement_columns, label_column, set_columns
from aleator.errors import AuditFolderError
from aleator.verdicts import Reviews, review_order, standing_answers


@dataclass(frozen=True)
class Standing:
    """Where an audit stands, in its order."""

    p_mislabelled: NDArray[np.float64]
    label_distribution: NDArray[np.float32]
    suggested_label: NDArray[np.int64]
    verdict: NDArray[np.str_]
    review_order: NDArray[np.int64]
    """Rows that nobody has reviewed, the best to review next first."""
    estimates: dict[str, Any]
    """The `estimates` section of `audit.json`."""


class LiveJudge:
    """An audit that takes in decisions: what does not change with them is prepared once.

    Raises AuditFolderError for an audit that listened to votes and was loaded without its data.
    """

    def __init__(self, audit: Audit) -> None:
        votes = None
        if audit.info["settings"]["use_votes"]:
            if audit.dataset is None or audit.dataset.votes is None:
                raise AuditFolderError(
                    f"{audit.folder} listened to votes, which are not in the folder: name its data and votes again."
                )
            votes = audit.dataset.votes
        mean, spread = audit.logits
        self.grounds = Grounds(
            observations=observe(mean, spread, audit.embeddings, audit.column("given_label")),
            class_names=audit.class_names,
            unfamiliar=audit.column("verdict") == "unfamiliar",
            duplicate_group=np.nan_to_num(audit.column("duplicate_group"), nan=-1).astype(np.int64),
            votes=votes,
            out_of_sample=audit.info["out_of_sample"],
        )

    def judged(self, reviews: Reviews) -> Judged:
        return pass_judgement(self.grounds, reviews)

    def update(self, reviews: Reviews) -> Standing:
        """Judge again with all standing decisions. Changes nothing here: safe to call from one thread after another."""
        result = self.judged(reviews)
        judgement = result.judgement
        return Standing(
            judgement.p_mislabelled,
            judgement.label_distribution,
            judgement.suggested_label,
            judgement.verdict,
            review_order(result.posterior, reviews),
            result.estimates,
        )


def rejudge(audit: Audit, reviews: Reviews) -> Audit:
    """The audit with these decisions heard, not yet written."""
    return with_reviews(audit, LiveJudge(audit).judged(reviews), reviews)


def with_reviews(audit: Audit, judged: Judged, reviews: Reviews) -> Audit:
    """The audit as it was judged with decisions. `reviewed_label` joins the columns of `labels`."""
    rows, answer = standing_answers(reviews, len(audit.class_names))
    reviewed = np.full(len(audit.labels), -1, dtype=np.int64)
    clear = answer.max(axis=1) > 0.5
    reviewed[rows[clear]] = answer[clear].argmax(axis=1)
    columns: dict[str, pa.Array] = judgement_columns(judged.judgement, audit.class_names)
    columns["reviewed_label"] = label_column(reviewed, audit.class_names)
    # The referee scored the audit as it was.
    info = {**audit.info, "estimates": judged.estimates, "referee": None}
    return replace(audit, info=info, labels=set_columns(audit.labels, columns))


def rejudge_folder(audit: Audit, reviews: Reviews) -> Audit:
    """`rejudge`, and write the audit's table, `audit.json` and (where its data are at hand) report anew."""
    judged = rejudge(audit, reviews)
    rewrite_folder(judged)
    return judged
