"""The same random data set, written in each form that is read, is the same data set when it is read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aleator.data import FeatureArray, ImageArray, LabelledDataset, read_dataset
from aleator.data.options import ReadOptions

NAMES = st.text("abcdefgh äß日", min_size=1, max_size=8).map(str.strip).filter(bool)
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Written:
    pictures: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    splits: np.ndarray

    def label_texts(self) -> list[str]:
        return [self.names[label] for label in self.labels]


@st.composite
def data_sets(draw: st.DrawFn) -> Written:
    names = tuple(sorted(draw(st.sets(NAMES, min_size=2, max_size=4))))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = 10 * len(names) + draw(st.integers(0, 7))
    side = draw(st.integers(2, 9))
    pictures = random.integers(0, 256, (count, side, side), dtype=np.uint8)
    splits = np.array(SPLITS)[np.arange(count) // len(names) % 2]
    return Written(pictures, np.arange(count) % len(names), names, splits)


def save_pictures(root: Path, written: Written, path_of: Callable[[int], str]) -> list[str]:
    paths = [path_of(row) for row in range(len(written.labels))]
    for path, picture in zip(paths, written.pictures, strict=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(root / path)
    return paths


def write_table(table: pa.Table, path: Path) -> None:
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in table.to_pylist()), encoding="utf-8")
    else:
        options = pyarrow.csv.WriteOptions(delimiter="\t" if path.suffix == ".tsv" else ",")
        pyarrow.csv.write_csv(table, path, options)


def same(dataset: LabelledDataset, written: Written, rows: np.ndarray) -> None:
    assert dataset.class_names == written.names
    assert np.array_equal(dataset.given_labels, written.labels[rows])
    for row, original in enumerate(rows):
        assert np.array_equal(np.asarray(dataset.source.load(row)), written.pictures[original])


def in_order(dataset: LabelledDataset, paths: list[str]) -> np.ndarray:
    row_of = {path: row for row, path in enumerate(paths)}
    return np.array([row_of[example] for example in dataset.ids])


@settings(max_examples=8, deadline=None)
@given(written=data_sets(), with_splits=st.booleans())
def test_class_folders(tmp_path_factory: pytest.TempPathFactory, written: Written, with_splits: bool) -> None:
    root = tmp_path_factory.mktemp("folders")
    texts = written.label_texts()
    top = [f"{split}/" if with_splits else "" for split in written.splits]
    paths = save_pictures(root, written, lambda row: f"{top[row]}{texts[row]}/{row}.png")
    dataset = read_dataset(root)
    same(dataset, written, in_order(dataset, paths))
    if with_splits:
        test = read_dataset(root, ReadOptions(split="TEST"))
        assert set(test.ids) == {path for path in paths if path.startswith("test/")}


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
@settings(max_examples=5, deadline=None)
@given(written=data_sets(), numbers=st.booleans())
def test_tables(tmp_path_factory: pytest.TempPathFactory, suffix: str, written: Written, numbers: bool) -> None:
    root = tmp_path_factory.mktemp("table")
    paths = save_pictures(root, written, lambda row: f"pictures/{row}.png")
    labels = written.labels.tolist() if numbers else written.label_texts()
    ids = [f"{row:04}" for row in range(len(paths))]
    table = pa.table({"id": ids, "Image Path": paths, "class": labels, "split": written.splits.tolist()})
    write_table(table, root / f"table.{suffix}")
    dataset = read_dataset(root / f"table.{suffix}", ReadOptions(class_names=written.names if numbers else None))
    assert dataset.ids.tolist() == ids
    same(dataset, written, np.arange(len(paths)))
    training = read_dataset(root / f"table.{suffix}", ReadOptions(split="train", class_names=written.names))
    same(training, written, np.flatnonzero(written.splits == "train"))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@settings(max_examples=4, deadline=None)
@given(written=data_sets(), at_root=st.booleans())
def test_image_folders(tmp_path_factory: pytest.TempPathFactory, suffix: str, written: Written, at_root: bool) -> None:
    root = tmp_path_factory.mktemp("metadata")
    paths = save_pictures(root, written, lambda row: f"{written.splits[row]}/{row}.png")
    texts = written.label_texts()
    for split in ("",) if at_root else SPLITS:
        rows = [row for row, path in enumerate(paths) if path.startswith(split)]
        files = [paths[row] if at_root else f"{row}.png" for row in rows]
        table = pa.table({"file_name": files, "label": [texts[row] for row in rows]})
        write_table(table, root / split / f"metadata.{suffix}")
    dataset = read_dataset(root)
    same(dataset, written, in_order(dataset, paths))
    test = read_dataset(root, ReadOptions(split="test"))
    same(test, written, in_order(test, paths))


@settings(max_examples=15, deadline=None)
@given(
    written=data_sets(),
    form=st.sampled_from(["uint8", "float", "channel first", "colour", "int64"]),
    texts=st.booleans(),
)
def test_arrays(tmp_path_factory: pytest.TempPathFactory, written: Written, form: str, texts: bool) -> None:
    root = tmp_path_factory.mktemp("arrays")
    pictures = {
        "uint8": written.pictures,
        "float": written.pictures / 255.0,
        "channel first": written.pictures[:, None].repeat(3, axis=1) if written.pictures.shape[1] > 4 else None,
        "colour": written.pictures[..., None].repeat(3, axis=3),
        "int64": written.pictures.astype(np.int64),
    }[form]
    pictures = written.pictures if pictures is None else pictures
    labels = np.array(written.label_texts()) if texts else written.labels.astype(float)
    np.savez(root / "data.npz", images=pictures, labels=labels, split=written.splits)
    np.save(root / "x.npy", pictures)
    np.save(root / "y.npy", labels)
    dataset = read_dataset(root / "data.npz", ReadOptions(class_names=None if texts else written.names))
    assert isinstance(dataset.source, ImageArray)
    assert dataset.class_names == written.names
    assert np.array_equal(dataset.given_labels, written.labels)
    for row in range(len(dataset)):
        assert np.array_equal(np.asarray(dataset.source.load(row).convert("L")), written.pictures[row])
    alone = read_dataset(root / "x.npy", ReadOptions(label_file=root / "y.npy", class_names=written.names))
    assert np.array_equal(alone.source.pixels, dataset.source.pixels)
    assert np.array_equal(alone.given_labels, written.labels)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), features=st.integers(1, 6), missing=st.booleans())
def test_features(tmp_path_factory: pytest.TempPathFactory, seed: int, features: int, missing: bool) -> None:
    path = tmp_path_factory.mktemp("features") / "data.npz"
    values = np.random.default_rng(seed).normal(size=(30, features)).astype(np.float32)
    labels = (np.arange(30) % 3).astype(float)
    labels[:3] = np.nan if missing else labels[:3]
    np.savez(path, features=values, target=labels * 10)
    dataset = read_dataset(path)
    assert isinstance(dataset.source, FeatureArray)
    assert np.array_equal(dataset.source.values, values)
    assert dataset.class_names == ("0", "10", "20")
    assert np.array_equal(dataset.given_labels, np.where(np.isnan(labels), -1, labels))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_votes_wide_by_row_by_id_and_long_are_the_same(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    root = tmp_path_factory.mktemp("votes")
    random = np.random.default_rng(seed)
    counts = random.integers(0, 4, (24, 3))
    counts[np.arange(24), np.arange(24) % 2] += 5  # the votes are of these data
    counts[0] = 1  # each answer is given at least once
    names = ["happiness", "SAD", "unknown"]
    ids = [f"{row:03}" for row in range(24)]
    splits = np.array(SPLITS)[np.arange(24) // 2 % 2]
    np.savez(root / "d.npz", X=np.eye(24), y=np.array(["happy", "sad"])[np.arange(24) % 2], ids=ids, split=splits)
    wide = pa.table({"": list(range(24)), **{name: counts[:, column] for column, name in enumerate(names)}})
    write_table(wide, root / "wide.csv")
    order = random.permutation(24)
    write_table(wide.append_column("id", pa.array(ids)).take(pa.array(order)), root / "by_id.csv")
    answers = [
        {"task": ids[row], "worker": f"w{vote}", "label": names[column]}
        for row in order
        for column in range(3)
        for vote in range(counts[row, column])
    ]
    write_table(pa.Table.from_pylist(answers), root / "long.csv")
    for form in ("wide", "by_id", "long"):
        dataset = read_dataset(root / "d.npz", ReadOptions(votes=root / f"{form}.csv", split="test"))
        assert dataset.votes is not None
        expected = counts[splits == "test"]
        assert np.array_equal(dataset.votes.class_counts(2), expected[:, :2])
        column = dataset.votes.names.index("unknown")
        assert dataset.votes.unusable[column]
        assert np.array_equal(dataset.votes.counts[:, column], expected[:, 2])
