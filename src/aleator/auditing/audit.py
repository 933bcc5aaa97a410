"""The audit, from top to bottom: read, deduplicate, fit, decompose, weigh, judge, report."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator import __version__
from aleator.auditing.clock import Clock
from aleator.auditing.examples import load_examples
from aleator.auditing.folder import (
    SCHEMA_VERSION,
    Audit,
    close_folder,
    open_folder,
)
from aleator.auditing.judging import Grounds, observe, pass_judgement
from aleator.auditing.labels import label_table, write_labels
from aleator.auditing.referee import VOTES_RULE, Truth, score_audit
from aleator.auditing.settings import AuditSettings
from aleator.data import read_dataset
from aleator.data.dataset import LabelledDataset
from aleator.data.duplicates import Duplicates, find_duplicates
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.neighbours import joint_embedding, nearest_neighbours
from aleator.files import write_array
from aleator.learning.devices import pick_device
from aleator.learning.job import TrainingJob
from aleator.learning.members import ensemble_tasks, fit_members
from aleator.models.backbones import choose_backbone
from aleator.models.network import Network, NetworkSpec
from aleator.models.posteriors import DEFAULT
from aleator.progress import Progress, silent
from aleator.report import render_report
from aleator.uncertainty.decomposition import information_theoretic
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.verdicts import Judgement, unfamiliar_examples

NEIGHBOURS = 10
EARLY_LEARNING_TEMPERATURE = 1.5
"""The objective makes the networks surer than they are right; this undoes it before uncertainty is taken apart."""


def audit(
    data: LabelledDataset | str | Path,
    folder: str | Path,
    *,
    effort: str = "standard",
    seed: int = 0,
    device: str = "auto",
    members: int | None = None,
    posterior: str = DEFAULT,
    use_votes: bool = False,
    flip: bool = True,
    force: bool = False,
    truth: Truth | None = None,
    progress: Progress = silent,
) -> Audit:
    """Find the wrong labels of a data set, and leave the audit in `folder`.

    Args:
        data: a data set, or a path that `read_dataset` reads.
        folder: where the audit is left; an interrupted audit of the same data goes on from there.
        effort: `quick`, `standard` or `thorough`.
        seed: the same seed on the same machine gives the same audit.
        device: `auto`, `cpu`, `cuda`, ...
        members: how many networks are trained; by default the effort's for a deep ensemble, one for what draws
            several networks from one.
        posterior: how the model's own doubt is found, a name of `aleator.models.posteriors.POSTERIORS`.
        use_votes: take the data set's votes as evidence; otherwise they only score the audit.
        flip: a mirrored picture keeps its class (not so for letters and digits).
        force: replace an audit of other data in the folder.
        truth: known labels to score the audit against; the votes are the referee without it.
        progress: called with stage, completed, total.

    Raises DataError for data that cannot be audited and AuditFolderError for a folder that cannot be used.
    """
    settings = AuditSettings(effort, seed, device, members, posterior, use_votes, flip)
    clock = Clock()

    with clock("reading"):
        dataset = data if isinstance(data, LabelledDataset) else read_dataset(data, progress=progress)
        dataset.check_learnable()
        identity = {
            "fingerprint": dataset.fingerprint(),
            "path": dataset.path,
            "settings": asdict(settings),
            "aleator_version": __version__,
        }
        unfinished = open_folder(Path(folder), identity, force=force)
        dataset, examples, geometry = load_examples(
            dataset, settings.max_side, cache=unfinished / "pixels.npy", progress=progress
        )
    labels = dataset.given_labels

    with clock("duplicates"):
        duplicates = find_duplicates(
            examples, on_block=lambda completed, total: progress("finding copies", completed, total)
        )

    with clock("training"):
        choice = choose_backbone(dataset.source.kind)
        spec = NetworkSpec(
            choice.name, tuple(examples.shape[1:]), len(dataset.class_names), posterior=settings.posterior
        )
        training = settings.training(int((labels >= 0).sum()))
        fitted = fit_members(
            TrainingJob(spec, examples, labels, training, pick_device(device)),
            ensemble_tasks(labels, settings.member_count, seed), unfinished,
            on_step=lambda step, steps: progress("training", step, steps),
        )  # fmt: skip

    with clock("judging"):
        mean, spread = np.concatenate([member.draws for member in fitted], axis=1)
        log_probs = label_distributions(mean, spread)
        uncertainty = information_theoretic(torch.from_numpy(log_probs))
        embedding = joint_embedding([member.predictions.embedding for member in fitted])
        neighbours, distance = nearest_neighbours(
            embedding,
            duplicates.group,
            count=NEIGHBOURS,
            on_block=lambda completed, total: progress("finding neighbours", completed, total),
        )
        progress("judging", 0, 1)
        grounds = Grounds(
            observations=observe(mean, spread, embedding, labels),
            class_names=dataset.class_names,
            unfamiliar=unfamiliar_examples(uncertainty.epistemic.numpy(), distance, np.exp(log_probs).mean(axis=0)),
            duplicate_group=duplicates.group,
            votes=dataset.votes if use_votes else None,
        )
        judged = pass_judgement(grounds)
        opinion = grounds.observations.log_probs.astype(np.float64)
        evidence_inputs = EvidenceInputs(
            given_label=labels,
            log_probs=log_softmax(opinion, axis=1),
            margin_history=np.concatenate([member.margin_history for member in fitted]),
            embedding=embedding,
            neighbours=neighbours,
        )
        scores = {name: part.numpy() for name, part in uncertainty._asdict().items()}
        scores |= {name: score(evidence_inputs) for name, score in EVIDENCE.items()}
        referee = _referee(dataset, truth, judged.judgement, scores, use_votes)
        progress("judging", 1, 1)

    table = label_table(dataset, judged.judgement, opinion.argmax(axis=1), scores, duplicates.group, neighbours)
    info: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "aleator_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": identity,
        "settings": {**asdict(settings), "members": len(fitted), "training": asdict(training)},
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "data": {
            "name": dataset.name,
            "path": dataset.path,
            "fingerprint": identity["fingerprint"],
            "examples": len(dataset),
            "kind": dataset.source.kind,
            "reading": None if dataset.reading is None else dict(dataset.reading),
            **geometry,
        },
        "class_names": list(dataset.class_names),
        "model": {
            "backbone": choice.name,
            "reason": choice.reason,
            "members": len(fitted),
            "posterior": settings.posterior,
            "draws": len(mean),
            "parameters": sum(parameter.numel() for parameter in Network(spec).parameters()),
        },
        "out_of_sample": False,
        "estimates": judged.estimates,
        "duplicates": _count_duplicates(duplicates, judged.judgement.verdict),
        "skipped": [asdict(skipped) for skipped in dataset.skipped],
        "referee": referee,
        "timings": clock.seconds,
    }

    with clock("report"):
        progress("writing the report", 0, 1)
        html = render_report(info, table, dataset.source)
        progress("writing the report", 1, 1)
    close_folder(
        Path(folder),
        {
            "labels.parquet": lambda path: write_labels(table, path),
            "logits.npy": lambda path: write_array(path, np.stack([mean, spread])),
            "embeddings.npy": lambda path: write_array(path, embedding),
            "report.html": lambda path: path.write_text(html, encoding="utf-8"),
        },
        info,
    )
    return Audit(Path(folder), info, table, dataset)


def label_distributions(mean: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log of each draw's expected softmax, `(draw, example, class)`, at the temperature of the objective."""
    log_probs = log_expected_softmax(
        torch.from_numpy(mean), torch.from_numpy(spread), temperature=EARLY_LEARNING_TEMPERATURE
    )
    return log_probs.double().numpy()


def _referee(
    dataset: LabelledDataset,
    truth: Truth | None,
    judgement: Judgement,
    scores: dict[str, NDArray[Any]],
    use_votes: bool,
) -> dict[str, Any] | None:
    """How the audit agrees with somebody it did not listen to; None where there is nobody."""
    if truth is None:
        if dataset.votes is None or use_votes:
            return None
        truth = Truth("votes", VOTES_RULE, dataset.votes.majority())
    return score_audit(dataset.given_labels, judgement, scores, truth, votes=dataset.votes)


def _count_duplicates(duplicates: Duplicates, verdict: NDArray[np.str_]) -> dict[str, int]:
    grouped = duplicates.group >= 0
    groups = len(np.unique(duplicates.group[grouped]))
    return {
        "groups": groups,
        "extra_copies": int(grouped.sum()) - groups,
        "exact_groups": len(np.unique(duplicates.group[grouped & duplicates.exact])),
        "conflicting_groups": len(np.unique(duplicates.group[verdict == "conflict"])),
    }
