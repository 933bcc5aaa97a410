"""An audit of labels and probabilities that come from elsewhere: nothing is trained, only judged."""

import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from aleator import __version__
from aleator.auditing.clock import Clock
from aleator.auditing.folder import SCHEMA_VERSION, Audit, close_folder, open_folder
from aleator.auditing.judging import Grounds, pass_judgement
from aleator.auditing.labels import label_table, write_labels
from aleator.auditing.rejudge import with_reviews
from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.sources import FeatureArray
from aleator.evidence import EVIDENCE, EvidenceInputs
from aleator.evidence.features import leading_features
from aleator.evidence.neighbours import nearest_neighbours
from aleator.files import write_array
from aleator.progress import Progress, silent
from aleator.report import render_report
from aleator.verdicts import Observations, Reviews
from aleator.verdicts.issues import checked_features, checked_probabilities, log_of

MOST_FOR_NEIGHBOURS = 100_000
"""Exact neighbours among more examples take longer than everything else together."""


def judge_predictions(
    labels: ArrayLike,
    pred_probs: ArrayLike,
    folder: str | Path,
    *,
    class_names: tuple[str, ...] | None = None,
    ids: NDArray[np.str_] | None = None,
    features: ArrayLike | None = None,
    votes: Votes | None = None,
    reviews: Reviews | None = None,
    path: str = "given probabilities",
    force: bool = False,
    progress: Progress = silent,
) -> Audit:
    """Judge labels by out-of-sample probabilities and leave an audit folder, which can be reviewed like any other.

    Args:
        labels: `(example,)`, 0 to K-1.
        pred_probs: `(example, K)`.
        folder: where the audit is left.
        class_names: of the K classes.
        ids: of the examples; their row numbers by default.
        features: an embedding `(example, feature)`, for neighbours and for learning from reviews.
        votes: several people's answers, heard as evidence.
        reviews: decisions, heard as evidence.
        path: what the audit says of where the data are.
        force: replace what the folder holds.
        progress: called with stage, completed, total.

    Raises DataError for input that cannot be judged.
    """
    clock = Clock()
    with clock("reading"):
        given, probs = checked_probabilities(labels, pred_probs)
        names = class_names or tuple(map(str, range(probs.shape[1])))
        embedding = np.zeros((len(given), 0), np.float32)
        if features is not None:
            embedding = np.asarray(checked_features(features, len(given)), dtype=np.float32)
        dataset = LabelledDataset(
            name=Path(path).stem or path,
            path=path,
            ids=np.arange(len(given)).astype(str) if ids is None else ids,
            source=FeatureArray(embedding if features is not None else np.zeros((len(given), 1), np.float32)),
            given_labels=given,
            class_names=names,
            votes=votes,
        )
        settings = {"effort": "none", "seed": 0, "use_votes": votes is not None}
        identity = {
            "fingerprint": dataset.fingerprint(), "path": path, "settings": settings, "aleator_version": __version__
        }  # fmt: skip
        open_folder(Path(folder), identity, force=force)

    with clock("judging"):
        progress("judging", 0, 1)
        log_probs = log_of(probs)
        alone = np.full(len(given), -1)
        grounds = Grounds(
            observations=Observations(log_probs, given, leading_features(embedding) if features is not None else None),
            class_names=names,
            unfamiliar=np.zeros(len(given), dtype=bool),
            duplicate_group=alone,
            votes=votes,
            out_of_sample=True,
        )
        judged = pass_judgement(grounds, reviews)
        neighbours = np.full((len(given), 1), -1)
        if features is not None and len(given) <= MOST_FOR_NEIGHBOURS:
            neighbours, _ = nearest_neighbours(embedding, alone)
        inputs = EvidenceInputs(
            given_label=given,
            log_probs=log_probs.astype(np.float64),
            margin_history=np.full((1, len(given)), np.nan, np.float32),
            embedding=embedding,
            neighbours=neighbours,
        )
        entropy = entr(probs).sum(axis=1)
        scores = {"total": entropy, "aleatoric": entropy, "epistemic": np.zeros(len(given))}
        scores |= {name: score(inputs) for name, score in EVIDENCE.items()}
        table = label_table(dataset, judged.judgement, probs.argmax(axis=1), scores, alone, neighbours)
        progress("judging", 1, 1)

    info: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "aleator_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": identity,
        "settings": settings,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "data": {
            "name": dataset.name,
            "path": path,
            "fingerprint": identity["fingerprint"],
            "examples": len(dataset),
            "kind": "features",
            "features": embedding.shape[1],
            "reading": None,
        },
        "class_names": list(names),
        "model": {"backbone": "none", "reason": "probabilities were given", "members": 1, "parameters": 0},
        "out_of_sample": True,
        "estimates": judged.estimates,
        "duplicates": {"groups": 0, "extra_copies": 0, "exact_groups": 0, "conflicting_groups": 0},
        "skipped": [],
        "referee": None,
        "timings": clock.seconds,
    }
    audit = Audit(Path(folder), info, table, dataset)
    if reviews is not None:
        audit = with_reviews(audit, judged, reviews)
    with clock("report"):
        html = render_report(info, audit.labels, dataset.source)
    close_folder(
        Path(folder),
        {
            "labels.parquet": lambda path: write_labels(audit.labels, path),
            "logits.npy": lambda path: _write_certain_logits(path, log_probs),
            "embeddings.npy": lambda path: write_array(path, embedding),
            "report.html": lambda path: path.write_text(html, encoding="utf-8"),
        },
        info,
    )
    return replace(audit, info=info)


def _write_certain_logits(path: Path, log_probs: NDArray[np.float32]) -> None:
    """Logits of one draw without spread; the zeros of the spread take no room on disk."""
    shape = (2, 1, *log_probs.shape)
    logits = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    logits[0, 0] = log_probs
    logits.flush()
