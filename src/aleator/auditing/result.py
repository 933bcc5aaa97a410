"""What `aleator.audit` returns: the audit folder, with what people do with it as methods."""

import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from aleator.auditing.suspects import Suspects, shown_in_notebook, to_pandas
from aleator.audits import AuditFolder, open_data, with_data
from aleator.audits.data import has_data
from aleator.audits.folder import LABELS, REPORT, Files, close_folder, write_table_and_info
from aleator.audits.labels import write_labels
from aleator.audits.next_steps import next_steps
from aleator.clock import Clock
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import FeatureArray
from aleator.errors import AleatorError, AuditFolderError
from aleator.files import check_target, write_text
from aleator.html import template
from aleator.report import render_report

if TYPE_CHECKING:
    import pandas as pd

NO_EXAMPLES = "This report does not show the examples, as the data were not at hand when it was written."


@dataclass(frozen=True, repr=False)
class Audit(AuditFolder):
    """A finished audit."""

    def report(self, path: str | Path | None = None) -> Path:
        """Write the HTML report, to `report.html` in the folder unless a path is given. Without the data it has no
        pictures, and says why."""
        target = Path(path) if path is not None else self.folder / REPORT
        if target.resolve() != (self.folder / REPORT).resolve():
            check_target(target, force=True)
        dataset, remark = self.dataset, ""
        if dataset is None:
            try:
                if has_data(self):
                    dataset = with_data(self, open_data(self)).dataset
                elif self.info.data.kind != FeatureArray.kind:
                    remark = NO_EXAMPLES
            except AleatorError as error:
                remark = f"{NO_EXAMPLES} {error}"
        source = None if dataset is None else dataset.source
        write_text(target, render_report(self.info, self.labels, source, folder=self.folder, remark=remark))
        return target

    def leave(self, files: Files, clock: Clock, networks: Sequence[NDArray[np.uint8]] = ()) -> None:
        """Put it in the place of what the folder holds, with a report that shows the data, and these files and networks
        (contents of files of safetensors) beside it."""
        source = None if self.dataset is None else self.dataset.source
        with clock("report"):
            html = render_report(self.info, self.labels, source, folder=self.folder)
        files = {
            LABELS: lambda path: write_labels(self.labels, path),
            **files,
            REPORT: lambda path: path.write_text(html, encoding="utf-8"),
        }
        close_folder(self.folder, files, self.info, networks)

    def rewrite(self) -> None:
        """Write table, `audit.json` and report in the place of the old."""
        write_table_and_info(self)
        self.report()

    def suspects(self, n: int = 20) -> Suspects:
        """The `n` labels that are most probably wrong, the surest first: as a table that prints in a terminal, shows
        pictures in a notebook, and turns into pandas with `to_pandas()`."""
        if n < 1:
            raise AuditFolderError(f"suspects(n) wants a number from 1 up, not {n}.")
        return Suspects.of(self, n)

    def to_pandas(self) -> "pd.DataFrame":
        """`labels` as a pandas data frame, a row for each example. Raises MissingExtraError without pandas."""
        return to_pandas(self.labels)

    def show(self) -> None:
        """Show the report: in a notebook below the cell, else in the web browser. It is written first if the folder
        has none."""
        place = self.folder / REPORT
        if not place.is_file():
            self.report()
        if not shown_in_notebook(place.read_text(encoding="utf-8")):
            webbrowser.open(place.resolve().as_uri())

    def __repr__(self) -> str:
        wrong, level = self.info.estimates.mislabelled, self.info.estimates.level
        return (
            f"Audit of {self.info.data.name} in {self.folder}: about {wrong.count:,.0f} of {len(self.labels):,} labels "
            f"are wrong ({level:.0%} interval {wrong.low:,.0f} to {wrong.high:,.0f})"
        )

    def _repr_html_(self) -> str:
        return template("notebook.html").render(
            info=self.info,
            name=self.info.data.name,
            folder=self.folder,
            suspects=Markup(self.suspects(10)._repr_html_()),
            steps=next_steps(self.info, self.labels, self.folder)[:1],
        )


def load_audit(folder: str | Path, dataset: LabelledDataset | None = None) -> Audit:
    """Read a finished audit, and show it its data if they are given.

    Raises AuditFolderError when there is none, when it is unfinished or of a newer version, or when the data are other
    than those that were audited.
    """
    audit = Audit.load(folder)
    return audit if dataset is None else with_data(audit, dataset)
