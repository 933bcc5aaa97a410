"""The training, from top to bottom: read, choose targets, hold out, fit, set thresholds, score, write the card."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aleator.audits import AuditFolder
from aleator.clock import Clock
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import find_duplicates
from aleator.data.examples import Examples, ExamplesShape, load_examples
from aleator.data.groups import numbered
from aleator.errors import AleatorError, AuditFolderError, ModelError
from aleator.files import as_folder
from aleator.learning.devices import pick_device
from aleator.learning.job import Targets, Task, TrainingJob
from aleator.learning.members import Member, fit_members, member_seed
from aleator.learning.settings import TrainingSettings
from aleator.locks import one_at_a_time
from aleator.models.network import Network, NetworkSpec
from aleator.progress import Progress, shows_progress, silent
from aleator.records import versions_of
from aleator.training.abstention import AbstentionRule, learn_rule, mean_log_probs, prediction_of
from aleator.training.beliefs import believed_labels, noise_of
from aleator.training.card import Figures, LearnedConfusion, ModelCard, NetworkInfo, TrainedData
from aleator.training.familiarity import Familiarity, learn_familiarity
from aleator.training.folder import TrainingIdentity, close_work, identity_of, open_work, removed_if_unused
from aleator.training.held_out import hold_out
from aleator.training.model import CUSTOM, Model, load_model, members_say
from aleator.training.scores import prediction_scores
from aleator.training.settings import TrainSettings
from aleator.training.targets import TrainingTargets, choose_targets, judged_confusion
from aleator.vectors.vectoriser import Vectoriser, fit_vectoriser


@shows_progress
@one_at_a_time(ModelError)
def train(  # longer than a function is otherwise: the whole training on one page
    data: Any,
    folder: str | Path,
    settings: TrainSettings = TrainSettings(),
    *,
    backbone: nn.Module | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Model:
    """Train a model through the noise of the labels, and leave it in `folder`.

    Args:
        data: a data set, what `read_dataset` reads (a path, or data in memory), or an audit that was loaded with its
            data.
        folder: where the model is left; an interrupted training of the same data goes on from its last epoch.
        settings: which labels, how much is computed, and how.
        backbone: a module of your own from examples to embeddings `(example, feature)`, in the place of a named one.
        force: replace the model in the folder.
        progress: called with stage, completed, total; without it, shown in a terminal or a notebook.

    Raises DataError for data that cannot be trained on and ModelError for a folder that cannot be used.
    """
    if backbone is not None:
        settings = replace(settings, backbone=CUSTOM)
    clock, folder = Clock(), as_folder(folder, 'aleator.train((X, y), "model")')
    pick_device(settings.device)
    with clock("reading"):
        dataset, audit = _data_of(data, progress)
        settings = settings.for_labels(audited=audit is not None)
        identity = identity_of(dataset, audit, settings, backbone)
        work = open_work(folder, identity, force=force)
    with removed_if_unused(work):
        with clock("reading pictures"):
            dataset, examples, shape = load_examples(
                dataset, settings.max_side, cache=work / "pixels.npy", progress=progress
            )
            audit = _rows_of(audit, dataset)
            vectors, vectoriser = _vectors(examples, settings.seed)
            if vectoriser is not None:
                shape = replace(shape, features=vectors.shape[1])
            targets = choose_targets(
                dataset, audit, settings.kind_of_labels, settings.policy, counted=settings.of_voters
            )
            settings = _with_judged_confusion(settings, audit)
        with clock("holding out"):
            held_out = _hold_out(dataset, examples, targets, settings, audit, progress)
        plan = _plan(dataset, vectors, targets, held_out, settings, backbone)
    with clock("training"):
        fitted = _fit("training", plan, targets.values, plan.training, work, progress)
    if settings.second_pass:
        with clock("training again"):
            believed = _believed(plan.training, fitted, targets, held_out)
            again = replace(plan.training, objective="cross_entropy", options={})
            fitted = _fit("training again", plan, believed, again, work / "second-pass", progress, begin_with=fitted)
    with clock("setting thresholds"):
        progress("setting thresholds", 0, 1)
        outcome = _outcome(plan, fitted, targets, held_out, of_pictures=dataset.source.kind == "images")
        progress("setting thresholds", 1, 1)
    card = ModelCard(
        class_names=dataset.class_names,
        data=_trained_data(dataset, audit, shape, identity, plan, targets, held_out),
        settings=replace(settings, members=len(fitted)),
        training=plan.training,
        versions=versions_of(torch, np),
        model=NetworkInfo(plan.spec.backbone, plan.parameters),
        decision=outcome.rule,
        figures=outcome.figures,
        label_noise=outcome.noise,
        wrong_labels=None if audit is None else audit.info.estimates.mislabelled,
        members=(),  # these and the familiarity when they are in their place
        familiarity=None,
        skipped=dataset.skipped,
        timings=clock.seconds,
    )
    close_work(folder, work, [member.weights for member in fitted], card, outcome.familiarity, vectoriser)
    return load_model(folder, backbone=backbone, device=settings.device)


@dataclass(frozen=True)
class _Plan:
    """What is trained on what."""

    spec: NetworkSpec
    examples: NDArray[np.generic]
    rows: NDArray[np.int64]
    """Those that are trained on."""
    weights: NDArray[np.float32] | None
    training: TrainingSettings
    settings: TrainSettings
    backbone: nn.Module | None
    parameters: int


@dataclass(frozen=True)
class _Outcome:
    """What was set from the held-out part, and how good the networks are there."""

    rule: AbstentionRule
    figures: Figures
    noise: LearnedConfusion | None
    familiarity: Familiarity | None


def _vectors(examples: Examples, seed: int) -> tuple[NDArray[np.generic], Vectoriser | None]:
    """The array that networks take, and how texts or rows became it."""
    if isinstance(examples, np.ndarray):
        return examples, None
    vectoriser = fit_vectoriser(examples, seed)
    return vectoriser.vectors(examples), vectoriser


def _plan(
    dataset: LabelledDataset,
    examples: NDArray[np.generic],
    targets: TrainingTargets,
    held_out: NDArray[np.bool_],
    settings: TrainSettings,
    backbone: nn.Module | None,
) -> _Plan:
    spec = NetworkSpec(settings.backbone_for(dataset.source.kind), tuple(examples.shape[1:]), len(dataset.class_names))
    rows = np.flatnonzero((targets.weights > 0) & ~held_out)
    return _Plan(
        spec=spec,
        examples=examples,
        rows=rows,
        weights=None if (targets.weights[rows] == 1).all() else targets.weights,
        training=settings.training(len(rows)),
        settings=settings,
        backbone=backbone,
        parameters=sum(value.numel() for value in Network(spec, copy.deepcopy(backbone)).parameters()),
    )


def _fit(
    stage: str,
    plan: _Plan,
    values: Targets,
    training: TrainingSettings,
    place: Path,
    progress: Progress,
    *,
    begin_with: list[Member] | None = None,
) -> list[Member]:
    """Train all members on the plan's rows of these targets: new ones, or those to begin with once more."""
    settings, earlier = plan.settings, begin_with or []
    tasks = [
        Task(member_seed(settings.seed, len(earlier) + number), plan.rows, earlier[number].weights if earlier else None)
        for number in range(len(earlier) or settings.member_count)
    ]
    device = pick_device(settings.device)
    return fit_members(
        TrainingJob(plan.spec, plan.examples, values, training, device, plan.weights, plan.backbone),
        tasks,
        place,
        on_step=lambda step, steps: progress(stage, step, steps),
        devices=settings.devices,
    )


def _outcome(
    plan: _Plan,
    fitted: list[Member],
    targets: TrainingTargets,
    held_out: NDArray[np.bool_],
    *,
    of_pictures: bool,
) -> _Outcome:
    said = [one.predictions for one in fitted]
    familiarity = learn_familiarity([one.embedding[plan.rows] for one in said]) if of_pictures else None
    mean, spread, *distance = (part[:, held_out] for part in members_say(said, familiarity))
    labels = targets.scored_by[held_out]
    known = labels >= 0
    noise = None
    if plan.settings.corrects:
        noise = noise_of(plan.training, mean_log_probs(mean[:, known], spread[:, known]), labels[known])
    rule = learn_rule(mean, spread, labels, *distance, confusion=None if noise is None else noise.confusion)
    prediction = prediction_of(
        mean[:, known], spread[:, known], rule.temperature, *(part[:, known] for part in distance)
    )
    return _Outcome(
        rule=rule,
        figures=prediction_scores(prediction, labels[known], rule),
        noise=None if noise is None else LearnedConfusion(noise.confusion.tolist()),
        familiarity=familiarity,
    )


def _trained_data(
    dataset: LabelledDataset,
    audit: AuditFolder | None,
    shape: ExamplesShape,
    identity: TrainingIdentity,
    plan: _Plan,
    targets: TrainingTargets,
    held_out: NDArray[np.bool_],
) -> TrainedData:
    clear = targets.first_choice[targets.first_choice >= 0]
    return TrainedData(
        name=dataset.name,
        path=dataset.path,
        fingerprint=identity.fingerprint,
        audit=None if audit is None else str(audit.folder),
        examples=len(dataset),
        trained_on=len(plan.rows),
        held_out=int(held_out.sum()),
        per_class=tuple(np.bincount(clear, minlength=plan.spec.classes).tolist()),
        kind=dataset.source.kind,
        **vars(shape),
    )


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


def _with_judged_confusion(settings: TrainSettings, audit: AuditFolder | None) -> TrainSettings:
    """Forward correction by the audit's own transition matrix, where none is given."""
    given = "confusion" in settings.objective_options
    if settings.objective != "forward_correction" or given or audit is None:
        return settings
    confusion = {"confusion": judged_confusion(audit)}
    return replace(settings, objective_options={**settings.objective_options, **confusion})


def _data_of(data: Any, progress: Progress) -> tuple[LabelledDataset, AuditFolder | None]:
    if isinstance(data, AuditFolder):
        if data.dataset is None:
            raise AuditFolderError(
                "The audit was loaded without its data: pass the data set to load_audit(folder, dataset)."
            )
        return data.dataset, data
    dataset = data if isinstance(data, LabelledDataset) else read_dataset(data, progress=progress)
    dataset.check_learnable()
    return dataset, None


def _rows_of(audit: AuditFolder | None, dataset: LabelledDataset) -> AuditFolder | None:
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
    return replace(audit, labels=audit.labels.take(rows), dataset=dataset)


def _hold_out(
    dataset: LabelledDataset,
    examples: Examples,
    targets: TrainingTargets,
    settings: TrainSettings,
    audit: AuditFolder | None,
    progress: Progress,
) -> NDArray[np.bool_]:
    """The held-out part; copies and groups are on one side."""
    groups = []
    if audit is not None and not audit.info.only_labels_known:
        groups.append(audit.column("duplicate_group"))
    else:
        found = find_duplicates(examples, on_block=lambda done, total: progress("finding copies", done, total))
        groups.append(found.group)
    if dataset.group is not None:
        groups.append(numbered(dataset.group))
    labels = np.where(targets.weights > 0, targets.first_choice, -1)
    return hold_out(labels, settings.held_out, groups=groups, class_names=dataset.class_names, seed=settings.seed)
