"""An audit of labels and probabilities that come from elsewhere: nothing is trained, only judged."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import entr

from aleator.auditing.judging import JudgeInputs, Judgement, pass_judgement
from aleator.auditing.many_classes import LikeliestJudgement, judge_likeliest, likeliest_table, with_decisions
from aleator.auditing.rejudge import with_reviews
from aleator.auditing.result import Audit
from aleator.audits.folder import LIKELIEST, Files, open_folder, write_likeliest
from aleator.audits.info import NO_EFFORT, AuditInfo, Identity, ModelInfo, SettingsUsed, audited_data, identity_of
from aleator.audits.labels import label_table
from aleator.clock import Clock
from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.examples import ExamplesShape
from aleator.data.sources import FeatureArray
from aleator.data.sparse_probabilities import is_sparse
from aleator.decisions.reviews import Reviews
from aleator.errors import AuditFolderError, DataError
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.inputs import normalised
from aleator.evidence.neighbours import SHOWN
from aleator.files import as_folder, write_array
from aleator.locks import one_at_a_time
from aleator.progress import Progress, shows_progress, silent
from aleator.records import versions_of
from aleator.rows import blocks
from aleator.verdicts import Observations
from aleator.verdicts.checks import IN_SAMPLE, checked_features, checked_probabilities, looks_in_sample
from aleator.verdicts.leading import checked_leading
from aleator.verdicts.probabilities import observe_probabilities
from aleator.workers import Where, Workers, workers_at


@dataclass(frozen=True)
class LabelledPredictions:
    """Labels, out-of-sample probabilities, and what else is known of the examples."""

    labels: ArrayLike
    """`(example,)`, 0 to K-1."""
    pred_probs: ArrayLike | sparse.sparray
    """`(example, K)`, or of several learners `(learner, example, K)`; of many classes one of scipy's sparse arrays with
    the likeliest of each example."""
    class_names: tuple[str, ...] | None = None
    """Of the K classes."""
    ids: NDArray[np.str_] | None = None
    """Of the examples; their row numbers by default."""
    features: ArrayLike | None = None
    """An embedding `(example, feature)`, for neighbours and for learning from reviews."""
    votes: Votes | None = None
    """Several people's answers, used as evidence."""
    examples: LabelledDataset | None = None
    """The examples themselves, row by row, where they are at hand: `with_examples_of` puts them here."""
    path: str = "given probabilities"
    """What the audit says of where the data are."""

    @property
    def named_classes(self) -> tuple[str, ...]:
        """The classes' names; without any, their numbers."""
        return self.class_names or tuple(map(str, range(self.classes)))

    @property
    def classes(self) -> int:
        """K."""
        probs: Any = self.pred_probs
        return int(probs.shape[-1] if is_sparse(probs) else np.shape(probs)[-1])

    @property
    def named_examples(self) -> NDArray[np.str_]:
        """The examples' ids; without any, their row numbers."""
        return np.arange(len(np.asarray(self.labels))).astype(str) if self.ids is None else self.ids

    def as_dataset(self, given: NDArray[np.int64], embedding: NDArray[np.float32]) -> LabelledDataset:
        """All that is known of the data, with an empty feature in the place of the examples where there are none."""
        if self.examples is not None:
            return self.examples
        return LabelledDataset(
            name=Path(self.path).stem or self.path,
            path=self.path,
            ids=self.named_examples,
            source=FeatureArray(embedding if embedding.shape[1] else np.zeros((len(given), 1), np.float32)),
            given_labels=given,
            class_names=self.named_classes,
            votes=self.votes,
        )


@shows_progress
@one_at_a_time(AuditFolderError)
def judge_predictions(
    predictions: LabelledPredictions,
    folder: str | Path,
    *,
    reviews: Reviews | None = None,
    where: Where = Where(),
    force: bool = False,
    progress: Progress = silent,
) -> Audit:
    """Judge labels by out-of-sample probabilities and leave an audit folder, which can be reviewed like any other.

    `reviews` are decisions, heard as evidence; `where` is who does what can be divided; `force` replaces what the
    folder holds; `progress` is called with stage, completed, total. Raises DataError for input that cannot be judged.
    """
    with workers_at(where) as workers:
        return _judge(predictions, folder, reviews, workers, force, progress)


def _judge(
    predictions: LabelledPredictions,
    folder: str | Path,
    reviews: Reviews | None,
    workers: Workers,
    force: bool,
    progress: Progress,
) -> Audit:
    """As `judge_predictions`."""
    clock = Clock()
    folder = as_folder(folder, 'aleator.judge_predictions(aleator.LabelledPredictions(labels, pred_probs), "judged")')
    if is_sparse(predictions.pred_probs):
        return _judge_likeliest(predictions, folder, reviews, force, clock, progress)
    with clock("reading"):
        given, several = checked_probabilities(predictions.labels, predictions.pred_probs)
        embedding = _embedding(predictions, len(given))
        begun = _begin(predictions, given, embedding, folder, force)

    with clock("learning"):
        observations, neighbours = observe_probabilities(
            given,
            several,
            embedding if embedding.shape[1] else None,
            folder=begun.unfinished,
            on=workers,
            progress=progress,
        )
    with clock("judging"):
        progress("judging", 0, 1)
        alone = np.full(len(given), -1)
        inputs = JudgeInputs(
            observations=observations,
            class_names=begun.dataset.class_names,
            unfamiliar=np.zeros(len(given), dtype=bool),
            duplicate_group=alone,
            votes=begun.dataset.votes,
            out_of_sample=True,
        )
        judgement = pass_judgement(inputs, reviews, folder=begun.unfinished / "judging", on=workers)
        if looks_in_sample(given, several):
            remarks = (IN_SAMPLE, *judgement.estimates.remarks)
            judgement = replace(judgement, estimates=replace(judgement.estimates, remarks=remarks))
        shown = np.full((len(given), 1), -1) if neighbours is None else neighbours[:, :SHOWN]
        predicted = observations.log_probs[:].argmax(axis=1)
        scores = _scores(observations, several, embedding, shown)
        table = label_table(begun.dataset, judgement.verdicts, predicted, scores, alone, shown)
        progress("judging", 1, 1)
    files: Files = {
        "logits.npy": lambda path: _write_certain_logits(path, observations.log_probs[:]),
        "embeddings.npy": lambda path: write_array(path, embedding),
    }
    return _leave(begun, judgement, reviews, table, files, clock)


def _judge_likeliest(
    predictions: LabelledPredictions,
    folder: Path,
    reviews: Reviews | None,
    force: bool,
    clock: Clock,
    progress: Progress,
) -> Audit:
    """The same by each example's likeliest classes; its folder holds these in the place of logits."""
    with clock("reading"):
        brought = {"features": predictions.features, "votes": predictions.votes}
        if heard := [name for name, value in brought.items() if value is not None]:
            raise DataError(f"{', '.join(heard)}: not used beside probabilities of the likeliest classes; leave out.")
        given, likeliest = checked_leading(predictions.labels, predictions.pred_probs)
        begun = _begin(predictions, given, _embedding(predictions, len(given)), folder, force)
    with clock("judging"):
        progress("judging", 0, 1)
        judged = judge_likeliest(given, likeliest, begun.dataset.class_names)
        if reviews is not None:
            judged = with_decisions(judged, reviews)
        table = likeliest_table(begun.dataset, likeliest, judged.verdicts)
        progress("judging", 1, 1)
    files: Files = {LIKELIEST: lambda path: write_likeliest(likeliest, path)}
    return _leave(begun, judged, reviews, table, files, clock)


@dataclass(frozen=True)
class _Begun:
    """A judgement in its folder, before it is made."""

    dataset: LabelledDataset
    shape: ExamplesShape
    settings: SettingsUsed
    identity: Identity
    folder: Path
    unfinished: Path
    """Where its unfinished work is kept."""


def _begin(
    predictions: LabelledPredictions,
    given: NDArray[np.int64],
    embedding: NDArray[np.float32],
    folder: Path,
    force: bool,
) -> _Begun:
    dataset = predictions.as_dataset(given, embedding)
    shape = ExamplesShape() if predictions.examples else ExamplesShape(features=embedding.shape[1])
    settings = SettingsUsed(NO_EFFORT, use_votes=predictions.votes is not None)
    identity = identity_of(dataset, {"effort": NO_EFFORT, "seed": 0, "use_votes": settings.use_votes})
    return _Begun(dataset, shape, settings, identity, folder, open_folder(folder, identity, force=force))


def _leave(
    begun: _Begun,
    judgement: Judgement | LikeliestJudgement,
    reviews: Reviews | None,
    table: pa.Table,
    files: Files,
    clock: Clock,
) -> Audit:
    """Write the audit: what was judged, with the reviews that it was judged by, and the files beside the table."""
    info = AuditInfo(
        identity=begun.identity,
        settings=begun.settings,
        versions=versions_of(np),
        data=audited_data(begun.dataset, begun.identity.fingerprint, begun.shape),
        class_names=begun.dataset.class_names,
        model=ModelInfo("none", "probabilities were given", members=1, parameters=0, unseen_draws=1),
        out_of_sample=True,
        estimates=judgement.estimates,
        timings=clock.seconds,
    )
    audit = Audit(begun.folder, info, table, begun.dataset)
    if reviews is not None:
        audit = with_reviews(audit, judgement, reviews)
    audit.leave(files, clock)
    return audit


def _embedding(predictions: LabelledPredictions, examples: int) -> NDArray[np.float32]:
    if predictions.features is None:
        return np.zeros((examples, 0), np.float32)
    return np.asarray(checked_features(predictions.features, examples), dtype=np.float32)


def _scores(
    observations: Observations,
    several: tuple[NDArray[np.floating[Any]], ...],
    embedding: NDArray[np.float32],
    neighbours: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Uncertainties and evidence, `(example,)` each, in the order of the table's columns; how learners differ is what
    is not known."""
    inputs = EvidenceInputs(
        given_label=observations.given_label,
        log_probs=normalised(observations.log_probs[:]),
        margin_history=np.full((1, len(observations)), np.nan, np.float32),
        embedding=embedding,
        neighbours=neighbours,
    )
    total, aleatoric = np.empty(len(observations)), np.empty(len(observations))
    for rows in blocks(*several[0].shape):
        here = [probs[rows] for probs in several]
        total[rows] = entr(np.mean(here, axis=0)).sum(axis=1)
        aleatoric[rows] = np.mean([entr(probs).sum(axis=1) for probs in here], axis=0)
    scores: dict[str, NDArray[Any]] = {"total": total, "aleatoric": aleatoric, "epistemic": total - aleatoric}
    return scores | {name: score(inputs) for name, score in EVIDENCE.items()}


def _write_certain_logits(path: Path, log_probs: NDArray[np.floating[Any]]) -> None:
    """Logits of one draw without spread; the zeros of the spread take no room on disk."""
    shape = (2, 1, *log_probs.shape)
    logits = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    logits[0, 0] = log_probs
    logits.flush()
