"""A made-up audit folder of any size, to measure the review page on: drawn faces, and networks that are only noise.

What the networks would say is drawn from each face's true label distribution, so that queue, estimates and pictures
look like those of a real audit, and a million rows are there within a minute and without a training.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from aleator import __version__
from aleator.auditing.audit import label_distributions
from aleator.auditing.judging import Grounds, observe, pass_judgement
from aleator.auditing.settings import AuditSettings
from aleator.audits.folder import SCHEMA_VERSION, close_folder, open_folder
from aleator.audits.labels import label_table, write_labels
from aleator.data import read_dataset
from aleator.data.drawn_faces import DrawnFaces, drawn_faces
from aleator.evidence import EVIDENCE
from aleator.files import write_array
from aleator.uncertainty.decomposition import information_theoretic

DRAWS, NEIGHBOURS, FEATURES = 2, 10, 16


def write_pictures(folder: Path, faces: DrawnFaces, rows: int) -> Path:
    """The faces as PNG files and a table of `rows` examples that show them again and again. Returns the table."""
    (folder / "faces").mkdir(parents=True)
    for number in range(len(faces.dataset)):
        picture = faces.dataset.source.load(number)  # type: ignore[union-attr]
        picture.save(folder / "faces" / f"{number:05}.png")
    face = np.arange(rows) % len(faces.dataset)
    names = np.array(faces.dataset.class_names)[faces.dataset.given_labels]
    table = pa.table(
        {
            "id": pa.array([f"face-{row:07}" for row in range(rows)]),
            "path": pa.array([f"faces/{number:05}.png" for number in face.tolist()]),
            "label": pa.array(names[face]),
        }
    )
    pq.write_table(table, folder / "faces.parquet")
    return folder / "faces.parquet"


def write_audit(folder: Path, data: Path, faces: DrawnFaces, *, seed: int = 0) -> None:
    """An audit folder for the table that `write_pictures` wrote."""
    dataset = read_dataset(data, class_names=faces.dataset.class_names)
    rows, classes = len(dataset), len(dataset.class_names)
    random = np.random.default_rng(seed)
    truth = faces.label_distribution[np.arange(rows) % len(faces.dataset)]
    mean = np.empty((DRAWS, rows, classes), dtype=np.float32)
    for draw in range(DRAWS):
        mean[draw] = 1.5 * np.log(truth + 0.02) + random.normal(0, 0.7, (rows, classes))
    spread = np.full_like(mean, 0.1)
    embedding = (truth @ random.normal(size=(classes, FEATURES)) + random.normal(0, 0.3, (rows, FEATURES))).astype(
        np.float32
    )
    labels, alone = dataset.given_labels, np.full(rows, -1, dtype=np.int64)
    grounds = Grounds(
        observe(mean, spread, embedding, labels), dataset.class_names, np.zeros(rows, dtype=bool), alone, None
    )
    judged = pass_judgement(grounds)
    uncertainty = information_theoretic(torch.from_numpy(label_distributions(mean, spread)))
    scores = {name: part.numpy() for name, part in uncertainty._asdict().items()}
    scores |= dict.fromkeys(EVIDENCE, 1 - judged.judgement.p_mislabelled)
    predicted = grounds.observations.log_probs.argmax(axis=1)
    neighbours = random.integers(0, rows, (rows, NEIGHBOURS))
    fingerprint = dataset.fingerprint()
    identity = {
        "fingerprint": fingerprint, "path": str(data), "settings": asdict(AuditSettings()),
        "aleator_version": __version__,
    }  # fmt: skip
    info = {
        "schema_version": SCHEMA_VERSION,
        "aleator_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": identity,
        "settings": asdict(AuditSettings()),
        "data": {
            "name": dataset.name, "path": str(data), "fingerprint": fingerprint, "examples": rows,
            "kind": dataset.source.kind, "height": 48, "width": 48, "channels": 1, "geometry_reason": "as drawn",
            "reading": None if dataset.reading is None else dict(dataset.reading),
        },
        "model": {"members": DRAWS, "backbone": "nothing", "parameters": 0, "reason": "made up from the truth"},
        "class_names": list(dataset.class_names),
        "out_of_sample": False,
        "estimates": judged.estimates,
        "duplicates": {"groups": 0, "extra_copies": 0, "exact_groups": 0, "conflicting_groups": 0},
        "skipped": [],
        "referee": None,
        "timings": {"total": 0.0},
        "versions": {},
    }  # fmt: skip
    table = label_table(dataset, judged.judgement, predicted, scores, alone, neighbours)
    open_folder(folder, identity, force=False)
    close_folder(
        folder,
        {
            "labels.parquet": lambda path: write_labels(table, path),
            "logits.npy": lambda path: write_array(path, np.stack([mean, spread])),
            "embeddings.npy": lambda path: write_array(path, embedding),
        },
        info,
    )


def write_all(folder: Path, rows: int, *, faces: int = 2000, seed: int = 0) -> tuple[Path, DrawnFaces]:
    """Pictures, table and audit below `folder`. Returns the audit folder and the faces that were drawn."""
    drawn = drawn_faces(min(rows, faces), seed=seed)
    data = write_pictures(folder, drawn, rows)
    write_audit(folder / "audit", data, drawn, seed=seed)
    return folder / "audit", drawn
