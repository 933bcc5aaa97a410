"""What is reviewed, as compact columns: a million examples are arrays, never a million Python objects."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits import AuditFolder, open_data
from aleator.audits.data import rows_in
from aleator.audits.folder import is_audit
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.sources import ExampleSource
from aleator.data.texts import RowOf
from aleator.errors import DataError
from aleator.progress import Progress, silent
from aleator.review.looks import positions


@dataclass(frozen=True)
class Examples:
    """The examples that people look at, with or without an audit of them."""

    name: str
    path: str
    """Where the data are."""
    fingerprint: str
    class_names: tuple[str, ...]
    ids: pa.StringArray
    source_names: pa.StringArray
    source: ExampleSource
    source_row: NDArray[np.int32]
    """The row in `source` of each example: an audit may leave out pictures that cannot be read."""
    given: NDArray[np.int32]
    """`(example,)`, -1 no label."""
    group: NDArray[np.str_] | None = None
    """What the data say belongs together (a patient), `(example,)`, empty for none; None where they say nothing."""
    reading: ReadOptions | None = None
    """How the data were read from the path."""
    audit: AuditFolder | None = None
    audit_row: NDArray[np.int64] | None = None
    """The row of each example in the audit's arrays; None where there is no audit."""

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def row_of(self) -> RowOf:
        return RowOf(self.ids)

    @property
    def key(self) -> str:
        """A name for these data in addresses: others have another."""
        return self.fingerprint[:16]

    @cached_property
    def positions(self) -> NDArray[np.float32] | None:
        """Where each example lies on the map by looks, `(example, 2)`; None without an audit that knows their looks.
        Takes a while once."""
        return None if self.audit is None or self.audit.is_of_likeliest else positions(self.audit)[self.audit_row]

    def id(self, row: int) -> str:
        return str(self.ids[row].as_py())

    def source_name(self, row: int) -> str:
        return str(self.source_names[row].as_py())

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """These rows only."""
        audit = self.audit
        return replace(
            self,
            ids=self.ids.take(pa.array(rows)),
            source_names=self.source_names.take(pa.array(rows)),
            source_row=self.source_row[rows],
            given=self.given[rows],
            group=None if self.group is None else self.group[rows],
            audit=None if audit is None else replace(audit, labels=audit.labels.take(pa.array(rows))),
            audit_row=None if self.audit_row is None else self.audit_row[rows],
        )

    @property
    def has_pictures(self) -> bool:
        return self.source.kind == "images"


MOST_ALIKE = 100


def neighbour_rows(examples: Examples, row: int) -> list[int]:
    """The nearest neighbours that the audit found, the nearest first; none without an audit."""
    if examples.audit is None:
        return []
    return list(examples.audit.labels["neighbours"][row].as_py() or [])


def alike(examples: Examples, row: int, most: int = MOST_ALIKE) -> list[int]:
    """The example, its neighbours, theirs, and so on, without repetition."""
    found, at = {row: None}, 0
    while at < len(found) < most:
        found.update(dict.fromkeys(neighbour_rows(examples, list(found)[at])))
        at += 1
    return list(found)[:most]


def open_examples(
    path: Path, data: Path | None = None, asked: ReadOptions = NOTHING_ASKED, *, progress: Progress = silent
) -> Examples:
    """The examples of an audit folder, or of data with labels before any audit.

    Args:
        path: an audit folder, or a path that `read_dataset` reads.
        data: where the audited data are now, if they moved.
        asked: how the data are read, where it is not as for the audit.
        progress: called with stage, completed, total.

    Raises DataError or AuditFolderError, also when the data are not those that were audited.
    """
    if is_audit(path):
        audit = AuditFolder.load(path)
        return of_audit(audit, open_data(audit, data, asked, progress=progress))
    if data is not None:
        raise DataError(f"{path} is no audit folder, so --data has no meaning; name the audit folder or the data.")
    return of_dataset(read_dataset(path, asked, progress=progress))


def of_dataset(dataset: LabelledDataset) -> Examples:
    """Data with labels, without an audit."""
    return Examples(
        name=dataset.name,
        path=dataset.path,
        fingerprint=dataset.fingerprint(),
        class_names=dataset.class_names,
        ids=pa.array(dataset.ids, pa.string()),
        source_names=pa.array((dataset.source.describe(row) for row in range(len(dataset))), pa.string()),
        source=dataset.source,
        source_row=np.arange(len(dataset), dtype=np.int32),
        given=dataset.given_labels.astype(np.int32),
        group=dataset.group,
        reading=dataset.reading,
    )


def of_audit(audit: AuditFolder, dataset: LabelledDataset) -> Examples:
    """An audit with the data that it audited. Raises AuditFolderError where they are other data."""
    rows = rows_in(audit, dataset)
    return Examples(
        name=audit.info.data.name,
        path=dataset.path,
        fingerprint=audit.info.data.fingerprint,
        class_names=audit.class_names,
        ids=audit.labels["id"].combine_chunks(),
        source_names=audit.labels["source"].combine_chunks(),
        source=dataset.source,
        source_row=rows.astype(np.int32),
        given=audit.column("given_label").astype(np.int32),
        group=None if dataset.group is None else dataset.group[rows],
        reading=dataset.reading,
        audit=replace(
            audit,
            labels=audit.labels.drop_columns(["id", "source"]),  # they are above
            dataset=dataset.take(rows) if dataset.votes is not None else None,
        ),
        audit_row=np.arange(len(audit.labels)),
    )
