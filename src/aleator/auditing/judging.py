"""From what the networks said to a judgement: the same for an audit in progress and for one that is reviewed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from aleator.auditing.left import told_by_reviews
from aleator.audits import AuditFolder
from aleator.data.dataset import Votes
from aleator.decisions.reviews import Reviews
from aleator.errors import AuditFolderError
from aleator.evidence.features import leading_features
from aleator.noise.memorised import memorised
from aleator.noise.sources import Answers
from aleator.rows import blocks, evenly
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.verdicts import (
    Estimates,
    LabelPosterior,
    Observations,
    Verdicts,
    estimate_data_set,
    judge,
    weigh_sources,
)
from aleator.verdicts.estimates import WrongLabels
from aleator.workers import HERE, Arrays, Workers
from aleator.workers.by_rows import by_rows

MOST_TO_REMEMBER = 20_000
"""Examples that tell how much of their labels networks have memorised."""


@dataclass(frozen=True)
class JudgeInputs:
    """All that the judge needs to know of an audit, beside reviewers' decisions."""

    observations: Observations
    class_names: tuple[str, ...]
    unfamiliar: NDArray[np.bool_]
    duplicate_group: NDArray[np.int64]
    votes: Votes | None
    """As evidence."""
    out_of_sample: bool = False
    """The predictions are of a network that has not seen these given labels."""

    @cached_property
    def unaided(self) -> "Unaided":
        """What is said before anybody decided."""
        judgement, given = pass_judgement(self), self.observations.given_label
        right = np.take_along_axis(judgement.posterior.distribution, np.maximum(given, 0)[:, None], axis=1)[:, 0]
        return Unaided(np.where(given >= 0, 1 - right, 0).astype(np.float32), judgement.estimates.mislabelled)


@dataclass(frozen=True)
class Unaided:
    """What an audit says before anybody decided."""

    p_wrong: NDArray[np.float32]
    """The probability that each given label is wrong, `(example,)`; 0 without a label."""
    mislabelled: WrongLabels
    """How many are wrong."""


@dataclass(frozen=True)
class Judgement:
    """What became of it."""

    posterior: LabelPosterior
    verdicts: Verdicts
    estimates: Estimates


def observe(
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    embedding: NDArray[np.float32],
    labels: NDArray[np.int64],
    unseen: int = 0,
    *,
    folder: Path | None = None,
    on: Workers = HERE,
) -> Observations:
    """What the networks said, and the leading features of the embedding; arguments as of `said_together`."""
    return Observations(
        said_together(mean, spread, labels, unseen, folder=folder, on=on), labels, leading_features(embedding)
    )


def said_together(
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    labels: NDArray[np.int64],
    unseen: int = 0,
    *,
    folder: Path | None = None,
    on: Workers = HERE,
) -> NDArray[np.float32]:
    """Log-probabilities of all networks together, `(example, class)`.

    Mean and spread are `(draw, example, class)`; they are read block by block, so that they may be mapped from disk.
    The first `unseen` draws are of networks that have not seen the example, and the others of networks that have: these
    are heard as well, half and half, once what they memorised of labels is taken back (digits with 30 % symmetric
    noise: average precision .970 without them, .997 with; FER2013 .765 and .783; photographs .398 and .410). With 0
    all have seen it, and nothing can be taken back. Of very many examples `on` does pieces, which `folder` keeps.
    """
    fresh = _pooled_log_probs(mean[: unseen or None], spread[: unseen or None], folder, on)
    if 0 < unseen < len(mean):
        trained = _pooled_log_probs(mean[unseen:], spread[unseen:], folder, on)
        labelled = np.flatnonzero(labels >= 0)
        some = evenly(labelled, MOST_TO_REMEMBER)
        expected = _plain_p_given(fresh[some].astype(np.float64), labels[some]).mean()
        memory = memorised(trained[some].astype(np.float64), labels[some], float(expected), _plain_p_given)
        trained[labelled, labels[labelled]] -= np.float32(memory)
        fresh += trained
        fresh /= 2
    return fresh


def _pooled_log_probs(
    mean: NDArray[np.float32], spread: NDArray[np.float32], folder: Path | None = None, on: Workers = HERE
) -> NDArray[np.float32]:
    examples, cells, threads = mean.shape[1], mean[:, :1].size, torch.get_num_threads()
    return by_rows(
        "log_probs", geometric_log_probs, lambda rows: (mean[:, rows], spread[:, rows]), examples, cells,
        threads=threads, folder=folder, on=on,
    )  # fmt: skip


def geometric_log_probs(mean: NDArray[np.float32], spread: NDArray[np.float32]) -> Arrays:
    """`log_probs`, of the geometric mean of the draws' distributions, `(example, class)`."""
    log_probs = np.empty(mean.shape[1:], dtype=np.float32)
    for rows in blocks(mean.shape[1], mean[:, 0].size):
        drawn = log_expected_softmax(torch.tensor(mean[:, rows]), torch.tensor(spread[:, rows]))
        log_probs[rows] = torch.log_softmax(drawn.mean(0), dim=1).numpy()
    return {"log_probs": log_probs}


def _plain_p_given(log_probs: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(softmax(log_probs, axis=1)[np.arange(len(labels)), labels])


def inputs_of(audit: AuditFolder) -> JudgeInputs:
    """What a finished audit was judged by, to judge it again with decisions. Making it takes longer than judging.

    Raises AuditFolderError for an audit that listened to votes and was loaded without its data.
    """
    votes = None
    if audit.info.settings.use_votes:
        if audit.dataset is None or audit.dataset.votes is None:
            raise AuditFolderError(
                f"{audit.folder} used votes, which are not in the folder: name its data and votes again."
            )
        votes = audit.dataset.votes
    mean, spread = audit.logits
    _check_finite(audit, "logits.npy", audit.logits)
    _check_finite(audit, "embeddings.npy", audit.embeddings[None, None])
    return JudgeInputs(
        observations=observe(
            mean, spread, audit.embeddings, audit.column("given_label"), audit.info.model.unseen_draws
        ),
        class_names=audit.class_names,
        unfamiliar=audit.column("verdict") == "unfamiliar",
        duplicate_group=audit.column("duplicate_group"),
        votes=votes,
        out_of_sample=audit.info.out_of_sample,
    )


def _check_finite(audit: AuditFolder, file: str, values: NDArray[np.float32]) -> None:
    """Raises AuditFolderError naming the first example for which `values` `(part, draw, example, number)` are not
    numbers."""
    for rows in blocks(values.shape[2], max(1, values[:, :, :1].size)):
        bad = ~np.isfinite(values[:, :, rows]).all(axis=(0, 1, 3))
        if bad.any():
            row = rows.start + int(bad.argmax())
            raise AuditFolderError(
                f"{audit.folder / file} is damaged: row {row} ({audit.labels['id'][row].as_py()}) is NaN or infinite. "
                "Audit the data again with --force."
            )


def pass_judgement(
    inputs: JudgeInputs,
    reviews: Reviews | None = None,
    *,
    seed: int = 0,
    folder: Path | None = None,
    on: Workers = HERE,
) -> Judgement:
    """Weigh all sources, judge each example, and add up. Changes nothing: safe to call from many threads. Of very many
    examples `on` does pieces, which `folder` keeps.

    One thread of linear algebra: the many small steps gain nothing from more, and where the cores are busy, threads
    that wait for each other make it ten times slower.
    """
    votes, classes = inputs.votes, inputs.observations.classes
    with threadpool_limits(1, "blas"):
        posterior = _posterior(inputs, reviews, folder, on)
        verdicts = judge(
            posterior,
            unfamiliar=inputs.unfamiliar,
            duplicate_group=inputs.duplicate_group,
            vote_counts=None if votes is None else votes.class_counts(classes),
            reviews=reviews,
        )
        estimates = estimate_data_set(posterior, verdicts, inputs.class_names, reviews, seed=seed)
        if reviews is not None:
            found = float(np.nansum(verdicts.p_mislabelled[np.unique(reviews.row)]))
            given = inputs.observations.given_label
            estimates = told_by_reviews(
                estimates,
                given,
                lambda rows: _suspicion(inputs, posterior, rows),
                lambda: inputs.unaided.mislabelled,
                found,
                reviews,
            )
    return Judgement(posterior, verdicts, estimates)


def _suspicion(inputs: JudgeInputs, posterior: LabelPosterior, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The probabilities that the given labels of these rows are wrong, before anybody decided and now, but for what was
    answered to these very examples, `(2, row)`."""
    given = inputs.observations.given_label
    right = posterior.distribution[rows, given[rows]]
    answered = np.isin(rows, posterior.people)
    asked = rows[answered]
    without = posterior.truth_model.distribution(inputs.observations.take(asked))
    right[answered] = without[np.arange(len(asked)), given[asked]]
    return np.stack([inputs.unaided.p_wrong[rows], 1 - right])


def _posterior(inputs: JudgeInputs, reviews: Reviews | None, folder: Path | None, on: Workers) -> LabelPosterior:
    votes, classes = inputs.votes, inputs.observations.classes
    return weigh_sources(
        inputs.observations,
        out_of_sample=inputs.out_of_sample,
        votes=None if votes is None else answers_of(votes, classes),
        reviews=reviews,
        folder=folder,
        on=on,
    )


def answers_of(votes: Votes, classes: int) -> Answers:
    """Votes for the data set's classes as answers: of each annotator where they are named, else of one crowd."""
    if votes.annotators is not None:
        row, annotator, answer = votes.annotators.row, votes.annotators.annotator, votes.annotators.answer
        label = votes.class_index[answer]
        usable = label >= 0
        count = np.ones(int(usable.sum()))
        return Answers(row[usable], annotator[usable], label[usable], count, votes.annotators.names)
    counts = votes.class_counts(classes)
    row, label = np.nonzero(counts)
    return Answers(row, np.zeros_like(row), label, counts[row, label].astype(np.float64), ("votes",))
