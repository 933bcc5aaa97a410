"""What `aleator.audit` returns: the audit folder, with what people do with it as methods."""

from dataclasses import dataclass
from pathlib import Path

from aleator.audits import AuditFolder, with_data
from aleator.audits.folder import write_table_and_info
from aleator.data.dataset import LabelledDataset
from aleator.errors import AuditFolderError
from aleator.files import write_text
from aleator.report import render_report


@dataclass(frozen=True)
class Audit(AuditFolder):
    """A finished audit."""

    def report(self, path: str | Path | None = None) -> Path:
        """Write the HTML report, to `report.html` in the folder unless a path is given."""
        if self.dataset is None:
            raise AuditFolderError(
                "The report shows pictures, and this audit was loaded without its data: "
                "pass the data set to load_audit(folder, dataset)."
            )
        target = Path(path) if path is not None else self.folder / "report.html"
        write_text(target, render_report(self.info, self.labels, self.dataset.source))
        return target

    def rewrite(self) -> None:
        """Write table, `audit.json` and, where the data are at hand, report in the place of the old."""
        write_table_and_info(self)
        if self.dataset is not None:
            self.report()


def load_audit(folder: str | Path, dataset: LabelledDataset | None = None) -> Audit:
    """Read a finished audit, and show it its data if they are given.

    Raises AuditFolderError when there is none, when it is unfinished or of a newer version, or when the data are other
    than those that were audited.
    """
    audit = Audit.load(folder)
    return audit if dataset is None else with_data(audit, dataset)
