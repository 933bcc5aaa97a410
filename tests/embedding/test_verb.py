"""`aleator embed`: features in a file that `--features` reads, its ids checked."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from aleator.data.predictions import read_features, write_features
from aleator.errors import DataError
from tests.embedding.cases import picture_files
from tests.embedding.test_onnx import graph

IDS = np.array(["a", "b", "007"])
VALUES = np.array([[1.5, 2], [3, 4], [5, 6]], dtype=np.float32)


def embed(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "aleator", "embed", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embed")
    (folder / "data").mkdir()
    picture_files(folder / "data" / "dog")
    picture_files(folder / "data" / "cat", side=24)
    (folder / "data" / "cat" / "001.png").write_bytes(b"no picture")
    graph(folder / "x.onnx", ["n", 1, 16, 16], TensorProto.UINT8)
    return folder


def test_the_verb_leaves_features_and_nothing_else(data: Path) -> None:
    out = data / "out" / "x.npz"
    done = embed(data / "data", "--backbone", f"onnx:{data}/x.onnx", "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["examples"], told["dimension"]) == (23, 4)
    assert [one["id"] for one in told["skipped"]] == ["cat/001.png"]
    ids = np.load(out)["ids"]
    assert read_features(out, ids).shape == (23, 4)
    assert [file.name for file in out.parent.iterdir()] == ["x.npz"]


def test_a_file_that_is_there_is_replaced_only_with_force(data: Path) -> None:
    arguments = (data / "data", "--backbone", f"onnx:{data}/x.onnx", "-o", data / "mine.npy")
    (data / "mine.npy").write_text("mine")
    done = embed(*arguments)
    assert done.returncode == 2
    assert "use --force" in done.stderr
    assert (data / "mine.npy").read_text() == "mine"
    assert embed(*arguments, "--force").returncode == 0
    assert np.load(data / "mine.npy").shape == (23, 4)
    assert sorted(path.name for path in data.glob("*mine*")) == ["mine.ids.csv", "mine.npy"]


def test_bad_input_is_told_before_anything_is_computed(data: Path) -> None:
    for arguments, said in (
        (["--backbone", "resnet18", "-o", data / "x.npz"], "names no pretrained network; wanted is timm:NAME"),
        (["--backbone", f"onnx:{data}/x.onnx", "-o", data / "x.txt"], "features are written as .npy, .npz, .parquet"),
        (["--backbone", "timm:resnet18", "--weights", data / "no", "-o", data / "x.npz"], "resnet18"),
    ):
        done = embed(data / "data", *arguments)
        assert done.returncode == 2, done.stderr
        assert said in " ".join(done.stderr.split())


def test_the_help_names_all_families() -> None:
    told = " ".join(embed("--help").stdout.replace("│", "").split())
    for form in ("timm:NAME", "torchvision:NAME", "hf:NAME", "sentence-transformers:NAME", "onnx:FILE"):
        assert form in told


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
def test_features_come_back_by_their_ids(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    write_features(path, IDS, VALUES)
    np.testing.assert_array_equal(read_features(path, IDS), VALUES)
    np.testing.assert_array_equal(read_features(path, ["007", "a"]), VALUES[[2, 0]])
    with pytest.raises(DataError, match="no features of 1 of the 2 examples, as 'c'"):
        read_features(path, ["a", "c"])


def test_features_without_ids_line_up_by_row(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    np.testing.assert_array_equal(read_features(tmp_path / "x.npy", ["p", "q", "r"]), VALUES)
    with pytest.raises(DataError, match="has 3 rows, the data have 2 examples"):
        read_features(tmp_path / "x.npy", ["p", "q"])


def test_features_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    broken = VALUES.copy()
    broken[1, 0] = np.nan
    write_features(tmp_path / "x.npy", IDS, broken)
    with pytest.raises(DataError, match=r"features of 'b' are not all finite \(NaN or infinite\), 1 row"):
        read_features(tmp_path / "x.npy", IDS)
    np.save(tmp_path / "flat.npy", VALUES[:, 0])
    with pytest.raises(DataError, match=r"shape \(3,\).*wanted are numbers \(example, feature\)"):
        read_features(tmp_path / "flat.npy", IDS)
