"""What is measured of each posterior."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.files import write_whole
from aleator.uncertainty.calibration import calibration_error
from aleator.uncertainty.decomposition import information_theoretic
from aleator.uncertainty.metrics import (
    Sweep,
    auroc,
    disentanglement_error,
    negative_log_likelihood,
    risk_coverage,
    vote_agreement,
)
from benchmarks.corruptions import CORRUPTIONS, SEVERITIES


@dataclass(frozen=True)
class Outcome:
    """What one posterior drew from one training."""

    name: str
    use: str
    noise: float
    log_probs: NDArray[np.float32]
    """Of each draw for everything shown, `(draw, example, class)`."""
    train_seconds: float
    predict_seconds: float
    """For one example."""


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """All of one training, in one file."""
    path.parent.mkdir(exist_ok=True)
    arrays = {f"{number}.{name}": value for number, one in enumerate(outcomes) for name, value in vars(one).items()}

    def write(beside: Path) -> None:
        with beside.open("wb") as file:  # numpy would append .npz to the name
            np.savez(file, **arrays)

    write_whole(path, write)


def read_outcomes(path: Path) -> list[Outcome]:
    with np.load(path, allow_pickle=False) as arrays:
        count = len({name.split(".")[0] for name in arrays.files})
        names = [field.name for field in fields(Outcome)]
        values = [{name: arrays[f"{number}.{name}"] for name in names} for number in range(count)]
    return [Outcome(**{name: one if one.ndim else one.item() for name, one in each.items()}) for each in values]


@dataclass(frozen=True)
class Answer:
    """The distribution and the two uncertainties of everything shown."""

    log_probs: NDArray[np.float64]
    aleatoric: NDArray[np.float64]
    epistemic: NDArray[np.float64]
    total: NDArray[np.float64]


def answer(outcomes: Sequence[Outcome]) -> Answer:
    """Of the draws of all members together."""
    log_probs = torch.from_numpy(np.concatenate([one.log_probs for one in outcomes])).double()
    parts = information_theoretic(log_probs)
    together = torch.logsumexp(log_probs, 0) - np.log(len(log_probs))
    return Answer(together.numpy(), parts.aleatoric.numpy(), parts.epistemic.numpy(), parts.total.numpy())


def scores(outcomes: Sequence[Outcome], name: str, use: str, world: dict[str, Any]) -> dict[str, Any]:
    """All figures of one row. Votes and majorities are those of PublicTest."""
    own = [one for one in outcomes if one.name == name and one.use == use]
    found, slices, majority = answer(own), world["slices"], world["majority"]
    test = slices["test"]
    decided = majority >= 0
    log_probs, labels = found.log_probs[test][decided], majority[decided]
    correct = log_probs.argmax(1) == labels
    votes = vote_agreement(found.aleatoric[test], world["votes"])
    clean = found.epistemic[test][world["few"]]

    def spotted(values: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
        return auroc(np.concatenate([reference, values]), np.repeat([False, True], [len(reference), len(values)]))

    corrupted = {
        f"{kind} {severity}": spotted(found.epistemic[slices[f"{kind} {severity}"]], clean)
        for kind in CORRUPTIONS
        for severity in SEVERITIES
    }
    return {
        "accuracy": float(correct.mean()),
        "nll": negative_log_likelihood(log_probs, labels),
        "ece": calibration_error(np.exp(log_probs), labels),
        "aurc": risk_coverage(found.total[test][decided], correct).area,
        "vote_spearman": votes.spearman,
        "vote_ceiling": votes.ceiling,
        "vote_class_mean": votes.class_mean,
        "corrupted": corrupted,
        "corrupted_top": float(np.mean([corrupted[f"{kind} {SEVERITIES[-1]}"] for kind in CORRUPTIONS])),
        "nonfaces": spotted(found.epistemic[slices["nonfaces"]], found.epistemic[test]),
        "disentanglement": _disentanglement(outcomes, name, world) if use == "main" else None,
        "train_seconds": sum(one.train_seconds for one in own),
        "predict_seconds_1000": 1000 * sum(one.predict_seconds for one in own),
    }


def _disentanglement(outcomes: Sequence[Outcome], name: str, world: dict[str, Any]) -> float:
    def sweep(kind: str) -> Sweep:
        uses = sorted({one.use for one in outcomes if one.name == name and one.use.startswith(kind)})
        rows = [_step([one for one in outcomes if one.name == name and one.use == use], world) for use in uses]
        return Sweep(*np.array(rows).T)

    return disentanglement_error(sweep("size"), sweep("noise"))


def _step(outcomes: Sequence[Outcome], world: dict[str, Any]) -> tuple[float, float, float]:
    """Accuracy, mean aleatoric and mean epistemic uncertainty; test labels are as noisy as the training's."""
    found = answer(outcomes)
    labels = world["majority"][: len(found.total)].copy()
    decided = np.flatnonzero(labels >= 0)
    random = np.random.default_rng([world["seed"], 11])
    shuffled = decided[random.random(len(decided)) < outcomes[0].noise]
    labels[shuffled] = random.integers(0, world["classes"], len(shuffled))
    right = found.log_probs.argmax(1) == labels
    return float(right[decided].mean()), float(found.aleatoric[decided].mean()), float(found.epistemic[decided].mean())
