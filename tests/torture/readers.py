"""Every reader, with small good files to damage, and what is asked of their content once it is read."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from tests.torture.forms import FORMS
from tests.torture.outputs import OUTPUTS
from tests.torture.reader import NAMES, ROWS, Reader, labels, read_data, write
from tests.torture.unfinished import UNFINISHED


def _pictures(folder: Path) -> None:
    for row in range(ROWS):
        (folder / NAMES[row % 3]).mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(row).integers(0, 255, (12, 12, 3), dtype=np.uint8)
        ending = ("png", "jpg", "gif", "bmp", "webp", "tif")[row // 3 % 6]
        Image.fromarray(noise).save(folder / NAMES[row % 3] / f"{row}.{ending}")


def _table(folder: Path, ending: str) -> None:
    if not (folder / "pictures").exists():
        _pictures(folder / "pictures")
    files = {int(file.stem): file.relative_to(folder).as_posix() for file in (folder / "pictures").rglob("*.*")}
    paths = [files[row] for row in range(ROWS)]
    table = pa.table({"id": [f"e{row}" for row in range(ROWS)], "path": paths, "label": labels()})
    write(table, folder / f"data.{ending}")


def _arrays(folder: Path, *, pictures: bool) -> None:
    random, labels = np.random.default_rng(0), np.arange(ROWS) % 3
    examples = random.integers(0, 255, (ROWS, 8, 8), dtype=np.uint8) if pictures else random.normal(size=(ROWS, 4))
    np.savez(folder / "data.npz", x=examples, y=labels, split=np.where(labels, "train", "test"))


def _plain_arrays(folder: Path) -> None:
    np.save(folder / "data.npy", np.random.default_rng(0).normal(size=(ROWS, 4)))
    np.save(folder / "labels.npy", np.arange(ROWS) % 3)


def _kaggle(folder: Path) -> None:
    random = np.random.default_rng(0)
    rows = [
        f"{row % 3},{' '.join(map(str, random.integers(0, 256, 64)))},{'Training' if row % 2 else 'PublicTest'}"
        for row in range(ROWS)
    ]
    (folder / "data.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")


def _votes(folder: Path, *, long: bool) -> None:
    _arrays(folder, pictures=False)
    if long:
        rows = [f"{row},{who},{row % 3}" for row in range(ROWS) for who in ("ann", "bob")]
        (folder / "votes.csv").write_text("\n".join(["task,annotator,label", *rows]) + "\n")
    else:
        rows = [f"{row},{row % 3},{(row + 1) % 3},1,0" for row in range(ROWS)]
        (folder / "votes.csv").write_text("\n".join(["id,0,1,2,unknown", *rows]) + "\n")


def _read_votes(folder: Path) -> object:
    from aleator.data import read_dataset
    from aleator.data.options import ReadOptions

    votes = read_dataset(folder / "data.npz", ReadOptions(votes=folder / "votes.csv")).votes
    assert votes is not None
    assert np.isfinite(votes.counts).all()
    assert (votes.counts >= 0).all()
    return votes.majority()


def _decisions(folder: Path, ending: str) -> None:
    rows = range(ROWS)
    table = pa.table(
        {
            "id": [f"e{row}" for row in rows],
            "label": [("cat|dog" if row % 5 == 1 else "" if row % 5 == 2 else NAMES[row % 3]) for row in rows],
            "decision": [("ambiguous" if row % 5 == 1 else "unusable" if row % 5 == 2 else "label") for row in rows],
            "reviewer": ["ann" if row % 2 else "bob" for row in rows],
            "time": [f"2026-01-01T00:00:{row:02}+00:00" for row in rows],
            "seconds": [f"{row}.5" for row in rows],
        }
    )
    write(table, folder / f"d.{ending}")


def _label_studio(folder: Path) -> None:
    tasks = [
        {
            "id": row,
            "data": {"id": f"e{row}", "image": f"/data/{row}.png"},
            "annotations": [
                {
                    "id": row,
                    "completed_by": {"email": "ann@example.org"} if row % 2 else row,
                    "was_cancelled": row % 7 == 3,
                    "lead_time": 1.5,
                    "created_at": "2026-01-01T00:00:00Z",
                    "updated_at": "2026-01-01T00:00:01Z",
                    "result": [
                        {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": ["cat"]}}
                    ],
                }
            ],
        }
        for row in range(ROWS)
    ]
    (folder / "d.json").write_text(json.dumps(tasks))


def _read_decisions(name: str, folder: Path) -> object:
    from aleator.decisions.log import DecisionLog
    from aleator.decisions.read import read_decisions
    from aleator.decisions.reviews import reviews_of_decisions
    from aleator.decisions.settle import settle

    row_of = {f"e{row}": row for row in range(ROWS)}
    found = read_decisions(folder / name, row_of, NAMES)
    return settle(reviews_of_decisions(DecisionLog.of(found).answered(row_of), NAMES))


def _database(folder: Path) -> None:
    from aleator.decisions.read import read_decisions
    from aleator.decisions.store import Store

    _decisions(folder, "csv")
    with Store(folder / "d.sqlite", "f" * 64) as store:
        store.append(read_decisions(folder / "d.csv", {f"e{row}" for row in range(ROWS)}, NAMES))
    (folder / "d.csv").unlink()


def read_database(folder: Path) -> object:
    from aleator.decisions.log import DecisionLog
    from aleator.decisions.store import Store

    with Store(folder / "d.sqlite", "f" * 64) as store:
        return DecisionLog.of(one for _, one in store.after(0)).all_standing(), store.skips(), store.secret()


def _probabilities(folder: Path, ending: str) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(3), ROWS)
    if ending == "npy":
        np.save(folder / "p.npy", probs)
        np.save(folder / "y.npy", np.arange(ROWS) % 3)
        return
    ids = [f"e{row}" for row in range(ROWS)]
    write(pa.table({"id": ids, **{name: probs[:, at] for at, name in enumerate(NAMES)}}), folder / f"p.{ending}")
    write(pa.table({"id": ids, "label": labels()}), folder / f"y.{ending}")


def _read_probabilities(ending: str, folder: Path) -> object:
    from aleator.auditing.brought import read_predictions
    from aleator.data.options import ReadOptions
    from aleator.verdicts.issues import checked_probabilities

    read = read_predictions(folder / f"p.{ending}", ReadOptions(label_file=folder / f"y.{ending}"))
    given, several = checked_probabilities(read.labels, read.pred_probs)
    assert all(np.isfinite(one).all() for one in several)
    assert ((given >= 0) & (given < len(read.named_classes))).all()
    return read.named_examples


def _audit(folder: Path) -> None:
    from aleator.testing.made_up_audit import write_all

    write_all(folder, 120)
    shutil.rmtree(folder / "audit" / "models", ignore_errors=True)
    for name in ("faces", "faces.parquet"):
        place = folder / name
        _ = shutil.rmtree(place) if place.is_dir() else place.unlink()


def _read_audit(folder: Path) -> object:
    from aleator.auditing import load_audit
    from aleator.auditing.judging import inputs_of
    from aleator.records import to_json

    audit = load_audit(folder / "audit")
    for name in audit.labels.column_names:
        audit.column(name)
    inputs = inputs_of(audit)
    assert len(inputs.observations.given_label) == audit.info.data.examples
    return to_json(audit.info)


def _model(folder: Path) -> None:
    import aleator
    from aleator.data.dataset import LabelledDataset
    from aleator.data.sources import FeatureArray
    from aleator.training.settings import TrainSettings

    random, labels = np.random.default_rng(0), np.arange(90) % 3
    values = (random.normal(size=(90, 4)) + labels[:, None]).astype(np.float32)
    data = LabelledDataset("d", "d", np.arange(90).astype(str), FeatureArray(values), labels, NAMES)
    aleator.train(data, folder / "model", TrainSettings(labels="given", epochs=1))


def _read_model(folder: Path) -> object:
    from aleator.training import load_model
    from aleator.training.card import card_text

    model = load_model(folder / "model", device="cpu")
    said = model.predict(np.zeros((2, 4), np.float32))
    assert np.isfinite(said.probs).all()
    return card_text(model.card), model.rule.route(said)


def _read_inputs(name: str, folder: Path) -> object:
    from aleator.training.inputs import read_inputs

    found = read_inputs([folder / name])
    return [(len(one.source), one.ids[:1]) for one in found]


READERS: dict[str, Reader] = {
    **{
        f"data set: {ending}": Reader(partial(_table, ending=ending), partial(read_data, f"data.{ending}"))
        for ending in ("csv", "tsv", "jsonl", "parquet")
    },
    "data set: npz of pictures": Reader(partial(_arrays, pictures=True), partial(read_data, "data.npz")),
    "data set: npz of vectors": Reader(partial(_arrays, pictures=False), partial(read_data, "data.npz")),
    "data set: npy": Reader(_plain_arrays, partial(read_data, "data.npy")),
    "data set: fer2013.csv": Reader(_kaggle, partial(read_data, "data.csv")),
    "data set: folder of pictures": Reader(_pictures, partial(read_data, "")),
    "votes: a column for each class": Reader(partial(_votes, long=False), _read_votes),
    "votes: a row for each answer": Reader(partial(_votes, long=True), _read_votes),
    **{
        f"decisions: {ending}": Reader(partial(_decisions, ending=ending), partial(_read_decisions, f"d.{ending}"))
        for ending in ("csv", "tsv", "jsonl", "parquet")
    },
    "decisions: Label Studio": Reader(_label_studio, partial(_read_decisions, "d.json")),
    "decisions: database": Reader(_database, read_database),
    **{
        f"probabilities: {ending}": Reader(partial(_probabilities, ending=ending), partial(_read_probabilities, ending))
        for ending in ("csv", "parquet", "npy")
    },
    **FORMS,
    **UNFINISHED,
    **OUTPUTS,
    "audit folder": Reader(_audit, _read_audit),
    "model folder": Reader(_model, _read_model),
    "to predict: csv": Reader(partial(_table, ending="csv"), partial(_read_inputs, "data.csv")),
    "to predict: npz": Reader(partial(_arrays, pictures=True), partial(_read_inputs, "data.npz")),
}
