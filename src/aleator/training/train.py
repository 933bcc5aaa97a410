"""The training, from top to bottom: read, choose targets, hold out, fit, set thresholds, score, write the card."""

import copy
import hashlib
import json
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aleator import __version__
from aleator.auditing import Audit
from aleator.auditing.clock import Clock
from aleator.auditing.examples import load_examples
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import find_duplicates
from aleator.errors import AleatorError, AuditFolderError, ModelError
from aleator.files import write_json
from aleator.learning.devices import pick_device
from aleator.learning.job import Targets, Task, TrainingJob
from aleator.learning.members import Member, fit_members, member_seed
from aleator.learning.settings import TrainingSettings
from aleator.models.network import Network, NetworkSpec
from aleator.progress import Progress, silent
from aleator.training.beliefs import believed_labels, noise_of
from aleator.training.card import card_text
from aleator.training.decision import decide, mean_log_probs, opinion_of
from aleator.training.familiarity import Familiarity, learn_familiarity
from aleator.training.held_out import hold_out
from aleator.training.model import (
    CARD,
    CUSTOM,
    FAMILIARITY,
    SCHEMA_VERSION,
    Model,
    file_digest,
    load_model,
    members_say,
)
from aleator.training.scores import prediction_scores
from aleator.training.settings import TrainSettings
from aleator.training.targets import TrainingTargets, choose_targets, judged_confusion

IDENTITY = "identity.json"
JUDGEMENT = ("label_distribution", "label_quality", "suggested_label", "verdict", "reviewed_label")
"""Columns of an audit that a training follows."""


def train(
    data: LabelledDataset | Audit | str | Path,
    folder: str | Path,
    *,
    backbone: nn.Module | str | None = None,
    force: bool = False,
    progress: Progress = silent,
    **options: Any,
) -> Model:
    """Train a model through the noise of the labels, and leave it in `folder`.

    Args:
        data: a data set, a path that `read_dataset` reads, or an audit that was loaded with its data.
        folder: where the model is left; an interrupted training of the same data goes on from its last epoch.
        backbone: a name, `timm:NAME`, or a module from examples to embeddings `(example, feature)`.
        force: replace the model in the folder.
        progress: called with stage, completed, total.
        options: fields of `TrainSettings`: `labels`, `policy`, `effort`, `seed`, `device`, `members`, ...

    Raises DataError for data that cannot be trained on and ModelError for a folder that cannot be used.
    """
    own_backbone = backbone if isinstance(backbone, nn.Module) else None
    name = CUSTOM if own_backbone is not None else backbone if isinstance(backbone, str) else None
    settings = TrainSettings(**options, backbone=name)
    clock, folder = Clock(), Path(folder)
    device = pick_device(settings.device)

    with clock("reading"):
        dataset, audit = _data_of(data, progress)
        identity = _identity(dataset, audit, settings, own_backbone)
        work = open_work(folder, identity, force=force)
    with removed_if_unused(work):
        with clock("reading pictures"):
            dataset, examples, geometry = load_examples(
                dataset, settings.max_side, cache=work / "pixels.npy", progress=progress
            )
            targets = choose_targets(
                dataset, _rows_of(audit, dataset), settings.labels, settings.policy, counted=settings.of_voters
            )
            named = settings.objective == "forward_correction" and "confusion" not in settings.objective_options
            if named and audit is not None:
                confusion = {"confusion": judged_confusion(audit)}
                settings = replace(settings, objective_options={**settings.objective_options, **confusion})
        with clock("holding out"):
            held_out = _hold_out(dataset, examples, targets, settings, audit, progress)
        spec = NetworkSpec(
            settings.backbone_for(dataset.source.kind), tuple(examples.shape[1:]), len(dataset.class_names)
        )
        parameters = sum(value.numel() for value in Network(spec, copy.deepcopy(own_backbone)).parameters())
        rows = np.flatnonzero((targets.weights > 0) & ~held_out)
        training = settings.training(len(rows))

    weights = None if (targets.weights[rows] == 1).all() else targets.weights

    def fit(stage: str, tasks: list[Task], values: Targets, how: TrainingSettings, place: Path) -> list[Member]:
        return fit_members(
            TrainingJob(spec, examples, values, how, device, weights, own_backbone), tasks, place,
            on_step=lambda step, steps: progress(stage, step, steps), devices=settings.devices,
        )  # fmt: skip

    with clock("training"):
        tasks = [Task(member_seed(settings.seed, number), rows) for number in range(settings.member_count)]
        fitted = fit("training", tasks, targets.values, training, work)
    if settings.second_pass:
        with clock("training again"):
            believed = _believed(training, fitted, targets, held_out)
            again = replace(training, objective="cross_entropy", options={})
            tasks = [
                Task(member_seed(settings.seed, number), rows, member.weights)
                for number, member in enumerate(fitted, start=len(fitted))
            ]
            fitted = fit("training again", tasks, believed, again, work / "second-pass")

    with clock("setting thresholds"):
        progress("setting thresholds", 0, 1)
        said = [one.predictions for one in fitted]
        familiarity = (
            learn_familiarity([one.embedding[rows] for one in said]) if dataset.source.kind == "images" else None
        )
        mean, spread, *distance = (part[:, held_out] for part in members_say(said, familiarity))
        labels = targets.scored_by[held_out]
        known = labels >= 0
        noise, share_wrong = None, None
        if settings.corrects:
            said_of_known = mean_log_probs(mean[:, known], spread[:, known])
            noise = noise_of(training, said_of_known, labels[known])
            share_wrong = float(noise.p_mislabelled(said_of_known, labels[known]).mean())
        decision = decide(mean, spread, labels, *distance, confusion=None if noise is None else noise.confusion)
        opinion = opinion_of(
            mean[:, known], spread[:, known], decision.temperature, *(part[:, known] for part in distance)
        )
        figures = prediction_scores(opinion, labels[known], decision)
        progress("setting thresholds", 1, 1)

    card: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "aleator_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "class_names": list(dataset.class_names),
        "data": {
            "name": dataset.name,
            "path": dataset.path,
            "fingerprint": identity["fingerprint"],
            "audit": None if audit is None else str(audit.folder),
            "examples": len(dataset),
            "trained_on": len(rows),
            "held_out": int(held_out.sum()),
            "per_class": np.bincount(targets.first_choice[targets.first_choice >= 0], minlength=spec.classes).tolist(),
            "kind": dataset.source.kind,
            **geometry,
        },
        "settings": {**asdict(settings), "members": len(fitted), "training": asdict(training)},
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "model": {"backbone": spec.backbone, "parameters": parameters},
        "decision": decision.as_dict(),
        "figures": figures,
        "label_noise": None if noise is None else {"share_wrong": share_wrong, "confusion": noise.confusion.tolist()},
        "skipped": [asdict(skipped) for skipped in dataset.skipped],
        "timings": clock.seconds,
    }
    close_work(folder, work, [member.weights for member in fitted], card, familiarity)
    return load_model(folder, backbone=own_backbone, device=settings.device)


def _believed(
    training: TrainingSettings, fitted: list[Member], targets: TrainingTargets, held_out: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """What the networks believe of the labels that they were trained on, as the targets of others."""
    used = np.flatnonzero(targets.weights > 0)
    mean, spread = (part[:, used] for part in members_say([one.predictions for one in fitted], None))
    labels = np.asarray(targets.values[used], dtype=np.int64)
    believed = np.zeros((len(targets.weights), mean.shape[2]), dtype=np.float32)
    believed[used] = believed_labels(training, mean_log_probs(mean, spread), labels, held_out[used])
    return believed


def _identity(
    dataset: LabelledDataset, audit: Audit | None, settings: TrainSettings, backbone: nn.Module | None
) -> dict[str, Any]:
    """What has to be equal for an interrupted training to go on."""
    votes = None if dataset.votes is None else hashlib.sha256(dataset.votes.counts.tobytes()).hexdigest()
    identity = {
        "fingerprint": dataset.fingerprint(),
        "votes": votes,
        "audit": None if audit is None else _judgement_digest(audit),
        "backbone": None if backbone is None else str(backbone),
        "settings": asdict(settings),
        "aleator_version": __version__,
    }
    return dict(json.loads(json.dumps(identity)))


def _judgement_digest(audit: Audit) -> str:
    """Of what is believed of the labels, which decisions may have changed since the audit was written."""
    digest = hashlib.sha256()
    for name in JUDGEMENT:
        if name in audit.labels.column_names:
            for buffer in audit.labels[name].combine_chunks().buffers():
                digest.update(buffer or b"")
    return digest.hexdigest()


def open_work(folder: Path, identity: dict[str, Any], *, force: bool) -> Path:
    """The place beside `folder` for unfinished work; what an interrupted training of the same kind left is kept."""
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder} is a file; name a folder for the model.")
    if folder.exists() and any(folder.iterdir()) and not force:
        what = "a model" if (folder / CARD).exists() else "other things"
        raise ModelError(f"{folder} holds {what}; name a new folder, or use --force to replace it.")
    if folder.exists() and any(folder.iterdir()) and not (folder / CARD).exists():
        raise ModelError(f"{folder} is not empty and holds no model; it is not replaced. Name a new folder.")
    work = folder.with_name(f".{folder.name}.unfinished")
    try:
        same = json.loads((work / IDENTITY).read_text(encoding="utf-8")) == identity
    except (OSError, ValueError):
        same = False
    if not same and work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    write_json(work / IDENTITY, identity)
    return work


@contextmanager
def removed_if_unused(work: Path) -> Iterator[None]:
    """Leave nothing behind when the data or the settings turn out to be of no use before a member was begun."""
    try:
        yield
    except AleatorError:
        if not any(work.glob("member-*")):
            shutil.rmtree(work)
        raise


def close_work(
    folder: Path, work: Path, networks: list[Path], card: dict[str, Any], familiarity: Familiarity | None
) -> None:
    """Put the finished model, of the networks in these files, in its place: all is written first, then renamed."""
    complete, old = work / "complete", work / "replaced"
    for left in (complete, old):
        if left.exists():
            shutil.rmtree(left)
    complete.mkdir()
    members = []
    for number, weights in enumerate(networks):
        path = complete / f"member-{number}.safetensors"
        shutil.copyfile(weights, path)
        members.append({"file": path.name, "sha256": file_digest(path)})
    card["members"], card["familiarity"] = members, None
    if familiarity is not None:
        familiarity.save(complete / FAMILIARITY)
        card["familiarity"] = {"file": FAMILIARITY, "sha256": file_digest(complete / FAMILIARITY)}
    (complete / "README.md").write_text(card_text(card), encoding="utf-8")
    write_json(complete / CARD, card)
    if folder.exists():
        folder.rename(old)
    complete.rename(folder)
    shutil.rmtree(work)


def _data_of(data: LabelledDataset | Audit | str | Path, progress: Progress) -> tuple[LabelledDataset, Audit | None]:
    if isinstance(data, Audit):
        if data.dataset is None:
            raise AuditFolderError(
                "The audit was loaded without its data: pass the data set to load_audit(folder, dataset)."
            )
        return data.dataset, data
    dataset = data if isinstance(data, LabelledDataset) else read_dataset(data, progress=progress)
    dataset.check_learnable()
    return dataset, None


def _rows_of(audit: Audit | None, dataset: LabelledDataset) -> Audit | None:
    """The audit with its rows in the data set's order (pictures that can no longer be read have none)."""
    if audit is None:
        return None
    ids = audit.labels["id"].to_pylist()
    if ids == dataset.ids.tolist():
        return audit
    row_of = {name: row for row, name in enumerate(ids)}
    missing = [name for name in dataset.ids.tolist() if name not in row_of]
    if missing:
        raise AleatorError(f"{audit.folder} has no row for {missing[0]!r}; audit the data again with --force.")
    rows = [row_of[name] for name in dataset.ids.tolist()]
    return Audit(audit.folder, audit.info, audit.labels.take(rows), dataset)


def _hold_out(
    dataset: LabelledDataset,
    examples: NDArray[np.generic],
    targets: TrainingTargets,
    settings: TrainSettings,
    audit: Audit | None,
    progress: Progress,
) -> NDArray[np.bool_]:
    """The held-out part; copies and groups are on one side."""
    groups = []
    aligned = _rows_of(audit, dataset)
    if aligned is not None:
        groups.append(np.nan_to_num(aligned.column("duplicate_group"), nan=-1).astype(np.int64))
    else:
        found = find_duplicates(examples, on_block=lambda done, total: progress("finding copies", done, total))
        groups.append(found.group)
    if dataset.group is not None:
        named = np.unique(dataset.group, return_inverse=True)[1]
        groups.append(np.where(dataset.group == "", -1, named))
    labels = np.where(targets.weights > 0, targets.first_choice, -1)
    return hold_out(labels, settings.held_out, groups=groups, class_names=dataset.class_names, seed=settings.seed)
