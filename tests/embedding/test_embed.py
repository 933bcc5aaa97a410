"""Features are computed once, in the data's order, and kept; what cannot be embedded is named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image

from aleator.data import FeatureArray, ImageArray, ImageFiles, LabelledDataset
from aleator.data.sources import ImageBytes
from aleator.embedding import Backbone, EmbedSettings, OwnBackbone, Preprocessing
from aleator.embedding.embed import embed, open_backbone
from aleator.errors import AleatorError, DataError, UnknownNameError
from tests.embedding.cases import SMALL, Counting, network, picture_files

BY_FOUR = EmbedSettings(batch_size=4)


def counting(name: str = "counting", stop_after: int | None = None) -> tuple[Counting, OwnBackbone]:
    made = Counting(stop_after)
    return made, OwnBackbone(made, preprocessing=SMALL, name=name)


def test_features_are_what_the_network_makes_of_each_picture(tmp_path: Path) -> None:
    dataset, module = picture_files(tmp_path / "data"), network()
    embedded = embed(dataset, OwnBackbone(module, preprocessing=SMALL), tmp_path / "features", BY_FOUR)
    assert isinstance(dataset.source, ImageFiles)
    pixels = np.stack([SMALL.apply(dataset.source.load(row)) for row in range(len(dataset))])
    with torch.inference_mode():
        wanted = module((torch.from_numpy(pixels) / 255 - 0.5) / 0.25).numpy()
    assert embedded.features.dtype == np.float32
    np.testing.assert_allclose(embedded.features, wanted, atol=1e-5)
    assert embedded.network.dimension == 5
    assert module.training, "the user's own module is left as it was"


def test_each_picture_is_embedded_once(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    first, backbone = counting()
    features = embed(dataset, backbone, tmp_path / "features", BY_FOUR).features
    assert first.examples == 12 + 1, "one to learn the dimension"
    again, backbone = counting()
    part = dataset.take(np.array([7, 2, 9]))
    found = embed(part, backbone, tmp_path / "features", BY_FOUR)
    np.testing.assert_array_equal(found.features, features[[7, 2, 9]])
    assert again.examples == 1


def test_copies_and_renamed_pictures_are_not_embedded_again(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    (tmp_path / "data" / "003.png").write_bytes((tmp_path / "data" / "005.png").read_bytes())
    first, backbone = counting()
    embed(dataset, backbone, tmp_path / "features", BY_FOUR)
    assert first.examples == 11 + 1
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    moved = replace(dataset, source=ImageFiles(tmp_path / "elsewhere", dataset.source.paths))  # type: ignore[union-attr]
    again, backbone = counting()
    features = embed(moved, backbone, tmp_path / "features", BY_FOUR).features
    assert again.examples == 1
    np.testing.assert_array_equal(features[3], features[5])


def test_a_picture_that_changed_is_embedded_again(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    before = embed(dataset, counting()[1], tmp_path / "features", BY_FOUR).features
    other = picture_files(tmp_path / "other", count=13)
    (tmp_path / "data" / "004.png").write_bytes((tmp_path / "other" / "012.png").read_bytes())
    again, backbone = counting()
    after = embed(dataset, backbone, tmp_path / "features", BY_FOUR).features
    assert again.examples == 1 + 1
    changed = np.flatnonzero((np.asarray(before) != after).any(axis=1))
    np.testing.assert_array_equal(changed, [4])
    assert len(other) == 13


def test_other_weights_or_preprocessing_are_another_network(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    kinds = [
        OwnBackbone(network(0), preprocessing=SMALL),
        OwnBackbone(network(1), preprocessing=SMALL),
        OwnBackbone(network(0), preprocessing=replace(SMALL, interpolation="nearest")),
    ]
    found = [embed(dataset, one, tmp_path / "features", BY_FOUR) for one in kinds]
    assert len({one.network.identity for one in found}) == 3
    assert not np.allclose(found[0].features, found[1].features)
    assert not np.allclose(found[0].features, found[2].features)


def test_an_interrupted_run_goes_on_from_its_last_batch(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    wanted = embed(dataset, counting()[1], tmp_path / "whole", BY_FOUR).features
    killed, backbone = counting(stop_after=3)  # one example for the dimension, two batches
    with pytest.raises(KeyboardInterrupt):
        embed(dataset, backbone, tmp_path / "features", BY_FOUR)
    store = next((tmp_path / "features").iterdir())
    with (store / "vectors.float32").open("ab") as file:  # a vector was cut off in the middle
        file.write(b"half a vector")
    going_on, backbone = counting()
    found = embed(dataset, backbone, tmp_path / "features", BY_FOUR).features
    assert killed.examples == 1 + 8
    assert going_on.examples == 1 + 4
    np.testing.assert_array_equal(found, wanted)


def test_a_callable_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(AleatorError, match=r"needs a name.*OwnBackbone\(network, name="):
        embed(picture_files(tmp_path / "data"), Counting(), tmp_path / "features")


def test_an_unreadable_picture_is_left_out_and_named(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    (tmp_path / "data" / "002.png").write_bytes(b"no picture")
    embedded = embed(dataset, counting()[1], tmp_path / "features", BY_FOUR)
    assert [one.id for one in embedded.dataset.skipped] == ["002.png"]
    assert len(embedded.features) == len(embedded.dataset) == 11
    whole = embed(embedded.dataset, counting()[1], tmp_path / "features", BY_FOUR)
    np.testing.assert_array_equal(whole.features, embedded.features)


def test_many_unreadable_pictures_are_an_error(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    for row in (2, 3):
        (tmp_path / "data" / f"00{row}.png").unlink()
    with pytest.raises(DataError, match=r"2 of 12 pictures cannot be read.*002\.png is not there"):
        embed(dataset, counting()[1], tmp_path / "features", BY_FOUR)


def test_features_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    backbone = OwnBackbone(lambda batch: batch.mean(dim=(1, 3)) / 0 * 0, preprocessing=SMALL, name="nan")
    with pytest.raises(AleatorError, match=r"000\.png that are NaN or infinite"):
        embed(picture_files(tmp_path / "data"), backbone, tmp_path / "features")


def test_feature_vectors_need_no_network(tmp_path: Path) -> None:
    values = FeatureArray(np.zeros((12, 3), np.float32))
    dataset = replace(picture_files(tmp_path / "data"), source=values)
    with pytest.raises(DataError, match="leave --backbone out"):
        embed(dataset, counting()[1], tmp_path / "features")


def test_a_network_for_texts_takes_no_pictures(tmp_path: Path) -> None:
    backbone = OwnBackbone(lambda texts: np.zeros((len(texts), 2)), kind="texts", name="zeros")
    with pytest.raises(AleatorError, match="takes texts, and the examples are pictures"):
        embed(picture_files(tmp_path / "data"), backbone, tmp_path / "features")


def test_a_network_of_another_shape_says_so(tmp_path: Path) -> None:
    colour = OwnBackbone(network(), preprocessing=Preprocessing(16, 16))
    with pytest.raises(AleatorError, match=r"does not take pictures as they are given to it.*channels"):
        embed(picture_files(tmp_path / "data"), colour, tmp_path / "features")
    with pytest.raises(AleatorError, match=r"makes \(1, 2, 3\) of 1 examples; wanted are vectors"):
        embed(picture_files(tmp_path / "data"), Tokens(), tmp_path / "features")


@pytest.mark.parametrize("name", ["resnet18", "nobody:resnet18", "timm:", ""])
def test_a_name_without_a_family_lists_the_families(name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"timm:NAME.*onnx:FILE"):
        Backbone(name)


class Tokens(torch.nn.Module):
    """Several vectors of each example, where one is wanted."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(batch), 2, 3)


class Texts:
    """Texts as examples."""

    kind = "texts"

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def load(self, row: int) -> str:
        return self.texts[row]

    def describe(self, row: int) -> str:
        return f"row {row}"


def test_texts_keep_their_order(tmp_path: Path) -> None:
    texts = [("x" * (7 * row % 10)) + str(row) for row in range(10)]
    dataset = LabelledDataset(
        "texts",
        "texts",
        np.array(texts),
        Texts(texts),
        np.arange(10) % 2,
        ("a", "b"),  # type: ignore[arg-type]
    )
    seen: list[int] = []

    def lengths(batch: list[str]) -> np.ndarray:  # type: ignore[type-arg]
        seen.extend(map(len, batch))
        return np.array([[len(text), text.count("x")] for text in batch])

    embedded = embed(dataset, OwnBackbone(lengths, kind="texts", name="lengths"), tmp_path / "features", BY_FOUR)
    np.testing.assert_array_equal(embedded.features[:, 1], [7 * row % 10 for row in range(10)])
    assert seen[1:] == sorted(seen[1:], reverse=True), "texts of one length together, the longest first"


def test_pictures_in_memory_are_embedded_as_those_in_files(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    assert isinstance(dataset.source, ImageFiles)
    wanted = embed(dataset, counting()[1], tmp_path / "features", BY_FOUR).features
    files = [(dataset.source.root / path).read_bytes() for path in dataset.source.paths]
    held = replace(dataset, source=ImageBytes(pa.array(files, pa.large_binary())))
    again, backbone = counting()
    np.testing.assert_array_equal(embed(held, backbone, tmp_path / "features", BY_FOUR).features, wanted)
    assert again.examples == 1, "the same bytes are the same pictures"
    pixels = np.stack([np.asarray(dataset.source.load(row)) for row in range(len(dataset))])
    array = replace(dataset, source=ImageArray(pixels))
    np.testing.assert_array_equal(embed(array, backbone, tmp_path / "other", BY_FOUR).features, wanted)


def test_deep_pictures_are_embedded_as_the_data_scale_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    dataset = picture_files(tmp_path / "data")
    for path in dataset.ids[:6]:
        Image.fromarray(random.integers(0, 1000, (20, 20), dtype=np.uint16)).save(tmp_path / "data" / path)
    embedded = embed(dataset, counting()[1], tmp_path / "features", BY_FOUR)
    for path in dataset.ids[6:]:  # as deep, and with larger numbers: the first are darker now
        Image.fromarray(random.integers(0, 60_000, (20, 20), dtype=np.uint16)).save(tmp_path / "data" / path)
    again, backbone = counting()
    anew = replace(dataset, source=ImageFiles(tmp_path / "data", dataset.ids.tolist()))
    changed = embed(anew, backbone, tmp_path / "features", BY_FOUR)
    assert again.examples == 1 + 12
    assert (changed.features[:6] < embedded.features[:6]).all()


def test_half_precision_gives_nearly_the_same_and_is_asked_for(tmp_path: Path) -> None:
    dataset, own = picture_files(tmp_path / "data"), OwnBackbone(network(), preprocessing=SMALL)
    whole = embed(dataset, own, tmp_path / "whole", EmbedSettings(precision="float32")).features
    extractor = open_backbone(own, "images", EmbedSettings(precision="bfloat16"))
    assert extractor.record.precision == "bfloat16"
    half = embed(dataset, extractor, tmp_path / "whole").features  # the same folder: neither is taken for the other
    assert half.dtype == np.float32
    assert 0 < np.abs(half - whole).max() < 0.02 * np.abs(whole).max()


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"batch_size": 0}, {"workers": 0}, {"precision": "float8"}):
        with pytest.raises(AleatorError, match=next(iter(wrong))):
            EmbedSettings(**wrong)  # type: ignore[arg-type]
    with pytest.raises(AleatorError, match="wanted are sides from 1 up"):
        Preprocessing(0, 16)
    with pytest.raises(AleatorError, match="three numbers each for colour or one for grey"):
        Preprocessing(mean=(0.5, 0.5), std=(1, 1))


@pytest.mark.parametrize("resize", ["crop", "squash", "border"])
def test_pictures_are_brought_to_the_size_in_each_way(resize: str) -> None:
    picture = np.full((40, 80), 255, np.uint8)
    picture[:, :20] = 0  # the left quarter is black
    seen = Preprocessing(32, 32, resize=resize, scale=1.0, mean=(0.5,), std=(0.5,))  # type: ignore[arg-type]
    pixels = seen.apply(Image.fromarray(picture))[0].astype(int)
    assert pixels.shape == (32, 32)
    if resize == "crop":  # the middle square has none of it
        assert pixels.min() > 200
    elif resize == "squash":
        assert pixels[16, :6].max() < 50 < 200 < pixels[16, 10:].min()
    else:
        assert (pixels[0] == 128).all(), "framed in the mean colour"
        assert pixels[16, :6].max() < 50 < 200 < pixels[16, 10:].min()
