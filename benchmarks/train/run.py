"""Train on FER2013's labels, judge on FER+.

Every row is a training of `aleator train` on the Training split, with the same network, and is scored on PublicTest
against the majority of FER+'s ten votes. Nothing is selected on PublicTest; thresholds and temperature come from a
held-out part of Training and its noisy labels.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing import Audit, load_audit
from aleator.cores import available_cores
from aleator.data import LabelledDataset
from aleator.data.duplicates import find_duplicates
from aleator.errors import DataError
from aleator.files import write_json
from aleator.progress import Progress, silent
from aleator.training import Model, load_model
from aleator.training.abstention import EnsemblePrediction
from aleator.training.model import CARD
from aleator.training.scores import prediction_scores
from aleator.training.settings import TrainSettings
from aleator.training.train import train
from aleator.uncertainty.metrics import auroc, entropy, vote_agreement
from benchmarks.fer2013 import fer2013
from benchmarks.train.recipes import Recipe, Run, after_reviews, rows
from benchmarks.train.routing import corrupted, routing_factor
from benchmarks.trainer import Trainer


@dataclass(frozen=True)
class Referee:
    """PublicTest, and what FER+ says of it."""

    pixels: NDArray[np.uint8]
    """`(example, channel, height, width)`."""
    majority: NDArray[np.int64]
    """`(example,)`; negative where there is none among the seven classes: such pictures are not scored."""
    votes: NDArray[np.float32]
    """Counts for the seven classes, `(example, class)`."""
    has_copy: NDArray[np.bool_]
    """The same picture is in Training, `(example,)`."""


def run(
    data: Path,
    *,
    seeds: int = 3,
    only: tuple[str, ...] = (),
    effort: str = "standard",
    audit: Path | None = None,
    device: str = "auto",
    folder: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train every row (or `only` those named) with each seed, and score it.

    With a `folder`, models and scores are kept there, and what is finished is not done again. `audit` is an audit of
    the Training split, for the judged rows, which are left out without one.
    """
    every = rows()
    unknown = [name for name in only if name not in every]
    if unknown:
        raise DataError(f"There is no row {unknown[0]!r}; there are {', '.join(every)}.")
    wanted = {name: recipe for name, recipe in every.items() if name in only or not only}
    training, referee = _fer2013(data)
    scores: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        for seed in range(seeds):
            for name, recipe in wanted.items():
                if recipe.reviewed is not None and audit is None:
                    continue
                kept = place / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
                how = Run(seed, effort, device, progress)
                result = _one(training, referee, recipe, how, audit, kept)
                scores.setdefault(name, []).append(result)
    return {
        "data": training.name,
        "scored": int((referee.majority >= 0).sum()),
        "seeds": seeds,
        "effort": effort,
        "cores": available_cores(),
        "rows": scores,
    }


COLUMNS = {
    "accuracy": "accuracy",
    "accuracy_without_copies": "no copies",
    "accuracy_of_surest": "surest 80%",
    "calibration_error": "ECE",
    "spearman": "Spearman",
    "factor": "routing",
    "seconds": "seconds",
}


def format_table(result: dict[str, Any]) -> str:
    """The table as text: mean over seeds, and the range where there are more."""
    lines = [
        f"{result['data']}: {result['scored']:,} pictures of PublicTest scored by FER+'s majority; effort "
        f"{result['effort']}, {result['seeds']} seed(s), {result['cores']} cores",
        "",
        f"{'trained on, or how':40}" + "".join(f"{title:>17}" for title in COLUMNS.values()),
    ]
    for name, each in result["rows"].items():
        cells = []
        for column in COLUMNS:
            values = [one[column] for one in each]
            digits = 0 if column == "seconds" else 3
            spread = f" ±{np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.{digits}f}{spread}")
        lines.append(f"{name:40}" + "".join(f"{cell:>17}" for cell in cells))
    return "\n".join(lines)


def _one(
    training: LabelledDataset, referee: Referee, recipe: Recipe, how: Run, audit: Path | None, kept: Path
) -> dict[str, Any]:
    scores = kept.with_name(f"{kept.name}.json")
    if scores.exists():
        result = dict(json.loads(scores.read_text(encoding="utf-8")))
        _check_effort(f"{scores} was measured", result["effort"], how)
        return result
    start = time.perf_counter()
    if recipe.model is not None:
        model = recipe.model(training, how)
    elif (kept / CARD).exists():
        model = load_model(kept, device=how.device)  # trained before, and interrupted while it was scored
        _check_effort(f"{kept} was trained", model.card.settings.effort, how)
    else:
        labelled = training if recipe.labels is None else recipe.labels(training, how)
        data: LabelledDataset | Audit = labelled
        if audit is not None and recipe.reviewed is not None:
            data = after_reviews(load_audit(audit, training), recipe.reviewed)
        elif recipe.audited:
            trainer = Trainer(kept.parent, seed=how.seed, device=how.device, progress=how.progress)
            data = trainer.audit(labelled, f"{kept.name}-audit", how.effort)
        settings = TrainSettings(seed=how.seed, effort=how.effort, device=how.device, **recipe.options(training, how))
        model = train(data, kept, settings, progress=how.progress)
    seconds = time.perf_counter() - start
    result = {"effort": how.effort, **score(model, referee, how.seed), "seconds": seconds}
    write_json(scores, result)
    return result


def _check_effort(what: str, effort: str, how: Run) -> None:
    if effort != how.effort:
        raise DataError(f"{what} with effort {effort}, not {how.effort}: name another folder.")


def score(model: Model, referee: Referee, seed: int = 0) -> dict[str, Any]:
    """All figures of one model."""
    start = time.perf_counter()
    prediction = model.predict(referee.pixels)
    seconds = time.perf_counter() - start
    scored = referee.majority >= 0
    known = _take(prediction, scored)
    alone = scored & ~referee.has_copy
    agreement = vote_agreement(prediction.aleatoric, referee.votes)
    broken = {name: model.predict(pixels) for name, pixels in corrupted(referee.pixels, seed).items()}
    together = EnsemblePrediction(
        *(np.concatenate([getattr(one, name) for one in broken.values()]) for name in vars(prediction))
    )
    voted = referee.votes.sum(axis=1) > 0
    doubt = entropy(referee.votes[voted])
    return {
        **vars(prediction_scores(known, referee.majority[scored], model.rule)),
        "accuracy_without_copies": float((prediction.probs.argmax(axis=1) == referee.majority)[alone].mean()),
        "spearman": agreement.spearman,
        "spearman_ceiling": agreement.ceiling,
        "spearman_of_class_mean": agreement.class_mean,
        **routing_factor(_take(prediction, voted), together, doubt),
        "auroc_of_corruption": {
            name: auroc(
                np.concatenate([one.unfamiliarity, prediction.unfamiliarity]),
                np.repeat([True, False], [len(one.unfamiliarity), len(prediction.unfamiliarity)]),
            )
            for name, one in broken.items()
        },
        "seconds_per_10000": seconds / len(referee.pixels) * 10_000,
    }


def _fer2013(data: Path) -> tuple[LabelledDataset, Referee]:
    training, test = fer2013(data), fer2013(data, "PublicTest")
    assert test.votes is not None
    pixels = [part.source.pixels[:, None] for part in (training, test)]  # type: ignore[union-attr]
    group = find_duplicates(np.concatenate(pixels), near=False).group
    mine, other = group[len(training) :], group[: len(training)]
    return training, Referee(
        pixels[1],
        test.votes.majority(),
        test.votes.class_counts(len(test.class_names)),
        (mine >= 0) & np.isin(mine, other[other >= 0]),
    )


def _take(prediction: EnsemblePrediction, rows: NDArray[np.bool_]) -> EnsemblePrediction:
    return EnsemblePrediction(*(values[rows] for values in vars(prediction).values()))
