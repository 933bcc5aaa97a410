"""Which pretrained network, or none: what predicts held-out given labels best, of what is at hand."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from aleator.auditing.patches import hear_patches
from aleator.auditing.settings import AuditSettings
from aleator.data.dataset import LabelledDataset
from aleator.data.examples import load_examples
from aleator.data.sources import TextArray
from aleator.embedding import EmbedSettings, PreprocessingChanges
from aleator.embedding.at_hand import networks_at_hand
from aleator.embedding.backbone import Backbone
from aleator.embedding.embed import embed, kind_of
from aleator.embedding.options import FinetuneOptions
from aleator.errors import AleatorError
from aleator.learners import LabelledFolds, Material, hear
from aleator.learners.folds import Folds, draw_folds
from aleator.learning.devices import pick_device
from aleator.learning.effort import AUDIT_EFFORTS
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import fit_members, member_seed
from aleator.models.network import NetworkSpec
from aleator.noise.pooling import pooled
from aleator.progress import Progress
from aleator.rows import at_random
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.vectors.dense import principal
from aleator.vectors.words import fit_words

MOST_TO_CHOOSE = 4000
"""Examples that are tried."""
HELD_OUT = 0
"""The fold, of five, whose labels are predicted."""
WITHOUT = {"images": "pixels", "texts": "words"}
"""What is learned from without a pretrained network."""


TRIED = "tried"
"""Sub-folder of unfinished work with what the networks made that were tried."""
Options = TypeVar("Options", bound=FinetuneOptions)


@dataclass(frozen=True)
class ChosenNetwork:
    """What was chosen, and why."""

    backbone: str | None
    """The pretrained network; None where the examples themselves predict better."""
    reason: str
    """For people: what each predicted."""

    def on(self, options: Options) -> Options:
        """The options with the network that was chosen in the place of auto."""
        if self.backbone is not None:
            return replace(options, backbone=self.backbone)
        usual: dict[str, Any] = {field.name: field.default for field in fields(FinetuneOptions)}
        return replace(options, **usual)


def choose_pretrained(
    dataset: LabelledDataset,
    folder: Path,
    *,
    candidates: Sequence[str] | None = None,
    changes: PreprocessingChanges | None = None,
    device: str = "auto",
    flip: bool = True,
    seed: int = 0,
    progress: Progress,
) -> ChosenNetwork:
    """Try all networks at hand (or the `candidates`), and the examples themselves, on some of the examples.

    Each predicts a fifth of these by the other four fifths: pretrained networks' features and words by the learners of
    an audit, pixels by a small network that is trained from scratch. Taken is what makes
    the held-out given labels most probable, each as sure as is best for it. Features are kept in `folder`.
    """
    kind = kind_of(dataset.source)
    names = networks_at_hand(kind) if candidates is None else list(candidates)
    without = WITHOUT[kind]
    if not names:
        return ChosenNetwork(None, f"{without}: no pretrained network for them is in a cache of this machine")
    tried = to_choose_on(dataset, seed)
    scores: dict[str, float] = {}
    for number, name in enumerate(names):
        progress("choosing a network", number, len(names) + 1)
        try:
            made = embed(tried.dataset, Backbone(name, None, changes), folder, EmbedSettings(device=device))
        except AleatorError as error:
            scores[name] = -np.inf
            progress(f"{name} cannot be used: {error}", 0, 1)
            continue
        there = np.flatnonzero(np.isin(tried.dataset.ids, made.dataset.ids))
        scores[name] = likelihood_by_features(tried.take(there), made.features)
    progress("choosing a network", len(names), len(names) + 1)
    if isinstance(tried.dataset.source, TextArray):
        fitted, words = fit_words(tried.dataset.source.texts, seed=seed)
        material = Material(principal(fitted.dense(words), seed), words=words, topical=fitted.topical(words))
        scores[without] = _by_learners(tried, material)
    else:
        scores[without] = likelihood_by_pixels(tried, device=device, flip=flip, seed=seed)
    progress("choosing a network", len(names) + 1, len(names) + 1)
    best = max(scores, key=lambda name: scores[name])
    told = ", ".join(f"{name} {np.exp(score):.3f}" for name, score in sorted(scores.items(), key=lambda one: -one[1]))
    reason = (
        f"{best}, the best of what is at hand by the mean probability (geometric) of {tried.held_out.sum():,} held-out "
        f"given labels: {told}"
    )
    return ChosenNetwork(None if best == without else best, reason)


@dataclass(frozen=True)
class Tried:
    """Examples that networks are tried on: who is asked for which label."""

    dataset: LabelledDataset
    rows: NDArray[np.int64]
    """Of the whole data set."""
    folds: Folds

    @property
    def labels(self) -> NDArray[np.int64]:
        return self.dataset.given_labels

    @property
    def classes(self) -> int:
        return len(self.dataset.class_names)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Those whose labels are predicted, `(example,)`."""
        return np.asarray(self.folds.fold[0] == HELD_OUT)

    def take(self, some: NDArray[np.int64]) -> "Tried":
        return Tried(self.dataset.take(some), self.rows[some], self.folds.take(some))

    def asked(self, seed: int = 0) -> LabelledFolds:
        """What learners of an audit are asked."""
        return LabelledFolds(self.labels, self.classes, self.folds, np.full(len(self.labels), -1), seed)


def to_choose_on(dataset: LabelledDataset, seed: int) -> Tried:
    """Some of the labelled examples, a fifth of them held out."""
    rows = at_random(np.flatnonzero(dataset.given_labels >= 0), MOST_TO_CHOOSE, seed)
    some = dataset.take(rows)
    return Tried(some, rows, draw_folds(some.given_labels, np.full(len(rows), -1), 1, seed))


def likelihood_by_features(tried: Tried, features: NDArray[np.float32]) -> float:
    """What the learners of an audit say of the held-out labels, by features `(example, feature)` of the others: their
    mean log-probability."""
    return _by_learners(tried, Material(principal(features)))


def _by_learners(tried: Tried, material: Material) -> float:
    log_probs = hear(material, tried.asked()).log_probs[0]
    return _likelihood(log_probs[tried.held_out], tried.labels[tried.held_out])


def likelihood_by_pixels(tried: Tried, *, device: str, flip: bool, seed: int) -> float:
    """What one small network, trained from scratch on the others, and learners of patches say of the held-out
    labels."""
    effort = AUDIT_EFFORTS["standard"]
    with TemporaryDirectory() as work:
        dataset, examples, _ = load_examples(tried.dataset, effort.max_side)
        tried = tried.take(np.flatnonzero(np.isin(tried.dataset.ids, dataset.ids)))
        assert isinstance(examples, np.ndarray)
        rows = np.flatnonzero(~tried.held_out)
        training = AuditSettings(flip=flip).training(len(rows))
        spec = NetworkSpec(effort.backbone, tuple(examples.shape[1:]), tried.classes)
        job = TrainingJob(spec, examples, dataset.given_labels, training, pick_device(device))
        said = fit_members(job, [Task(member_seed(seed, 0), rows)], Path(work))[0].predictions
        patches = hear_patches(examples, tried.asked(seed), flip=flip, device=job.device)[0]
    import torch

    network = log_expected_softmax(torch.from_numpy(said.mean), torch.from_numpy(said.spread)).numpy()
    each, labels = [network[tried.held_out], patches[tried.held_out]], tried.labels[tried.held_out]
    return _likelihood(pooled(each, labels), labels)


def _likelihood(log_probs: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean log-probability of the labels, at the temperature that is best for it."""
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(log_probs / np.exp(log_temperature), axis=1)[rows, labels].mean())

    return -float(minimize_scalar(loss, bounds=(-2, 3), method="bounded").fun)
