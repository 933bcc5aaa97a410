"""Tables whose examples are in the table itself: texts, and rows of features."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from aleator.data import TableRows, TextArray, read_dataset
from aleator.data.duplicates import find_duplicates
from aleator.data.options import ReadOptions
from aleator.errors import DataError
from aleator.training.inputs import read_inputs

Write = Callable[..., Path]
SENTENCES = [f"this sentence number {row} says something about {('cats', 'dogs')[row % 2]}" for row in range(40)]
LABELS = [("cat", "dog")[row % 2] for row in range(40)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(**columns: object) -> Path:
        path = tmp_path / "table.csv"
        pa_csv.write_csv(pa.table(columns), path)
        return path

    return write


def test_a_column_of_texts_is_found_by_name_and_by_its_words(write: Write) -> None:
    by_name = read_dataset(write(id=range(40), text=SENTENCES, label=LABELS))
    assert isinstance(by_name.source, TextArray)
    assert by_name.source.load(3) == SENTENCES[3]
    by_words = read_dataset(write(opinion=SENTENCES, shop=["here"] * 40, label=LABELS))
    assert isinstance(by_words.source, TextArray)
    assert "'opinion' is taken as the texts" in " ".join(by_words.how_read.lines())


def test_the_users_word_counts(write: Write) -> None:
    path = write(text=SENTENCES, title=[f"title {row} of all of them" for row in range(40)], label=LABELS, mood=LABELS)
    asked = read_dataset(path, ReadOptions(text_column="title", label_column="mood"))
    assert isinstance(asked.source, TextArray)
    assert asked.source.load(0) == "title 0 of all of them"
    assert asked.class_names == ("cat", "dog")


def test_empty_texts_are_left_out_and_counted(write: Write) -> None:
    texts = [("" if row in (4, 5) else text) for row, text in enumerate(SENTENCES)]
    dataset = read_dataset(write(text=texts, label=LABELS))
    assert len(dataset) == 38
    assert [(one.id, one.reason) for one in dataset.skipped] == [("4", "is empty"), ("5", "is empty")]


def test_scripts_from_right_to_left_and_without_spaces(write: Write) -> None:
    texts = [
        f"这是第{row}个关于猫的句子，写得很长很长" if row % 2 else f"هذه جملة رقم {row} عن الكلاب" for row in range(40)
    ]
    dataset = read_dataset(write(words=texts, label=LABELS))
    assert isinstance(dataset.source, TextArray)
    assert dataset.source.load(1) == texts[1]


def test_other_columns_are_features(write: Write) -> None:
    path = write(
        id=range(40), age=range(20, 60), town=["Oslo", "Rome"] * 20, split=["train"] * 40, label=LABELS, leak=LABELS
    )
    dataset = read_dataset(path, ReadOptions(leave_out="leak"))
    assert isinstance(dataset.source, TableRows)
    assert dataset.source.table.column_names == ["age", "town"]
    assert dataset.source.cells(1) == {"age": "21", "town": "Rome"}
    assert dataset.ids[1] == "1"


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (
            {"age": range(100), "label": [row / 7 for row in range(100)]},
            ReadOptions(),
            r"'label' holds 100 different numbers in 100 rows: that is a\s+measurement",
        ),
        ({"text": range(40), "label": LABELS}, ReadOptions(text_column="text"), "'text' holds int64, not text"),
        ({"text": ["", "a word"] * 5 + [""] * 30, "label": LABELS}, ReadOptions(text_column="text"), "are empty"),
        ({"age": range(40), "label": LABELS}, ReadOptions(text_column="words"), "no column 'words'"),
        ({"age": range(40), "label": LABELS}, ReadOptions(leave_out="size"), "no column 'size'.*--leave-out"),
        ({"age": range(40), "kind": range(40)}, ReadOptions(), "--label-column"),
        ({"name": [f"n{row}" for row in range(40)], "label": LABELS}, ReadOptions(), "holds names only"),
    ],
)
def test_what_cannot_be_read_so_is_refused_in_words(
    write: Write, columns: dict[str, object], options: ReadOptions, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_dataset(write(**columns), options)


def test_ids_that_name_pictures_are_no_row_of_features(tmp_path: Path, write: Write) -> None:
    from PIL import Image

    for row in range(12):
        Image.new("L", (8, 8), row * 20).save(tmp_path / f"p{row}.png")
    path = write(id=[f"p{row}" for row in range(12)], age=range(12), label=["a", "b"] * 6)
    assert read_dataset(path).source.kind == "images"


def test_copies_of_texts_and_rows() -> None:
    texts = ["Call me now!", "call  me now", "something else entirely", "Call me now!", "call me maybe later today"]
    found = find_duplicates(TextArray(texts))
    assert found.group.tolist() == [0, 0, -1, 0, -1]
    assert found.exact.tolist() == [True, False, False, True, False]
    rows = TableRows(pa.table({"a": [1.0, 2.0, 1.0, None], "b": ["x", "x", "x", None]}))
    assert find_duplicates(rows).group.tolist() == [0, -1, 0, -1]


def test_what_changes_changes_the_fingerprint(write: Write) -> None:
    path = write(text=SENTENCES, label=LABELS)
    before = read_dataset(path).fingerprint()
    assert read_dataset(path).fingerprint() == before
    changed = [*SENTENCES[:-1], SENTENCES[-1] + "!"]
    assert read_dataset(write(text=changed, label=LABELS)).fingerprint() != before
    rows = TableRows(pa.table({"a": [1, 2]})), TableRows(pa.table({"a": [1, 3]})), TableRows(pa.table({"b": [1, 2]}))
    assert len({one.identity() for one in rows}) == 3
    assert np.array_equal(rows[0].take(np.array([1])).table["a"].to_numpy(), [2])


def test_a_folder_of_text_files_is_predicted_as_it_is_read(tmp_path: Path) -> None:
    for name, content in {"new/a.txt": b"one text", "new/deep/b": "été".encode("latin-1")}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "new" / "c.bin").write_bytes(b"\0")
    (inputs,) = read_inputs([tmp_path / "new"], kind="texts")
    assert inputs.ids == ("a.txt", "deep/b")
    assert isinstance(inputs.source, TextArray)
    assert [inputs.source.load(row) for row in range(2)] == ["one text", "été"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize("written", ['""', '\\"'])
def test_quotes_within_quoted_cells_in_any_encoding(tmp_path: Path, encoding: str, written: str) -> None:
    path = tmp_path / "t.csv"
    cell = f'"one, two {written}猫{written}\nnext line"'
    rows = [f"{cell},cat", f'{cell[:-1]} again",dog', *[f"{cell},cat"] * 9]
    path.write_text("\n".join(["text,label", *rows, ""]), encoding=encoding)
    dataset = read_dataset(path, ReadOptions(encoding=encoding if encoding == "cp932" else None), learnable=False)
    assert isinstance(dataset.source, TextArray)
    assert [dataset.source.load(row) for row in range(2)] == [
        f'one, two "猫"\nnext line{more}' for more in ("", " again")
    ]
    assert len(dataset) == 11


@pytest.mark.parametrize("sign", ['"', "'"])
def test_a_quote_within_words_is_a_sign_of_the_text(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + f"a screen of 5{sign} and more,big\nof 3{sign} only,small\n" * 10)
    dataset = read_dataset(path)
    assert isinstance(dataset.source, TextArray)
    assert dataset.source.load(0) == f"a screen of 5{sign} and more"
    assert len(dataset) == 20


def test_rows_are_named_as_they_stand_in_the_file_also_where_some_are_left_out(tmp_path: Path) -> None:
    rows = [
        f"{'' if row % 4 == 0 else f'a text of number {row}'},{'xy'[row % 2]},{'ab'[row // 20]}" for row in range(40)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["text,label,split", *rows]))
    data = read_dataset(tmp_path / "t.csv", ReadOptions(split="b"))
    assert data.source.describe(0) == f"row {data.ids[0]}" == "row 21"
    assert data.take(np.array([3])).source.describe(0) == f"row {data.ids[3]}"
