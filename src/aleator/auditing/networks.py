"""Networks, from scratch or pretrained: each trained on all but a part of the examples, and heard on all."""

import copy
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.auditing.hearing import Hearing
from aleator.auditing.patches import with_patches
from aleator.auditing.said import Said
from aleator.audits.info import ModelInfo
from aleator.data.examples import Examples
from aleator.data.sources import ImageSource
from aleator.data.value_range import ValueRange
from aleator.embedding.finetuning import Finetuning, begin_finetuning
from aleator.evidence.neighbours import SHOWN, joint_embedding
from aleator.learning.devices import pick_device
from aleator.learning.job import TrainingJob
from aleator.learning.members import fit_members, fold_tasks
from aleator.learning.pace import expected_seconds, in_words
from aleator.models.backbones import BackboneChoice, usual_backbone
from aleator.models.network import Network, NetworkSpec
from aleator.neighbours.search import nearest_neighbours
from aleator.uncertainty.gaussian_logits import log_expected_softmax


def hear_networks(hearing: Hearing, examples: Examples, values: ValueRange | None) -> Said:
    """Train the members and let them speak of every example; `values` are what pictures of more than 8 bits were
    scaled by.

    Each member leaves out a part of the examples, and so each example has a member that has not seen its label, nor
    that of another of its unit. Where a pretrained network is to be trained on, all of it is, on the pictures as it
    takes them.
    """
    settings, progress = hearing.settings, hearing.progress
    begun = _begun(hearing, values)
    tasks, fold = fold_tasks(hearing.dataset.given_labels, hearing.together, settings.member_count, settings.seed)
    job, reason = _job(hearing, max(len(task.rows) for task in tasks), examples, begun)
    if begun is not None:
        progress(f"training {job.spec.backbone}, about {in_words(expected_seconds(job, tasks))} in all", 0, 1)
    members = fit_members(
        job,
        tasks,
        hearing.unfinished / "networks",
        on_step=partial(progress, "training"),
        on=hearing.workers,
    )
    mean, spread = _unseen_first([member.draws for member in members], fold)
    unseen = len(mean) // len(members)
    if settings.by_patches(hearing.dataset.source.kind, len(mean[0])):
        assert isinstance(examples, np.ndarray)
        mean, spread, counted = with_patches(hearing, examples, mean, spread, unseen)
        reason = f"{reason}; what each counts: {counted}"
    log_probs = log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).double().numpy()
    embedding = joint_embedding([member.predictions.embedding for member in members])
    neighbours = nearest_neighbours(
        embedding,
        hearing.copies,
        count=SHOWN,
        device=job.device,
        folder=hearing.unfinished / "neighbours",
        on=hearing.workers,
        on_block=partial(progress, "finding neighbours"),
    )
    return Said(
        mean=mean,
        spread=spread,
        unseen=unseen,
        margin_history=np.concatenate([member.margin_history for member in members]),
        log_probs=log_probs,
        embedding=embedding,
        neighbours=neighbours.rows,
        distance=neighbours.farthest,
        model=ModelInfo(
            backbone=job.spec.backbone,
            reason=reason,
            members=len(members),
            parameters=sum(
                parameter.numel() for parameter in Network(job.spec, copy.deepcopy(job.backbone)).parameters()
            ),
            posterior=settings.posterior,
            draws=len(mean),
            unseen_draws=unseen,
        ),
        training=job.settings,
        networks=tuple(member.weights for member in members),
    )


def _begun(hearing: Hearing, values: ValueRange | None) -> Finetuning | None:
    """The pretrained network that is trained on; None where networks are trained from scratch."""
    source, network = hearing.dataset.source, hearing.settings.pretrained
    if not hearing.settings.finetune or network is None or not isinstance(source, ImageSource):
        return None
    return begin_finetuning(
        source, network, values=values, cache=hearing.unfinished / "pictures.npy", device=hearing.settings.device,
        progress=hearing.progress,
    )  # fmt: skip


def _job(hearing: Hearing, trained_on: int, examples: Examples, begun: Finetuning | None) -> tuple[TrainingJob, str]:
    """What each member is trained on and how, and why by this network."""
    assert isinstance(examples, np.ndarray)
    kind, settings = hearing.dataset.source.kind, hearing.settings
    if begun is None:
        choice, module = usual_backbone("features" if kind == "features" else "images"), None
    else:
        name = begun.network.name
        choice, module = BackboneChoice(name, f"{name}, trained on from its pretrained weights"), begun.module
        examples = begun.pictures
    spec = NetworkSpec(choice.name, tuple(examples.shape[1:]), hearing.classes, posterior=settings.posterior)
    training, device = settings.training(trained_on, kind), pick_device(settings.device)
    job = TrainingJob(spec, examples, hearing.dataset.given_labels, training, device, backbone=module)
    return job, choice.reason


def _unseen_first(draws: list[NDArray[np.float32]], fold: NDArray[np.int64]) -> NDArray[np.float32]:
    """The members' draws `(2, draw, example, class)` one after another, of each example the one that left it out
    first."""
    count = draws[0].shape[1]
    result = np.empty((2, len(draws) * count, *draws[0].shape[2:]), dtype=np.float32)
    for place in range(len(draws)):
        for number, said in enumerate(draws):
            rows = np.flatnonzero((fold + place) % len(draws) == number)
            result[:, place * count : (place + 1) * count, rows] = said[:, :, rows]
    return result
