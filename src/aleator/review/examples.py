"""What is reviewed, as compact columns: a million examples are arrays, never a million Python objects."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.auditing.folder import Audit, load_audit, read_audited
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import ExampleSource
from aleator.errors import AuditFolderError, DataError


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
    audit: Audit | None = None

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def row_of(self) -> "RowOf":
        return RowOf(self.ids)

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
            audit=None if audit is None else replace(audit, labels=audit.labels.take(pa.array(rows))),
        )

    @property
    def has_pictures(self) -> bool:
        return self.source.kind == "images"


class RowOf:
    """An id's row, found by bisection in the sorted ids: a dict of a million texts would be 100 MB."""

    def __init__(self, ids: pa.StringArray) -> None:
        self.ids = ids
        self.order = pc.sort_indices(ids).to_numpy().astype(np.int32)

    def __contains__(self, example: object) -> bool:
        return isinstance(example, str) and self.get(example) is not None

    def get(self, example: str) -> int | None:
        low, high = 0, len(self.order)
        wanted = example.encode()
        while low < high:
            middle = (low + high) // 2
            if self.ids[int(self.order[middle])].as_buffer().to_pybytes() < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(self.order) and self.ids[int(self.order[low])].as_py() == example:
            return int(self.order[low])
        return None


def open_examples(path: Path, data: Path | None = None, **read_options: Any) -> Examples:
    """The examples of an audit folder, or of data with labels before any audit.

    Args:
        path: an audit folder, or a path that `read_dataset` reads.
        data: where the audited data are now, if they moved.
        read_options: how `read_dataset` reads them (columns, class names, ...), where it is not as for the audit.

    Raises DataError or AuditFolderError, also when the data are not those that were audited.
    """
    if (path / "audit.json").exists() or (path / "unfinished").is_dir():
        audit = load_audit(path)
        return of_audit(audit, read_audited(audit, data, **read_options))
    if data is not None:
        raise DataError(f"{path} is no audit folder, so --data has no meaning; name the audit folder or the data.")
    return of_dataset(read_dataset(path, **read_options))


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
    )


def of_audit(audit: Audit, dataset: LabelledDataset) -> Examples:
    """An audit with the data that it audited, found by the ids (the audit may be of one split only)."""
    audited = audit.labels["id"].combine_chunks()
    skipped = pa.array([one["id"] for one in audit.info["skipped"]], pa.string())
    ids = pa.array(dataset.ids, pa.string())
    position = pc.index_in(audited, value_set=ids)
    named = pc.is_in(ids, value_set=pa.concat_arrays([audited, skipped])).to_numpy(zero_copy_only=False)
    if position.null_count or dataset.class_names != audit.class_names or not _same(audit, dataset, position, named):
        raise AuditFolderError(
            f"{audit.folder} is the audit of other data than {dataset.path} holds. Name the data that were audited "
            "with --data, and read them as then (--label-column, --class-names, ...)."
        )
    given = audit.labels["given_label"].combine_chunks().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Examples(
        name=audit.info["data"]["name"],
        path=dataset.path,
        fingerprint=audit.info["data"]["fingerprint"],
        class_names=audit.class_names,
        ids=audited,
        source_names=audit.labels["source"].combine_chunks(),
        source=dataset.source,
        source_row=position.to_numpy(zero_copy_only=False).astype(np.int32),
        given=given.astype(np.int32),
        audit=replace(
            audit,
            labels=audit.labels.drop_columns(["id", "source"]),  # they are above
            dataset=dataset.take(position.to_numpy()) if dataset.votes is not None else None,
        ),
    )


def _same(audit: Audit, dataset: LabelledDataset, position: pa.Int32Array, named: NDArray[np.bool_]) -> bool:
    """Whether these are the audited data; of brought probabilities only ids and labels are known."""
    if audit.info["data"]["reading"] is None:
        return np.array_equal(dataset.given_labels[position.to_numpy()], audit.column("given_label"))
    return _part(dataset, np.flatnonzero(named)).fingerprint() == str(audit.info["data"]["fingerprint"])


def _part(dataset: LabelledDataset, rows: NDArray[np.int64]) -> LabelledDataset:
    return dataset if len(rows) == len(dataset) else dataset.take(rows)
