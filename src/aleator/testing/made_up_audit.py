"""A made-up audit folder of any size, to measure the review page on: drawn faces, and networks that are only noise.

What the networks would say is drawn from each face's true label distribution, so that queue, estimates and pictures
look like those of a real audit, and a million rows are there within a minute and without a training.
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from aleator.auditing.judging import JudgeInputs, observe, pass_judgement
from aleator.auditing.settings import AuditSettings
from aleator.audits.folder import close_folder, open_folder
from aleator.audits.info import AuditInfo, ModelInfo, SettingsUsed, audited_data, identity_of
from aleator.audits.labels import label_table, write_labels
from aleator.data import read_dataset
from aleator.data.drawn_faces import SIDE, DrawnFaces, drawn_faces
from aleator.data.examples import ExamplesShape
from aleator.data.options import ReadOptions
from aleator.data.sources import ImageArray
from aleator.evidence import EVIDENCE
from aleator.files import write_array
from aleator.uncertainty.decomposition import information_theoretic
from aleator.uncertainty.gaussian_logits import log_expected_softmax

DRAWS, NEIGHBOURS, FEATURES = 2, 10, 16


def write_pictures(folder: Path, faces: DrawnFaces, rows: int) -> Path:
    """The faces as PNG files and a table of `rows` examples that show them again and again. Returns the table."""
    (folder / "faces").mkdir(parents=True)
    pictures = faces.dataset.source
    assert isinstance(pictures, ImageArray)
    for number in range(len(faces.dataset)):
        picture = pictures.load(number)
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
    dataset = read_dataset(data, ReadOptions(class_names=faces.dataset.class_names))
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
    inputs = JudgeInputs(
        observe(mean, spread, embedding, labels), dataset.class_names, np.zeros(rows, dtype=bool), alone, None
    )
    judgement = pass_judgement(inputs)
    uncertainty = information_theoretic(log_expected_softmax(torch.from_numpy(mean), torch.from_numpy(spread)).double())
    scores = {name: part.numpy() for name, part in uncertainty._asdict().items()}
    scores |= dict.fromkeys(EVIDENCE, 1 - judgement.verdicts.p_mislabelled)
    predicted = inputs.observations.log_probs[:].argmax(axis=1)
    table = label_table(
        dataset, judgement.verdicts, predicted, scores, alone, random.integers(0, rows, (rows, NEIGHBOURS))
    )
    settings = asdict(AuditSettings())
    identity = identity_of(dataset, settings)
    shape = ExamplesShape(height=SIDE, width=SIDE, channels=1, geometry_reason="as drawn")
    info = AuditInfo(
        identity=identity,
        settings=SettingsUsed(**settings),
        data=audited_data(dataset, identity.fingerprint, shape),
        class_names=dataset.class_names,
        model=ModelInfo("nothing", "made up from the truth", members=DRAWS, parameters=0),
        out_of_sample=False,
        estimates=judgement.estimates,
        timings={"total": 0.0},
    )
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
