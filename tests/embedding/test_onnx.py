"""Any network as an ONNX graph: the same vectors as from PyTorch; graphs that cannot be used say why."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.numpy_helper import from_array

from aleator.data import ImageFiles
from aleator.embedding import Backbone, EmbedSettings, Preprocessing
from aleator.embedding.embed import embed, open_backbone
from aleator.errors import AleatorError
from tests.embedding.cases import picture_files

GREY = Preprocessing(16, 16, mean=(0.5,), std=(0.5,))


def graph(
    path: Path, shape: list[int | str], number: int = TensorProto.FLOAT, outputs: tuple[str, ...] = ("y",)
) -> str:
    """Feature maps: each place of a picture by a matrix over its channels. Channels come last in both or neither."""
    last = shape[3] in (1, 3)
    channels = shape[3] if last else shape[1]
    kernel = np.arange(1, 4 * int(channels) + 1, dtype=np.float32).reshape(4, int(channels), 1, 1)
    nodes = [helper.make_node("Cast", ["x"], ["float"], to=TensorProto.FLOAT)]
    if last:
        nodes.append(helper.make_node("Transpose", ["float"], ["first"], perm=[0, 3, 1, 2]))
    maps = [f"{output} maps" if last else output for output in outputs]
    nodes += [helper.make_node("Conv", [nodes[-1].output[0], "kernel"], [one]) for one in maps]
    if last:
        nodes += [
            helper.make_node("Transpose", [one], [output], perm=[0, 2, 3, 1])
            for one, output in zip(maps, outputs, strict=True)
        ]
    made = helper.make_graph(
        nodes,
        "maps",
        [helper.make_tensor_value_info("x", number, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs],
        [from_array(kernel, "kernel")],
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return f"onnx:{path}"


def means(folder: Path, preprocessing: Preprocessing) -> NDArray[np.float64]:
    """What such a graph makes of the pictures, `(example, 4)`: linear in the mean of each channel."""
    source = picture_files(folder, mode="RGB" if preprocessing.channels == 3 else "L").source
    assert isinstance(source, ImageFiles)
    pixels = np.stack([preprocessing.apply(source.load(row)) for row in range(len(source))]) / 255
    channels = pixels.mean(axis=(2, 3))
    values = (channels - np.array(preprocessing.mean)) / np.array(preprocessing.std)
    return values @ np.arange(1, 4 * preprocessing.channels + 1).reshape(4, preprocessing.channels).T


@pytest.mark.parametrize(
    ("shape", "preprocessing"),
    [
        (["n", 1, 16, 16], GREY),
        (["n", 16, 16, 1], GREY),
        ([5, 1, 16, 16], GREY),
        (["n", 3, 24, 16], Preprocessing(24, 16)),
        (["n", 3, "height", "width"], Preprocessing()),
    ],
)
def test_the_graph_sees_pictures_of_its_size_after_mean_and_deviation(
    tmp_path: Path, shape: list[int | str], preprocessing: Preprocessing
) -> None:
    wanted = means(tmp_path / "data", preprocessing)
    dataset = picture_files(tmp_path / "data", mode="RGB" if preprocessing.channels == 3 else "L")
    embedded = embed(dataset, graph(tmp_path / "x.onnx", shape), tmp_path / "features", EmbedSettings(batch_size=4))
    np.testing.assert_allclose(embedded.features, wanted, rtol=1e-4, atol=1e-3)


def test_a_graph_of_bytes_sees_the_pixels_as_they_are(tmp_path: Path) -> None:
    plain = replace(GREY, mean=(0.0,), std=(1 / 255,))
    name = graph(tmp_path / "x.onnx", ["n", 1, 16, 16], TensorProto.UINT8)
    embedded = embed(picture_files(tmp_path / "data"), name, tmp_path / "features")
    np.testing.assert_allclose(embedded.features, means(tmp_path / "data", plain), rtol=1e-5)


def test_another_preprocessing_can_be_named(tmp_path: Path) -> None:
    other = Preprocessing(16, 16, resize="squash", mean=(0.1,), std=(0.3,))
    backbone = Backbone(graph(tmp_path / "x.onnx", ["n", 1, 16, 16]), preprocessing=other)
    embedded = embed(picture_files(tmp_path / "data"), backbone, tmp_path / "features")
    np.testing.assert_allclose(embedded.features, means(tmp_path / "data", other), rtol=1e-4, atol=1e-4)
    with pytest.raises(AleatorError, match="takes 1 channels of 16x16 pixels, not 3 of 224x224"):
        embed(picture_files(tmp_path / "data"), replace(backbone, preprocessing=Preprocessing()), tmp_path / "features")


def test_the_output_is_named_where_there_are_several(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    name = graph(tmp_path / "x.onnx", ["n", 1, 16, 16], outputs=("y", "z"))
    with pytest.raises(AleatorError, match=r"has the outputs y, z; say which holds the features: .*#OUTPUT"):
        embed(dataset, name, tmp_path / "features")
    with pytest.raises(AleatorError, match="no output 'w'; it has y, z"):
        embed(dataset, f"{name}#w", tmp_path / "features")
    assert embed(dataset, f"{name}#z", tmp_path / "features").features.shape == (12, 4)


def test_what_is_no_graph_of_pictures_says_so(tmp_path: Path) -> None:
    dataset = picture_files(tmp_path / "data")
    (tmp_path / "no.onnx").write_bytes(b"no graph")
    with pytest.raises(AleatorError, match=r"no\.onnx cannot be read as an ONNX graph"):
        embed(dataset, f"onnx:{tmp_path}/no.onnx", tmp_path / "features")
    with pytest.raises(AleatorError, match=r"gone\.onnx is not there; wanted is onnx:FILE"):
        embed(dataset, f"onnx:{tmp_path}/gone.onnx", tmp_path / "features")
    with pytest.raises(AleatorError, match="4 channels; wanted are 1"):
        embed(dataset, graph(tmp_path / "x.onnx", ["n", 4, 16, 16]), tmp_path / "features")
    name = graph(tmp_path / "y.onnx", ["n", 1, 16, 16])
    with pytest.raises(AleatorError, match="leave --weights out"):
        embed(dataset, Backbone(name, tmp_path / "no.onnx"), tmp_path / "features")
    with pytest.raises(AleatorError, match="takes pictures, and the examples are texts"):
        open_backbone(name, "texts")
