"""What cannot be read or audited is refused in words: the file, the row or id, and the remedy."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image

from aleator.data import FeatureArray, ImageArray, ImageFiles, LabelledDataset, Votes, read_dataset
from aleator.data.options import ReadOptions
from aleator.errors import DataError


def dataset_of(labels: list[int], **parts: object) -> LabelledDataset:
    given: dict[str, object] = {
        "name": "d",
        "path": "d.npz",
        "ids": np.arange(len(labels)).astype(str),
        "source": FeatureArray(np.zeros((len(labels), 2), dtype=np.float32)),
        "given_labels": np.array(labels),
        "class_names": ("a", "b"),
    }
    return LabelledDataset(**(given | parts))  # type: ignore[arg-type]


def pictures(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(root / path)


def table(root: Path, header: str, rows: list[str], name: str = "table.csv") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]) + "\n")
    return root / name


def test_labels_out_of_range_name_the_row() -> None:
    with pytest.raises(DataError, match=r"label of '3' \(row 3\) is 2, but there are 2 classes"):
        dataset_of([0, 1, 0, 2, 1])


def test_halves_of_letters_are_no_text() -> None:
    """Damaged arrays of text hold them, and nothing can write them down."""
    source, labels, ids = FeatureArray(np.zeros((2, 1), np.float32)), np.array([0, 1]), np.array(["a", "b"])
    with pytest.raises(DataError, match=r"the id '\\ud900' \(row 1\) is no text"):
        LabelledDataset("d", "d", np.array(["a", "\ud900"]), source, labels, ("x", "y"))
    with pytest.raises(DataError, match=r"the class name 'y\\udfff' \(row 1\)"):
        LabelledDataset("d", "d", ids, source, labels, ("x", "y\udfff"))
    with pytest.raises(DataError, match="the group"):
        LabelledDataset("d", "d", ids, source, labels, ("x", "y"), group=np.array(["\ud800", ""]))


def test_parts_that_do_not_line_up() -> None:
    with pytest.raises(DataError, match="4 ids but 3 splits"):
        dataset_of([0, 1, 0, 1], split=np.array(["a"] * 3))
    with pytest.raises(DataError, match="4 ids but 5 groups"):
        dataset_of([0, 1, 0, 1], group=np.array(["a"] * 5))
    votes = Votes(np.ones((3, 1), dtype=np.float32), ("a",), np.array([0]), np.array([False]))
    with pytest.raises(DataError, match="4 ids but 3 rows of votes"):
        dataset_of([0, 1, 0, 1], votes=votes)
    with pytest.raises(DataError, match="a class name stands twice in a, a"):
        dataset_of([0, 1, 0, 1], class_names=("a", "a"))
    with pytest.raises(DataError, match="there are no examples"):
        dataset_of([])


def test_votes_must_be_counts() -> None:
    with pytest.raises(DataError, match=r"shape \(3,\)"):
        Votes(np.ones(3, dtype=np.float32), ("a",), np.array([0]), np.array([False]))
    with pytest.raises(DataError, match="Votes of row 1"):
        Votes(np.array([[1], [-1]], dtype=np.float32), ("a",), np.array([0]), np.array([False]))


def test_one_class_and_few_examples_of_a_class() -> None:
    with pytest.raises(DataError, match=r"name 1 class \(a\); an audit needs at least two"):
        dataset_of([0] * 10 + [-1] * 5).check_learnable()
    with pytest.raises(DataError, match=r"the class 'b' has 4 labelled example\(s\), at least 5"):
        dataset_of([0] * 10 + [1] * 4).check_learnable()
    dataset_of([0] * 5 + [1] * 5, class_names=("a", "b", "never used")).check_learnable()


def test_a_data_set_takes_its_rows_in_any_order() -> None:
    votes = Votes(np.arange(6, dtype=np.float32)[:, None], ("a",), np.array([0]), np.array([False]))
    dataset = dataset_of([0, 1, 0, 1, 0, 1], votes=votes, split=np.array(list("uvwxyz")))
    taken = dataset.take(np.array([4, 1]))
    assert taken.ids.tolist() == ["4", "1"]
    assert taken.given_labels.tolist() == [0, 1]
    assert taken.votes is not None
    assert taken.votes.counts[:, 0].tolist() == [4, 1]
    assert taken.split is not None
    assert taken.split.tolist() == ["y", "v"]
    assert len(taken.source) == 2
    assert taken.fingerprint() == dataset.take(np.array([4, 1])).fingerprint() != dataset.fingerprint()


@pytest.mark.parametrize(
    "shape", [(3, 4), (3, 4, 4, 2), (3, 0, 4), (3, 4, 4, 4, 1)], ids=["flat", "2 channels", "no height", "5 axes"]
)
def test_picture_arrays_of_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"Pictures have shape .* wanted are uint8 arrays \(example, height, width\)"):
        ImageArray(np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("path", ["../secret.png", "a/../../secret.png", "link.png", "linked/secret.png", "..", ""])
def test_picture_files_stay_below_their_folder(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    pictures(tmp_path, "secret.png", "root/a/0.png", "other/secret.png")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "linked").symlink_to(tmp_path / "other")
    with pytest.raises(DataError, match=r"Row 1: .* lies outside of"):
        ImageFiles(root, ("a/0.png", path))
    ImageFiles(root, ("a/0.png", "a/../a/0.png"))


def test_class_folders_that_link_outside_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "data/cat/0.png", "data/dog/0.png", "secret.png")
    (tmp_path / "data" / "dog" / "1.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"'dog/1\.png' in .* links to a file outside"):
        read_dataset(tmp_path / "data")


def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"data/{name}/{number}.png" for name in ("cat", "dog") for number in range(5)))
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert len(read_dataset(tmp_path / "link")) == 10


def test_split_folders_without_class_folders_or_beside_others(tmp_path: Path) -> None:
    pictures(tmp_path, "bare/train/0.png", "bare/test/0.png")
    with pytest.raises(DataError, match=r"split folders \(test, train\) with pictures directly in them"):
        read_dataset(tmp_path / "bare")
    pictures(tmp_path, "mixed/train/cat/0.png", "mixed/test/cat/0.png", "mixed/figures/0.png")
    with pytest.raises(DataError, match=r"split folders \(test, train\) beside other folders .*\(figures\)"):
        read_dataset(tmp_path / "mixed")


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{name}/{number}.png" for name in ("test", "blank") for number in range(5)))
    dataset = read_dataset(tmp_path)
    assert dataset.class_names == ("blank", "test")
    assert dataset.split is None


def test_loose_pictures_beside_a_table_lead_to_the_table(tmp_path: Path) -> None:
    pictures(tmp_path, "0.png")
    table(tmp_path, "path,label", ["0.png,cat"], "labels.csv")
    with pytest.raises(DataError, match=r"1 pictures but no class folders \(did you mean .*labels\.csv\?\)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("a,b,label", ["1.5,2,x"], r"the labels name 1 class \(x\)"),
        ("path,what", ["0.png,x"], r"no column of labels; it has path, what\. Name it with --label-column"),
        ("path,label", ["0.png,cat", ",dog"], "row 1: the path is missing"),
        ("path,label", ["/etc/passwd,cat"], "row 0: '/etc/passwd' points outside"),
        ("id,path,label", ["7,0.png,cat", ",0.png,cat"], "row 1: the column 'id' holds no id"),
        ("path,label,label", ["0.png,cat,dog"], "more than one column 'label'"),
        ("path,label", ["0.png,1.5"], r"the label 1\.5 in row 0 is not a whole number"),
        ("path,label", ["0.png,"], "every label is missing"),
        ("path,label", ["0.png,cat,more"], "line 2 holds 3 cells, the header 2"),
        ("path,label", [], "has no rows"),
    ],
)
def test_tables(tmp_path: Path, header: str, rows: list[str], message: str) -> None:
    pictures(tmp_path, "0.png")
    with pytest.raises(DataError, match=message):
        read_dataset(table(tmp_path, header, rows))


def test_columns_that_the_user_named_wrongly(tmp_path: Path) -> None:
    path = table(tmp_path, "path,label", ["0.png,cat"])
    for flag in ("path_column", "label_column", "id_column"):
        message = rf"no column 'wrong'; it has path, label\. Give --{flag.replace('_', '-')}"
        with pytest.raises(DataError, match=message):
            read_dataset(path, ReadOptions(**{flag: "wrong"}))


def test_a_column_of_pictures_without_any(tmp_path: Path) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = pa.array([{"bytes": None, "path": None}] * 3, kind)
    pyarrow.parquet.write_table(pa.table({"image": cells, "label": [0, 1, 0]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="column of pictures holds neither bytes nor paths"):
        read_dataset(tmp_path / "t.parquet")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet", ".npz", ".npy"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00garbage\x00\n\n{", np.random.default_rng(0).bytes(100), b"gr\xf6\xdfe,label\n1,2\n"],
    ids=["empty", "utf-16", "noise", "latin-1"],
)
def test_files_that_are_not_what_they_are_called(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"data{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"data\."):
        read_dataset(path, ReadOptions(label_file=path if suffix == ".npy" else None))


def test_missing_files_keep_votes_in_line_and_belong_to_their_split(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{row}.png" for row in range(24) if row not in (3, 20)))
    rows = [f"{row}.png,{'ab'[row % 2]},{'train' if row < 12 else 'test'}" for row in range(24)]
    data = table(tmp_path, "path,label,split", rows)
    votes = table(tmp_path, "a,b", [("0,1", f"{row + 1},0")[row % 2 == 0] for row in range(24)], "votes.csv")
    dataset = read_dataset(data, ReadOptions(votes=votes, split="train"))
    assert dataset.votes is not None
    assert dataset.votes.counts[:, 0].tolist() == [1, 0, 3, 5, 0, 7, 0, 9, 0, 11, 0]
    assert [(skipped.id, skipped.reason) for skipped in dataset.skipped] == [("3.png", "is not there")]


def test_arrays_that_need_unpickling_are_refused(tmp_path: Path) -> None:
    labels = np.array(["a", "b"] * 10, dtype=object)
    np.savez(tmp_path / "d.npz", X=np.eye(20), y=labels)
    with pytest.raises(DataError, match="'y' holds Python objects; save it as numbers or text"):
        read_dataset(tmp_path / "d.npz")
    np.savez(tmp_path / "d.npz", X=np.eye(20), y=labels.astype(str), unrelated=labels)
    assert read_dataset(tmp_path / "d.npz").class_names == ("a", "b")


def test_features_beyond_float32_name_their_row(tmp_path: Path) -> None:
    values = np.eye(20)
    values[4, 2] = 1e300
    np.savez(tmp_path / "d.npz", X=values, y=np.arange(20) % 2)
    with pytest.raises(DataError, match=r"d\.npz: The features of row 4 are not all finite"):
        read_dataset(tmp_path / "d.npz")


def test_an_unknown_split_and_no_splits(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", X=np.eye(20), y=np.arange(20) % 2, split=np.array(["u", "v"]).repeat(10))
    with pytest.raises(DataError, match="no split 'w'; there are u, v"):
        read_dataset(tmp_path / "d.npz", ReadOptions(split="w"))
    np.savez(tmp_path / "d.npz", X=np.eye(20), y=np.arange(20) % 2)
    with pytest.raises(DataError, match="has no splits"):
        read_dataset(tmp_path / "d.npz", ReadOptions(split="w"))


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("id,a", ["0,1", "0,2"], "the id '0' stands in row 0 and in row 1"),
        ("a,b", ["-1,0"] * 10, "row 0: a count of votes is negative"),
        ("task,worker,label", ["0,w,5"], "row 0: the label 5 is out of range; there are 2 classes"),
        ("task,worker,label", ["0,w,"], "the column 'label' holds no answer"),
        ("task,worker,label", ["0,w,a", "x,w,b"], "row 1: 'x' is no id"),
        ("name,remark", ["x,y"] * 10, r"none of its answers \(no columns of numbers\) is one of the classes \(a, b\)"),
    ],
)
def test_votes_that_do_not_fit(tmp_path: Path, header: str, rows: list[str], message: str) -> None:
    np.savez(tmp_path / "d.npz", X=np.eye(10), y=np.array(["a", "b"] * 5))
    with pytest.raises(DataError, match=message):
        read_dataset(tmp_path / "d.npz", ReadOptions(votes=table(tmp_path, header, rows, "votes.csv")))


def test_votes_that_are_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", X=np.eye(10), y=np.arange(10) % 2)
    with pytest.raises(DataError, match=r"nothing\.csv is not there"):
        read_dataset(tmp_path / "d.npz", ReadOptions(votes=tmp_path / "nothing.csv"))


def test_long_votes_as_numbers_with_gaps(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", X=np.eye(10), y=np.array(["a", "b"] * 5))
    rows = ["0,w,1", "0,v,", "1,w,0", "0,u,1"]
    votes = read_dataset(
        tmp_path / "d.npz", ReadOptions(votes=table(tmp_path, "task,worker,label", rows, "v.csv"))
    ).votes
    assert votes is not None
    assert votes.class_counts(2)[:2].tolist() == [[0, 2], [1, 0]]
