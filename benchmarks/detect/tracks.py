"""The tracks: data whose wrong labels are known, and what one network says of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aleator.auditing import Audit
from aleator.auditing.judging import observe
from aleator.auditing.settings import AuditSettings
from aleator.data import ImageArray, LabelledDataset
from aleator.data.dataset import Votes
from aleator.data.examples import load_examples
from aleator.data.synthetic_noise import from_confusion, pair_flip, scaled_to_rate, symmetric
from aleator.evidence import EvidenceInputs
from aleator.evidence.features import leading_features
from aleator.evidence.neighbours import neighbour_agreement
from aleator.learning.devices import pick_device
from aleator.learning.job import TrainingJob
from aleator.learning.members import fit_members, fold_tasks
from aleator.learning.settings import TrainingSettings
from aleator.models.backbones import usual_backbone
from aleator.models.network import NetworkSpec
from aleator.neighbours.search import nearest_neighbours
from aleator.noise.counted import measured_confusion
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.verdicts import Observations
from aleator.verdicts.probabilities import judge_probabilities
from benchmarks.trainer import Trainer

NOISES, RATES = ("symmetric", "pair", "measured"), (0.1, 0.2, 0.4)
SUBSET = 6000
NEIGHBOURS = 10


@dataclass(frozen=True)
class Track:
    """What every detector is given, and what it is scored against."""

    name: str
    observations: Observations
    out_of_sample: bool
    referee: NDArray[np.int64]
    """The label that is right, `(example,)`: -1 not scored, -2 a class that the data do not have."""
    evidence: dict[str, NDArray[np.float64]]
    """Scores of the same networks that are not made of their probabilities, `(example,)` each, up is good."""
    votes: Votes | None = None

    @property
    def given(self) -> NDArray[np.int64]:
        return self.observations.given_label

    @property
    def probs(self) -> NDArray[np.float64]:
        return np.asarray(np.exp(log_softmax(np.asarray(self.observations.log_probs, dtype=np.float64), axis=1)))


def real_faces(dataset: LabelledDataset, finished: Audit) -> Track:
    """FER2013 as it is, with FER+ as referee."""
    assert dataset.votes is not None
    return replace(_of_audit("fer2013", finished, dataset.votes.majority()), votes=dataset.votes)


def faces_out_of_sample(dataset: LabelledDataset, finished: Audit, trainer: Trainer, folds: int) -> Track:
    """What most people do: cross-entropy, each picture judged by a network that has not seen it, copies kept in one
    fold; with the audit's network and number of epochs."""
    assert dataset.votes is not None
    settings = AuditSettings(effort=trainer.effort, seed=trainer.seed, device=trainer.device)
    base = settings.training(len(dataset))
    training = TrainingSettings(base.epochs, base.batch_size, objective="cross_entropy", augmentation=base.augmentation)
    dataset, pixels, _ = load_examples(dataset, settings.max_side)
    assert isinstance(pixels, np.ndarray)
    labels, classes = dataset.given_labels, len(dataset.class_names)
    spec = NetworkSpec(usual_backbone("images").name, tuple(pixels.shape[1:]), classes)
    group = np.nan_to_num(finished.column("duplicate_group"), nan=-1).astype(np.int64)
    tasks, fold = fold_tasks(labels, group, folds, trainer.seed)
    members = fit_members(
        TrainingJob(spec, pixels, labels, training, pick_device(trainer.device)), tasks,
        trainer.folder / f"cross-entropy-{folds}-{trainer.effort}-{trainer.seed}",
        on_step=lambda step, steps: trainer.progress("cross-entropy folds", step, steps),
    )  # fmt: skip
    log_probs = np.zeros((len(dataset), classes), dtype=np.float32)
    for number, member in enumerate(members):
        held_out = fold == number
        mean, spread = member.predictions.mean[held_out], member.predictions.spread[held_out]
        log_probs[held_out] = log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).numpy()
    assert dataset.votes is not None
    return Track(
        "fer2013, out of sample", Observations(log_probs, labels), True, dataset.votes.majority(), {}, dataset.votes
    )


def noisy_faces(dataset: LabelledDataset, finished: Audit, *, full: bool) -> Iterator[Track]:
    """Noise of known kind and rate on FER+'s majority, the pictures of which show one of the seven classes.

    Judged by logistic regression out of sample, on the leading features of a finished audit's embedding: an embedding
    that was learned elsewhere. It has seen FER2013's own labels, but none of the noise.
    """
    clean, measured, rows = _clean_faces(dataset, full)
    features = leading_features(finished.embeddings)[rows]
    for name, noisy in _with_noise(clean, measured, seed=0):
        yield _by_regression(f"faces, {name}", features, noisy.given_labels, clean.given_labels, penalty=1.0)


def noisy_faces_by_networks(dataset: LabelledDataset, trainer: Trainer, *, full: bool) -> Iterator[Track]:
    """The same noise, on which an audit's own networks are trained; on the fixed subset with effort quick."""
    clean, measured, _ = _clean_faces(dataset, full)
    effort = trainer.effort if full else "quick"
    for name, noisy in _with_noise(clean, measured, trainer.seed):
        name = f"faces by networks, {name}"
        finished = trainer.audit(noisy, _slug(f"{name} {len(clean)}"), effort)
        yield _of_audit(name, finished, clean.given_labels)


def _clean_faces(
    dataset: LabelledDataset, full: bool
) -> tuple[LabelledDataset, NDArray[np.float64], NDArray[np.int64]]:
    """FER+'s majority as given labels, how FER2013's labels err, and the rows: all, or a fixed subset."""
    assert dataset.votes is not None
    truth = dataset.votes.majority()
    measured = measured_confusion(truth, dataset.given_labels, len(dataset.class_names))
    rows = np.flatnonzero(truth >= 0)
    if not full:
        rows = np.sort(np.random.default_rng(0).choice(rows, SUBSET, replace=False))
    return replace(dataset.take(rows), given_labels=truth[rows], votes=None), measured, rows


def digits(trainer: Trainer, *, networks: bool) -> Iterator[Track]:
    """Noise on scikit-learn's digits, judged by logistic regression out of sample, or by an audit's own networks."""
    pictures, truth = load_digits(return_X_y=True)
    dataset = LabelledDataset(
        name="digits",
        path="scikit-learn",
        ids=np.arange(len(truth)).astype(np.str_),
        source=ImageArray((pictures * 15).astype(np.uint8).reshape(-1, 8, 8)),
        given_labels=truth.astype(np.int64),
        class_names=tuple(str(digit) for digit in range(10)),
    )
    # The mistakes of somebody who does not look closely.
    careless = cross_val_predict(GaussianNB(), pictures, truth, cv=5)
    measured = measured_confusion(dataset.given_labels, careless, 10)
    for name, noisy in _with_noise(dataset, measured, trainer.seed):
        if networks:
            name = f"digits by networks, {name}"
            finished = trainer.audit(noisy, _slug(name), "quick", flip=False)
            yield _of_audit(name, finished, dataset.given_labels)
        else:
            yield _by_regression(f"digits, {name}", pictures, noisy.given_labels, dataset.given_labels, penalty=100.0)


def _by_regression(
    name: str,
    features: NDArray[np.floating[Any]],
    given: NDArray[np.int64],
    truth: NDArray[np.int64],
    *,
    penalty: float,
) -> Track:
    """Out-of-sample probabilities of logistic regression, and the neighbours in the same features."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty))
    probs = cross_val_predict(classifier, features, given, cv=5, method="predict_proba")
    observations = judge_probabilities(given, probs, features=features).observations
    neighbours = nearest_neighbours(features.astype(np.float32), np.full(len(given), -1), count=NEIGHBOURS).rows
    agreement = neighbour_agreement(
        EvidenceInputs(
            given, np.log(probs), np.zeros((0, len(given)), np.float32), features.astype(np.float32), neighbours
        )
    )
    return Track(name, observations, True, truth, {"kNN vote": agreement})


def _of_audit(name: str, finished: Audit, referee: NDArray[np.int64]) -> Track:
    mean, spread = finished.logits
    unseen = finished.info.model.unseen_draws
    observations = observe(mean, spread, finished.embeddings, finished.column("given_label"), unseen)
    evidence = {
        "area under the margin": finished.column("area_under_margin"),
        "kNN vote": finished.column("neighbour_agreement"),
    }
    return Track(name, observations, finished.info.out_of_sample, referee, evidence)


def _with_noise(
    clean: LabelledDataset, measured: NDArray[np.float64], seed: int
) -> Iterator[tuple[str, LabelledDataset]]:
    truth, classes = clean.given_labels, len(clean.class_names)
    for noise in NOISES:
        for rate in RATES:
            random = np.random.default_rng(seed)
            if noise == "symmetric":
                given = symmetric(truth, classes, rate, random)
            elif noise == "pair":
                given = pair_flip(truth, classes, rate, random)
            else:
                given = from_confusion(truth, scaled_to_rate(measured, rate, truth), random)
            yield f"{noise} {rate:.0%}", replace(clean, given_labels=given)


def _slug(name: str) -> str:
    return name.replace(",", "").replace("%", "").replace(" ", "-")
