"""The audit folder: what an audit leaves on disk, written whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aleator.audits.info import SCHEMA_VERSION, AuditInfo, Identity, read_info
from aleator.audits.labels import decoded, is_sparse_distribution, read_labels, write_labels
from aleator.data.dataset import LabelledDataset
from aleator.data.sparse_probabilities import LikeliestClasses
from aleator.errors import AuditFolderError, while_reading
from aleator.files import discard, discarded, read_array, sync, sync_all, tidy, unfinished_beside, write_whole
from aleator.locks import INSIDE
from aleator.records import IDENTITY, begin_work, from_json, read_json, write_record

UNFINISHED = "unfinished"
"""Sub-folder with the state of an audit that is still running; gone when the audit is complete."""
INFO, LABELS, REPORT = "audit.json", "labels.parquet", "report.html"
KEPT = "examples.npz"
"""The audited examples themselves, where they were made in memory; see `kept.py`."""
LIKELIEST = "likeliest.npz"
"""The likeliest classes that labels were judged by, where there are many."""
TRUTH = "referee.npz"
"""The labels that the audit was scored against, where there is a referee; see `truth.py`."""
REPLACED = (LABELS, REPORT, KEPT, LIKELIEST, TRUTH, "logits.npy", "embeddings.npy", "models", "features", UNFINISHED)
"""What an audit puts in the place of what has such a name, beside `audit.json`."""

Files = dict[str, Callable[[Path], object]]
"""Of an audit's folder: by its name, what writes each."""


@dataclass(frozen=True, repr=False)
class AuditFolder:
    """A finished audit: its folder and the two files that everything else is read from."""

    folder: Path
    info: AuditInfo
    """The content of `audit.json`."""
    labels: pa.Table
    """The content of `labels.parquet`: one row per example, in the data's order."""
    dataset: LabelledDataset | None = None
    """The data that was audited, row by row; None for an audit that was loaded without it."""

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a finished audit, without its data.

        Raises AuditFolderError when there is none, when it is unfinished, or when another version wrote it.
        """
        folder = Path(folder)
        if not (folder / INFO).exists():
            state = "an unfinished audit" if (folder / UNFINISHED).exists() else "no audit"
            raise AuditFolderError(f"{folder} holds {state}; run `aleator audit DATA -o {folder}`.")
        remedy = " Audit the data again with --force."
        with while_reading(folder / INFO, "an audit", AuditFolderError, remedy):
            content = read_json(folder / INFO)
            version = content.get("schema_version") if isinstance(content, dict) else None
            if version not in range(1, SCHEMA_VERSION + 1):
                raise AuditFolderError(
                    f"{folder} was written with schema version {version}, this version reads 1 to {SCHEMA_VERSION}; "
                    "audit the data again with --force."
                )
            info = read_info(content)
        with while_reading(folder / LABELS, "an audit's table", AuditFolderError, remedy):
            labels = read_labels(folder / LABELS, info.class_names, info.data.examples)
        return cls(folder, info, labels)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.info.class_names

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mean and spread of each logit, `(2, draw, example, class)`, mapped from disk."""
        if self.is_of_likeliest:
            raise AuditFolderError(
                f"{self.folder} was judged by each example's likeliest classes, and has no logits: it is reviewed, "
                "judged again and exported, but nothing is trained on it."
            )
        return self._array("logits.npy", (2, None, self.info.data.examples, len(self.class_names)))

    @property
    def is_of_likeliest(self) -> bool:
        """It was judged by each example's likeliest classes: there are neither logits nor embeddings."""
        return is_sparse_distribution(self.labels["label_distribution"].type)

    @property
    def likeliest(self) -> LikeliestClasses:
        """What it was judged by, where it was judged by that."""
        remedy = " Judge the probabilities again with --force."
        with while_reading(self.folder / LIKELIEST, "an audit's likeliest classes", AuditFolderError, remedy):
            with np.load(self.folder / LIKELIEST, allow_pickle=False) as kept:
                label, probs = kept["label"].astype(np.int64), kept["probs"]
            if label.shape != probs.shape or len(label) != self.info.data.examples:
                raise ValueError(f"it is {label.shape}, and does not belong to this audit's table")
            return LikeliestClasses(label, probs, len(self.class_names))

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """`(example, feature)`, mapped from disk."""
        return self._array("embeddings.npy", (self.info.data.examples, None))

    def _array(self, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
        with while_reading(
            self.folder / name, "an audit's array", AuditFolderError, " Audit the data again with --force."
        ):
            array = read_array(self.folder / name, mapped=True)
            fits = len(array.shape) == len(shape) and all(
                wanted in (None, size) for size, wanted in zip(array.shape, shape, strict=True)
            )
            if array.dtype != np.float32 or not fits:
                raise ValueError(f"it is {array.dtype} {array.shape}, and does not belong to this audit's table")
            return array

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r}, {len(self.labels):,} examples of {self.info.data.name})"

    def column(self, name: str) -> Any:
        """A column of `labels` as an array; class labels come as integers, -1 where there is none."""
        return decoded(self.labels, name)


def is_audit(path: Path) -> bool:
    """Whether a folder holds an audit, finished or not."""
    return (path / INFO).exists() or (path / UNFINISHED).is_dir()


def open_folder(folder: Path, identity: Identity, *, force: bool) -> Path:
    """Make the folder ready for an audit with this identity and return the place for unfinished work.

    Work that an interrupted audit with the same identity left is kept. An audit of other data, or anything else in
    the folder, is an AuditFolderError unless `force`. What is there stays until the new audit is complete.
    """
    if folder.exists() and not folder.is_dir():
        raise AuditFolderError(f"{folder} is a file; name a folder for the audit.")
    unfinished = folder / UNFINISHED
    work, finished = _identity_in(unfinished / IDENTITY), None
    if (folder / INFO).exists() and not force:
        finished = _identity_in(folder / INFO)
        if finished is None:
            raise AuditFolderError(f"{folder / INFO} cannot be read; use --force to start again.")
    earlier = work or finished
    if earlier is None and not force and _holds_other_things(folder):
        raise AuditFolderError(
            f"{folder} is not empty and holds no audit; name a new folder, or use --force to write into it."
        )
    others = [] if _is_ours(folder) else [name for name in REPLACED if (folder / name).exists()]
    if others:
        raise AuditFolderError(
            f"{folder} holds no audit, but {others[0]}, which an audit would replace; name a new folder, or move "
            f"{folder / others[0]} away."
        )
    if earlier is not None and earlier.fingerprint != identity.fingerprint and not force:
        raise AuditFolderError(
            f"{folder} holds the audit of other data ({earlier.path}); "
            "name another folder, or use --force to replace it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if work != identity and not force and finished is not None:
        _refuse_other_settings(folder, finished, identity)
    begin_work(unfinished, identity, go_on=work == identity)
    return unfinished


def close_folder(
    folder: Path,
    files: Files,
    info: AuditInfo,
    networks: Sequence[NDArray[np.uint8]] = (),
) -> None:
    """Put the new files in the place of the old: all are written first, then renamed, `audit.json` last. `networks` are
    the contents of files of safetensors.

    With `audit.json` the audit is complete; while it is missing, readers are told that it is unfinished.
    """
    unfinished = folder / UNFINISHED
    new = unfinished / "complete"
    discard(new)
    new.mkdir()  # its parents are there, or somebody removed them
    (new / "models").mkdir()
    for name, write in files.items():
        write(new / name)
    for number, weights in enumerate(networks):
        (new / "models" / f"member-{number}.safetensors").write_bytes(weights.data)
    write_record(new / INFO, info)
    sync_all(new)
    discard(folder / INFO)
    for name in (KEPT, LIKELIEST, TRUTH):
        if name not in files:
            discard(folder / name)
    sync(folder)
    for name in (*files, "models", INFO):
        discard(folder / name)
        (new / name).rename(folder / name)
    sync(folder)
    discard(unfinished)


def write_likeliest(likeliest: LikeliestClasses, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, label=likeliest.label.astype(np.int32), probs=likeliest.probs)


def write_table_and_info(audit: AuditFolder) -> None:
    """Write an audit's table and `audit.json` in the place of the old."""
    write_whole(audit.folder / LABELS, lambda path: write_labels(audit.labels, path))
    write_record(audit.folder / INFO, audit.info)


def is_finished(folder: Path, identity: Identity) -> bool:
    """Whether the folder holds the complete audit with this identity."""
    tidy(folder / UNFINISHED)
    return not (folder / UNFINISHED).exists() and _identity_in(folder / INFO) == identity


def _refuse_other_settings(folder: Path, there: Identity, identity: Identity) -> None:
    """What is computed for an hour is not replaced without a word."""
    if there == identity:
        return
    names = sorted(there.settings.keys() | identity.settings.keys())
    changed = [
        f"{name} {there.settings.get(name)} there, {identity.settings.get(name)} now"
        for name in names
        if there.settings.get(name) != identity.settings.get(name)
    ]
    if there.aleator_version != identity.aleator_version:
        changed.append(f"Aleator {there.aleator_version} there, {identity.aleator_version} now")
    if there.path != identity.path:
        changed.append(f"read from {there.path} there, from {identity.path} now")
    raise AuditFolderError(
        f"{folder} holds a finished audit of these data, made otherwise ({'; '.join(changed)}). "
        "Name another folder, or use --force to replace it."
    )


def _identity_in(file: Path) -> Identity | None:
    """None where the file is not there, or says nothing."""
    try:
        content = read_json(file)
        return from_json(Identity, content.get("identity", content) if isinstance(content, dict) else content)
    except (OSError, ValueError):
        return None


def _is_ours(folder: Path) -> bool:
    """Whether an audit is in the folder, however far or damaged: unfinished work says from the start what it is."""
    return (folder / INFO).exists() or (folder / UNFINISHED / IDENTITY).exists()


def _holds_other_things(folder: Path) -> bool:
    """Whether anything in the folder is not what an audit leaves when it is interrupted."""
    ours = {
        *((UNFINISHED,) if (folder / UNFINISHED / IDENTITY).exists() else ()),
        INSIDE,
        *(of(Path(UNFINISHED)).name for of in (discarded, unfinished_beside)),
    }
    return folder.exists() and any(path.name not in ours for path in folder.iterdir())
