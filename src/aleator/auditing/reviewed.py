"""What people decided on an audit, for who judges it again or trains on it."""

from pathlib import Path

from aleator.auditing.predictions import LabelledPredictions
from aleator.auditing.rejudge import rejudge
from aleator.auditing.result import Audit
from aleator.audits import AuditFolder, open_data, with_data
from aleator.audits.data import has_data
from aleator.audits.folder import UNFINISHED
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.texts import RowOf, Texts
from aleator.decisions.gather import DecisionSources, database_beside, gather_decisions, in_files
from aleator.decisions.log import DecisionLog
from aleator.decisions.reviews import Reviews, reviews_of_decisions
from aleator.errors import AuditFolderError
from aleator.files import tidy
from aleator.locks import only_one
from aleator.progress import Progress, silent


def reviews_of(audit: AuditFolder, sources: DecisionSources = DecisionSources()) -> Reviews:
    """The answers that stand, from the database of the audit's review page and from files.

    Raises AuditFolderError where nobody has decided anything.
    """
    row_of = RowOf(audit.labels["id"].combine_chunks())
    log = gather_decisions(audit.folder, sources, audit.info.data.fingerprint, row_of, audit.class_names)
    reviews = reviews_of_decisions(log.answered(row_of), audit.class_names)
    if not len(reviews):
        raise AuditFolderError(
            f"Nobody has reviewed {audit.folder} yet: run `aleator review {audit.folder}`, name its database with "
            "--database, or give a table of decisions with --reviewed."
        )
    return reviews


def judge_again(
    audit: Audit,
    sources: DecisionSources = DecisionSources(),
    *,
    data: Path | None = None,
    asked: ReadOptions = NOTHING_ASKED,
    progress: Progress = silent,
) -> Audit:
    """Judge an audit again with decisions, in place. Where its data are not at hand, its report has no pictures.

    `data` is where they are, if they moved, and `asked` how they are read, where it is not as for the audit. Where data
    are named and nobody decided anything, the report gets its pictures, and nothing else changes.
    """
    with only_one(audit.folder, AuditFolderError):
        if AuditFolder.load(audit.folder).info != audit.info:
            raise AuditFolderError(f"{audit.folder} was replaced since it was loaded; load it again.")
        if data is not None or has_data(audit):
            audit = with_data(audit, open_data(audit, data, asked, progress=progress))
        if data is not None and sources == DecisionSources() and not database_beside(audit.folder).exists():
            audit.rewrite()  # nobody decided anything, and the report gets its pictures
            return audit
        judged = rejudge(audit, reviews_of(audit, sources))
        judged.rewrite()
        tidy(audit.folder / UNFINISHED)
        return judged


def reviews_of_predictions(predictions: LabelledPredictions, sources: DecisionSources) -> Reviews | None:
    """Decisions from files on brought labels; None where no file is named. Raises DataError naming the row."""
    if not sources.reviewed:
        return None
    row_of, class_names = RowOf(Texts(predictions.named_examples.tolist()).array), predictions.named_classes
    log = DecisionLog.of(in_files(sources.reviewed, row_of, class_names))
    return reviews_of_decisions(log.answered(row_of), class_names)


def is_reviewed_elsewhere(audit: AuditFolder, sources: DecisionSources) -> bool:
    """Whether the audit knows decisions already (`aleator judge --reviewed`) that are kept nowhere else."""
    heard = "reviewed_label" in audit.labels.column_names
    return heard and sources == DecisionSources() and not database_beside(audit.folder).exists()
