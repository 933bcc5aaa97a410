"""`aleator inspect`: how data are read, before anything is computed; and the record of it travels with the audit."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from aleator.audits.info import audited_data
from aleator.cli import app
from aleator.data import read_dataset
from aleator.data.examples import load_examples
from aleator.data.options import ReadOptions
from aleator.data.overview import names_alike, overview_of, write_contact_sheet
from aleator.errors import DataError
from aleator.records import from_json, to_json
from tests.data.forms import classes_below, folders, vectors


def test_inspect_tells_form_classes_splits_rows_and_what_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folders("seg_train/seg_train", "seg_test/seg_test", names=("anger", "ANGER", "sad"))(tmp_path / "data")
    (data / "seg_train" / "seg_train" / "sad" / "notes.txt").write_text("no picture")
    sheet = tmp_path / "sheet.png"
    app(["inspect", str(data), "--pictures", str(sheet)], result_action="return_value")
    text = " ".join(capsys.readouterr().out.split())
    assert "36 images, 3 classes" in text
    assert "Read as 2 splits (seg_test, seg_train) of 3 classes" in text
    assert "seg_test 18 · seg_train 18" in text
    assert "Passed over: 1 no pictures (seg_train/seg_train/sad/notes.txt)" in text
    assert "The class names 'ANGER', 'anger' look alike" in text
    assert Image.open(sheet).height > 3 * 64
    app(["inspect", str(data), "--json"], result_action="return_value")
    told = json.loads(capsys.readouterr().out)
    assert told["classes"] == {"ANGER": 12, "anger": 12, "sad": 12}
    assert len(told["rows"]) == 5
    assert told["how_read"]["passed_over"][0]["count"] == 1


def test_inspect_shows_data_that_cannot_be_audited_yet(tmp_path: Path) -> None:
    classes_below(tmp_path, ("cat", "dog"))
    classes_below(tmp_path, ("owl",), count=2)
    with pytest.raises(DataError, match="'owl' has 2 labelled"):
        read_dataset(tmp_path)
    assert overview_of(read_dataset(tmp_path, learnable=False)).rare == ("owl",)


def test_names_that_look_alike() -> None:
    assert names_alike(("anger", "ANGER", "angry", "Sad ", "sad", "fear")) == (
        ("anger", "ANGER", "angry"),
        ("Sad ", "sad"),
    )
    assert names_alike(("-1", "1", "10", "cat", "dog")) == ()
    assert names_alike(("cats", "cat", "glass", "gla")) == (("cats", "cat"),)


def test_vectors_have_no_contact_sheet(tmp_path: Path) -> None:
    dataset = read_dataset(vectors(tmp_path))
    with pytest.raises(DataError, match="holds no pictures"):
        write_contact_sheet(dataset, tmp_path / "sheet.png")


def test_the_record_travels_into_audit_json(tmp_path: Path) -> None:
    data = folders("train_class", "val_class")(tmp_path)
    dataset, _, shape = load_examples(read_dataset(data, ReadOptions(split="val_class")), 16)
    told = audited_data(dataset, "", shape)
    assert from_json(type(told), to_json(told)).how_read == dataset.how_read
    assert any("--split-folders none" in line for line in told.how_read.said)


@pytest.mark.parametrize("kind", ["pictures", "texts", "rows", "vectors"])
def test_the_page_shows_some_examples_of_each_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    labels = ["a<b", "c&d"] * 20
    if kind == "pictures":
        data = folders("train", "test", names=("a<b", "c&d"), count=15)(tmp_path / "data")
    elif kind == "vectors":
        data = vectors(tmp_path)
    else:
        cells = [f"words that say {row} <i>" if kind == "texts" else row / 2 for row in range(40)]
        data = tmp_path / "t.parquet"
        parquet.write_table(pa.table({"text" if kind == "texts" else "size": cells, "label": labels}), data)
    page = tmp_path / "new" / "page.html"
    app(["inspect", str(data), "--pictures", str(page)], result_action="return_value")
    html = page.read_text(encoding="utf-8")
    assert str(page) in capsys.readouterr().out.replace("\n", "")
    assert html.count("<li>") == (12 if kind == "vectors" else 20)
    assert html.count("<img ") == (20 if kind == "pictures" else 0)
    assert ("a&lt;b" in html) is (kind != "vectors")
    assert "a<b" not in html
    assert "<i>" not in html
    assert "http" not in html
    assert {"pictures": "2 split folders", "texts": "words that say 0 &lt;i&gt;", "rows": "size 0.0"}.get(
        kind, "12 vectors"
    ) in html
    if kind == "pictures":
        assert "Splits: test 30 · train 30" in html
