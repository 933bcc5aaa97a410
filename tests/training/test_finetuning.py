"""A pretrained network, all of which is trained on: audits by it, models of it, interrupted, read without a hub."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import aleator
from aleator.auditing.plan import plan_of
from aleator.auditing.reviewed import judge_again
from aleator.auditing.settings import AuditSettings
from aleator.data.overview import overview_of
from aleator.decisions.gather import DecisionSources
from aleator.embedding import FAMILIES, Family, OwnBackbone, Preprocessing
from aleator.embedding.families.own import open_own
from aleator.errors import AleatorError
from aleator.export.onnx import TOLERANCE, export_onnx
from aleator.learning.optimizers import make_optimizers
from aleator.models.network import Network, NetworkSpec
from aleator.training.settings import TrainSettings
from tests.embedding.test_onnx import graph
from tests.training.test_pretrained import CLASSES, tinted

WIDTH = 192
QUICK: dict[str, Any] = {"effort": "quick", "backbone": "tiny:1", "finetune": True}


def make_network(name: str, architecture: dict[str, Any]) -> nn.Module:
    """A small network; its weights follow from the name."""
    with torch.random.fork_rng():
        torch.manual_seed(int(name))
        return nn.Sequential(
            nn.Conv2d(3, architecture["width"], 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )


def open_network(backbone: Any, kind: Any, settings: Any, say: Any) -> Any:
    """With weights that only the hub has: they tell the channels apart."""
    network = make_network(backbone.network, {"width": WIDTH})
    weight = network.get_parameter("0.weight")
    with torch.no_grad():
        weight.mul_(0.1)
        for feature in range(WIDTH):
            weight[feature, feature % 3, 1, 1] += 1 if feature % 2 else -1
    seen = backbone.seen(Preprocessing(16, 16, scale=1.0))
    extractor = open_own(OwnBackbone(network, preprocessing=seen, name=backbone.name), kind, settings)
    extractor.architecture = {"width": WIDTH}  # type: ignore[attr-defined]
    return extractor


@pytest.fixture(autouse=True)
def tiny() -> Iterator[pytest.MonkeyPatch]:
    """A family of such networks."""
    with pytest.MonkeyPatch.context() as patch:
        here = "tests.training.test_finetuning"
        patch.setitem(FAMILIES, "tiny", Family("tiny:SEED", "tiny", f"{here}:open_network", f"{here}:make_network"))
        yield patch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    truth = np.arange(120) % 3
    given = np.where(np.arange(120) % 10 == 0, (truth + 1) % 3, truth)
    return tinted(tmp_path_factory.mktemp("tints") / "data", truth, given)


def test_a_model_is_trained_read_without_the_hub_and_knows_new_pictures(
    data: Path, tmp_path: Path, tiny: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def progress(stage: str, completed: int, total: int) -> None:
        told.append(stage)

    model = aleator.train(data, tmp_path / "model", TrainSettings(**QUICK, epochs=12), progress=progress)
    assert any(stage.startswith("training tiny:1, about ") for stage in told)
    assert not any(stage.startswith("embedding") for stage in told)
    assert model.card.model.backbone == "tiny:1"
    tiny.setitem(FAMILIES, "tiny", Family("tiny:SEED", "", "nowhere:gone", FAMILIES["tiny"].makes))
    read = aleator.load_model(tmp_path / "model")
    truth = np.arange(30) % 3
    fresh = tinted(tmp_path / "fresh", truth, truth, start=500)
    predicted = aleator.predict(read, fresh)
    rows = {Path(row["path"]).name: row for row in predicted.table.to_pylist()}
    likeliest = [CLASSES[np.argmax([rows[f"{500 + row}.png"][name] for name in CLASSES])] for row in range(30)]
    assert np.mean(np.array(likeliest) == CLASSES[truth]) > 0.9
    begun, learned = open_network(aleator.embedding.Backbone("tiny:1"), "images", _settings(), None), read.networks[0]
    before, after = begun.network[0].weight, learned.backbone.network[0].weight
    assert 0 < (before - after.cpu()).abs().max() < 0.5 * before.abs().max()
    assert "trained on from its pretrained weights" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def _settings() -> Any:
    from aleator.embedding import EmbedSettings

    return EmbedSettings(device="cpu")


def test_an_audit_by_it_is_out_of_sample_and_finds_the_wrong_labels(data: Path, tmp_path: Path) -> None:
    audit = aleator.audit(data, tmp_path / "audit", AuditSettings(**{**QUICK, "effort": "standard"}))
    assert audit.info.model.backbone == "tiny:1"
    assert audit.info.settings.finetune
    assert audit.info.model.unseen_draws == 1
    rows = np.array([int(Path(name).stem) for name in audit.labels["id"].to_pylist()])
    wrong, p_wrong = rows % 10 == 0, audit.column("p_mislabelled")
    assert np.mean(p_wrong[wrong][:, None] > p_wrong[~wrong]) > 0.9
    again = aleator.load_audit(tmp_path / "audit", aleator.read_dataset(data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = aleator.train(again, tmp_path / "model", TrainSettings(effort="quick", epochs=1))
    assert model.card.finetuned is not None
    assert model.card.finetuned.name == "tiny:1"
    decisions = tmp_path / "decisions.csv"
    decided = [(name, CLASSES[int(Path(name).stem) % 3]) for name in audit.labels["id"].to_pylist()[:20]]
    decisions.write_text("id,label\n" + "".join(f"{name},{label}\n" for name, label in decided), encoding="utf-8")
    sources = DecisionSources(reviewed=(decisions,))
    judged = judge_again(again, sources)
    p_wrong = dict(zip(judged.labels["id"].to_pylist(), judged.column("p_mislabelled"), strict=True))
    assert all((p_wrong[name] > 0.5) == (int(Path(name).stem) % 10 == 0) for name, _ in decided)
    corrected = aleator.export(again, tmp_path / "clean.csv", sources=sources)
    assert (corrected.decision != "").sum() == 20


def test_an_interrupted_training_goes_on_to_the_same_result(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aleator.learning import checkpoints

    monkeypatch.setattr(checkpoints, "SAVE_SECONDS", 0)
    settings = TrainSettings(**QUICK, epochs=2)
    whole = aleator.train(data, tmp_path / "whole", settings)

    def stop(stage: str, completed: int, total: int) -> None:
        if stage == "training" and completed / total * 2 > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aleator.train(data, tmp_path / "again", settings, progress=stop)
    aleator.train(data, tmp_path / "again", settings)
    for name in ("member-0.safetensors", "member-1.safetensors"):
        one, other = (aleator.load_model(tmp_path / folder).folder / name for folder in ("whole", "again"))
        assert one.read_bytes() == other.read_bytes()
    assert whole.card.training is not None
    assert whole.card.training.backbone_rate < 1


def test_the_backbone_learns_more_slowly_than_the_head() -> None:
    spec = NetworkSpec("own", (3, 16, 16), 3)
    network = Network(spec, make_network("1", {"width": WIDTH}))
    (optimizer,) = make_optimizers(network, "adamw", learning_rate=0.01, weight_decay=0.0, backbone_rate=0.1)
    rates = {id(one): group["initial_lr"] for group in optimizer.param_groups for one in group["params"]}
    for name, parameter in network.named_parameters():
        assert rates[id(parameter)] == pytest.approx(0.001 if name.startswith("backbone") else 0.01), name


def test_where_it_cannot_be_is_told_before_work_starts(data: Path, tmp_path: Path) -> None:
    with pytest.raises(AleatorError, match="finetune trains a pretrained network: name it with backbone"):
        AuditSettings(finetune=True)
    with pytest.raises(AleatorError, match="finetune trains a pretrained network"):
        TrainSettings(finetune=True, backbone="small_vgg")
    network = graph(tmp_path / "x.onnx", ["n", 3, 16, 16])
    with pytest.raises(AleatorError, match=r"x\.onnx cannot be trained; finetune takes timm:NAME, torchvision:NAME"):
        TrainSettings(finetune=True, backbone=network)
    with pytest.raises(AleatorError, match="leave posterior out"):
        AuditSettings(**QUICK, posterior="mc_dropout")
    vectors = (np.random.default_rng(0).normal(size=(40, 4)), np.arange(40) % 2)
    texts = tmp_path / "texts.csv"
    texts.write_text("text,label\n" + "".join(f"the word {row} of many,{'ab'[row % 2]}\n" for row in range(40)))
    for verb, settings in ((aleator.audit, AuditSettings(**QUICK)), (aleator.train, TrainSettings(**QUICK))):
        with pytest.raises(AleatorError, match="finetune trains networks of pictures, and the examples are features"):
            verb(vectors, tmp_path / "out", settings)  # type: ignore[operator]
        with pytest.raises(AleatorError, match="finetune trains networks of pictures, and the examples are texts"):
            verb(texts, tmp_path / "out", settings)  # type: ignore[operator]
    assert not (tmp_path / "out").exists()


def test_what_is_no_network_of_a_family_cannot_be_trained() -> None:
    own = OwnBackbone(lambda batch: batch.mean(dim=(2, 3)), name="means")
    with pytest.raises(AleatorError, match="means cannot be trained"):
        open_own(own, "images", _settings()).trainable()


def test_the_card_says_how_it_is_made_again_and_a_graph_holds_all_of_it(data: Path, tmp_path: Path) -> None:
    model = aleator.train(data, tmp_path / "model", TrainSettings(**QUICK, epochs=1, picture_size=24))
    card = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert card["finetuned"]["architecture"] == {"width": WIDTH}
    assert (card["data"]["height"], card["data"]["channels"], card["pretrained"]) == (24, 3, None)
    assert export_onnx(model, tmp_path / "model.onnx") < TOLERANCE


def test_a_dry_run_says_how_many_pictures_are_passed(data: Path) -> None:
    plan = plan_of(overview_of(aleator.read_dataset(data)), AuditSettings(**{**QUICK, "members": 3}))
    epochs = AuditSettings(**QUICK).training(120, "images").epochs
    assert plan.startswith("Would train tiny:1 on")
    assert f"{120 * 2 * epochs:,} pictures in all" in plan
