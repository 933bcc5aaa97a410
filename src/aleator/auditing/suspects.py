"""The labels that are most probably wrong, as people look at them in a terminal or a notebook."""

import sys
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits import AuditFolder
from aleator.data.sources import ExampleSource
from aleator.errors import MissingExtraError
from aleator.html import percent, template
from aleator.report.pictures import Pictures

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "source", "given_label", "suggested_label", "p_mislabelled", "verdict")
SIDE = 72


@dataclass(frozen=True, repr=False)
class Suspects:
    """The most suspicious labels, the surest first."""

    table: pa.Table
    """A row for each, with the columns `COLUMNS`."""
    row: NDArray[np.int64]
    """Their rows in the audit, `(suspect,)`."""
    source: ExampleSource | None = None
    """The audit's examples, where they are at hand."""

    @classmethod
    def of(cls, audit: AuditFolder, most: int) -> "Suspects":
        """The `most` labels of an audit with the highest probability of being wrong."""
        order = np.argsort(-np.nan_to_num(audit.column("p_mislabelled"), nan=-1.0), kind="stable")[:most]
        source = None if audit.dataset is None else audit.dataset.source
        return cls(audit.labels.select(COLUMNS).take(pa.array(order)), order, source)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def to_pandas(self) -> "pd.DataFrame":
        """The table as a pandas data frame. Raises MissingExtraError without pandas."""
        return to_pandas(self.table)

    def __repr__(self) -> str:
        from rich.console import Console
        from rich.table import Table

        shown = Table("id", "given", "suggested", "wrong", "verdict", box=None, padding=(0, 2), header_style="")
        for one in self.table.to_pylist():
            texts = (one["id"], one["given_label"], one["suggested_label"], self._wrong(one), one["verdict"])
            shown.add_row(*(str(text or "–").replace("[", "\\[") for text in texts))
        text = StringIO()
        Console(file=text, width=110, color_system=None, force_jupyter=False).print(shown)
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        pictures = Pictures(self.source)
        rows = [
            one | {"picture": pictures.of(row, SIDE), "wrong": self._wrong(one)}
            for row, one in zip(self.row.tolist(), self.table.to_pylist(), strict=True)
        ]
        return template("suspects.html").render(rows=rows)

    @staticmethod
    def _wrong(one: dict[str, float | None]) -> str:
        return "–" if one["p_mislabelled"] is None else percent(one["p_mislabelled"])


def to_pandas(table: pa.Table) -> "pd.DataFrame":
    """A table as a pandas data frame. Raises MissingExtraError without pandas."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Data frames need pandas: pip install pandas.") from error
    return table.to_pandas()


def shown_in_notebook(page: str) -> bool:
    """Show a page below the notebook's cell; False where there is no notebook."""
    kernel = sys.modules.get("IPython")
    shell = kernel.get_ipython() if kernel is not None else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return False
    from IPython.display import HTML, display

    frame = f'<iframe srcdoc="{escape(page)}" style="width:100%;height:46rem;border:0"></iframe>'
    display(HTML(frame))
    return True
