"""The audit folder: what an audit leaves on disk, written whole or not at all."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aleator.auditing.labels import write_labels
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.errors import AuditFolderError, DataError
from aleator.files import write_json, write_whole
from aleator.progress import Progress, silent
from aleator.report import render_report

SCHEMA_VERSION = 1
UNFINISHED = "unfinished"
"""Sub-folder with the state of an audit that is still running; gone when the audit is complete."""


@dataclass(frozen=True)
class Audit:
    """A finished audit: its folder and the two files that everything else is read from."""

    folder: Path
    info: dict[str, Any]
    """The content of `audit.json`."""
    labels: pa.Table
    """The content of `labels.parquet`: one row per example, in the data's order."""
    dataset: LabelledDataset | None = None
    """The data that was audited; None for an audit that was loaded from disk."""

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.info["class_names"])

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mean and spread of each logit, `(2, draw, example, class)`, mapped from disk."""
        return np.asarray(np.load(self.folder / "logits.npy", mmap_mode="r"))

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """`(example, feature)`, mapped from disk."""
        return np.load(self.folder / "embeddings.npy", mmap_mode="r")  # type: ignore[no-any-return]

    def column(self, name: str) -> NDArray[Any]:
        """A column of `labels` as an array; class labels come as integers, -1 where there is none."""
        column = self.labels[name].combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.indices.fill_null(-1).cast(pa.int64())
        return np.asarray(column.to_numpy(zero_copy_only=False))

    def report(self, path: str | Path | None = None) -> Path:
        """Write the HTML report, to `report.html` in the folder unless a path is given."""
        if self.dataset is None:
            raise AuditFolderError(
                "The report shows pictures, and this audit was loaded without its data: "
                "pass the data set to load_audit(folder, dataset)."
            )
        target = Path(path) if path is not None else self.folder / "report.html"
        html = render_report(self.info, self.labels, self.dataset.source)
        write_whole(target, lambda unfinished: unfinished.write_text(html, encoding="utf-8"))
        return target


def load_audit(folder: str | Path, dataset: LabelledDataset | None = None) -> Audit:
    """Read a finished audit.

    Raises AuditFolderError when there is none, when it is unfinished, or when another version wrote it.
    """
    folder = Path(folder)
    if not (folder / "audit.json").exists():
        state = "an unfinished audit" if (folder / UNFINISHED).exists() else "no audit"
        raise AuditFolderError(f"{folder} holds {state}; run `aleator audit DATA -o {folder}`.")
    info = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    if info.get("schema_version") != SCHEMA_VERSION:
        raise AuditFolderError(
            f"{folder} was written with schema version {info.get('schema_version')}, this version reads "
            f"{SCHEMA_VERSION}; audit the data again with --force."
        )
    audit = Audit(folder, info, pq.read_table(folder / "labels.parquet"))
    return audit if dataset is None else with_data(audit, dataset)


def with_data(audit: Audit, dataset: LabelledDataset) -> Audit:
    """The audit with the data that it is of, without the examples that it could not read.

    Raises AuditFolderError where they are other data.
    """
    if dataset.fingerprint() != audit.info["data"]["fingerprint"]:
        raise AuditFolderError(
            f"{audit.folder} is the audit of other data than {dataset.name}; name the same data, with the same split, "
            "columns and class names as for the audit."
        )
    unreadable = np.isin(dataset.ids, [skipped["id"] for skipped in audit.info["skipped"]])
    return replace(audit, dataset=dataset.take(np.flatnonzero(~unreadable)) if unreadable.any() else dataset)


def audited_path(audit: Audit) -> Path | None:
    """Where the audited data are; a relative path is tried from here and from the audit folder's parent. None where
    they are gone, or where only labels and probabilities were brought."""
    named = Path(audit.info["data"]["path"])
    if audit.info["data"]["reading"] is None:
        return None
    return next((path for path in (named, audit.folder.resolve().parent / named) if path.exists()), None)


def read_audited(
    audit: Audit, path: str | Path | None = None, *, progress: Progress = silent, **asked: Any
) -> LabelledDataset:
    """Read the data of an audit again: from where they are unless a path is given, as they were read then but for
    what is asked. Votes that only scored the audit are left out, if they are not asked for.

    Raises DataError where they cannot be read.
    """
    reading = dict(audit.info["data"]["reading"] or {})
    if not audit.info["settings"]["use_votes"]:
        reading.pop("votes", None)
    reading |= {name: value for name, value in asked.items() if value is not None}
    place = path or audited_path(audit)
    if place is None:
        brought = audit.info["data"]["reading"] is None
        why = "is of labels and probabilities" if brought else f"is of {audit.info['data']['path']}, which is not there"
        raise DataError(f"The audit {audit.folder} {why}; name its data with --data (in `aleator train` --of).")
    return read_dataset(place, **reading, progress=progress)


def open_folder(folder: Path, identity: dict[str, Any], *, force: bool) -> Path:
    """Make the folder ready for an audit with this identity and return the place for unfinished work.

    Work that an interrupted audit with the same identity left is kept. An audit of other data, or anything else in
    the folder, is an AuditFolderError unless `force`. What is there stays until the new audit is complete.
    """
    if folder.exists() and not folder.is_dir():
        raise AuditFolderError(f"{folder} is a file; name a folder for the audit.")
    identity = json.loads(json.dumps(identity))
    earlier = _identity_in(folder)
    if earlier is None and folder.exists() and any(folder.iterdir()) and not force:
        raise AuditFolderError(
            f"{folder} is not empty and holds no audit; name a new folder, or use --force to write into it."
        )
    if earlier is not None and earlier["fingerprint"] != identity["fingerprint"] and not force:
        raise AuditFolderError(
            f"{folder} holds the audit of other data ({earlier.get('path', 'unknown')}); "
            "name another folder, or use --force to replace it."
        )
    unfinished = folder / UNFINISHED
    if earlier != identity:
        _remove(unfinished)
    unfinished.mkdir(parents=True, exist_ok=True)
    write_json(unfinished / "identity.json", identity)
    return unfinished


def close_folder(folder: Path, files: dict[str, Callable[[Path], object]], info: dict[str, Any]) -> None:
    """Put the new files in the place of the old: all are written first, then renamed, `audit.json` last.

    With `audit.json` the audit is complete; while it is missing, readers are told that it is unfinished.
    """
    unfinished = folder / UNFINISHED
    new = unfinished / "complete"
    _remove(new)
    (new / "models").mkdir(parents=True)
    for name, write in files.items():
        write(new / name)
    for weights in unfinished.glob("member-*/weights.safetensors"):
        shutil.copyfile(weights, new / "models" / f"{weights.parent.name}.safetensors")
    write_json(new / "audit.json", info)
    _remove(folder / "audit.json")
    for name in (*files, "models", "audit.json"):
        _remove(folder / name)
        (new / name).rename(folder / name)
    _remove(unfinished)


def rewrite_folder(audit: Audit) -> None:
    """Write an audit's table, `audit.json` and, where its data are at hand, report in the place of the old."""
    write_whole(audit.folder / "labels.parquet", lambda path: write_labels(audit.labels, path))
    write_json(audit.folder / "audit.json", audit.info)
    if audit.dataset is not None:
        audit.report()


def _identity_in(folder: Path) -> dict[str, Any] | None:
    for name in (f"{UNFINISHED}/identity.json", "audit.json"):
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            return dict(content.get("identity", content))
        except FileNotFoundError:
            continue
        except ValueError as error:
            raise AuditFolderError(f"{folder / name} cannot be read ({error}); use --force to start again.") from error
    return None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
