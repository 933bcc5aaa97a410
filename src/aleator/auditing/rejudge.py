"""Reviewers' decisions change an audit without training anything again."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pyarrow as pa

from aleator.auditing.judging import Judgement, inputs_of, pass_judgement
from aleator.auditing.many_classes import LikeliestJudgement, judged_by_likeliest, with_decisions
from aleator.auditing.referee import score_audit
from aleator.audits import AuditFolder
from aleator.audits.info import RefereeScores
from aleator.audits.labels import label_column, set_columns, verdict_columns
from aleator.audits.truth import kept_truth
from aleator.decisions.reviews import Reviews
from aleator.decisions.settle import settle
from aleator.evidence import EVIDENCE
from aleator.verdicts import Verdicts

SomeAudit = TypeVar("SomeAudit", bound=AuditFolder)


def rejudge(audit: SomeAudit, reviews: Reviews) -> SomeAudit:
    """The audit with these decisions taken in, not yet written."""
    if audit.is_of_likeliest:
        return with_reviews(audit, with_decisions(judged_by_likeliest(audit), reviews), reviews)
    return with_reviews(audit, pass_judgement(inputs_of(audit), reviews), reviews)


def with_reviews(audit: SomeAudit, judgement: Judgement | LikeliestJudgement, reviews: Reviews) -> SomeAudit:
    """The audit as it was judged with decisions. `reviewed_label` joins the columns of `labels`."""
    settled = settle(reviews)
    reviewed = np.full(len(audit.labels), -1, dtype=np.int64)
    reviewed[settled.row] = settled.label
    columns: dict[str, pa.Array] = verdict_columns(judgement.verdicts, audit.class_names)
    columns["reviewed_label"] = label_column(reviewed, audit.class_names)
    info = replace(audit.info, estimates=judgement.estimates, referee=_scored_anew(audit, judgement.verdicts))
    return replace(audit, info=info, labels=set_columns(audit.labels, columns))


def _scored_anew(audit: AuditFolder, verdicts: Verdicts) -> RefereeScores | None:
    """How these verdicts agree with the audit's referee; None where it has none, or did not keep what that says."""
    truth = kept_truth(audit)
    if truth is None:
        return None
    scores = {name: audit.column(name) for name in ("aleatoric", *EVIDENCE)}
    return score_audit(audit.column("given_label"), verdicts, scores, truth)
