"""One example of an audit, as the report shows it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
        self.given = _codes(self.table["given_label"])
        self.suggested = _codes(self.table["suggested_label"])
        self.verdict = np.array([value or "" for value in self.table["verdict"].to_pylist()])
        self.p_mislabelled = _numbers(self.table["p_mislabelled"])
        self.aleatoric = _numbers(self.table["aleatoric"])
        self.epistemic = _numbers(self.table["epistemic"])
        self.duplicate_group = self.table["duplicate_group"].fill_null(-1).to_numpy()

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


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    codes = column.combine_chunks().indices.fill_null(-1)
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)
