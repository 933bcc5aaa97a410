"""The rows of the table: what each trains on, and how."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing import Audit
from aleator.auditing.judging import inputs_of, pass_judgement
from aleator.auditing.rejudge import with_reviews
from aleator.data import LabelledDataset
from aleator.data.duplicates import find_duplicates
from aleator.data.synthetic_noise import pair_flip, symmetric
from aleator.learning.devices import pick_device
from aleator.learning.objectives import OBJECTIVES
from aleator.learning.steps import STEPS
from aleator.models.network import NetworkSpec
from aleator.noise.counted import measured_confusion
from aleator.progress import Progress
from aleator.training import Model
from aleator.training.abstention import AbstentionRule
from aleator.training.card import Figures, ModelCard, NetworkInfo, TrainedData
from aleator.training.settings import TrainSettings
from aleator.verdicts import review_order
from benchmarks.reviewer import BATCH, answers, reviews_by
from benchmarks.train.peers import cleanlab_keeps, co_teaching


@dataclass(frozen=True)
class Run:
    """How a row is trained."""

    seed: int
    effort: str
    device: str
    progress: Progress

    @property
    def settings(self) -> TrainSettings:
        """Of plain cross-entropy, for the peers."""
        return TrainSettings(seed=self.seed, effort=self.effort, objective="cross_entropy", average=0.0)


@dataclass(frozen=True)
class Recipe:
    """One training: a row of the table."""

    labels: Callable[[LabelledDataset, Run], LabelledDataset] | None
    """Other labels for the data set; None trains on FER2013's own."""
    options: Callable[[LabelledDataset, Run], dict[str, Any]]
    """Fields of the training's `TrainSettings`."""
    reviewed: int | None = None
    """Train on an audit's judgement, after FER+ decided so many examples in the order of the review page."""
    audited: bool = False
    """Train on the judgement of an audit of these labels."""
    model: Callable[[LabelledDataset, Run], Model] | None = None
    """Trained by other means than `aleator train`."""


def rows() -> dict[str, Recipe]:
    """The recipe of each row by the row's name, the most important first."""
    found = {
        "default": Recipe(None, _fixed()),
        "votes": Recipe(None, _fixed(labels="votes")),
        "votes, cross-entropy": Recipe(None, _fixed(labels="votes", objective="cross_entropy")),
        "majority": Recipe(_majority, _fixed(objective="cross_entropy")),
        "cross-entropy": Recipe(None, _fixed(objective="cross_entropy", average=0.0)),
        "cross-entropy with weight average": Recipe(None, _fixed(objective="cross_entropy")),
        "symmetric noise .4": Recipe(_noisy(symmetric, 0.4), _fixed()),
        "pair noise .3": Recipe(_noisy(pair_flip, 0.3), _fixed()),
        "default, second pass": Recipe(None, _fixed(second_pass=True)),
        "symmetric noise .4, second pass": Recipe(_noisy(symmetric, 0.4), _fixed(second_pass=True)),
        "pair noise .3, second pass": Recipe(_noisy(pair_flip, 0.3), _fixed(second_pass=True)),
        "symmetric noise .4, judged": Recipe(_noisy(symmetric, 0.4), _fixed(labels="judged"), audited=True),
        "pair noise .3, judged": Recipe(_noisy(pair_flip, 0.3), _fixed(labels="judged"), audited=True),
        "judged, 0 reviewed": Recipe(None, _fixed(labels="judged"), reviewed=0),
        "judged, 100 reviewed": Recipe(None, _fixed(labels="reviewed"), reviewed=100),
        "judged, 500 reviewed": Recipe(None, _fixed(labels="reviewed"), reviewed=500),
        "forward correction from 500 reviewed": Recipe(None, _reviewed(500)),
        "cleanlab, pruned and trained again": Recipe(_pruned, _fixed(objective="cross_entropy", average=0.0)),
        "co-teaching": Recipe(None, _fixed(), model=_co_teaching),
    }
    found |= {
        name: Recipe(None, _fixed(objective=name))
        for name in OBJECTIVES
        if name not in ("cross_entropy", "learned_noise", "votes")  # above
    }
    found |= {f"default, {name}": Recipe(None, _fixed(step=name)) for name in STEPS}
    found["default, loss mixture"] = Recipe(None, _fixed(loss_mixture=True))
    return found


def _fixed(**options: Any) -> Callable[[LabelledDataset, Run], dict[str, Any]]:
    return lambda dataset, how: options


def _reviewed(count: int) -> Callable[[LabelledDataset, Run], dict[str, Any]]:
    """Forward correction by the confusion that so many examples show, chosen at random and reviewed by FER+."""

    def options(dataset: LabelledDataset, how: Run) -> dict[str, Any]:
        true, given = truth(dataset), dataset.given_labels
        chosen = np.random.default_rng(how.seed).permutation(np.flatnonzero(true >= 0))[:count]
        classes = len(dataset.class_names)
        # Two imagined examples of each class, labelled as all are: what a few reviews do not show is not impossible.
        prior = np.bincount(given, minlength=classes) / len(given)
        seen = np.bincount(true[chosen], minlength=classes)[:, None]
        confusion = (seen * measured_confusion(true[chosen], given[chosen], classes) + 2 * prior) / (seen + 2)
        return {"objective": "forward_correction", "objective_options": {"confusion": confusion.tolist()}}

    return options


def after_reviews(audit: Audit, count: int) -> Audit:
    """The audit, judged again each time that a few more of `count` examples were decided by FER+."""
    dataset, inputs = audit.dataset, inputs_of(audit)
    assert dataset is not None
    assert dataset.votes is not None
    decided = answers(dataset.votes.majority(), dataset.votes, len(dataset.class_names))
    rows = np.empty(0, np.int64)
    while len(rows) < count:
        reviews = reviews_by(rows, decided)
        following = review_order(pass_judgement(inputs, reviews).posterior, reviews)
        rows = np.concatenate([rows, following[: min(BATCH, count - len(rows))]])
    reviews = reviews_by(rows, decided)
    return with_reviews(audit, pass_judgement(inputs, reviews), reviews)


def truth(dataset: LabelledDataset) -> NDArray[np.int64]:
    """The voters' majority, `(example,)`, -1 where there is none among the data set's classes."""
    assert dataset.votes is not None
    return np.maximum(dataset.votes.majority(), -1)


def _majority(dataset: LabelledDataset, how: Run) -> LabelledDataset:
    return replace(dataset, given_labels=truth(dataset))


def _noisy(
    noise: Callable[[NDArray[np.int64], int, float, np.random.Generator], NDArray[np.int64]], rate: float
) -> Callable[[LabelledDataset, Run], LabelledDataset]:
    """FER+'s majority with noise on it."""

    def labels(dataset: LabelledDataset, how: Run) -> LabelledDataset:
        random = np.random.default_rng(how.seed)
        return replace(dataset, given_labels=noise(truth(dataset), len(dataset.class_names), rate, random))

    return labels


def _pruned(dataset: LabelledDataset, how: Run) -> LabelledDataset:
    """The labels that cleanlab does not call an issue."""
    pixels, spec = _network_of(dataset, how)
    kept = cleanlab_keeps(
        spec, pixels, dataset.given_labels, find_duplicates(pixels, near=False).group,
        how.settings.training(len(dataset)), how.seed, pick_device(how.device),
        lambda step, steps: how.progress("cleanlab's folds", step, steps),
    )  # fmt: skip
    return replace(dataset, given_labels=np.where(kept, dataset.given_labels, -1))


def _co_teaching(dataset: LabelledDataset, how: Run) -> Model:
    """Told how many labels are wrong, as its authors do."""
    pixels, spec = _network_of(dataset, how)
    true, device = truth(dataset), pick_device(how.device)
    wrong = float((true != dataset.given_labels)[true >= 0].mean())
    networks = co_teaching(
        spec, pixels, dataset.given_labels, how.settings.training(len(dataset)), wrong, how.seed, device,
        lambda step, steps: how.progress("co-teaching", step, steps),
    )  # fmt: skip
    return Model(Path(), _card(dataset, spec, how), networks, device)


def _card(dataset: LabelledDataset, spec: NetworkSpec, how: Run) -> ModelCard:
    """Of networks that answer always; nothing was held out."""
    return ModelCard(
        class_names=dataset.class_names,
        data=TrainedData(
            name=dataset.name, path=dataset.path, fingerprint="", audit=None, examples=len(dataset),
            trained_on=len(dataset), held_out=0, per_class=(), kind="images",
        ),
        settings=how.settings,
        training=how.settings.training(len(dataset)),
        model=NetworkInfo(spec.backbone, 0),
        decision=AbstentionRule(1.0, None, float("inf"), float("inf")),
        figures=Figures(0, 0.0, None, 0.0, 0.0, 0.0, 0.0, 0.0, {}),
        label_noise=None,
        wrong_labels=None,
        members=(),
        familiarity=None,
    )  # fmt: skip


def _network_of(dataset: LabelledDataset, how: Run) -> tuple[NDArray[np.uint8], NetworkSpec]:
    pixels: NDArray[np.uint8] = dataset.source.pixels[:, None]  # type: ignore[union-attr]
    return pixels, NetworkSpec(how.settings.backbone_for("images"), pixels.shape[1:], len(dataset.class_names))
