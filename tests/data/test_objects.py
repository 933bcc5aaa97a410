"""Data that are in memory, as other libraries hold them, are read like files; an audit of them keeps a copy."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from scipy.sparse import csr_matrix

from aleator.audits.folder import AuditFolder
from aleator.audits.info import audited_data
from aleator.audits.kept import kept_data, kept_files
from aleator.data import FeatureArray, ImageArray, ImageBytes, ImageFiles, LabelledDataset, read_dataset
from aleator.data.examples import ExamplesShape
from aleator.data.options import ReadOptions
from aleator.errors import DataError
from tests.data.forms import classes_below, drawn, hugging_face_table, labels_of

PICTURES = [drawn(number) for number in range(12)]
PIXELS = np.stack([np.asarray(picture) for picture in PICTURES])
LABELS = np.arange(12) % 2
NAMES = labels_of()


class Pairs(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """A torch Dataset as people write it."""

    classes = ("cat", "dog")

    def __len__(self) -> int:
        return 12

    def __getitem__(self, row: int) -> tuple[Any, int]:
        return torch.from_numpy(PIXELS[row])[None].float() / 255, int(LABELS[row])


def pictures_are_right(dataset: LabelledDataset) -> None:
    for row, pixels in enumerate(PIXELS):
        assert np.array_equal(np.asarray(dataset.source.load(row)), pixels)


def generated() -> Iterator[tuple[Image.Image, str]]:
    yield from zip(PICTURES, NAMES, strict=True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ((PIXELS, LABELS), ImageArray),
        ((PIXELS.tolist(), NAMES), ImageArray),
        ((torch.from_numpy(PIXELS), torch.from_numpy(LABELS)), ImageArray),
        ((PIXELS / 255, NAMES), ImageArray),
        ((PICTURES, NAMES), ImageBytes),
        (list(zip(PICTURES, NAMES, strict=True)), ImageBytes),
        ([{"image": picture, "label": name} for picture, name in zip(PICTURES, NAMES, strict=True)], ImageBytes),
        ({"images": PIXELS, "labels": NAMES}, ImageArray),
        (hugging_face_table(), ImageBytes),
        (Pairs(), ImageArray),
        (torch.utils.data.Subset(Pairs(), range(12)), ImageArray),
    ],
    ids=["X y", "lists", "tensors", "floats", "PIL, labels", "pairs", "dicts", "dict", "Arrow", "torch", "subset"],
)
def test_pictures_in_memory(data: Any, kind: type) -> None:
    dataset = read_dataset(data)
    assert isinstance(dataset.source, kind)
    assert np.array_equal(dataset.given_labels, LABELS)
    assert len(dataset.class_names) == 2
    assert dataset.how_read.form
    pictures_are_right(dataset)


def test_a_generator_and_vectors() -> None:
    dataset = read_dataset(generated())
    assert dataset.class_names == ("cat", "dog")
    pictures_are_right(dataset)
    vectors = np.random.default_rng(0).normal(size=(12, 4))
    dataset = read_dataset((vectors, NAMES))
    assert isinstance(dataset.source, FeatureArray)
    assert np.allclose(dataset.source.values, vectors)


def test_names_of_classes_are_those_of_the_object() -> None:
    assert read_dataset(Pairs()).class_names == ("cat", "dog")
    assert read_dataset(hugging_face_table()).class_names == ("cat", "dog")
    assert read_dataset((PIXELS, LABELS), ReadOptions(class_names=("a", "b"))).class_names == ("a", "b")


def test_pictures_of_several_sizes_and_of_more_than_8_bits() -> None:
    several = [drawn(number, (8 + number, 9)) for number in range(12)]
    dataset = read_dataset((several, NAMES))
    assert dataset.source.load(3).size == (11, 9)
    dataset = read_dataset(([np.asarray(one) for one in several], NAMES))
    assert dataset.source.load(3).size == (11, 9)
    deep = [Image.fromarray(pixels.astype(np.uint16) * 16) for pixels in PIXELS]
    dataset = read_dataset((deep, NAMES))
    assert np.asarray(dataset.source.load(0)).max() > 200
    assert any("12 bits" in line for line in dataset.how_read.said)


def test_paths_in_memory(tmp_path: Path) -> None:
    classes_below(tmp_path)
    paths = [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(6)]
    dataset = read_dataset((paths, ["cat"] * 6 + ["dog"] * 6), ReadOptions(image_root=tmp_path))
    assert isinstance(dataset.source, ImageFiles)
    assert dataset.ids.tolist() == paths


def test_texts_and_features_in_memory() -> None:
    texts = [f"what somebody wrote of number {number}" for number in range(12)]
    dataset = read_dataset((texts, NAMES))
    assert dataset.source.kind == "texts"
    assert dataset.source.describe(3)
    assert dataset.class_names == ("cat", "dog")
    frames = pytest.importorskip("pandas")
    frame = frames.DataFrame({"height": np.arange(12.0), "width": np.arange(12.0) ** 2, "label": NAMES})
    assert any("height, width" in line for line in read_dataset(frame).how_read.said)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (7, "int is no labelled data that is read"),
        ((PIXELS, LABELS[:5]), "12 examples but 5 labels"),
        (([], []), "there are no examples"),
        ([1, 2, 3], "item 0: it is no pair"),
        ({"a": [1], "b": [2]}, "needs examples .* it has a, b"),
        ((PICTURES, [[1, 0]] * 12), "mixed kinds|labels"),
        (([object()] * 12, NAMES), "wanted are numbers"),
    ],
)
def test_objects_that_are_no_data_are_refused_in_words(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_dataset(data)


@pytest.mark.parametrize(
    "data",
    [(PIXELS, LABELS), (PICTURES, NAMES), (np.random.default_rng(0).normal(size=(12, 4)), NAMES), hugging_face_table()],
    ids=["pixels", "pictures", "vectors", "Arrow"],
)
def test_the_copy_that_an_audit_keeps_is_the_same_data(tmp_path: Path, data: Any) -> None:
    dataset = read_dataset(data)
    info = SimpleNamespace(data=audited_data(dataset, "", ExamplesShape()), class_names=dataset.class_names)
    for name, write in kept_files(dataset).items():
        write(tmp_path / name)
    again = kept_data(AuditFolder(tmp_path, info, pa.table({}), None))  # type: ignore[arg-type]
    assert again is not None
    assert again.fingerprint() == dataset.fingerprint()
    assert again.path == dataset.path


def test_hugging_face_objects(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    data = datasets.Dataset.from_dict({"image": PICTURES, "label": LABELS}, features=features)
    for one in (data, data.select(range(12)), data.to_iterable_dataset()):
        dataset = read_dataset(one)
        assert np.array_equal(dataset.given_labels, LABELS)
        pictures_are_right(dataset)
    assert read_dataset(data.shuffle(seed=0).sort("label")).given_labels.tolist() == [0] * 6 + [1] * 6
    splits = datasets.DatasetDict({"train": data, "test": data})
    dataset = read_dataset(splits, ReadOptions(split="test"))
    assert dataset.class_names == ("cat", "dog")
    assert len(dataset) == 12
    splits.save_to_disk(tmp_path / "saved")
    data.to_parquet(tmp_path / "t.parquet")
    for path in ("saved", "t.parquet"):
        again = read_dataset(tmp_path / path)
        assert again.class_names == ("cat", "dog")
        assert again.split is None or set(again.split.tolist()) == {"train", "test"}
        pictures_are_right(again)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(tmp_path: Path, library: str) -> None:
    frames = pytest.importorskip(library)
    classes_below(tmp_path)
    paths = [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(6)]
    frame = frames.DataFrame({"path": paths, "label": ["cat"] * 6 + ["NA"] * 6})
    dataset = read_dataset(frame, ReadOptions(image_root=tmp_path))
    assert dataset.ids.tolist() == paths
    assert dataset.class_names == ("NA", "cat")
    if library == "pandas":
        frame = frames.DataFrame({"image": PICTURES, "label": NAMES}).set_index(
            frames.Index(range(100, 112), name="id")
        )
        dataset = read_dataset(frame)
        assert dataset.ids[0] == "100"
        pictures_are_right(dataset)


def test_torchvision_folders(tmp_path: Path) -> None:
    torchvision = pytest.importorskip("torchvision")
    classes_below(tmp_path)
    dataset = read_dataset(torchvision.datasets.ImageFolder(tmp_path))
    assert isinstance(dataset.source, ImageFiles)
    assert dataset.class_names == ("cat", "dog")


@pytest.mark.slow
@pytest.mark.usefixtures("brief_training")
def test_an_audit_of_objects_is_reviewed_and_trained_on_without_them(tmp_path: Path) -> None:
    from aleator.auditing import AuditSettings
    from aleator.auditing.audit import audit
    from aleator.audits import AuditFolder, open_data, with_data
    from aleator.data.drawn_faces import drawn_faces
    from aleator.review.examples import open_examples

    faces = drawn_faces(240, seed=1).dataset
    pictures = [faces.source.load(row) for row in range(len(faces))]
    names = [faces.class_names[label] for label in faces.given_labels]
    audit((pictures, names), tmp_path / "audit", AuditSettings(effort="quick"))
    loaded = AuditFolder.load(tmp_path / "audit")
    assert (tmp_path / "audit" / "examples.npz").exists()
    assert len(with_data(loaded, open_data(loaded)).labels) == len(faces)
    assert "(X, y)" in loaded.info.data.how_read.form
    assert "Read as" not in loaded.info.data.path
    assert "read as" in (tmp_path / "audit" / "report.html").read_text()
    examples = open_examples(tmp_path / "audit")
    assert examples.has_pictures
    assert np.array_equal(np.asarray(examples.source.load(3)), np.asarray(pictures[3]))
    assert pa.compute.all(pa.compute.is_valid(loaded.labels["suggested_label"])).as_py()


def test_sparse_vectors_and_a_loader_of_batches() -> None:
    sparse = read_dataset((csr_matrix(np.eye(12)), LABELS))
    assert isinstance(sparse.source, FeatureArray)
    assert np.array_equal(sparse.source.values, np.eye(12))
    loaded = read_dataset(torch.utils.data.DataLoader(Pairs(), batch_size=5, shuffle=True))
    assert np.array_equal(loaded.given_labels, LABELS)
    pictures_are_right(loaded)


def test_a_frame_of_features_with_labels_beside_it() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"size": np.arange(20) * 7 % 20, "label": ["red", "blue"] * 10})
    dataset = read_dataset((frame, pandas.Series(["cat", "dog"] * 10)))
    assert dataset.class_names == ("cat", "dog")
    assert dataset.source.table.column_names == ["size", "label"]  # type: ignore[union-attr]
    with pytest.raises(DataError, match="20 examples but 3 labels; they must line up"):
        read_dataset((frame, [0, 1, 0]))


@pytest.mark.parametrize("as_frame", [False, True])
def test_the_data_sets_of_scikit_learn(as_frame: bool) -> None:
    from sklearn.datasets import load_iris

    dataset = read_dataset(load_iris(as_frame=as_frame))
    assert dataset.class_names == ("setosa", "versicolor", "virginica")
    assert dataset.source.kind == ("table" if as_frame else "features")


def test_a_dict_of_columns_and_a_list_of_records() -> None:
    texts = [f"this is text {row} of all" for row in range(20)]
    for data in (
        {"text": texts, "label": ["cat", "dog"] * 10},
        [{"text": text, "label": "cat" if row % 2 else "dog"} for row, text in enumerate(texts)],
    ):
        dataset = read_dataset(data)
        assert dataset.source.kind == "texts"
        assert dataset.class_names == ("cat", "dog")


def test_columns_of_pandas_that_arrow_has_no_kind_for() -> None:
    pandas = pytest.importorskip("pandas")
    labels = ["cat", "dog"] * 10
    frame = pandas.DataFrame({"month": pandas.period_range("2020", periods=20, freq="M"), "label": labels})
    frame["range"] = pandas.cut(np.arange(20) % 7, 3)
    frame["sparse"] = pandas.arrays.SparseArray(np.arange(20) % 3)
    dataset = read_dataset(frame)
    assert dataset.source.table.column_names == ["month", "range", "sparse"]  # type: ignore[union-attr]
    for column in (["cat", 1] * 10, np.arange(20) + 1j):
        with pytest.raises(DataError, match="column 'odd': its cells are of kinds that do not go together"):
            read_dataset(frame.assign(odd=column))
    with pytest.raises(DataError, match="more than one column 'label'"):
        read_dataset(pandas.DataFrame([[1, "cat"]], columns=["label", "label"]))
    with pytest.raises(DataError, match=r"Series is one column; give examples and labels: \(X, y\)"):
        read_dataset(frame["label"])
