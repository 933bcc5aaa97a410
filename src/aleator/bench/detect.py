"""`aleator bench detect`: how well wrong labels are found on FER2013, with FER+ as referee.

One run gives all rows: the audit itself, the plain scores of the same networks, and what most people do instead,
cross-entropy judged out of sample by cross-validation, with the same network and the same number of epochs.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.auditing import Audit, audit
from aleator.auditing.examples import load_examples
from aleator.auditing.referee import detection_scores
from aleator.auditing.settings import EFFORTS, AuditSettings, pick_device
from aleator.data import LabelledDataset, read_dataset
from aleator.errors import DataError
from aleator.learning.loop import TrainingSettings
from aleator.learning.members import available_cores, fit_members, fold_tasks
from aleator.models import NetworkSpec, choose_backbone
from aleator.progress import Progress, silent
from aleator.uncertainty.gaussian_logits import log_expected_softmax


def run(
    data: Path,
    *,
    effort: str = "standard",
    folds: int = 3,
    seed: int = 0,
    device: str = "auto",
    folder: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Audit FER2013's Training split in `data` and score every detector against FER+; the audit is kept in
    `folder` if one is named."""
    dataset = _fer2013(data)
    with tempfile.TemporaryDirectory() as scratch:
        result = audit(
            dataset, folder or Path(scratch) / "audit", effort=effort, seed=seed, device=device, force=True,
            progress=progress,
        )  # fmt: skip
        info = result.info
        rows = {"aleator: p_mislabelled": _row(info["referee"], info["timings"]["total"])}
        rows |= {
            f"same run: {name}": _row(scores, info["timings"]["total"])
            for name, scores in info["referee"]["baselines"].items()
        }
        if folds:
            rows |= _cross_entropy(dataset, result, effort, folds, seed, device, progress)
    return {
        "data": dataset.name,
        "examples": len(dataset),
        "scored": info["referee"]["examples"],
        "share_wrong": info["referee"]["share_wrong"],
        "effort": effort,
        "seed": seed,
        "cores": available_cores(),
        "flags_f1": info["referee"]["flags_f1"],
        "best_f1": info["referee"]["best_f1"],
        "calibration_error": info["referee"]["calibration_error"],
        "suggested_label_accuracy": info["referee"]["suggested_label_accuracy"],
        "estimated_wrong": info["estimates"]["mislabelled"],
        "rows": rows,
    }


def format_table(result: dict[str, Any]) -> str:
    """The table as text."""
    lines = [
        f"{result['data']}: {result['examples']:,} examples, {result['scored']:,} scored by FER+, "
        f"{result['share_wrong']:.1%} wrong; effort {result['effort']}, seed {result['seed']}, "
        f"{result['cores']} cores",
        "",
        f"{'detector':44} {'AUROC':>7} {'within':>7} {'AP':>7} {'seconds':>8}",
    ]
    lines += [
        f"{name:44} {row['auroc']:7.3f} {row['auroc_within_label']:7.3f} {row['average_precision']:7.3f} "
        f"{row['seconds']:8.0f}"
        for name, row in result["rows"].items()
    ]
    estimate = result["estimated_wrong"]
    lines += [
        "",
        f"estimated share wrong {estimate['share']:.3f} ({estimate['share_low']:.3f} to "
        f"{estimate['share_high']:.3f}); flags' F1 {result['flags_f1']:.3f}, best F1 at any cut "
        f"{result['best_f1']:.3f}; calibration error {result['calibration_error']:.3f}; suggested labels right "
        f"{result['suggested_label_accuracy']:.3f}",
    ]
    return "\n".join(lines)


def _fer2013(data: Path) -> LabelledDataset:
    votes = data / "fer2013new.csv"
    if not votes.is_file():
        raise DataError(f"{data} has no fer2013new.csv (FER+'s votes); name the folder that holds it and fer2013.csv.")
    return read_dataset(data, split="Training", votes=votes)


def _cross_entropy(
    dataset: LabelledDataset,
    result: Audit,
    effort: str,
    folds: int,
    seed: int,
    device: str,
    progress: Progress,
) -> dict[str, dict[str, float]]:
    """Out-of-sample self-confidence and margin of networks trained with cross-entropy, copies kept in one fold."""
    start = time.perf_counter()
    settings = AuditSettings(effort=effort, seed=seed, device=device)
    base = settings.training(len(dataset))
    training = TrainingSettings(
        epochs=base.epochs,
        batch_size=base.batch_size,
        objective="cross_entropy",
        augmentation=base.augmentation,
    )
    dataset, pixels, _ = load_examples(dataset, EFFORTS[effort].max_side)
    spec = NetworkSpec(choose_backbone("images").name, tuple(pixels.shape[1:]), len(dataset.class_names))
    labels = dataset.given_labels
    group = result.labels["duplicate_group"].fill_null(-1).to_numpy().astype(np.int64)
    tasks, fold = fold_tasks(labels, group, folds, seed)
    log_probs = np.zeros((len(dataset), len(dataset.class_names)))
    with tempfile.TemporaryDirectory() as scratch:
        members = fit_members(
            tasks, spec, pixels, labels, training, pick_device(device), Path(scratch),
            on_step=lambda step, steps: progress("cross-entropy folds", step, steps),
        )  # fmt: skip
    for number, member in enumerate(members):
        held_out = fold == number
        mean, spread = member.predictions.mean[held_out], member.predictions.spread[held_out]
        log_probs[held_out] = log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).numpy()
    given = log_probs[np.arange(len(labels)), labels]
    others = log_probs.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    seconds = time.perf_counter() - start
    referee: NDArray[np.int64] = dataset.votes.majority() if dataset.votes is not None else labels
    return {
        f"cross-entropy, {folds} folds: self_confidence": _row(detection_scores(-given, labels, referee), seconds),
        f"cross-entropy, {folds} folds: margin": _row(
            detection_scores(others.max(axis=1) - given, labels, referee), seconds
        ),
    }


def _row(scores: dict[str, Any], seconds: float) -> dict[str, float]:
    return {key: scores[key] for key in ("auroc", "auroc_within_label", "average_precision")} | {"seconds": seconds}
