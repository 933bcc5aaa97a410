"""One example of an audit, as the report shows it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits.labels import decoded
from aleator.report.reasons import Findings


@dataclass(frozen=True)
class Row(Findings):
    """One row of `labels.parquet` in plain Python."""

    number: int
    id: str
    suggested: int
    p_mislabelled: float | None
    neighbours: list[int]


class Rows:
    """The columns that the report sorts by as arrays, and single rows on demand."""

    def __init__(self, labels: pa.Table) -> None:
        self.table = labels.combine_chunks()
        self.given: NDArray[np.int64] = decoded(self.table, "given_label")
        self.suggested: NDArray[np.int64] = decoded(self.table, "suggested_label")
        self.verdict: NDArray[np.str_] = decoded(self.table, "verdict")
        self.p_mislabelled: NDArray[np.float64] = decoded(self.table, "p_mislabelled").astype(np.float64)
        self.aleatoric: NDArray[np.float64] = decoded(self.table, "aleatoric").astype(np.float64)
        self.epistemic: NDArray[np.float64] = decoded(self.table, "epistemic").astype(np.float64)
        self.duplicate_group: NDArray[np.int64] = decoded(self.table, "duplicate_group")

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def row(self, number: int) -> Row:
        values = self.table.slice(number, 1).to_pylist()[0]
        neighbours = values["neighbours"] or []
        given = int(self.given[number])
        return Row(
            number=number,
            id=values["id"],
            given=given if given >= 0 else None,
            suggested=int(self.suggested[number]),
            verdict=values["verdict"] or "",
            p_mislabelled=values["p_mislabelled"],
            area_under_margin=values["area_under_margin"],
            distribution=values["label_distribution"],
            neighbours=neighbours,
            neighbour_labels=[int(self.given[other]) for other in neighbours if self.given[other] >= 0],
        )
