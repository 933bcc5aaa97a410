"""Readers of other tools' files, of texts and tables, of features, and of what aleator itself left half done."""

import csv
import json
import shutil
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import sparse

from tests.data import forms, more_forms, tool_forms
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


def _workbook(name: str, columns: dict[str, list[object]], folder: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(list(columns))
    for row in zip(*columns.values(), strict=True):
        book.active.append(list(row))
    book.save(folder / name)


def _decisions(folder: Path) -> None:
    ids = [f"e{row}" for row in range(ROWS)]
    _workbook("d.xlsx", {"id": ids, "label": labels(), "reviewer": ["ann"] * ROWS}, folder)


def _read_decisions(folder: Path) -> object:
    from aleator.decisions.read import read_decisions

    return read_decisions(folder / "d.xlsx", {f"e{row}" for row in range(ROWS)}, NAMES)


def _likeliest(form: str, folder: Path) -> None:
    """Probabilities of the two likeliest classes of each."""
    probs = np.random.default_rng(0).dirichlet(np.ones(3), ROWS)
    order = np.argsort(-probs, axis=1)[:, :2]
    if form == "npz":
        kept = np.where(probs >= np.sort(probs, axis=1)[:, 1:2], probs, 0)
        sparse.save_npz(folder / "p.npz", sparse.csr_array(kept))
        np.save(folder / "y.npy", np.arange(ROWS) % 3)
        return
    columns: dict[str, list[object]] = {"id": [f"e{row}" for row in range(ROWS)]}
    for place in range(2):
        columns[f"class_{place + 1}"] = [NAMES[one] for one in order[:, place]]
        columns[f"probability_{place + 1}"] = probs[np.arange(ROWS), order[:, place]].tolist()
    if form == "xlsx":
        _workbook("p.xlsx", columns, folder)
        _workbook("y.xlsx", {"id": columns["id"], "label": labels()}, folder)
    else:
        write(pa.table(columns), folder / f"p.{form}")
        write(pa.table({"id": columns["id"], "label": labels()}), folder / f"y.{form}")


def _read_likeliest(form: str, folder: Path) -> object:
    """Judged as `aleator judge` does."""
    from aleator.auditing.brought import read_predictions
    from aleator.auditing.predictions import judge_predictions
    from aleator.data.options import ReadOptions

    given = folder / ("y.npy" if form == "npz" else f"y.{form}")
    judged = judge_predictions(
        read_predictions(folder / f"p.{form}", ReadOptions(label_file=given)), folder / "out", force=True
    )
    wrong = judged.column("p_mislabelled")
    assert np.isfinite(wrong).all()
    assert ((wrong >= 0) & (wrong <= 1)).all()
    return wrong.sum()


def _leading(folder: Path) -> None:
    """An audit of likeliest classes."""
    _likeliest("npz", folder)
    _read_likeliest("npz", folder)
    (folder / "out").rename(folder / "audit")
    for name in ("p.npz", "y.npy"):
        (folder / name).unlink()


def _read_leading(folder: Path) -> object:
    """Its table, and what is exported of it."""
    from aleator.auditing import load_audit
    from aleator.records import to_json

    audit = load_audit(folder / "audit")
    for name in audit.labels.column_names:
        audit.column(name)
    return to_json(audit.info), str(audit)


def _issues(ending: str, folder: Path) -> None:
    """What cleanlab said of labels, beside an audit."""
    from aleator.testing.made_up_audit import write_all

    audit, _ = write_all(folder / WHOLE, 120)
    from aleator.auditing import load_audit

    table = load_audit(audit).labels
    names = table["given_label"].cast(pa.string())
    columns = {
        "id": table["id"],
        "is_label_issue": np.arange(120) % 5 == 0,
        "label_score": np.linspace(0, 1, 120),
        "given_label": names,
        "predicted_label": names,
    }
    write(pa.table(columns), folder / f"issues.{ending}")


def _read_issues(ending: str, folder: Path) -> object:
    from aleator.auditing import load_audit
    from aleator.cleanlab import second_opinion

    found = second_opinion(load_audit(folder / WHOLE / "audit"), folder / f"issues.{ending}")
    return str(found), found.only_theirs()


def _weights(ending: str, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {f"layer.{number}": torch.arange(12.0).reshape(3, 4) for number in range(3)}
    if ending == "safetensors":
        save_file(tensors, folder / "w.safetensors")
    else:
        torch.save({"state_dict": tensors}, folder / "w.pth")


def _read_weights(ending: str, folder: Path) -> object:
    from aleator.embedding.hub import read_weights

    return [float(one.double().sum()) for one in read_weights(folder / f"w.{ending}", "a network").values()]


def _model_on_a_network(folder: Path) -> None:
    """A model on what a pretrained network makes of pictures, and the network."""
    from aleator.data import read_dataset
    from aleator.training.settings import TrainSettings
    from aleator.training.train import train

    _network(folder / WHOLE)
    settings = TrainSettings(labels="given", backbone=f"onnx:{folder / WHOLE / 'x.onnx'}")
    train(read_dataset(folder / WHOLE / WHOLE), folder / "model", settings)


def _read_model_on_a_network(folder: Path) -> object:
    from aleator.training import load_model
    from aleator.training.predict import predict

    said = predict(load_model(folder / "model", device="cpu"), folder / WHOLE / WHOLE).table
    assert np.isfinite(said["total"].to_numpy()).all()
    return said


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

    folder.mkdir(exist_ok=True)
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
            ("Excel", more_forms.workbook, "t.xlsx"),
            ("V7", tool_forms.darwin(), ""),
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
    "decisions: Excel": Reader(_decisions, _read_decisions),
    **{
        f"probabilities of the likeliest classes: {form}": Reader(
            partial(_likeliest, form), partial(_read_likeliest, form), of_all=0.5
        )
        for form in ("npz", "csv", "parquet", "xlsx")
    },
    "audit folder of the likeliest classes": Reader(_leading, _read_leading, of_all=0.5),
    **{
        f"cleanlab's label issues: {ending}": Reader(partial(_issues, ending), partial(_read_issues, ending))
        for ending in ("csv", "parquet")
    },
    **{
        f"weights: {one}": Reader(partial(_weights, one), partial(_read_weights, one)) for one in ("safetensors", "pth")
    },
    "model on a pretrained network": Reader(_model_on_a_network, _read_model_on_a_network, of_all=0.5),
    **{f"model of {kind}": Reader(partial(_model, kind=kind), _read_model) for kind in ("texts", "a table")},
}
