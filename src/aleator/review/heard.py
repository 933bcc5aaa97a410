"""What people decided on the page, for who judges again or trains on it."""

from pathlib import Path

from aleator.auditing.folder import Audit
from aleator.errors import AuditFolderError
from aleator.review.board import as_reviews
from aleator.review.decisions import Decision, Ledger
from aleator.review.examples import RowOf
from aleator.review.serve import database_beside
from aleator.verdicts.reviews import Reviews


def read_log(path: Path, database: str | Path | None, fingerprint: str) -> list[Decision]:
    """Every decision ever made on these data, oldest first, undone ones too.

    `path` is the audit folder or the data, beside which the database is unless it is named; where there is none yet,
    nobody has decided anything.
    """
    place = database or database_beside(path)
    if isinstance(place, Path) and not place.exists():
        return []
    from aleator.review.store import Store  # which wants the extra for reviewing

    with Store(place, fingerprint) as store:
        return [decision for _, decision in store.after(0)]


def decided(audit: Audit, database: str | Path | None = None) -> Reviews:
    """The answers that stand, from the database of the audit's review page (by default the one in its folder).

    Raises AuditFolderError where nobody has decided anything.
    """
    ledger = Ledger()
    for decision in read_log(audit.folder, database, audit.info["data"]["fingerprint"]):
        ledger.add(decision)
    row_of = RowOf(audit.labels["id"].combine_chunks())
    answered: list[tuple[int, dict[str, Decision]]] = [
        (row, answers) for example, answers in ledger.reviewers_of.items() if (row := row_of.get(example)) is not None
    ]
    if not answered:
        raise AuditFolderError(
            f"Nobody has reviewed {audit.folder} yet: run `aleator review {audit.folder}`, name its database with "
            "--database, or give a table of decisions to `aleator judge` with --reviewed."
        )
    return as_reviews(answered, audit.class_names)
