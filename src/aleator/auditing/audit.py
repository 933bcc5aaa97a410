"""The audit, from top to bottom: read, deduplicate, fit, decompose, weigh, judge, report."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.auditing.choosing import TRIED, choose_pretrained
from aleator.auditing.features import features_kept, features_of, those_of
from aleator.auditing.folds import kept_together
from aleator.auditing.hearing import Hearing
from aleator.auditing.judging import JudgeInputs, observe, pass_judgement
from aleator.auditing.learned import Marks, hear_learners, vectors_of
from aleator.auditing.networks import hear_networks
from aleator.auditing.referee import score_audit, truth_of_votes, vote_entropy
from aleator.auditing.result import Audit
from aleator.auditing.said import Said
from aleator.auditing.settings import AuditSettings
from aleator.audits.data import with_data
from aleator.audits.folder import is_finished, open_folder
from aleator.audits.info import AuditInfo, DuplicateCounts, SettingsUsed, audited_data, identity_of
from aleator.audits.kept import kept_files
from aleator.audits.labels import label_table
from aleator.audits.truth import Truth, truth_file
from aleator.clock import Clock
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import Duplicates, find_duplicates
from aleator.data.examples import load_examples
from aleator.embedding import AUTO
from aleator.embedding.finetuning import check_finetunable
from aleator.errors import AuditFolderError, DataError
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.inputs import normalised
from aleator.files import as_folder, write_array
from aleator.locks import one_at_a_time
from aleator.progress import Progress, shows_progress, silent
from aleator.records import as_asked, versions_of
from aleator.verdicts import Observations, unfamiliar_examples
from aleator.workers import Where, Workers, workers_at


@shows_progress
@one_at_a_time(AuditFolderError)
def audit(
    data: Any,
    folder: str | Path,
    settings: AuditSettings = AuditSettings(),
    *,
    where: Where = Where(),
    force: bool = False,
    truth: Truth | None = None,
    progress: Progress = silent,
) -> Audit:
    """Find the wrong labels of a data set, and leave the audit in `folder`.

    Args:
        data: a data set, or what `read_dataset` reads: a path, or data in memory, of which the folder keeps a copy.
        folder: where the audit is left. An interrupted audit of the same data goes on from there, and a finished one
            with the same settings is returned as it is.
        settings: how much is computed, and how.
        where: who trains and embeds: this machine, or the nodes of a Ray cluster.
        force: replace what the folder holds.
        truth: known labels to score the audit against; the votes are the referee without it.
        progress: called with stage, completed, total; without it, shown in a terminal or a notebook.

    Raises DataError for data that cannot be audited and AuditFolderError for a folder that cannot be used.
    """
    place = as_folder(folder, 'aleator.audit((X, y), "audit")')
    with workers_at(where) as workers:
        return _audit(data, place, settings, workers, force, truth, progress)


def _audit(  # longer than a function is otherwise: the whole system on one page
    data: Any,
    folder: Path,
    settings: AuditSettings,
    workers: Workers,
    force: bool,
    truth: Truth | None,
    progress: Progress,
) -> Audit:
    """As `audit`."""
    clock = Clock()
    with clock("reading"):
        dataset = data if isinstance(data, LabelledDataset) else read_dataset(data, progress=progress)
        dataset.check_learnable()
        if truth is not None and len(truth.label) != len(dataset):
            raise DataError(f"The truth has {len(truth.label):,} labels, the data {len(dataset):,} examples.")
        if settings.finetune:
            check_finetunable(dataset.source.kind)
        whole = dataset
        identity = identity_of(dataset, as_asked(settings))
        if is_finished(folder, identity) and not force:
            return with_data(Audit.load(folder), dataset)
        unfinished = open_folder(folder, identity, force=force)
    with clock("embedding"):
        choice = None
        if settings.backbone == AUTO:
            choice = choose_pretrained(
                dataset, unfinished / TRIED, changes=settings.changes or None, device=settings.device,
                flip=settings.flip, seed=settings.seed, progress=progress,
            )  # fmt: skip
            settings = choice.on(settings)
        embedded, features = features_of(dataset, settings, folder, unfinished, workers, progress)
    with clock("reading examples"):
        dataset, examples, shape = load_examples(
            embedded, settings.max_side, cache=unfinished / "pixels.npy", progress=progress
        )
        features = those_of(features, embedded, dataset)
    with clock("duplicates"):
        duplicates = find_duplicates(
            examples, folder=unfinished / "copies", on=workers, on_block=partial(progress, "finding copies")
        )
    with clock("training"):
        dataset, together = kept_together(dataset, duplicates)
        hearing = Hearing(dataset, duplicates.group, together, settings, unfinished, workers, progress)
        marks: Marks | None = None
        if settings.by_networks(dataset.source.kind):
            said = hear_networks(hearing, examples, shape.values)
        else:
            vectors = vectors_of(dataset, features, settings.made_of, settings.seed, unfinished)
            said, marks = hear_learners(hearing, vectors)
            dataset = replace(dataset, how_read=dataset.how_read.with_said(*vectors.remarks))
    if choice is not None:
        said = replace(said, model=replace(said.model, reason=f"{choice.reason}; {said.model.reason}"))
    with clock("judging"):
        progress("judging", 0, 1)
        kept = unfinished / "judging"
        inputs = _judge_inputs(dataset, said, duplicates, settings, kept, workers)
        judgement = pass_judgement(inputs, folder=kept, on=workers)
        scores = _scores(inputs.observations, said)
        truth = _truth(dataset, truth, whole, settings)
        referee = None if truth is None else score_audit(dataset.given_labels, judgement.verdicts, scores, truth)
        progress("judging", 1, 1)

    predicted = inputs.observations.log_probs[:].argmax(axis=1)
    marked = None if marks is None else marks(judgement.verdicts.suggested_label)
    table = label_table(dataset, judgement.verdicts, predicted, scores, duplicates.group, said.neighbours, marked)
    info = AuditInfo(
        identity=identity,
        settings=SettingsUsed(**asdict(settings) | {"members": said.model.members, "training": said.training}),
        versions=versions_of(torch, np),
        data=audited_data(dataset, identity.fingerprint, shape),
        class_names=dataset.class_names,
        model=said.model,
        out_of_sample=True,
        estimates=judgement.estimates,
        duplicates=_count_duplicates(duplicates, judgement.verdicts.verdict),
        skipped=dataset.skipped,
        referee=referee,
        timings=clock.seconds,
    )
    audit = Audit(folder, info, table, dataset)
    progress("writing the report", 0, 1)
    files = {
        **kept_files(whole),
        **features_kept(unfinished),
        **truth_file(truth if referee else None),
        "logits.npy": lambda path: write_array(path, np.stack([said.mean, said.spread])),
        "embeddings.npy": lambda path: write_array(path, said.embedding),
    }
    audit.leave(files, clock, said.networks)
    progress("writing the report", 1, 1)
    return audit


def _judge_inputs(
    dataset: LabelledDataset, said: Said, duplicates: Duplicates, settings: AuditSettings, kept: Path, on: Workers
) -> JudgeInputs:
    predicted, labels = np.exp(said.log_probs).mean(axis=0), dataset.given_labels
    return JudgeInputs(
        observations=observe(said.mean, said.spread, said.embedding, labels, said.unseen, folder=kept, on=on),
        class_names=dataset.class_names,
        unfamiliar=unfamiliar_examples(said.uncertainty["epistemic"], said.distance, predicted),
        duplicate_group=duplicates.group,
        votes=dataset.votes if settings.use_votes else None,
        out_of_sample=True,
    )


def _scores(observations: Observations, said: Said) -> dict[str, NDArray[Any]]:
    """Uncertainties and evidence, `(example,)` each, in the order of the table's columns."""
    inputs = EvidenceInputs(
        given_label=observations.given_label,
        log_probs=normalised(observations.log_probs[:]),
        margin_history=said.margin_history,
        embedding=said.embedding,
        neighbours=said.neighbours,
    )
    return said.uncertainty | {name: score(inputs) for name, score in EVIDENCE.items()}


def _truth(
    dataset: LabelledDataset, truth: Truth | None, whole: LabelledDataset, settings: AuditSettings
) -> Truth | None:
    """What somebody says, whom the audit did not listen to, of the examples that could be read; None where there is
    nobody. `truth` is of the `whole` data."""
    votes = dataset.votes
    if truth is None:
        return None if votes is None or settings.use_votes else truth_of_votes(votes)
    label = truth.label[np.isin(whole.ids, dataset.ids)]
    return replace(truth, label=label, vote_entropy=None if votes is None else vote_entropy(votes))


def _count_duplicates(duplicates: Duplicates, verdict: NDArray[np.str_]) -> DuplicateCounts:
    grouped = duplicates.group >= 0
    groups = len(np.unique(duplicates.group[grouped]))
    return DuplicateCounts(
        groups=groups,
        extra_copies=int(grouped.sum()) - groups,
        exact_groups=len(np.unique(duplicates.group[grouped & duplicates.exact])),
        conflicting_groups=len(np.unique(duplicates.group[verdict == "conflict"])),
    )
