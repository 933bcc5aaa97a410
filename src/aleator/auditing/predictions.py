"""An audit of labels and probabilities that come from elsewhere: nothing is trained, only judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import entr

from aleator.auditing.judging import JudgeInputs, pass_judgement
from aleator.auditing.many_classes import judge_likeliest, likeliest_table, with_decisions
from aleator.auditing.rejudge import with_reviews
from aleator.auditing.result import Audit
from aleator.audits.folder import LIKELIEST, close_folder, open_folder, write_likeliest
from aleator.audits.info import NO_EFFORT, AuditInfo, Identity, ModelInfo, SettingsUsed, audited_data, identity_of
from aleator.audits.labels import label_table, write_labels
from aleator.clock import Clock
from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.examples import ExamplesShape
from aleator.data.likeliest_files import NamedProbabilities, named_classes
from aleator.data.options import ReadOptions
from aleator.data.predictions import label_values, read_features, read_labels, read_matrix, read_probabilities
from aleator.data.readers.votes import read_votes
from aleator.data.sources import FeatureArray
from aleator.data.sparse_probabilities import is_sparse
from aleator.decisions.reviews import Reviews
from aleator.errors import AuditFolderError, DataError, while_reading
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.inputs import normalised
from aleator.evidence.neighbours import SHOWN
from aleator.files import as_folder, write_array
from aleator.locks import one_at_a_time
from aleator.progress import Progress, shows_progress, silent
from aleator.records import versions_of
from aleator.report import render_report
from aleator.rows import blocks
from aleator.verdicts import Observations
from aleator.verdicts.checks import IN_SAMPLE, checked_features, checked_probabilities, looks_in_sample
from aleator.verdicts.estimates import Estimates
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


def _judge(  # longer than a function is otherwise: the whole of it on one page, as an audit
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
        dataset = _dataset(predictions, given, embedding)
        settings = SettingsUsed(NO_EFFORT, use_votes=predictions.votes is not None)
        identity = identity_of(dataset, {"effort": NO_EFFORT, "seed": 0, "use_votes": settings.use_votes})
        unfinished = open_folder(folder, identity, force=force)

    with clock("learning"):
        observations, neighbours = observe_probabilities(
            given,
            several,
            embedding if embedding.shape[1] else None,
            folder=unfinished,
            on=workers,
            progress=progress,
        )
    with clock("judging"):
        progress("judging", 0, 1)
        alone = np.full(len(given), -1)
        inputs = JudgeInputs(
            observations=observations,
            class_names=dataset.class_names,
            unfamiliar=np.zeros(len(given), dtype=bool),
            duplicate_group=alone,
            votes=dataset.votes,
            out_of_sample=True,
        )
        judgement = pass_judgement(inputs, reviews, folder=unfinished / "judging", on=workers)
        if looks_in_sample(given, several):
            remarks = (IN_SAMPLE, *judgement.estimates.remarks)
            judgement = replace(judgement, estimates=replace(judgement.estimates, remarks=remarks))
        shown = np.full((len(given), 1), -1) if neighbours is None else neighbours[:, :SHOWN]
        predicted = observations.log_probs[:].argmax(axis=1)
        scores = _scores(observations, several, embedding, shown)
        table = label_table(dataset, judgement.verdicts, predicted, scores, alone, shown)
        progress("judging", 1, 1)

    shape = ExamplesShape() if predictions.examples else ExamplesShape(features=embedding.shape[1])
    info = _info(identity, settings, dataset, shape, judgement.estimates, clock)
    audit = Audit(folder, info, table, dataset)
    if reviews is not None:
        audit = with_reviews(audit, judgement, reviews)
    with clock("report"):
        html = render_report(audit.info, audit.labels, dataset.source, folder=folder)
    close_folder(
        folder,
        {
            "labels.parquet": lambda path: write_labels(audit.labels, path),
            "logits.npy": lambda path: _write_certain_logits(path, observations.log_probs[:]),
            "embeddings.npy": lambda path: write_array(path, embedding),
            "report.html": lambda path: path.write_text(html, encoding="utf-8"),
        },
        audit.info,
    )
    return audit


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
        dataset = _dataset(predictions, given, np.zeros((len(given), 0), np.float32))
        settings = SettingsUsed(NO_EFFORT)
        identity = identity_of(dataset, {"effort": NO_EFFORT, "seed": 0, "use_votes": False})
        open_folder(folder, identity, force=force)
    with clock("judging"):
        progress("judging", 0, 1)
        judged = judge_likeliest(given, likeliest, dataset.class_names)
        progress("judging", 1, 1)
    shape = ExamplesShape() if predictions.examples else ExamplesShape(features=0)
    info = _info(identity, settings, dataset, shape, judged.estimates, clock)
    audit = Audit(folder, info, likeliest_table(dataset, likeliest, judged.verdicts), dataset)
    if reviews is not None:
        audit = with_reviews(audit, with_decisions(judged, reviews), reviews)
    with clock("report"):
        html = render_report(audit.info, audit.labels, dataset.source, folder=folder)
    close_folder(
        folder,
        {
            "labels.parquet": lambda path: write_labels(audit.labels, path),
            LIKELIEST: lambda path: write_likeliest(likeliest, path),
            "report.html": lambda path: path.write_text(html, encoding="utf-8"),
        },
        audit.info,
    )
    return audit


def _info(
    identity: Identity,
    settings: SettingsUsed,
    dataset: LabelledDataset,
    shape: ExamplesShape,
    estimates: Estimates,
    clock: Clock,
) -> AuditInfo:
    return AuditInfo(
        identity=identity,
        settings=settings,
        versions=versions_of(np),
        data=audited_data(dataset, identity.fingerprint, shape),
        class_names=dataset.class_names,
        model=ModelInfo("none", "probabilities were given", members=1, parameters=0, unseen_draws=1),
        out_of_sample=True,
        estimates=estimates,
        timings=clock.seconds,
    )


def read_predictions(
    pred_probs: Path | Sequence[Path], reading: ReadOptions, features: Path | None = None
) -> LabelledPredictions:
    """Labels and probabilities, each from a file, or from one for each learner: `reading` names that of the labels, and
    votes and class names.

    Raises DataError naming the file, the row or the id, and the remedy.
    """
    files = [pred_probs] if isinstance(pred_probs, Path) else list(pred_probs)
    if reading.label_file is None:
        raise DataError(f"{files[0]} holds probabilities; name the file with the labels: --label-file FILE.")
    with while_reading(files[0], f"probabilities for the labels in {reading.label_file}"):
        return _lined_up(files, reading.label_file, reading, features)


def _lined_up(files: list[Path], label_file: Path, reading: ReadOptions, features: Path | None) -> LabelledPredictions:
    probs, columns, ids_of_probs = read_probabilities(files[0])
    if not isinstance(probs, np.ndarray):
        if len(files) > 1 or features is not None or reading.votes is not None:
            raise DataError(
                f"{files[0]} holds probabilities of the likeliest classes, beside which no other learner, features or "
                "votes are used; leave them out."
            )
        return _likeliest_lined_up(files[0], probs, ids_of_probs, label_file, reading)
    if probs.ndim != 2:
        raise DataError(f"{files[0]} has shape {probs.shape}; wanted is (example, class).")
    several = [probs]
    for file in files[1:]:
        more, its_columns, its_ids = read_matrix(file)
        if more.shape != probs.shape:
            raise DataError(f"{file} has shape {more.shape}, {files[0]} has {probs.shape}; they must line up.")
        if its_columns is not None and columns is not None and its_columns != columns:
            raise DataError(f"{file} and {files[0]} have different columns, or in different order; they must line up.")
        if its_ids is not None and ids_of_probs is not None and not np.array_equal(its_ids, ids_of_probs):
            raise DataError(f"{file} and {files[0]} name different ids, or in different order; they must line up.")
        several.append(more)
    given, names, ids = read_labels(label_file, reading.names or columns, probs.shape[1])
    ids = _same_ids(given, ids, ids_of_probs, label_file, files[0])
    predictions = LabelledPredictions(
        given,
        probs if len(several) == 1 else np.stack(several),
        names,
        ids,
        None if features is None else read_matrix(features)[0] if ids is None else read_features(features, ids),
        path=str(label_file),
    )
    if reading.votes is None:
        return predictions
    dataset = _dataset(predictions, given, np.empty((len(given), 0), np.float32))
    return replace(predictions, votes=read_votes(reading.votes, dataset, reading))


def _likeliest_lined_up(
    file: Path,
    probs: sparse.csr_array | NamedProbabilities,
    ids_of_probs: NDArray[np.str_] | None,
    label_file: Path,
    reading: ReadOptions,
) -> LabelledPredictions:
    names = reading.names
    if isinstance(probs, NamedProbabilities):
        if names is None:
            names = named_classes(
                probs.names | {str(one).strip() for one in label_values(label_file)[0] if one is not None}
            )
        probs = probs.matrix(names)
    given, names, ids = read_labels(label_file, names, probs.shape[1])
    if len(given) != probs.shape[0]:
        raise DataError(f"{label_file} has {len(given)} labels, {file} {probs.shape[0]} rows; they must line up.")
    ids = _same_ids(given, ids, ids_of_probs, label_file, file)
    return LabelledPredictions(given, probs, names, ids, path=str(label_file))


def _same_ids(
    given: NDArray[np.int64],
    ids: NDArray[np.str_] | None,
    ids_of_probs: NDArray[np.str_] | None,
    label_file: Path,
    file: Path,
) -> NDArray[np.str_] | None:
    """The examples' ids, by whichever file has them. Raises DataError where they differ, or a label is missing."""
    missing = np.flatnonzero(given < 0)
    if len(missing):
        raise DataError(f"{label_file}, row {missing[0]}: there is no label; leave such rows out of both files.")
    if ids is not None and ids_of_probs is not None and not np.array_equal(ids, ids_of_probs):
        raise DataError(f"{label_file} and {file} name different ids, or in different order; they must line up.")
    return ids if ids is not None else ids_of_probs


def _dataset(
    predictions: LabelledPredictions, given: NDArray[np.int64], embedding: NDArray[np.float32]
) -> LabelledDataset:
    """All that is known of the data, with an empty feature in the place of the examples where there are none."""
    if predictions.examples is not None:
        return predictions.examples
    return LabelledDataset(
        name=Path(predictions.path).stem or predictions.path,
        path=predictions.path,
        ids=predictions.named_examples,
        source=FeatureArray(embedding if embedding.shape[1] else np.zeros((len(given), 1), np.float32)),
        given_labels=given,
        class_names=predictions.named_classes,
        votes=predictions.votes,
    )


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
