"""A table that cannot be read is an error with the line and the way out; a file that is something else is called so."""

import gzip
import json
from pathlib import Path

import pytest

from aleator.data import read_dataset
from aleator.data.options import ReadOptions
from aleator.errors import DataError

TEXTS = [f"le café numéro {row} est agréable" for row in range(40)]
LABELS = ["été", "hiver"] * 20
LINES = ["text,label", *(f"{text},{label}" for text, label in zip(TEXTS, LABELS, strict=True))]
RECORDS = [
    json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in zip(TEXTS, LABELS, strict=True)
]
NUMBERS = [f"{row},{row * 2},{'xy'[row % 2]}" for row in range(40)]


def with_bad_byte(lines: list[str]) -> bytes:
    return "\n".join(lines).encode().replace("numéro 7".encode(), b"num\xe9ro 7")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", with_bad_byte(LINES), "line 9: the byte 0xe9 is not UTF-8 .*the rest of the file is.*--encoding"),
        ("t.csv", with_bad_byte([LINES[0], *LINES[1:7] * 30_000, *LINES[7:]]), "line 180003: the byte 0xe9"),
        ("t.jsonl", with_bad_byte(RECORDS), "line 8: the byte 0xe9 is not UTF-8"),
        ("t.json", with_bad_byte(["[", ",\n".join(RECORDS), "]"]), "line 9: the byte 0xe9 is not UTF-8"),
        ("t.jsonl", [*RECORDS[:5], '{"text": "a", "label": }', *RECORDS[5:]], "line 6 is no JSON"),
        ("t.csv", ["a,b,label", *NUMBERS, "1,2,3,x", "1,2"], r"line 42 holds 4 cells, the header 3 \(2 such lines: 42"),
        ("t.csv", ["Iris of 2020", "", "a,b,label", *NUMBERS], r"line 1 holds 1 cell, .* title or notes.*\(line 3\)"),
        ("t.csv", ["a,b,label", *NUMBERS, "", "Source: a page"], "line 43 holds 1 cell, the header 3"),
        ("t.csv", RECORDS, "is JSON; call it .json"),
        ("t.csv", ["<!DOCTYPE html>", "<html>"], "is a web page"),
        ("t.parquet", ["version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 1"], "git lfs pull"),
        ("t.npz", ["version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 1"], "git lfs pull"),
        ("t.csv", gzip.compress(b"a,b\n", mtime=0), "is compressed"),
        ("t.csv", b"PK\x03\x04 and more", "call it .xlsx"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_line_and_remedy(
    tmp_path: Path, name: str, content: bytes | list[str], says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else "\n".join(content).encode())
    with pytest.raises(DataError, match=says):
        read_dataset(file)


def test_a_bad_byte_is_no_reason_to_read_all_in_another_encoding_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(with_bad_byte(LINES))
    assert "café" not in read_dataset(tmp_path / "t.csv", ReadOptions(encoding="cp1252")).source.load(0)  # type: ignore[union-attr]
    for row, text in enumerate(TEXTS):
        folder = tmp_path / "texts" / LABELS[row]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{row:02}.txt").write_bytes(text.encode() * 5 + b"\xe9" * (row == 3))
    data = read_dataset(tmp_path / "texts")
    assert data.source.load(data.ids.tolist().index("hiver/03.txt")) == TEXTS[3] * 5 + "\ufffd"  # type: ignore[union-attr]
    assert "1 files are not UTF-8 (hiver/03.txt is read as UTF-8 but for single bytes" in " ".join(data.how_read.said)
