"""Readers of other tools' files, of texts and tables, of features, and of what aleator itself left half done."""

import csv
import json
import shutil
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.data import forms
from tests.torture.reader import NAMES, ROWS, Reader, labels, read_data, write
from tests.torture.unfinished import WHOLE


def _texts(folder: Path) -> None:
    rows = [f"the {name} number {row} is {'small' if row % 2 else 'large'}" for row, name in enumerate(labels())]
    write(pa.table({"id": [f"e{row}" for row in range(ROWS)], "text": rows, "label": labels()}), folder / "data.csv")


def _features(folder: Path, ending: str) -> None:
    """A table whose columns are features: numbers, words and a gap."""
    random = np.random.default_rng(0)
    columns = {
        "id": [f"e{row}" for row in range(ROWS)],
        "age": random.integers(20, 80, ROWS),
        "weight": random.normal(70, 5, ROWS),
        "colour": [("red", "blue", "")[row % 3] for row in range(ROWS)],
        "label": labels(),
    }
    write(pa.table(columns), folder / f"data.{ending}")


def _brought(folder: Path, ending: str) -> None:
    from aleator.data.predictions import write_features

    ids = np.array([f"e{row}" for row in range(ROWS)])
    write_features(folder / f"x.{ending}", ids, np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32))


def _read_brought(ending: str, folder: Path) -> object:
    from aleator.data.predictions import read_features

    values = read_features(folder / f"x.{ending}", [f"e{row}" for row in range(ROWS)])
    assert values.shape[0] == ROWS
    assert np.isfinite(values).all()
    return values.sum()


def _label_studio(folder: Path, *, minimal: bool) -> None:
    rows = [
        {
            "annotation_id": row,
            "annotator": "ann@example.org",
            "created_at": "2026-01-01T00:00:00Z",
            "id": row,
            "aleator_id": f"e{row}",
            "image": f"/data/{row}.png",
            "label": NAMES[row % 3],
            "lead_time": 1.5,
            "updated_at": "2026-01-01T00:00:01Z",
        }
        for row in range(ROWS)
    ]
    if minimal:
        (folder / "d.json").write_text(json.dumps(rows))
        return
    with (folder / "d.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def _kept(folder: Path) -> None:
    """An audit of data that were in memory, with the data."""
    import aleator
    from aleator.data.dataset import LabelledDataset
    from aleator.data.sources import FeatureArray

    given = np.arange(60) % 3
    values = (np.random.default_rng(0).normal(size=(60, 4)) + given[:, None]).astype(np.float32)
    data = LabelledDataset("d", "d", np.arange(60).astype(str), FeatureArray(values), given, NAMES)
    aleator.audit(data, folder / "audit")
    (folder / "audit").rename(folder / WHOLE)
    (folder / "audit").mkdir()
    (folder / WHOLE / "examples.npz").rename(folder / "audit" / "examples.npz")


def _read_kept(folder: Path) -> object:
    """Of this folder only the data are damaged; what else belongs to it is put there first."""
    from aleator.auditing import load_audit
    from aleator.audits import open_data

    shutil.copytree(folder / WHOLE, folder / "audit", dirs_exist_ok=True)
    dataset = open_data(load_audit(folder / "audit"))
    assert len(dataset) == 60
    return dataset.fingerprint()


def _model(folder: Path, kind: str) -> None:
    """A model of texts or of a table, whose vectors are made by what is kept beside it."""
    from aleator.data import read_dataset
    from aleator.training.settings import TrainSettings
    from aleator.training.train import train

    (folder / WHOLE).mkdir()
    _texts(folder / WHOLE) if kind == "texts" else _features(folder / WHOLE, "csv")
    train(read_dataset(folder / WHOLE / "data.csv"), folder / "model", TrainSettings(labels="given", epochs=1))


def _read_model(folder: Path) -> object:
    from aleator.training import load_model
    from aleator.training.predict import predict

    said = predict(load_model(folder / "model", device="cpu"), folder / WHOLE / "data.csv").table
    assert np.isfinite(said["total"].to_numpy()).all()
    return said


def _read_label_studio(name: str, folder: Path) -> object:
    from aleator.decisions.read import read_decisions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_decisions(folder / name, {f"e{row}" for row in range(ROWS)}, NAMES)


def _network(folder: Path) -> None:
    from onnx import TensorProto

    from tests.embedding.test_onnx import graph

    graph(folder / "x.onnx", ["n", 1, 16, 16], TensorProto.UINT8)
    forms.classes_below(folder / WHOLE)


def _read_network(folder: Path) -> object:
    from aleator.data import read_dataset
    from aleator.embedding import Backbone
    from aleator.embedding.embed import embed

    store = folder / "store"
    features = embed(read_dataset(folder / WHOLE), Backbone(f"onnx:{folder / 'x.onnx'}"), store).features
    assert np.isfinite(features).all()
    return features.sum()


FORMS: dict[str, Reader] = {
    "data set: texts": Reader(_texts, partial(read_data, "data.csv")),
    "data set: features in a csv": Reader(partial(_features, ending="csv"), partial(read_data, "data.csv")),
    "data set: features in parquet": Reader(partial(_features, ending="parquet"), partial(read_data, "data.parquet")),
    **{
        f"data set: {name}": Reader(make, partial(read_data, where))
        for name, make, where in (
            ("COCO", forms.coco, ""),
            ("CVAT", forms.cvat, ""),
            ("FiftyOne", forms.fiftyone, ""),
            ("Hugging Face's shards", forms.shards, ""),
            ("Hugging Face's save_to_disk", forms.saved_to_disk, ""),
            ("Hugging Face's Parquet", forms.one_parquet, "t.parquet"),
            ("Parquet with pictures", forms.bytes_parquet, "t.parquet"),
            ("Roboflow", forms.roboflow, ""),
            ("metadata.jsonl", forms.metadata(suffix="jsonl"), ""),
            ("columns of pixels", forms.pixel_columns, "t.csv"),
            ("a JSON list", forms.json_list, "t.jsonl"),
            ("a list without a header", forms.aligned_list, "list_patition_label.txt"),
            ("16 bits", forms.deep("12 of 16 bits"), ""),
            ("floats", forms.deep("floats"), ""),
            ("MedMNIST", forms.medmnist, "d.npz"),
        )
    },
    **{
        f"features: {ending}": Reader(partial(_brought, ending=ending), partial(_read_brought, ending))
        for ending in ("npy", "npz", "parquet")
    },
    "a pretrained network as ONNX": Reader(_network, _read_network),
    "data that an audit keeps": Reader(_kept, _read_kept),
    "decisions: Label Studio's CSV": Reader(
        partial(_label_studio, minimal=False), partial(_read_label_studio, "d.csv")
    ),
    "decisions: Label Studio's JSON-MIN": Reader(
        partial(_label_studio, minimal=True), partial(_read_label_studio, "d.json")
    ),
    **{f"model of {kind}": Reader(partial(_model, kind=kind), _read_model) for kind in ("texts", "a table")},
}
