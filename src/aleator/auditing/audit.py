"""The audit, from top to bottom: read, deduplicate, fit, decompose, weigh, judge, report."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.auditing.judging import JudgeInputs, observe, pass_judgement
from aleator.auditing.referee import Truth, score_audit, truth_of_votes
from aleator.auditing.result import Audit
from aleator.auditing.settings import AuditSettings
from aleator.audits.folder import close_folder, open_folder
from aleator.audits.info import (
    AuditInfo,
    DuplicateCounts,
    ModelInfo,
    RefereeScores,
    SettingsUsed,
    audited_data,
    identity_of,
)
from aleator.audits.kept import kept_files
from aleator.audits.labels import label_table, write_labels
from aleator.clock import Clock
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import Duplicates, find_duplicates
from aleator.data.examples import load_examples
from aleator.errors import AuditFolderError
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.neighbours import joint_embedding, nearest_neighbours
from aleator.files import write_array
from aleator.learning.devices import pick_device
from aleator.learning.job import TrainingJob
from aleator.learning.members import Member, fit_members, fold_tasks
from aleator.learning.settings import TrainingSettings
from aleator.locks import one_at_a_time
from aleator.models.backbones import BackboneChoice, choose_backbone
from aleator.models.network import Network, NetworkSpec
from aleator.progress import Progress, silent
from aleator.records import versions_of
from aleator.report import render_report
from aleator.uncertainty.decomposition import information_theoretic
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.verdicts import Observations, Verdicts, unfamiliar_examples

NEIGHBOURS = 10


@one_at_a_time(AuditFolderError)
def audit(  # longer than a function is otherwise: the whole system on one page
    data: Any,
    folder: str | Path,
    settings: AuditSettings = AuditSettings(),
    *,
    force: bool = False,
    truth: Truth | None = None,
    progress: Progress = silent,
) -> Audit:
    """Find the wrong labels of a data set, and leave the audit in `folder`.

    Args:
        data: a data set, or what `read_dataset` reads: a path, or data in memory, of which the folder keeps a copy.
        folder: where the audit is left; an interrupted audit of the same data goes on from there.
        settings: how much is computed, and how.
        force: replace an audit of other data in the folder.
        truth: known labels to score the audit against; the votes are the referee without it.
        progress: called with stage, completed, total.

    Raises DataError for data that cannot be audited and AuditFolderError for a folder that cannot be used.
    """
    clock, folder = Clock(), Path(folder)
    with clock("reading"):
        dataset = data if isinstance(data, LabelledDataset) else read_dataset(data, progress=progress)
        dataset.check_learnable()
        whole = dataset
        identity = identity_of(dataset, asdict(settings))
        unfinished = open_folder(folder, identity, force=force)
        dataset, examples, shape = load_examples(
            dataset, settings.max_side, cache=unfinished / "pixels.npy", progress=progress
        )
    with clock("duplicates"):
        duplicates = find_duplicates(examples, on_block=lambda done, total: progress("finding copies", done, total))
    with clock("training"):
        fitted = _fit(dataset, examples, duplicates, settings, unfinished, progress)
    with clock("judging"):
        said = _listen(fitted, duplicates, progress)
        progress("judging", 0, 1)
        inputs = _judge_inputs(dataset, said, duplicates, settings)
        judgement = pass_judgement(inputs)
        scores = _scores(inputs.observations, said)
        referee = _referee(dataset, truth, judgement.verdicts, scores, settings)
        progress("judging", 1, 1)

    predicted = inputs.observations.log_probs.argmax(axis=1)
    table = label_table(dataset, judgement.verdicts, predicted, scores, duplicates.group, said.neighbours)
    info = AuditInfo(
        identity=identity,
        settings=SettingsUsed(**asdict(settings) | {"members": len(fitted.members), "training": fitted.training}),
        versions=versions_of(torch, np),
        data=audited_data(dataset, identity.fingerprint, shape),
        class_names=dataset.class_names,
        model=_model_info(fitted, settings, said),
        out_of_sample=True,
        estimates=judgement.estimates,
        duplicates=_count_duplicates(duplicates, judgement.verdicts.verdict),
        skipped=dataset.skipped,
        referee=referee,
        timings=clock.seconds,
    )
    with clock("report"):
        progress("writing the report", 0, 1)
        html = render_report(info, table, dataset.source)
        progress("writing the report", 1, 1)
    close_folder(
        folder,
        {
            **kept_files(whole),
            "labels.parquet": lambda path: write_labels(table, path),
            "logits.npy": lambda path: write_array(path, np.stack([said.mean, said.spread])),
            "embeddings.npy": lambda path: write_array(path, said.embedding),
            "report.html": lambda path: path.write_text(html, encoding="utf-8"),
        },
        info,
    )
    return Audit(folder, info, table, dataset)


@dataclass(frozen=True)
class _Fitted:
    """The networks, and what they are."""

    choice: BackboneChoice
    spec: NetworkSpec
    training: TrainingSettings
    members: list[Member]
    fold: NDArray[np.int64]
    """The member that has not seen the example, `(example,)`."""


@dataclass(frozen=True)
class _Said:
    """What the networks said of all examples."""

    mean: NDArray[np.float32]
    """Of each logit, `(draw, example, class)`, as the spread. The first `unseen` draws are of networks that have not
    seen the example."""
    spread: NDArray[np.float32]
    unseen: int
    margin_history: NDArray[np.float32]
    log_probs: NDArray[np.float64]
    """Log of each draw's expected softmax, `(draw, example, class)`."""
    uncertainty: dict[str, NDArray[np.float64]]
    """`total`, `aleatoric` and `epistemic` in nats, `(example,)` each."""
    embedding: NDArray[np.float32]
    """`(example, feature)`."""
    neighbours: NDArray[np.int64]
    distance: NDArray[np.float64]
    """To the neighbours, `(example,)`."""


def _fit(
    dataset: LabelledDataset,
    examples: NDArray[np.generic],
    duplicates: Duplicates,
    settings: AuditSettings,
    unfinished: Path,
    progress: Progress,
) -> _Fitted:
    """Each member leaves out a part of the examples, and so each example has a member that has not seen its label, nor
    that of a copy."""
    labels = dataset.given_labels
    choice = choose_backbone(dataset.source.kind)
    spec = NetworkSpec(choice.name, tuple(examples.shape[1:]), len(dataset.class_names), posterior=settings.posterior)
    tasks, fold = fold_tasks(labels, duplicates.group, settings.member_count, settings.seed)
    training = settings.training(max(len(task.rows) for task in tasks), dataset.source.kind)
    members = fit_members(
        TrainingJob(spec, examples, labels, training, pick_device(settings.device)),
        tasks,
        unfinished,
        on_step=lambda step, steps: progress("training", step, steps),
    )
    return _Fitted(choice, spec, training, members, fold)


def _listen(fitted: _Fitted, duplicates: Duplicates, progress: Progress) -> _Said:
    members = fitted.members
    mean, spread = _unseen_first([member.draws for member in members], fitted.fold)
    log_probs = log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).double().numpy()
    uncertainty = information_theoretic(torch.from_numpy(log_probs))
    embedding = joint_embedding([member.predictions.embedding for member in members])
    neighbours, distance = nearest_neighbours(
        embedding,
        duplicates.group,
        count=NEIGHBOURS,
        on_block=lambda completed, total: progress("finding neighbours", completed, total),
    )
    return _Said(
        mean,
        spread,
        len(mean) // len(members),
        np.concatenate([member.margin_history for member in members]),
        log_probs,
        {name: part.numpy() for name, part in uncertainty._asdict().items()},
        embedding,
        neighbours,
        distance,
    )


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


def _judge_inputs(
    dataset: LabelledDataset, said: _Said, duplicates: Duplicates, settings: AuditSettings
) -> JudgeInputs:
    predicted = np.exp(said.log_probs).mean(axis=0)
    return JudgeInputs(
        observations=observe(said.mean, said.spread, said.embedding, dataset.given_labels, said.unseen),
        class_names=dataset.class_names,
        unfamiliar=unfamiliar_examples(said.uncertainty["epistemic"], said.distance, predicted),
        duplicate_group=duplicates.group,
        votes=dataset.votes if settings.use_votes else None,
        out_of_sample=True,
    )


def _scores(observations: Observations, said: _Said) -> dict[str, NDArray[Any]]:
    """Uncertainties and evidence, `(example,)` each, in the order of the table's columns."""
    inputs = EvidenceInputs(
        given_label=observations.given_label,
        log_probs=log_softmax(observations.log_probs.astype(np.float64), axis=1),
        margin_history=said.margin_history,
        embedding=said.embedding,
        neighbours=said.neighbours,
    )
    return said.uncertainty | {name: score(inputs) for name, score in EVIDENCE.items()}


def _referee(
    dataset: LabelledDataset,
    truth: Truth | None,
    verdicts: Verdicts,
    scores: dict[str, NDArray[Any]],
    settings: AuditSettings,
) -> RefereeScores | None:
    """How the audit agrees with somebody it did not listen to; None where there is nobody."""
    if truth is None:
        if dataset.votes is None or settings.use_votes:
            return None
        truth = truth_of_votes(dataset.votes)
    return score_audit(dataset.given_labels, verdicts, scores, truth, votes=dataset.votes)


def _model_info(fitted: _Fitted, settings: AuditSettings, said: _Said) -> ModelInfo:
    return ModelInfo(
        backbone=fitted.choice.name,
        reason=fitted.choice.reason,
        members=len(fitted.members),
        parameters=sum(parameter.numel() for parameter in Network(fitted.spec).parameters()),
        posterior=settings.posterior,
        draws=len(said.mean),
        unseen_draws=said.unseen,
    )


def _count_duplicates(duplicates: Duplicates, verdict: NDArray[np.str_]) -> DuplicateCounts:
    grouped = duplicates.group >= 0
    groups = len(np.unique(duplicates.group[grouped]))
    return DuplicateCounts(
        groups=groups,
        extra_copies=int(grouped.sum()) - groups,
        exact_groups=len(np.unique(duplicates.group[grouped & duplicates.exact])),
        conflicting_groups=len(np.unique(duplicates.group[verdict == "conflict"])),
    )
