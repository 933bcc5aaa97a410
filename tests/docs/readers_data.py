"""What readers of the docs have at hand, by the names that the pages give it: drawn faces of three classes in every
form, and small tables. `pretrained` stands in for a network of timm, which is not installed for the tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from onnx import TensorProto
from PIL import Image
from scipy import sparse
from torch import nn

from aleator.data.drawn_faces import drawn_faces
from aleator.data.sources import ImageArray
from aleator.embedding import FAMILIES, Family, OwnBackbone, Preprocessing
from aleator.embedding.families.own import open_own
from tests.embedding.test_onnx import graph

COUNT, WIDTH = 72, 12
CLASSES = ("happy", "surprise", "neutral")
WORDS = ("fun", "sudden", "plain", "wide", "slow", "loud", "kind", "bitter")


def make(place: Path) -> None:
    """Write all of it."""
    faces = drawn_faces(300, seed=1).dataset
    assert isinstance(faces.source, ImageArray)
    names = np.array(faces.class_names)[faces.given_labels]
    rows = np.concatenate([np.flatnonzero(names == name)[: COUNT // 3] for name in CLASSES])
    pixels, labels = faces.source.pixels[rows], np.repeat(np.arange(3), COUNT // 3)
    _pictures(place, pixels, names[rows])
    _tables(place, pixels, labels)
    _arrays(place, pixels, labels)
    graph(place / "faces.onnx", ["n", 3, 112, 112], TensorProto.FLOAT)


def _pictures(place: Path, pixels: NDArray[np.uint8], names: NDArray[np.str_]) -> None:
    for row, name in enumerate(names):
        for folder in (f"pictures/{name}", f"photos/{name}", "products/img", *(["new"] if row % 8 == 0 else [])):
            (place / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[row]).save(place / folder / f"{row:03}.png")
    paths = [f"img/{row:03}.png" for row in range(COUNT)]
    pd.DataFrame({"file": paths, "kind": names}).to_csv(place / "products/products.csv", index=False)
    pd.DataFrame({"file": [f"products/{path}" for path in paths], "kind": names}).to_csv(
        place / "products.csv", index=False
    )


def _tables(place: Path, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    random, names = np.random.default_rng(0), np.array(CLASSES)[labels]
    said = [" ".join([*random.choice(WORDS, 4), WORDS[label]]) for label in labels]
    pd.DataFrame({"text": said, "label": names}).to_csv(place / "reviews.csv", index=False)
    pd.DataFrame({"text": said[:5]}).to_csv(place / "new.csv", index=False)
    spent = random.normal(size=COUNT).round(2)
    churned = np.where(spent + random.normal(0, 0.5, COUNT) > 0, "no", "yes")
    customers = {
        "a": random.integers(1000, 5000, COUNT),
        "b": "x",
        "town": random.choice(["Ulm", "Bern"], COUNT),
        "spent": spent,
    }
    pd.DataFrame({**customers, "churned": churned}).to_csv(place / "customers.csv", index=False)
    flat = [" ".join(map(str, one.ravel())) for one in pixels]
    usage = np.where(np.arange(COUNT) < COUNT - 8, "Training", "PublicTest")
    pd.DataFrame({"emotion": labels + 3, "pixels": flat, "Usage": usage}).to_csv(place / "fer2013.csv", index=False)
    ids = np.arange(COUNT).astype(str)
    pd.DataFrame({"id": ids, "label": names}).to_csv(place / "labels.csv", index=False)
    votes = random.multinomial(10, pred_probs(labels))
    pd.DataFrame({"id": ids, **dict(zip("012", votes.T, strict=True))}).to_csv(place / "votes.csv", index=False)
    probs = pred_probs(labels)
    pd.DataFrame({"id": ids, **dict(zip(CLASSES, probs.T, strict=True))}).to_parquet(place / "probs.parquet")
    order = np.argsort(-probs, axis=1)[:, :2]
    likeliest: dict[str, Any] = {"id": ids}
    for number in range(2):
        likeliest[f"class_{number + 1}"] = np.array(CLASSES)[order[:, number]]
        likeliest[f"probability_{number + 1}"] = np.take_along_axis(probs, order, axis=1)[:, number]
    pd.DataFrame(likeliest).to_parquet(place / "top.parquet")


def _arrays(place: Path, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    random = np.random.default_rng(0)
    vectors = np.eye(3, 9)[labels] + random.normal(0, 0.3, (COUNT, 9))
    np.savez(place / "digits.npz", images=pixels, labels=labels)
    np.savez(place / "vectors.npz", X=vectors, y=labels)
    for name, array in (("x", vectors), ("y", labels), ("e", vectors), ("resnet50", vectors)):
        np.save(place / f"{name}.npy", array)
    for seed, name in enumerate(("p", "forest", "network")):
        np.save(place / f"{name}.npy", pred_probs(labels, seed))
    probs = pred_probs(labels)
    sparse.save_npz(place / "probs.npz", sparse.csr_array(np.where(probs > 0.05, probs, 0)))


def pred_probs(labels: NDArray[np.int64], seed: int = 0) -> NDArray[np.float64]:
    """What a classifier says that is right on most, and seven labels that it does not believe."""
    random, believed = np.random.default_rng(seed), labels.copy()
    believed[::10] = (believed[::10] + 1) % 3
    return 0.75 * np.eye(3)[believed] + 0.25 * random.dirichlet(np.ones(3), len(labels))


def decisions(place: Path, ids: NDArray[np.str_], classes: tuple[str, ...]) -> None:
    """What people decided elsewhere on an audit: a table, and Label Studio's export of tasks that Aleator wrote."""
    rows = [(one, classes[number % len(classes)], "ann") for number, one in enumerate(ids[:6])]
    pd.DataFrame(rows, columns=["id", "label", "reviewer"]).to_csv(place / "decisions.csv", index=False)
    chosen = [{"from_name": "label", "to_name": "x", "type": "choices", "value": {"choices": [classes[0]]}}]
    tasks = [
        {
            "id": number,
            "data": {"aleator_id": one},
            "annotations": [{"id": number, "completed_by": 1, "result": chosen}],
        }
        for number, one in enumerate(ids[6:9].tolist())
    ]
    (place / "export.json").write_text(json.dumps(tasks))


def cleanlab_issues(place: Path, labels: NDArray[np.int64]) -> None:
    quality = np.linspace(0, 1, len(labels))
    columns = {"is_label_issue": quality < 0.1, "label_quality": quality, "given_label": labels}
    pd.DataFrame({**columns, "predicted_label": labels}).to_csv(place / "issues.csv", index=False)


def make_network(name: str, architecture: dict[str, Any]) -> nn.Module:
    """A small network, of any name."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, WIDTH, 5, stride=3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())


def open_network(backbone: Any, kind: Any, settings: Any, say: Any) -> Any:
    seen = backbone.seen(Preprocessing(24, 24))
    network = OwnBackbone(make_network(backbone.network, {}), preprocessing=seen, name=backbone.name)
    extractor = open_own(network, kind, settings)
    extractor.architecture = {}  # type: ignore[attr-defined]
    return extractor


def stand_in_for_timm() -> None:
    FAMILIES["timm"] = Family("timm:NAME", "timm", f"{__name__}:open_network", f"{__name__}:make_network")  # type: ignore[index]
