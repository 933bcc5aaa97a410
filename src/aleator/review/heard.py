"""What people decided on the page, for who judges again or trains on it."""

from pathlib import Path

from aleator.auditing.folder import Audit
from aleator.errors import AuditFolderError
from aleator.review.board import as_reviews
from aleator.review.decisions import Decision, Ledger
from aleator.review.examples import RowOf
from aleator.review.serve import database_beside
from aleator.review.store import Store
from aleator.verdicts.reviews import Reviews


def decided(audit: Audit, database: str | Path | None = None) -> Reviews:
    """The answers that stand, from the database of the audit's review page (by default the one in its folder).

    Raises AuditFolderError where nobody has decided anything.
    """
    where = database or database_beside(audit.folder)
    ledger = Ledger()
    if database is not None or Path(where).exists():
        with Store(where, audit.info["data"]["fingerprint"]) as store:
            for _, decision in store.after(0):
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
