"""The model's folder while it is made: unfinished work beside it, and all of it put in its place at once."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from aleator import __version__
from aleator.auditing.features import FEATURES
from aleator.audits import AuditFolder
from aleator.data.dataset import LabelledDataset
from aleator.errors import AleatorError, ModelError
from aleator.files import discard, file_digest, sync, sync_all, tidy, unfinished_beside, write_text
from aleator.records import IDENTITY, as_asked, begin_work, read_json, to_json, write_record
from aleator.training.card import ModelCard, StoredFile, card_text
from aleator.training.familiarity import Familiarity
from aleator.training.model import CARD, FAMILIARITY, VECTORS
from aleator.training.settings import TrainSettings
from aleator.vectors.vectoriser import Vectoriser, write_vectoriser

DIGEST = "complete.sha256"
"""Of the card that is about to be put in its place."""
FITTED = "fitted"
"""Sub-folder of unfinished work with what was learned."""
JUDGEMENT = ("label_distribution", "label_quality", "suggested_label", "verdict", "reviewed_label")
"""Columns of an audit that a training follows."""


@dataclass(frozen=True)
class TrainingIdentity:
    """What has to be equal for an interrupted training to go on."""

    fingerprint: str
    votes: str | None
    """A digest, as of the audit's judgement."""
    audit: str | None
    backbone: str | None
    settings: dict[str, Any]
    """As they were asked for; compared as a whole."""
    aleator_version: str = __version__


def identity_of(
    dataset: LabelledDataset, audit: AuditFolder | None, settings: TrainSettings, backbone: nn.Module | None
) -> TrainingIdentity:
    return TrainingIdentity(
        fingerprint=dataset.fingerprint(),
        votes=None if dataset.votes is None else hashlib.sha256(dataset.votes.counts.tobytes()).hexdigest(),
        audit=None if audit is None else _judgement_digest(audit),
        backbone=None if backbone is None else str(backbone),
        settings=as_asked(settings),
    )


def _judgement_digest(audit: AuditFolder) -> str:
    """Of what is believed of the labels, which decisions may have changed since the audit was written."""
    digest = hashlib.sha256()
    for name in JUDGEMENT:
        if name in audit.labels.column_names:
            for buffer in audit.labels[name].combine_chunks().buffers():
                digest.update(buffer or b"")
    return digest.hexdigest()


def open_work(folder: Path, identity: TrainingIdentity, *, force: bool) -> Path:
    """The place beside `folder` for unfinished work; what an interrupted training of the same kind left is kept."""
    work = unfinished_beside(folder)
    tidy(work)
    try:
        same = read_json(work / IDENTITY) == to_json(identity)
    except (OSError, ValueError):
        same = False
    if same and _is_in_its_place(folder, work):  # all that was interrupted is the tidying up
        discard(work)
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder} is a file; name a folder for the model.")
    if folder.exists() and any(folder.iterdir()) and not force:
        what = "a model" if (folder / CARD).exists() else "other things"
        raise ModelError(f"{folder} holds {what}; name a new folder, or use --force to replace it.")
    if folder.exists() and any(folder.iterdir()) and not (folder / CARD).exists():
        raise ModelError(f"{folder} is not empty and holds no model; it is not replaced. Name a new folder.")
    work.parent.mkdir(parents=True, exist_ok=True)
    begin_work(work, identity, go_on=same)
    return work


@contextmanager
def removed_if_unused(work: Path) -> Iterator[None]:
    """Leave nothing behind when the data or the settings turn out to be of no use before a member was begun."""
    try:
        yield
    except AleatorError:
        if not (work / FITTED).exists():
            discard(work)
        raise


def close_work(
    folder: Path,
    work: Path,
    networks: Sequence[NDArray[np.uint8]],
    card: ModelCard,
    familiarity: Familiarity | None,
    vectoriser: Vectoriser | None = None,
    features: Path | None = None,
) -> None:
    """Put the finished model, of these networks (contents of files), in its place: all is written first, then renamed.

    `features`: a folder of what the pretrained network made of the examples, to be kept with the model.
    """
    complete, old = work / "complete", work / "replaced"
    discard(complete)
    if folder.exists():
        discard(old)
    complete.mkdir()
    members = []
    for number, weights in enumerate(networks):
        path = complete / f"member-{number}.safetensors"
        path.write_bytes(weights.data)
        members.append(StoredFile(path.name, file_digest(path)))
    known = None
    if familiarity is not None:
        familiarity.save(complete / FAMILIARITY)
        known = StoredFile(FAMILIARITY, file_digest(complete / FAMILIARITY))
    vectors = None
    if vectoriser is not None:
        write_vectoriser(vectoriser, complete / VECTORS)
        vectors = StoredFile(VECTORS, file_digest(complete / VECTORS))
    if features is not None and features.is_dir():
        shutil.move(features, complete / FEATURES)
    card = replace(card, members=tuple(members), familiarity=known, vectors=vectors)
    (complete / "README.md").write_text(card_text(card), encoding="utf-8")
    write_record(complete / CARD, card)
    sync_all(complete)
    write_text(work / DIGEST, file_digest(complete / CARD))
    if folder.exists():
        if any(folder.iterdir()) and not (folder / CARD).exists():  # it was empty, or a model, when this began
            raise ModelError(f"{folder} holds other things now; name a new folder.")
        folder.rename(old)
    complete.rename(folder)
    sync(folder.parent)
    discard(work)


def _is_in_its_place(folder: Path, work: Path) -> bool:
    """Whether the model in the folder is the one that this work made."""
    try:
        return (work / DIGEST).read_text(encoding="utf-8") == file_digest(folder / CARD)
    except (OSError, ValueError):
        return False
