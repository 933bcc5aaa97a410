"""What whoever is heard in an audit needs to know, networks or learners: said once, for both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.settings import AuditSettings
from aleator.data.dataset import LabelledDataset
from aleator.progress import Progress
from aleator.workers import Workers


@dataclass(frozen=True)
class Hearing:
    """Whose labels are to be predicted, by whom, and where what is found is kept meanwhile."""

    dataset: LabelledDataset
    copies: NDArray[np.int64]
    """The group of copies of each example, `(example,)`, -1 stands alone: copies are no neighbours of each other."""
    together: NDArray[np.int64]
    """The unit of each example, likewise: copies, and what the data call a group. Who speaks of an example has seen no
    label of its unit."""
    settings: AuditSettings
    unfinished: Path
    """The folder of the audit while it is not finished."""
    workers: Workers
    progress: Progress

    @property
    def classes(self) -> int:
        return len(self.dataset.class_names)
