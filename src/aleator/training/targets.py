"""What a network is trained on: whose word on each label (given, judged, reviewed, or voted: pseudo-labels where nobody
gave them), and what is done where it contradicts the given one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.audits import AuditFolder
from aleator.data.dataset import LabelledDataset
from aleator.errors import AleatorError, AuditFolderError, DataError
from aleator.learning.job import Targets
from aleator.noise.counted import transition_matrix
from aleator.training.settings import LABELS, POLICIES, Labels, Policy

FEWEST_VOTES = 3
"""Fewer votes for the data set's classes say too little of a distribution; such examples are left out."""


@dataclass(frozen=True)
class TrainingTargets:
    """What each example is trained on and, where it is held out, judged by."""

    values: Targets
    """Labels `(example,)`, or distributions or vote counts `(example, class)`; a row that is not used may be zero."""
    weights: NDArray[np.float32]
    """How much each example counts, `(example,)`; 0 leaves it out."""
    first_choice: NDArray[np.int64]
    """The likeliest class, `(example,)`; -1 where nothing is clear."""
    scored_by: NDArray[np.int64]
    """The label by which a held-out example is scored, `(example,)`; -1 not at all.

    Where an audit judged, it is drawn from the label distribution: the likeliest class is what networks like ours said
    themselves, and a model that is scored by it looks surer and better than it is. Of people it is their answer."""


def choose_targets(
    dataset: LabelledDataset, audit: AuditFolder | None, labels: Labels, policy: Policy, *, counted: bool = False
) -> TrainingTargets:
    """Targets for a data set, or for an audited one.

    - `given`: the labels as they are.
    - `votes`: the share of each class in the votes; the first choice is the majority's. `counted`: the votes as they
      are, and weights by which every example counts alike, however many votes it has.
    - `judged`: the audit's label distributions, by a policy. `soften` trains on them all; `relabel` on the suggested
      label where the verdict is a mistake; `drop` leaves mistakes out; `keep` changes no label, but trusts each as much
      as the audit does (weight `label_quality`). Beyond `soften`, ambiguous examples keep their distribution, and
      unfamiliar ones are left out under `drop`.
    - `reviewed`: as `judged`, with the reviewers' decisions in the place of the judgement where there are some.

    Raises AleatorError when the labels asked for are not there.
    """
    if labels not in LABELS or policy not in POLICIES:
        raise AleatorError(f"labels are one of {', '.join(LABELS)} and the policy one of {', '.join(POLICIES)}.")
    if labels == "votes":
        return _votes(dataset, counted)
    if labels == "given":
        return _plain(dataset.given_labels)
    if audit is None:
        raise AleatorError(
            f"labels {labels!r} come from an audit: name the audit folder instead of the data, or use --labels given."
        )
    targets = _judged(audit, policy)
    return targets if labels == "judged" else _with_reviews(targets, audit)


def judged_confusion(audit: AuditFolder) -> list[list[float]]:
    """How often each given label stands for each true one, `(true, given)`, as the audit estimates it."""
    return list(transition_matrix(np.array(audit.info.estimates.confusion).T).tolist())


def _plain(labels: NDArray[np.int64]) -> TrainingTargets:
    there = labels >= 0
    return TrainingTargets(np.maximum(labels, 0), there.astype(np.float32), labels, labels)


def _votes(dataset: LabelledDataset, counted: bool) -> TrainingTargets:
    if dataset.votes is None:
        raise DataError(f"{dataset.path} has no votes; give them with --votes FILE, or use --labels given.")
    counts = dataset.votes.class_counts(len(dataset.class_names))
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    used = (total[:, 0] >= FEWEST_VOTES).astype(np.float32)
    majority = np.maximum(dataset.votes.majority(), -1)
    if counted:
        return TrainingTargets(counts, used / np.maximum(total[:, 0], 1), majority, majority)
    return TrainingTargets(share, used, majority, majority)


def _judged(audit: AuditFolder, policy: Policy) -> TrainingTargets:
    if audit.is_of_likeliest:
        raise AuditFolderError(
            f"{audit.folder} was judged by each example's likeliest classes, and nothing is trained on that; train on "
            "the labels as `aleator export` writes them."
        )
    distribution: NDArray[np.float32] = audit.column("label_distribution")
    given, suggested = audit.column("given_label"), audit.column("suggested_label")
    verdict, quality = audit.column("verdict"), audit.column("label_quality").astype(np.float32)
    quality = np.nan_to_num(quality, nan=0.0)
    drawn = _draw(distribution)
    everything = np.ones(len(given), dtype=np.float32)
    if policy == "soften":
        return TrainingTargets(distribution, everything, suggested, drawn)
    classes: NDArray[np.float32] = np.eye(distribution.shape[1], dtype=np.float32)
    if policy == "keep":
        return TrainingTargets(np.maximum(given, 0), quality, suggested, drawn)
    values = distribution.copy()
    values[given >= 0] = classes[given[given >= 0]]
    values[verdict == "ambiguous"] = distribution[verdict == "ambiguous"]
    if policy == "relabel":
        wrong = np.isin(verdict, ("mistake", "conflict"))
        values[wrong] = classes[suggested[wrong]]
        return TrainingTargets(values, everything, suggested, drawn)
    out = np.isin(verdict, ("mistake", "conflict", "unfamiliar"))
    return TrainingTargets(values, np.where(out, np.float32(0), everything), suggested, drawn)


def _with_reviews(targets: TrainingTargets, audit: AuditFolder) -> TrainingTargets:
    if "reviewed_label" not in audit.labels.column_names:
        raise AleatorError(
            f"{audit.folder} holds no reviewed labels; review some with `aleator review {audit.folder}`, or use "
            "--labels judged."
        )
    reviewed = audit.column("reviewed_label")
    there = reviewed >= 0
    values: Targets
    if targets.values.ndim == 1:
        values = np.where(there, reviewed, targets.values)
    else:
        values = np.array(targets.values, dtype=np.float32)
        values[there] = np.eye(values.shape[1], dtype=np.float32)[reviewed[there]]
    return TrainingTargets(
        values,
        np.where(there, np.float32(1), targets.weights),
        np.where(there, reviewed, targets.first_choice),
        np.where(there, reviewed, targets.scored_by),
    )


def _draw(distribution: NDArray[np.float32]) -> NDArray[np.int64]:
    """A class for each example, with the probabilities `(example, class)` that it has; the same ones every time."""
    point = np.random.default_rng(0).random((len(distribution), 1))
    reached = distribution.cumsum(axis=1, dtype=np.float64)
    return np.asarray((point * reached[:, -1:] >= reached).sum(axis=1).clip(max=distribution.shape[1] - 1))
