"""What learns: networks that are trained, or softmax regressions on vectors."""

import copy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from aleator.data.groups import units
from aleator.learners.regression import FEWEST_DRAWS, fit_regressions
from aleator.learning.checkpoints import network_as_bytes
from aleator.learning.devices import pick_device
from aleator.learning.job import Targets, Task, TrainingJob
from aleator.learning.members import Member, fit_members, member_seed
from aleator.learning.pace import expected_seconds, in_words
from aleator.learning.prediction import Predictions, predict_examples
from aleator.learning.settings import TrainingSettings
from aleator.models.network import Network, NetworkSpec
from aleator.noise.label_noise import LabelNoise
from aleator.progress import Progress
from aleator.training.abstention import log_mean_probs
from aleator.training.beliefs import believed_labels, noise_of
from aleator.training.card import NetworkInfo
from aleator.training.examples import TrainingExamples
from aleator.training.folder import FITTED
from aleator.training.model import members_say
from aleator.training.settings import TrainSettings
from aleator.training.targets import TrainingTargets


@dataclass(frozen=True)
class Plan:
    """What is learned from what."""

    examples: TrainingExamples
    targets: TrainingTargets
    held_out: NDArray[np.bool_]
    settings: TrainSettings
    backbone: nn.Module | None = None
    """A module of the user's own."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Those that are learned from."""
        return np.flatnonzero((self.targets.weights > 0) & ~self.held_out)

    @property
    def classes(self) -> int:
        return len(self.examples.dataset.class_names)


@dataclass(frozen=True)
class Fitted:
    """What was learned."""

    weights: list[NDArray[np.uint8]]
    """Of each network, the content of its file."""
    predictions: list[Predictions]
    """Of all examples, by each network."""
    network: NetworkInfo
    training: TrainingSettings | None
    """Of networks; None of regressions."""
    noise: LabelNoise | None
    """How the labels err, where that was learned."""


def fit(plan: Plan, work: Path, progress: Progress) -> Fitted:
    """Networks, or regressions, as the settings say; unfinished work is in `work`."""
    if plan.settings.by_networks(plan.examples.dataset.source.kind):
        return _fit_networks(plan, work, progress)
    return _fit_regressions(plan, progress)


def _fit_regressions(plan: Plan, progress: Progress) -> Fitted:
    settings, rows = plan.settings, plan.rows
    values = np.asarray(plan.examples.values, dtype=np.float32)
    progress("training", 0, 1)
    found = fit_regressions(
        values[rows], _targets(plan.targets.values[rows]), plan.classes, draws=max(FEWEST_DRAWS, settings.member_count),
        groups=units(len(values), plan.examples.groups)[rows], weights=plan.targets.weights[rows],
        through_noise=settings.kind_of_labels == "given", seed=settings.seed,
    )  # fmt: skip
    device = pick_device(settings.device)
    weights, predictions = [], []
    for number, network in enumerate(found.networks):
        weights.append(network_as_bytes(network))
        predictions.append(predict_examples(network, values, flip=False, device=device))
        progress("training", number + 1, len(found.networks))
    info = NetworkInfo("softmax regressions", sum(value.numel() for value in found.networks[0].head.parameters()) // 2)
    return Fitted(weights, predictions, info, None, found.noise)


def _targets(values: Targets) -> Targets:
    """Labels, or distributions of sum one."""
    if values.ndim == 1:
        return np.asarray(values, dtype=np.int64)
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float32)


def _fit_networks(plan: Plan, work: Path, progress: Progress) -> Fitted:
    settings = plan.settings
    shape = tuple(plan.examples.values.shape[1:])
    spec = NetworkSpec(settings.backbone_for(plan.examples.dataset.source.kind), shape, plan.classes)
    parameters = sum(value.numel() for value in Network(spec, copy.deepcopy(plan.backbone)).parameters())
    training = settings.training(len(plan.rows))
    members = _members("training", plan, spec, plan.targets.values, training, work / FITTED, progress)
    if settings.second_pass:
        believed = _believed(plan, training, members)
        again = replace(training, objective="cross_entropy", options={})
        place = work / "second-pass"
        members = _members("training again", plan, spec, believed, again, place, progress, begin_with=members)
    said = [member.predictions for member in members]
    noise = None
    if settings.corrects:
        held_out = plan.held_out & (plan.targets.scored_by >= 0)
        mean, spread = (part[:, held_out] for part in members_say(said, None))
        noise = noise_of(training, log_mean_probs(mean, spread), plan.targets.scored_by[held_out])
    return Fitted([member.weights for member in members], said, NetworkInfo(spec.backbone, parameters), training, noise)


def _members(
    stage: str,
    plan: Plan,
    spec: NetworkSpec,
    values: Targets,
    training: TrainingSettings,
    place: Path,
    progress: Progress,
    *,
    begin_with: list[Member] | None = None,
) -> list[Member]:
    """Train all members on the plan's rows of these targets: new ones, or those to begin with once more."""
    settings, earlier, rows = plan.settings, begin_with or [], plan.rows
    tasks = [
        Task(member_seed(settings.seed, len(earlier) + number), rows, earlier[number].weights if earlier else None)
        for number in range(len(earlier) or settings.member_count)
    ]
    weights = None if (plan.targets.weights[rows] == 1).all() else plan.targets.weights
    device = pick_device(settings.device)
    job = TrainingJob(spec, plan.examples.values, values, training, device, weights, plan.backbone)
    if settings.finetune:
        progress(f"{stage} {spec.backbone}, about {in_words(expected_seconds(job, tasks))} in all", 0, 1)
    return fit_members(
        job,
        tasks,
        place,
        on_step=partial(progress, stage),
        devices=settings.devices,
    )


def _believed(plan: Plan, training: TrainingSettings, fitted: list[Member]) -> NDArray[np.float32]:
    """What the networks believe of the labels that they were trained on, as the targets of others."""
    targets = plan.targets
    used = np.flatnonzero(targets.weights > 0)
    mean, spread = (part[:, used] for part in members_say([one.predictions for one in fitted], None))
    labels = np.asarray(targets.values[used], dtype=np.int64)
    believed = np.zeros((len(targets.weights), mean.shape[2]), dtype=np.float32)
    believed[used] = believed_labels(training, log_mean_probs(mean, spread), labels, plan.held_out[used])
    return believed
