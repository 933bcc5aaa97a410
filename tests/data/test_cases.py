"""The small inputs that lie beside the checkout, of kinds that people described: read as they mean it, or refused."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from aleator.data import LabelledDataset, read_dataset
from aleator.data.options import ReadOptions
from aleator.data.picture_files import heif_is_read
from aleator.errors import DataError

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


def case(name: str, **options: object) -> LabelledDataset:
    path = CASES / name
    if not path.exists():
        pytest.skip("the cases are not here")
    return read_dataset(path, ReadOptions(**options))  # type: ignore[arg-type]


def classes(dataset: LabelledDataset) -> dict[str, int]:
    counts = Counter(dataset.given_labels.tolist())
    return {name: counts[number] for number, name in enumerate(dataset.class_names)}


@pytest.mark.parametrize(
    ("name", "expected", "splits"),
    [
        ("split-folders-intel", {"buildings": 12, "forest": 12, "sea": 12}, {"seg_train", "seg_test"}),
        ("split-folders-catdog", {"cats": 12, "dogs": 12}, {"training_set", "test_set"}),
        ("split-folders-class-suffix", {"class001": 12, "class002": 12}, {"train_class", "val_class"}),
        ("roboflow-classes-csv", {"cat": 6, "dog": 6}, {"train"}),
    ],
)
def test_splits_are_splits(name: str, expected: dict[str, int], splits: set[str]) -> None:
    dataset = case(name)
    assert classes(dataset) == expected
    assert dataset.split is not None
    assert set(dataset.split.tolist()) == splits
    if "split" in name:
        assert any("--split-folders none" in line for line in dataset.how_read.said)


@pytest.mark.parametrize("name", ["png16-holding-12-bit", "tiff16-holding-8-bit"])
def test_deep_pictures_can_be_seen(name: str) -> None:
    dataset = case(name)
    pixels = [np.asarray(dataset.source.load(row)) for row in range(len(dataset))]
    assert all(picture.max() > 100 for picture in pixels)
    assert len({picture.tobytes() for picture in pixels}) == len(dataset)
    assert any("bits" in line for line in dataset.how_read.said)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("labels-minus-one/t.csv", {"-1": 6, "0": 6, "1": 6}),
        ("class-named-NA/t.csv", {"BW": 6, "NA": 6, "ZA": 6}),
        ("class-named-N-slash-A/t.csv", {"N/A": 6, "damaged": 6, "intact": 6}),
        ("latin1-label/t.csv", {"hiver": 6, "été": 6}),
        ("class-folders-leading-zeros", {"00001": 6, "00002": 6, "00010": 6}),
        ("rafdb-list-txt/list_patition_label.txt", {"1": 6, "2": 6}),
        ("one-hot-columns/t.csv", {"MEL": 6, "NV": 6}),
        ("same-picture-two-labels/t.csv", {"cat": 6, "dog": 7}),
        ("export-class-names-with-slash/t.jsonl", {"a/b": 6, "a_b": 6, "ok": 6}),
        *(
            (name, {"cat": 6, "dog": 6})
            for name in (
                *("utf16-table/t.csv", "semicolon/t.csv", "tab-in-csv/t.csv", "excel-sep-line/t.csv"),
                *("ids-without-ending/t.csv", "pictures-in-subfolder/t.csv", "id-repeats-patient/t.csv"),
                *("row-repeated/t.csv", "label-studio-csv/t.csv", "fiftyone-data-labels-json"),
            )
        ),
    ],
)
def test_classes_are_those_that_are_meant(name: str, expected: dict[str, int]) -> None:
    dataset = case(name)
    assert classes(dataset) == expected
    assert dataset.how_read.lines()


def test_heic_is_read_or_listed() -> None:
    dataset = case("heic-among-png")
    if heif_is_read():
        assert classes(dataset) == {"a": 12, "b": 6, "c": 6}
    else:
        assert [one.count for one in dataset.how_read.passed_over] == [12]


def test_an_id_that_repeats_is_a_group() -> None:
    dataset = case("id-repeats-patient/t.csv")
    assert dataset.ids[0] == "p000.png"
    assert dataset.group is not None
    assert Counter(dataset.group.tolist()) == {"0": 3, "1": 3, "2": 3, "3": 3}


def test_python_objects_are_refused_with_the_remedy() -> None:
    with pytest.raises(DataError, match="holds Python objects; save it as numbers or text"):
        case("npy-object-labels/x.npy", label_file=CASES / "npy-object-labels" / "y.npy")
