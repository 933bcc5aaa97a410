"""`aleator bench train`: train on FER2013's labels, judge on FER+.

Every row is a training of `aleator train` on the Training split, with the same network, and is scored on PublicTest
against the majority of FER+'s ten votes. Nothing is selected on PublicTest; thresholds and temperature come from a
held-out part of Training and its noisy labels.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing import load_audit
from aleator.bench.routing import corrupted, routing_factor
from aleator.data import LabelledDataset, read_dataset
from aleator.data.duplicates import find_duplicates
from aleator.data.noise import measured_confusion, pair_flip, symmetric
from aleator.errors import DataError
from aleator.files import write_json
from aleator.learning.members import available_cores
from aleator.learning.objectives import OBJECTIVES
from aleator.learning.steps import STEPS
from aleator.progress import Progress, silent
from aleator.training import Model, train
from aleator.training.decision import Opinion
from aleator.training.scores import prediction_scores
from aleator.uncertainty.metrics import auroc, entropy, vote_agreement


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


@dataclass(frozen=True)
class Row:
    """One training."""

    labels: Callable[[LabelledDataset, int], LabelledDataset] | None
    """Other labels for the data set, by seed; None trains on FER2013's own."""
    options: Callable[[LabelledDataset, int], dict[str, Any]]
    """Of the training, by seed."""
    of_audit: bool = False
    """Train on the audit folder's judgement."""


def rows() -> dict[str, Row]:
    """All rows by name, the most important first."""
    found = {
        "default": Row(None, _fixed()),
        "votes": Row(None, _fixed(labels="votes")),
        "majority": Row(_majority, _fixed(objective="cross_entropy")),
        "cross-entropy": Row(None, _fixed(objective="cross_entropy", average=0.0)),
        "cross-entropy with weight average": Row(None, _fixed(objective="cross_entropy")),
        "symmetric noise .4": Row(_noisy(symmetric, 0.4), _fixed()),
        "pair noise .3": Row(_noisy(pair_flip, 0.3), _fixed()),
        "judged, 0 reviewed": Row(None, _fixed(labels="judged"), of_audit=True),
        "forward correction from 100 reviewed": Row(None, _reviewed(100)),
        "forward correction from 500 reviewed": Row(None, _reviewed(500)),
    }
    plain = {"cross_entropy", "early_learning", "forward_correction"}
    found |= {name: Row(None, _fixed(objective=name)) for name in OBJECTIVES if name not in plain}
    found |= {f"default, {name}": Row(None, _fixed(step=name)) for name in STEPS if name != "plain"}
    found["default, loss mixture"] = Row(None, _fixed(loss_mixture=True))
    return found


def run(
    data: Path,
    *,
    seeds: int = 3,
    only: tuple[str, ...] = (),
    quick: bool = False,
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
    wanted = {name: row for name, row in every.items() if name in only or not only}
    training, referee = _fer2013(data)
    scores: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        for seed in range(seeds):
            for name, row in wanted.items():
                if row.of_audit and audit is None:
                    continue
                kept = place / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
                result = _one(
                    training, referee, row, seed, quick, audit if row.of_audit else None, device, kept, progress
                )
                scores.setdefault(name, []).append(result)
    return {
        "data": training.name,
        "scored": int((referee.majority >= 0).sum()),
        "seeds": seeds,
        "effort": "quick" if quick else "standard",
        "cores": available_cores(),
        "rows": scores,
    }


COLUMNS = {
    "accuracy": "accuracy",
    "accuracy_without_copies": "no copies",
    "accuracy_of_surest_80%": "surest 80%",
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
    training: LabelledDataset,
    referee: Referee,
    row: Row,
    seed: int,
    quick: bool,
    audit: Path | None,
    device: str,
    kept: Path,
    progress: Progress,
) -> dict[str, Any]:
    scores = kept.with_suffix(".json")
    if scores.exists():
        return dict(json.loads(scores.read_text(encoding="utf-8")))
    start = time.perf_counter()
    dataset = training if row.labels is None else row.labels(training, seed)
    options = row.options(training, seed) | ({"effort": "quick"} if quick else {})
    model = train(
        dataset if audit is None else load_audit(audit, dataset),
        kept, seed=seed, device=device, force=True, progress=progress, **options,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    result = {**score(model, referee, seed), "seconds": seconds, "trained": model.card["timings"]["training"]}
    write_json(scores, result)
    return result


def score(model: Model, referee: Referee, seed: int = 0) -> dict[str, Any]:
    """All figures of one model."""
    start = time.perf_counter()
    opinion = model.opinion(referee.pixels)
    seconds = time.perf_counter() - start
    scored = referee.majority >= 0
    known = _take(opinion, scored)
    alone = scored & ~referee.has_copy
    agreement = vote_agreement(opinion.aleatoric, referee.votes)
    broken = {name: model.opinion(pixels) for name, pixels in corrupted(referee.pixels, seed).items()}
    together = Opinion(*(np.concatenate([getattr(one, name) for one in broken.values()]) for name in vars(opinion)))
    voted = referee.votes.sum(axis=1) > 0
    doubt = entropy(referee.votes[voted])
    return {
        **prediction_scores(known, referee.majority[scored], model.decision),
        "accuracy_without_copies": float((opinion.probs.argmax(axis=1) == referee.majority)[alone].mean()),
        "spearman": agreement.spearman,
        "spearman_ceiling": agreement.ceiling,
        "spearman_of_class_mean": agreement.class_mean,
        **routing_factor(_take(opinion, voted), together, doubt),
        "auroc_of_corruption": {
            name: auroc(
                np.concatenate([one.epistemic, opinion.epistemic]),
                np.repeat([True, False], [len(one.epistemic), len(opinion.epistemic)]),
            )
            for name, one in broken.items()
        },
        "seconds_per_10000": seconds / len(referee.pixels) * 10_000,
    }


def _fer2013(data: Path) -> tuple[LabelledDataset, Referee]:
    votes = data / "fer2013new.csv"
    if not votes.is_file():
        raise DataError(f"{data} has no fer2013new.csv (FER+'s votes); name the folder that holds it and fer2013.csv.")
    training = read_dataset(data, split="Training", votes=votes)
    test = read_dataset(data, split="PublicTest", votes=votes)
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


def _take(opinion: Opinion, rows: NDArray[np.bool_]) -> Opinion:
    return Opinion(*(values[rows] for values in vars(opinion).values()))


def _fixed(**options: Any) -> Callable[[LabelledDataset, int], dict[str, Any]]:
    return lambda dataset, seed: options


def _reviewed(count: int) -> Callable[[LabelledDataset, int], dict[str, Any]]:
    """Forward correction by the confusion that so many examples show, chosen at random and reviewed by FER+."""

    def options(dataset: LabelledDataset, seed: int) -> dict[str, Any]:
        true, given = _truth(dataset), dataset.given_labels
        chosen = np.random.default_rng(seed).permutation(np.flatnonzero(true >= 0))[:count]
        classes = len(dataset.class_names)
        # Two imagined examples of each class, labelled as all are: what a few reviews do not show is not impossible.
        prior = np.bincount(given, minlength=classes) / len(given)
        seen = np.bincount(true[chosen], minlength=classes)[:, None]
        confusion = (seen * measured_confusion(true[chosen], given[chosen], classes) + 2 * prior) / (seen + 2)
        return {"objective": "forward_correction", "objective_options": {"confusion": confusion.tolist()}}

    return options


def _truth(dataset: LabelledDataset) -> NDArray[np.int64]:
    assert dataset.votes is not None
    return np.maximum(dataset.votes.majority(), -1)


def _majority(dataset: LabelledDataset, seed: int) -> LabelledDataset:
    return replace(dataset, given_labels=_truth(dataset))


def _noisy(
    noise: Callable[[NDArray[np.int64], int, float, np.random.Generator], NDArray[np.int64]], rate: float
) -> Callable[[LabelledDataset, int], LabelledDataset]:
    """FER+'s majority with noise on it."""

    def labels(dataset: LabelledDataset, seed: int) -> LabelledDataset:
        random = np.random.default_rng(seed)
        return replace(dataset, given_labels=noise(_truth(dataset), len(dataset.class_names), rate, random))

    return labels
