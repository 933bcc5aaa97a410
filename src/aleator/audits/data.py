"""The audited data: the one way to read them again, and the one rule that says whether data are those of an audit."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.audits.folder import AuditFolder
from aleator.audits.info import AuditInfo
from aleator.audits.kept import MOST_BYTES, kept_data
from aleator.data.dataset import LabelledDataset
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.data.read import read_dataset
from aleator.data.readers.votes import read_votes
from aleator.errors import AuditFolderError, DataError
from aleator.progress import Progress, silent

SomeAudit = TypeVar("SomeAudit", bound=AuditFolder)


def open_data(
    audit: AuditFolder,
    path: str | Path | None = None,
    asked: ReadOptions = NOTHING_ASKED,
    *,
    progress: Progress = silent,
) -> LabelledDataset:
    """Read the data of an audit again: from where they are unless a path is given, as they were read then but for
    what is asked. Data that were made in memory are in the audit's folder, if they are not large. Votes that only
    scored the audit are left out, if they are not asked for.

    Whether they are the audited ones is another question: `rows_in` and `with_data` answer it. Raises DataError where
    the data cannot be read.
    """
    then = audit.info.data.reading or NOTHING_ASKED
    if not audit.info.settings.use_votes:
        then = replace(then, votes=None)
    place = path or data_place(audit)
    if place is None:
        kept = kept_data(audit)
        if kept is not None and asked.votes is not None:
            return replace(kept, votes=read_votes(asked.votes, kept, asked))
        if kept is not None:
            return kept if audit.info.settings.use_votes else replace(kept, votes=None)
        raise DataError(f"The audit {audit.folder} {_why_not_here(audit.info)}; name its data with --data.")
    return read_dataset(place, then.but(asked), progress=progress)


def data_place(audit: AuditFolder) -> Path | None:
    """Where the audited data are; a relative path is tried from here and from the audit folder's parent. None where
    they are gone, or were not read from a path."""
    if audit.info.data.reading is None:
        return None
    named = Path(audit.info.data.path)
    return next((path for path in (named, audit.folder.resolve().parent / named) if path.exists()), None)


def has_data(audit: AuditFolder) -> bool:
    """Whether the audited data are at hand, without being told where."""
    return data_place(audit) is not None or kept_data(audit) is not None


def with_data(audit: SomeAudit, dataset: LabelledDataset) -> SomeAudit:
    """The audit with the data that it is of, row by row. Raises AuditFolderError where they are other data."""
    rows = rows_in(audit, dataset)
    in_order = len(rows) == len(dataset) and np.array_equal(rows, np.arange(len(dataset)))
    dataset = dataset if in_order else dataset.take(rows)
    if audit.info.only_labels_known:
        dataset = replace(dataset, ids=np.array(audit.labels["id"].to_pylist()))  # row numbers, where none were brought
    return replace(audit, dataset=dataset)


def rows_in(audit: AuditFolder, dataset: LabelledDataset) -> NDArray[np.int64]:
    """The row in the data of each of the audit's examples, `(example,)`.

    The data are the audited ones if they have the same classes and hold every audited example, found by its id (they
    may hold more: other splits, or pictures that could not be read then), and if those have the fingerprint that the
    audit remembers: ids, labels and the examples themselves. An audit of brought labels and probabilities has seen no
    more of its data than ids and labels: there, these have to be the same; where no ids were brought either, the labels
    of all rows.

    Raises AuditFolderError where they are other data.
    """
    audited = audit.labels["id"].combine_chunks()
    ids = pa.array(dataset.ids, pa.string())
    position = pc.index_in(audited, value_set=ids)
    if audit.info.only_labels_known and len(ids) == len(audited) and position.null_count and _numbered(audited):
        position = pa.array(np.arange(len(ids), dtype=np.int32))
    if position.null_count or dataset.class_names != audit.class_names or not _same(audit, dataset, ids, position):
        raise AuditFolderError(
            f"{audit.folder} is the audit of other data than {dataset.path} holds. Name the data that were audited "
            "with --data, and read them as then (--split, --label-column, --class-names, ...)."
        )
    return np.asarray(position.to_numpy(zero_copy_only=False), dtype=np.int64)


def _same(audit: AuditFolder, dataset: LabelledDataset, ids: pa.StringArray, position: pa.Int32Array) -> bool:
    if audit.info.only_labels_known:
        return np.array_equal(dataset.given_labels[position.to_numpy()], audit.column("given_label"))
    skipped = pa.array([one.id for one in audit.info.skipped], pa.string())
    known = pa.concat_arrays([audit.labels["id"].combine_chunks(), skipped])
    named = np.flatnonzero(pc.is_in(ids, value_set=known).to_numpy(zero_copy_only=False))
    part = dataset if len(named) == len(dataset) else dataset.take(named)
    return part.fingerprint() == audit.info.data.fingerprint


def _numbered(ids: pa.StringArray) -> bool:
    """Whether ids are row numbers, as those are called that nobody named."""
    return bool(ids.to_pylist() == [str(row) for row in range(len(ids))])


def _why_not_here(info: AuditInfo) -> str:
    if info.only_labels_known and info.data.reading is None:
        return "is of labels and probabilities, whose pictures it does not know"
    if info.data.reading is None:
        return (
            "is of data that were made in memory and that its folder does not hold "
            f"(it keeps up to {MOST_BYTES >> 20} MB)"
        )
    return f"is of {info.data.path}, which is not there"
