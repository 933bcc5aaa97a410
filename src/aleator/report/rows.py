"""The columns of an audit that its report is made of, as arrays."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aleator.audits.labels import decoded


class ReportColumns:
    """Columns of `labels.parquet`, `(example,)` each; labels as integers, -1 none."""

    def __init__(self, labels: pa.Table) -> None:
        self.table = labels.combine_chunks()
        self.given: NDArray[np.int64] = decoded(self.table, "given_label")
        self.suggested: NDArray[np.int64] = decoded(self.table, "suggested_label")
        self.verdict: NDArray[np.str_] = decoded(self.table, "verdict")
        self.p_mislabelled: NDArray[np.float64] = decoded(self.table, "p_mislabelled").astype(np.float64)
        self.aleatoric: NDArray[np.float64] = decoded(self.table, "aleatoric").astype(np.float64)
        self.epistemic: NDArray[np.float64] = decoded(self.table, "epistemic").astype(np.float64)
        self.distribution: NDArray[np.float32] | csr_array = decoded(self.table, "label_distribution")
        known = "reviewed_label" in self.table.column_names
        self.decided: NDArray[np.int64] = (
            decoded(self.table, "reviewed_label") if known else np.full(len(self), -1, dtype=np.int64)
        )
        """The label that people decided on."""
        self.duplicate_group: NDArray[np.int64] = decoded(self.table, "duplicate_group")

    def __len__(self) -> int:
        return int(self.table.num_rows)
