"""The training, from top to bottom: read, choose targets, hold out, fit, set thresholds, score, write the card."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from aleator.auditing.choosing import TRIED, choose_pretrained
from aleator.auditing.features import FEATURES
from aleator.audits import AuditFolder
from aleator.clock import Clock
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.embedding import AUTO
from aleator.embedding.finetuning import check_finetunable
from aleator.embedding.options import FinetuneOptions
from aleator.errors import AuditFolderError, ModelError
from aleator.files import as_folder
from aleator.learning.devices import pick_device
from aleator.locks import one_at_a_time
from aleator.progress import Progress, shows_progress, silent
from aleator.records import versions_of
from aleator.training.abstention import AbstentionRule, learn_rule, prediction_of
from aleator.training.card import Figures, LearnedConfusion, ModelCard, TrainedData
from aleator.training.examples import examples_of
from aleator.training.familiarity import Familiarity, learn_familiarity
from aleator.training.fitting import Fitted, Plan, fit
from aleator.training.folder import TrainingIdentity, close_work, identity_of, open_work, removed_if_unused
from aleator.training.held_out import hold_out
from aleator.training.model import Model, load_model, members_say
from aleator.training.scores import prediction_scores
from aleator.training.settings import CUSTOM, TrainSettings
from aleator.training.targets import choose_targets, judged_confusion


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
        backbone: a module of your own from examples to embeddings `(example, feature)`, which is trained too.
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
        settings = _as_audited(settings.for_labels(audited=audit is not None), audit)
        if settings.finetune:
            check_finetunable(dataset.source.kind)
        identity = identity_of(dataset, audit, settings, backbone)
        work = open_work(folder, identity, force=force)
    with removed_if_unused(work):
        if settings.backbone == AUTO:
            with clock("choosing"):
                settings = choose_pretrained(
                    dataset, work / TRIED, changes=settings.changes or None, device=settings.device,
                    flip=settings.flip, seed=settings.seed, progress=progress,
                ).on(settings)  # fmt: skip
        with clock("reading pictures"):
            examples = examples_of(dataset, audit, settings, folder, work, progress)
            dataset, audit = examples.dataset, examples.audit
            targets = choose_targets(
                dataset, audit, settings.kind_of_labels, settings.policy, counted=settings.of_voters
            )
            settings = _with_judged_confusion(settings, audit)
        labels = np.where(targets.weights > 0, targets.first_choice, -1)
        held_out = hold_out(
            labels, settings.held_out, groups=examples.groups, class_names=dataset.class_names, seed=settings.seed
        )
        if examples.begun is not None:
            backbone = examples.begun.module
        plan = Plan(examples, targets, held_out, settings, backbone)
    with clock("training"):
        fitted = fit(plan, work, progress)
    with clock("setting thresholds"):
        progress("setting thresholds", 0, 1)
        outcome = _outcome(plan, fitted)
        progress("setting thresholds", 1, 1)
    card = ModelCard(
        class_names=dataset.class_names,
        data=_trained_data(plan, audit, identity),
        settings=replace(settings, members=len(fitted.weights)),
        training=fitted.training,
        versions=versions_of(torch, np),
        model=fitted.network,
        decision=outcome.rule,
        figures=outcome.figures,
        label_noise=None if fitted.noise is None else LearnedConfusion(fitted.noise.confusion.tolist()),
        wrong_labels=None if audit is None else audit.info.estimates.mislabelled,
        members=(),  # these, the familiarity and the vectors when they are in their place
        familiarity=None,
        pretrained=examples.pretrained,
        finetuned=None if examples.begun is None else examples.begun.network,
        skipped=dataset.skipped,
        timings=clock.seconds,
    )
    features = work / FEATURES if audit is None or not (audit.folder / FEATURES).is_dir() else None
    close_work(folder, work, fitted.weights, card, outcome.familiarity, examples.vectoriser, features)
    own = backbone if examples.begun is None else None
    return load_model(folder, backbone=own, device=settings.device)


@dataclass(frozen=True)
class _Outcome:
    """What was set from the held-out part, and how good the networks are there."""

    rule: AbstentionRule
    figures: Figures
    familiarity: Familiarity | None


def _outcome(plan: Plan, fitted: Fitted) -> _Outcome:
    said, rows, held_out = fitted.predictions, plan.rows, plan.held_out
    features, familiarity = None, None
    if plan.examples.pretrained is not None:
        features = plan.examples.values
        familiarity = learn_familiarity([np.asarray(features[rows], dtype=np.float32)])
    elif plan.examples.dataset.source.kind == "images":
        familiarity = learn_familiarity([one.embedding[rows] for one in said])
    mean, spread, *distance = (part[:, held_out] for part in members_say(said, familiarity, features))
    labels = plan.targets.scored_by[held_out]
    known = labels >= 0
    confusion = None if fitted.noise is None else fitted.noise.confusion
    rule = learn_rule(mean, spread, labels, *distance, confusion=confusion)
    prediction = prediction_of(
        mean[:, known], spread[:, known], rule.temperature, *(part[:, known] for part in distance)
    )
    return _Outcome(rule, prediction_scores(prediction, labels[known], rule), familiarity)


def _trained_data(plan: Plan, audit: AuditFolder | None, identity: TrainingIdentity) -> TrainedData:
    dataset, first_choice = plan.examples.dataset, plan.targets.first_choice
    return TrainedData(
        name=dataset.name,
        path=dataset.path,
        fingerprint=identity.fingerprint,
        audit=None if audit is None else str(audit.folder),
        examples=len(dataset),
        trained_on=len(plan.rows),
        held_out=int(plan.held_out.sum()),
        per_class=tuple(np.bincount(first_choice[first_choice >= 0], minlength=plan.classes).tolist()),
        kind=dataset.source.kind,
        **vars(plan.examples.shape),
    )


def _with_judged_confusion(settings: TrainSettings, audit: AuditFolder | None) -> TrainSettings:
    """Forward correction by the audit's own transition matrix, where none is given."""
    given = "confusion" in settings.objective_options
    if settings.objective != "forward_correction" or given or audit is None:
        return settings
    confusion = {"confusion": judged_confusion(audit)}
    return replace(settings, objective_options={**settings.objective_options, **confusion})


def _as_audited(settings: TrainSettings, audit: AuditFolder | None) -> TrainSettings:
    """The settings with the pretrained network that the audit saw the examples by, where none is named."""
    if audit is None or settings.backbone is not None or audit.info.settings.backbone is None:
        return settings
    of_network = {field.name: getattr(audit.info.settings, field.name) for field in fields(FinetuneOptions)}
    return replace(settings, **of_network)


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
