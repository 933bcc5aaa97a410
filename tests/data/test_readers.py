"""Each form of labelled data is read back as it was written, and what cannot be read is told in words."""

import gzip
import io
import json
import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from aleator.data import read_dataset
from aleator.data.options import ReadOptions
from aleator.data.readers.labels import encode_labels
from aleator.data.readers.remedies import OF_ALEATOR, REMEDIES
from aleator.data.sources import FeatureArray, ImageArray, TableRows
from aleator.errors import DataError

RANDOM = np.random.default_rng(0)
CLASSES = ["cat", "dog", "owl"]


def write_picture(path: Path, size: tuple[int, int] = (12, 10), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    Image.fromarray(RANDOM.integers(0, 256, shape, dtype=np.uint8)).save(path)


def class_folders(root: Path, splits: tuple[str, ...] = ("",), per_class: int = 6) -> None:
    for split in splits:
        for name in CLASSES:
            for number in range(per_class):
                write_picture(root / split / name / f"{number}.png")


def kaggle_csv(path: Path, pictures: np.ndarray, labels: np.ndarray, usage: list[str]) -> None:
    lines = [f"{y},{' '.join(map(str, x.ravel()))},{u}" for x, y, u in zip(pictures, labels, usage, strict=True)]
    path.write_text("emotion,pixels,Usage\n" + "\n".join(lines) + "\n")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(side=st.integers(1, 9), seed=st.integers(0, 99))
def test_kaggle_csv_round_trips(tmp_path: Path, side: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 256, (30, side, side), dtype=np.uint8)
    labels = np.arange(30) % 4
    usage = ["Training"] * 20 + ["PublicTest"] * 10
    kaggle_csv(tmp_path / "fer.csv", pictures, labels, usage)
    dataset = read_dataset(tmp_path / "fer.csv")
    assert np.array_equal(dataset.source.pixels, pictures)
    assert np.array_equal(dataset.given_labels, labels)
    assert dataset.class_names[:3] == ("angry", "disgust", "fear")
    training = read_dataset(tmp_path / "fer.csv", ReadOptions(split="training"))
    assert list(training.ids) == [str(row) for row in range(20)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=1).filter(
        lambda values: any(v is not None for v in values)
    )
)
def test_numbers_and_their_text_mean_the_same_labels(values: list[int | None]) -> None:
    labels, names = encode_labels(values, "here", None)
    from_text, names_of_text = encode_labels([None if v is None else str(v) for v in values], "here", None)
    assert np.array_equal(labels, from_text)
    assert names == names_of_text
    assert [None if label < 0 else int(names[label]) for label in labels] == values


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=2))
def test_text_labels_keep_their_names(values: list[str]) -> None:
    labels, names = encode_labels(values, "here", None)
    if not all(value.lstrip("-").isdigit() for value in values):
        assert [names[label] for label in labels] == values


def test_class_folders_with_and_without_splits(tmp_path: Path) -> None:
    class_folders(tmp_path / "plain")
    (tmp_path / "plain" / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "plain" / "cat" / ".hidden.png").write_bytes(b"")
    plain = read_dataset(tmp_path / "plain")
    assert len(plain) == 18
    assert plain.class_names == tuple(CLASSES)
    assert plain.ids[0] == "cat/0.png"
    assert plain.split is None
    class_folders(tmp_path / "split", ("train", "test"))
    split = read_dataset(tmp_path / "split", ReadOptions(split="test"))
    assert len(split) == 18
    assert all(name.startswith("test/") for name in split.ids)
    with pytest.raises(DataError, match="no split 'dev'; there are test, train"):
        read_dataset(tmp_path / "split", ReadOptions(split="dev"))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_image_folder_with_metadata_beside_each_split(tmp_path: Path, suffix: str) -> None:
    for split in ("train", "test"):
        names = [f"{number}.png" for number in range(15)]
        for name in names:
            write_picture(tmp_path / split / name)
        labels = [CLASSES[number % 3] for number in range(15)]
        file = tmp_path / split / f"metadata.{suffix}"
        if suffix == "parquet":
            pq.write_table(pa.table({"file_name": names, "label": labels}), file)
        elif suffix == "csv":
            file.write_text("file_name,label\n" + "\n".join(map(",".join, zip(names, labels, strict=True))))
        else:
            rows = [json.dumps({"file_name": n, "label": y}) for n, y in zip(names, labels, strict=True)]
            file.write_text("\n".join(rows))
    dataset = read_dataset(tmp_path, ReadOptions(split="train"))
    assert len(dataset) == 15
    assert dataset.ids[1] == "train/1.png"
    assert dataset.class_names[dataset.given_labels[1]] == "dog"
    assert dataset.source.load(0).size == (12, 10)


def table_of_paths(root: Path, header: str = "path,label") -> Path:
    for number in range(18):
        write_picture(root / "pictures" / f"{number}.png")
    rows = [f"pictures/{number}.png,{CLASSES[number % 3]}" for number in range(18)]
    (root / "table.csv").write_text(header + "\n" + "\n".join(rows) + "\n")
    return root / "table.csv"


def test_table_of_paths_and_labels(tmp_path: Path) -> None:
    dataset = read_dataset(table_of_paths(tmp_path))
    assert dataset.class_names == tuple(CLASSES)
    assert dataset.source.describe(3) == "pictures/3.png"
    odd = table_of_paths(tmp_path, header="wo,was")
    by_content = read_dataset(odd)
    assert np.array_equal(by_content.given_labels, dataset.given_labels)
    assert "The pictures' paths are in 'wo', whose cells end as pictures do" in " ".join(by_content.how_read.said)
    assert "'was' is taken as the labels" in " ".join(by_content.how_read.said)
    named = read_dataset(odd, ReadOptions(path_column="wo", label_column="was"))
    assert np.array_equal(named.given_labels, dataset.given_labels)
    odd.write_text("wo,was,wann\n" + "".join(f"pictures/{n}.png,{'ab'[n % 2]},{'xy'[n % 2]}\n" for n in range(18)))
    with pytest.raises(DataError, match=r"no column of labels; it has wo, was, wann\. Name it with --label-column"):
        read_dataset(odd)


def test_table_that_points_outside_its_folder_is_refused(tmp_path: Path) -> None:
    table = table_of_paths(tmp_path / "inner")
    write_picture(tmp_path / "secret.png")
    table.write_text(table.read_text() + "../secret.png,cat\n")
    with pytest.raises(DataError, match=r"row 18: '\.\./secret\.png' points outside"):
        read_dataset(table)
    (tmp_path / "inner" / "link.png").symlink_to(tmp_path / "secret.png")
    table.write_text(table.read_text().replace("../secret.png", "link.png"))
    with pytest.raises(DataError, match="points outside"):
        read_dataset(table)


def test_missing_files_are_skipped_up_to_a_tenth(tmp_path: Path) -> None:
    table = table_of_paths(tmp_path)
    (tmp_path / "pictures" / "4.png").unlink()
    dataset = read_dataset(table)
    assert len(dataset) == 17
    assert [skipped.source for skipped in dataset.skipped] == ["pictures/4.png"]
    for number in (5, 6):
        (tmp_path / "pictures" / f"{number}.png").unlink()
    with pytest.raises(DataError, match="3 of 18 files are not there"):
        read_dataset(table)


def test_arrays_of_pictures_and_features(tmp_path: Path) -> None:
    pictures = RANDOM.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(30) % 3
    np.savez(tmp_path / "a.npz", images=pictures, labels=labels)
    assert np.array_equal(read_dataset(tmp_path / "a.npz").source.pixels, pictures)
    np.savez(tmp_path / "float.npz", X=pictures / 255.0, y=labels)
    assert np.array_equal(read_dataset(tmp_path / "float.npz").source.pixels, pictures)
    features = RANDOM.normal(size=(30, 5)).astype(np.float32)
    np.save(tmp_path / "f.npy", features)
    np.save(tmp_path / "y.npy", np.array(CLASSES)[labels])
    with pytest.raises(DataError, match="--label-file FILE"):
        read_dataset(tmp_path / "f.npy")
    dataset = read_dataset(tmp_path / "f.npy", ReadOptions(label_file=tmp_path / "y.npy"))
    assert np.array_equal(dataset.source.values, features)
    assert dataset.class_names == tuple(CLASSES)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.zeros((30, 4)), "y": np.zeros(30, dtype=int)}, r"name 1 class.*at least two"),
        ({"X": np.zeros((30, 4)), "y": np.arange(29) % 2}, "30 examples but 29 labels"),
        ({"X": np.zeros((30, 4)), "y": np.r_[np.arange(28) % 2, 2, 2]}, "class '2' has 2 labelled"),
        ({"X": np.full((30, 4), np.nan), "y": np.arange(30) % 2}, "features of row 0 are not all finite"),
        ({"X": np.zeros((30, 4, 4, 4, 4)), "y": np.arange(30) % 2}, r"shape \(30, 4, 4, 4, 4\)"),
        ({"X": np.zeros((30, 4)), "y": np.arange(30) % 2 + 0.5}, "no.* whole number"),
        ({"X": np.zeros((30, 4)), "y": np.zeros((30, 2))}, "one label per example"),
        ({"X": np.zeros((30, 4)), "z": np.zeros(30)}, "no array of labels.*it has X, z"),
        ({"X": np.zeros((30, 4)), "y": np.arange(30) % 2, "ids": np.r_[np.arange(29), 3]}, "'3' stands in row 3"),
        ({"images": np.full((30, 4, 4), 300.0), "y": np.arange(30) % 2}, "pixels run from 300"),
    ],
)
def test_bad_arrays_are_refused_in_words(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_dataset(tmp_path / "bad.npz")


def test_labels_out_of_range_of_the_class_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((30, 4)), y=np.arange(30) % 3)
    with pytest.raises(DataError, match=r"label 2 in row 2 is out of range; there are 2 classes"):
        read_dataset(tmp_path / "a.npz", ReadOptions(class_names=("no", "yes")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read|no rows"),
        ("emotion,pixels,Usage\n", "no rows"),
        ("emotion,pixels,Usage\n0,1 2 3 4,Training\n1,1 2 3,Training\n", "row 1: 3 pixels"),
        ("emotion,pixels,Usage\n0,1 2 3 999,Training\n", "row 0: a pixel is no number from 0 to 255"),
        ("emotion,pixels,Usage\n9,1 2 3 4,Training\n", "out of range"),
        ("mood,pixels\n1,1 2 3 4\n", "no column 'emotion'; it has mood, pixels"),
    ],
)
def test_bad_kaggle_csv(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "fer2013.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        read_dataset(tmp_path / "fer2013.csv")


def test_paths_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        read_dataset(tmp_path / "nothing")
    with pytest.raises(DataError, match="no pictures or texts in class folders; layouts that are read"):
        read_dataset(tmp_path)
    write_picture(tmp_path / "loose.png")
    with pytest.raises(DataError, match="1 pictures but no class folders"):
        read_dataset(tmp_path)
    (tmp_path / "a.unknown").write_bytes(b"")
    with pytest.raises(DataError, match="in no form that is read"):
        read_dataset(tmp_path / "a.unknown")
    for name, remedy in REMEDIES.items():
        (tmp_path / f"a{name}").write_bytes(b"")
        with pytest.raises(DataError, match=re.escape(remedy)):
            read_dataset(tmp_path / f"a{name}")
    for name, remedy in OF_ALEATOR.items():
        (tmp_path / Path(name).stem).mkdir()
        (tmp_path / Path(name).stem / name).write_text("{}")
        with pytest.raises(DataError, match=re.escape(remedy)):
            read_dataset(tmp_path / Path(name).stem)
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}]), allow_pickle=True)
    (tmp_path / "pickled.npy").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="cannot be read as NumPy arrays"):
        read_dataset(tmp_path / "pickled.npy", ReadOptions(label_file=tmp_path / "pickled.npy"))


def test_fer2013_as_kaggle_csv_has_the_known_rows(fer2013: Path) -> None:
    dataset = read_dataset(fer2013)
    assert len(dataset) == 35_887
    assert np.bincount(dataset.given_labels).tolist()[1] == 547
    assert list(dataset.given_labels[:10]) == [0, 0, 2, 4, 6, 2, 4, 3, 3, 2]


def test_the_kaggle_file_and_the_arrays_are_the_same_data(fer2013: Path, tmp_path: Path) -> None:
    arrays = read_dataset(fer2013).take(np.arange(0, 35_887, 50))
    lines = [
        f"{label},{' '.join(map(str, picture.ravel()))},{split}"
        for label, picture, split in zip(arrays.given_labels, arrays.source.pixels, arrays.split, strict=True)
    ]
    for header in ("emotion,pixels,Usage", "emotion, pixels, Usage"):
        (tmp_path / "fer2013.csv").write_text("\n".join([header, *lines]))
        for path in (tmp_path, tmp_path / "fer2013.csv"):
            dataset = read_dataset(path)
            assert np.array_equal(dataset.source.pixels, arrays.source.pixels)
            assert np.array_equal(dataset.given_labels, arrays.given_labels)
            assert np.array_equal(dataset.split, arrays.split)
            assert dataset.class_names == arrays.class_names
            assert dataset.votes is None


def test_files_of_mnist_with_labels_in_one_of_theirs_or_in_lines(tmp_path: Path) -> None:
    pictures = np.arange(12 * 9, dtype=np.uint8).reshape(12, 3, 3)
    labels = np.arange(12, dtype=np.uint8) % 2
    images, beside = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *pictures.shape) + pictures.tobytes())
    beside.write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 12) + labels.tobytes())
    (tmp_path / "labels.txt").write_text("cat\ndog\n" * 6)
    dataset = read_dataset(images, ReadOptions(label_file=beside))
    assert isinstance(dataset.source, ImageArray)
    np.testing.assert_array_equal(dataset.source.pixels, pictures)
    np.testing.assert_array_equal(dataset.given_labels, labels)
    assert read_dataset(images, ReadOptions(label_file=tmp_path / "labels.txt")).class_names == ("cat", "dog")
    with pytest.raises(DataError, match=r"Perhaps .*train-labels-idx1-ubyte"):
        read_dataset(images)
    as_loaded_down = [file.with_name(f"{file.name}.gz") for file in (images, beside)]
    for file, other in zip((images, beside), as_loaded_down, strict=True):
        other.write_bytes(gzip.compress(file.read_bytes()))
    again = read_dataset(as_loaded_down[0], ReadOptions(label_file=as_loaded_down[1]))
    assert again.path == str(as_loaded_down[0])
    assert again.fingerprint() == dataset.fingerprint()
    images.write_bytes(images.read_bytes()[:-1])
    with pytest.raises(DataError, match="says that it holds 108 numbers, and holds 107"):
        read_dataset(images, ReadOptions(label_file=beside))


def test_answers_that_are_lists_are_not_taken_for_those_of_prodigy(tmp_path: Path) -> None:
    rows = [
        {"text": f"a question of number {row}", "answer": ["yes", "no"], "label": "ab"[row % 2]} for row in range(20)
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    dataset = read_dataset(tmp_path / "t.jsonl")
    assert [dataset.class_names[label] for label in dataset.given_labels] == ["a", "b"] * 10


@pytest.mark.parametrize("first", [0, 1])
def test_labels_in_a_file_of_their_own_are_joined_by_row_numbers(tmp_path: Path, first: int) -> None:
    labels = np.array(["cat", "dog", "owl"])[np.arange(30) % 3]
    order = np.random.default_rng(0).permutation(30)
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(30, 3)))
    lines = [f"{row + first},{labels[row]}" for row in order]
    (tmp_path / "y.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    dataset = read_dataset(tmp_path / "x.npy", ReadOptions(label_file=tmp_path / "y.csv"))
    assert [dataset.class_names[label] for label in dataset.given_labels] == labels.tolist()


@pytest.mark.parametrize("name", ["y.json", "y.txt"])
def test_labels_in_a_list_are_read(tmp_path: Path, name: str) -> None:
    labels = ["cat", "dog"] * 10
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(20, 3)))
    (tmp_path / name).write_text(json.dumps(labels) if name == "y.json" else "\n".join([*labels, "", ""]))
    dataset = read_dataset(tmp_path / "x.npy", ReadOptions(label_file=tmp_path / name))
    assert [dataset.class_names[label] for label in dataset.given_labels] == labels


def test_vectors_in_a_table_are_its_examples(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 3)).round(3)
    rows = [f'"{list(map(float, one))}",{"cat" if row % 2 else "dog"}' for row, one in enumerate(vectors)]
    (tmp_path / "t.csv").write_text("\n".join(["embedding,label", *rows]) + "\n")
    dataset = read_dataset(tmp_path / "t.csv")
    assert isinstance(dataset.source, FeatureArray)
    assert np.allclose(dataset.source.values, vectors)


def test_labels_in_a_file_of_their_own_belong_to_a_table_of_features_or_pictures(tmp_path: Path) -> None:
    """As UCI's: `X_train.txt` with spaces between its numbers, `y_train.txt` with a number a line."""
    numbers = np.random.default_rng(0).normal(size=(12, 3))
    np.savetxt(tmp_path / "X_train.txt", numbers, fmt=" %.7e")
    (tmp_path / "y_train.txt").write_text("1\n2\n" * 6)
    dataset = read_dataset(tmp_path / "X_train.txt", ReadOptions(label_file=tmp_path / "y_train.txt"))
    assert isinstance(dataset.source, TableRows)
    assert dataset.source.table.num_columns == 3
    assert dataset.class_names == ("1", "2")
    np.testing.assert_array_equal(dataset.given_labels, np.arange(12) % 2)
    (tmp_path / "t.csv").write_text("a,label\n" + "".join(f"{row},cat\n" for row in range(12)))
    other = read_dataset(tmp_path / "t.csv", ReadOptions(label_file=tmp_path / "y_train.txt"))
    assert other.class_names == ("1", "2")
    assert "in the place of the column 'label'" in " ".join(other.how_read.lines())
    (tmp_path / "y_train.txt").write_text("1\n2\n")
    with pytest.raises(DataError, match="one for each row"):
        read_dataset(tmp_path / "X_train.txt", ReadOptions(label_file=tmp_path / "y_train.txt"))


def test_a_label_file_beside_a_form_that_has_its_labels_is_refused(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for number in range(3):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("L", (8, 8), number).save(tmp_path / name / f"{number}.png")
    (tmp_path / "y.txt").write_text("1\n2\n" * 3)
    with pytest.raises(DataError, match="leave --label-file out"):
        read_dataset(tmp_path, ReadOptions(label_file=tmp_path / "y.txt"))
