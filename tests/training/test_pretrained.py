"""A model on a pretrained network's features: trained, read again, predicting pictures, refusing what is strange."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import aleator
from aleator.auditing.choosing import ChosenNetwork, choose_pretrained
from aleator.auditing.settings import AuditSettings
from aleator.data import read_dataset
from aleator.data.synthetic_noise import symmetric
from aleator.errors import AleatorError, DataError, ModelError
from aleator.export.onnx import TOLERANCE, export_onnx
from aleator.progress import silent
from aleator.training.settings import TrainSettings
from tests.embedding.test_onnx import graph

pytest.importorskip("onnxruntime")
CLASSES = np.array(["blue", "green", "red"])


def tinted(folder: Path, truth: np.ndarray, given: np.ndarray, *, start: int = 0) -> Path:
    """Noise in three tints, in folders by the given label."""
    random = np.random.default_rng(start)
    for row, (true, label) in enumerate(zip(truth, given, strict=True), start):
        pixels = random.integers(0, 120, (20, 20, 3))
        pixels[:, :, 2 - true] += 90
        place = folder / CLASSES[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{row:03}.png")
    return folder


@pytest.fixture(scope="module")
def tints(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, np.ndarray]:
    """Pictures an eighth of whose labels are wrong, a network that weighs their channels, and the true labels."""
    folder = tmp_path_factory.mktemp("tints")
    truth = np.arange(240) % 3
    given = symmetric(truth, 3, 1 / 8, np.random.default_rng(0))
    return tinted(folder / "data", truth, given), graph(folder / "tints.onnx", ["n", 3, 16, 16]), truth


@pytest.fixture(scope="module")
def model(tints: tuple[Path, str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> aleator.Model:
    data, network, _ = tints
    return aleator.train(data, tmp_path_factory.mktemp("model") / "model", TrainSettings(backbone=network))


def test_it_predicts_new_pictures_and_says_when_it_does_not_know(
    tints: tuple[Path, str, np.ndarray], model: aleator.Model, tmp_path: Path
) -> None:
    truth = np.arange(60) % 3
    fresh = tinted(tmp_path / "fresh", truth, truth, start=500)
    strange = tmp_path / "strange"
    strange.mkdir()
    Image.new("RGB", (20, 20), (255, 255, 255)).save(strange / "white.png")
    (strange / "broken.png").write_bytes(b"no picture")
    predicted = aleator.predict(aleator.load_model(model.folder), [fresh, strange])
    rows = {Path(row["path"]).name: row for row in predicted.table.to_pylist()}
    named = [rows[f"{500 + row}.png"]["predicted_label"] for row in range(60)]
    answered = [name is not None for name in named]
    assert np.mean(answered) > 0.85
    assert np.mean([name == CLASSES[true] for name, true in zip(named, truth, strict=True) if name is not None]) > 0.97
    assert rows["white.png"]["answer"] == "unfamiliar"
    assert [Path(one.source).name for one in predicted.skipped] == ["broken.png"]
    total, parts = predicted.prediction.total, predicted.prediction.aleatoric + predicted.prediction.epistemic
    assert np.allclose(total, parts, atol=1e-6)


def test_the_card_names_the_network_and_features_are_not_made_twice(
    tints: tuple[Path, str, np.ndarray], model: aleator.Model, tmp_path: Path
) -> None:
    card = json.loads((model.folder / "model.json").read_text(encoding="utf-8"))
    assert card["pretrained"]["record"]["dimension"] == 4
    assert card["model"]["backbone"] == "softmax regressions"
    assert "tints.onnx makes 4 features of each" in (model.folder / "README.md").read_text(encoding="utf-8")
    told: list[tuple[int, int]] = []

    def progress(stage: str, completed: int, total: int) -> None:
        if stage.startswith("embedding"):
            told.append((completed, total))

    copy = Path(shutil.copytree(model.folder, tmp_path / "model"))
    aleator.train(tints[0], copy, TrainSettings(backbone=tints[1], seed=1), force=True, progress=progress)
    assert told == [(0, 240), (240, 240)]


def test_an_audits_network_and_features_are_taken_and_its_labels_learned(
    tints: tuple[Path, str, np.ndarray], tmp_path: Path
) -> None:
    data, network, truth = tints
    audited = aleator.audit(data, tmp_path / "audit", AuditSettings(backbone=network))
    told: set[int] = set()

    def progress(stage: str, completed: int, total: int) -> None:
        if stage.startswith("embedding"):
            told.add(completed)

    model = aleator.train(audited, tmp_path / "model", progress=progress)
    assert told == {0, 240}
    assert model.card.settings.backbone == network
    assert model.card.settings.labels == "judged"
    assert not (model.folder / "features").exists()
    probs = model.predict(_features(model, data)).probs
    rows = np.array([int(Path(name).stem) for name in read_dataset(data).ids.tolist()])
    assert (probs.argmax(axis=1) == truth[rows]).mean() > 0.97
    pixels = aleator.train(audited, tmp_path / "pixels", TrainSettings(backbone="small_vgg", effort="quick", epochs=1))
    assert pixels.card.pretrained is None


def _features(model: aleator.Model, data: Path) -> np.ndarray:
    from aleator.embedding.embed import embed_source

    assert model.pretrained is not None
    return np.array(embed_source(read_dataset(data).source, model.pretrained, model.folder.parent / "all")[0])


def test_it_is_written_as_a_graph_from_features(model: aleator.Model, tmp_path: Path) -> None:
    assert export_onnx(model, tmp_path / "model.onnx") < TOLERANCE


def test_another_network_in_its_place_is_refused(
    tints: tuple[Path, str, np.ndarray], model: aleator.Model, tmp_path: Path
) -> None:
    place = Path(tints[1].partition(":")[2])
    kept = place.read_bytes()
    try:
        graph(place, ["n", 3, 12, 12])
        with pytest.raises(ModelError, match=r"trained on what onnx:.*tints\.onnx makes of pictures, and its weights"):
            aleator.load_model(model.folder)
        place.unlink()
        with pytest.raises(AleatorError, match=r"tints\.onnx is not there"):
            aleator.load_model(model.folder)
    finally:
        place.write_bytes(kept)
    np.save(tmp_path / "x.npy", np.zeros((3, 5), np.float32))
    with pytest.raises(DataError, match="has 5 features, and the model was trained on 4"):
        aleator.predict(model, tmp_path / "x.npy")


def test_options_that_contradict_each_other_are_told() -> None:
    with pytest.raises(AleatorError, match="weights is of a pretrained network: name it with backbone"):
        TrainSettings(weights=Path("x.pth"))
    with pytest.raises(AleatorError, match="picture_size is of a pretrained network"):
        TrainSettings(backbone="small_vgg", picture_size=64)
    with pytest.raises(AleatorError, match="mean and std belong together"):
        AuditSettings(backbone="timm:resnet18", mean=(0.5,))
    with pytest.raises(AleatorError, match="mean is numbers with commas"):
        AuditSettings(backbone="timm:resnet18", mean="dark", std=".5")
    with pytest.raises(AleatorError, match="'resnet18' names no pretrained network"):
        AuditSettings(backbone="resnet18")


@pytest.mark.usefixtures("brief_training")
def test_of_what_is_at_hand_the_best_is_taken(tints: tuple[Path, str, np.ndarray], tmp_path: Path) -> None:
    """Each with what it predicted, the best first; a network that is not there knows nothing."""
    dataset = read_dataset(tints[0])
    gone = f"onnx:{tmp_path}/gone.onnx"
    choice = choose_pretrained(dataset, tmp_path / "tried", candidates=[gone, tints[1]], progress=silent)
    said = choice.reason.partition("held-out given labels: ")[2].split(", ")
    told = {name: float(score) for name, score in (one.rsplit(" ", 1) for one in said)}
    assert list(told) == sorted(told, key=lambda name: -told[name])
    assert set(told) == {"pixels", tints[1], gone}
    assert choice.backbone == (None if next(iter(told)) == "pixels" else tints[1])
    assert told[tints[1]] > 0.45  # an eighth of the labels is wrong
    assert told["pixels"] > 0.4
    assert told[gone] == 0
    assert choose_pretrained(dataset, tmp_path / "none", candidates=[], progress=silent).backbone is None
    asked = AuditSettings(backbone="auto", picture_size=16)
    assert ChosenNetwork(None, "").on(asked) == AuditSettings()
    assert ChosenNetwork(tints[1], "").on(asked) == AuditSettings(backbone=tints[1], picture_size=16)
