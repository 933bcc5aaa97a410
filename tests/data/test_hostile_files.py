"""Files made to crash, to fill the memory or to be misread: each is the project's own error, and soon."""

import gzip
import io
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from openpyxl import Workbook
from PIL import Image

from aleator.data import ImageFiles, read_dataset
from aleator.data.decoding import UnreadableImage
from aleator.data.options import ReadOptions
from aleator.data.readers import limits
from aleator.data.readers.array_files import read_arrays
from aleator.data.readers.tables import read_table
from aleator.errors import DataError


@pytest.mark.parametrize("line", ["[" * 200_000, '{"a":' * 200_000, '{"a":"]]]", "b":' + "[\n" * 100_000])
def test_json_nested_without_end(tmp_path: Path, line: str) -> None:
    (tmp_path / "t.jsonl").write_text(line)
    with pytest.raises(DataError, match="64 brackets deep"):
        read_dataset(tmp_path / "t.jsonl")


@pytest.mark.parametrize("line", ["null", "true", "3", '"text"', "[1]", "]"])
def test_json_lines_that_are_no_objects(tmp_path: Path, line: str) -> None:
    (tmp_path / "t.jsonl").write_text(f'{{"path": "a.png", "label": "b"}}\n{line}\n' * 3)
    with pytest.raises(DataError):
        read_table(tmp_path / "t.jsonl")


def test_brackets_in_texts_are_no_depth(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(f'{{"a": "{"[" * 1000}\\"{"{" * 1000}", "b": [[1]]}}\n' * 3)
    assert read_table(tmp_path / "t.jsonl").num_rows == 3


def test_a_hundred_thousand_columns(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(100_000))
    (tmp_path / "t.csv").write_text(f"{names}\n{'1,' * 99_999}1\n")
    start = time.process_time()
    with pytest.raises(DataError, match="100,000 columns"):
        read_table(tmp_path / "t.csv")
    assert time.process_time() - start < 5


def test_a_small_parquet_of_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1 << 20)
    pa.parquet.write_table(pa.table({"path": ["x" * 1000] * 5000}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="in memory; split it"):
        read_table(tmp_path / "t.parquet")


def test_codes_of_several_row_groups_are_one_column(tmp_path: Path) -> None:
    table = pa.concat_tables(
        [pa.table({"a": pa.array(pair * 6000).dictionary_encode()}) for pair in (["x", "y"], ["z", "y"])]
    )
    pa.parquet.write_table(table, tmp_path / "t.parquet", row_group_size=7000)
    assert read_table(tmp_path / "t.parquet")["a"].to_pylist() == table["a"].to_pylist()


def test_lists_in_a_table_are_no_features(tmp_path: Path) -> None:
    table = pa.table({"x": [[1.0, 2.0]] * 20, "label": ["a", "b"] * 10})
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError, match="'x' holds list<element: double>, which is no feature; save vectors"):
        read_dataset(tmp_path / "t.parquet")


@pytest.mark.parametrize("labels", [[np.inf, 0, 1], [1e300, 0, 1], [2**60, 0, 1]])
def test_numbers_that_no_class_can_have(tmp_path: Path, labels: list[float]) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((30, 2)), y=np.array(labels * 10, dtype=np.float64))
    with pytest.raises(DataError, match="row 0 is not a whole number that a class can have"):
        read_dataset(tmp_path / "d.npz")


def test_arrays_that_nobody_needs_are_not_read(tmp_path: Path) -> None:
    good = tmp_path / "d.npz"
    np.savez(good, x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2, waste=np.array([{}], dtype=object))
    assert len(read_dataset(good)) == 20
    with pytest.raises(DataError, match="'waste' holds Python objects"):
        read_dataset(good, ReadOptions(id_column="waste"))


def test_damaged_arrays_are_told_as_what_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((100, 2)))
    whole = (tmp_path / "x.npy").read_bytes()
    header = whole.replace(b"(100, 2)", b"(10**18,)")
    cases = {
        "cut.npy": whole[:500],
        "vast.npy": whole.replace(
            b"'shape': (100, 2), }        ", b"'shape': (1000000000000, 2), }"[: len(b"'shape': (100, 2), }        ")]
        ),
        "odd.npy": header,
        "text.npy": b"hello",
        "zip.npz": b"PK\x03\x04" + bytes(100),
        "gzip.npz": gzip.compress(b"hello"),
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError) as told:
            read_arrays(tmp_path / name)
        assert name in str(told.value)
        assert "Python objects" not in str(told.value)
        assert "allow_pickle" not in str(told.value)


def test_a_cut_and_an_encrypted_member(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cut.npz", "w") as archive:
        np.save(tmp_path / "x.npy", np.zeros((100, 2)))
        archive.writestr("x.npy", (tmp_path / "x.npy").read_bytes()[:300])
    with pytest.raises(DataError, match="cannot be read") as told:
        read_arrays(tmp_path / "cut.npz")["x"]
    assert "objects" not in str(told.value)
    content = bytearray((tmp_path / "cut.npz").read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(sign) + offset
        struct.pack_into("<H", content, at, 1)  # the flag that says "encrypted"
    (tmp_path / "secret.npz").write_bytes(content)
    with pytest.raises(DataError, match="encrypted"):
        read_arrays(tmp_path / "secret.npz")["x"]


def test_pixels_that_are_not_utf8_name_their_cell(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("emotion,pixels\nFreude,1 2 3 4\nÄrger,1 2 3 4\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"row 1, column 'emotion': .* is not UTF-8"):
        read_dataset(tmp_path / "t.csv")


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(6):
            Image.new("L", (4, 4), number).save(tmp_path / "data" / label / f"{number}.png")
    try:
        os.rename(tmp_path / "data" / "a" / "0.png", os.fsencode(tmp_path / "data" / "a") + b"/\xe9.png")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(DataError, match="not UTF-8; rename it"):
        read_dataset(tmp_path / "data")


def test_ghostscript_is_never_started(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with pytest.raises(UnreadableImage, match="cannot be decoded"):
        ImageFiles(tmp_path, ("0.png",)).load(0)


def workbook(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Thirty rows, and what a program or somebody with bad intentions made of the sheet."""
    book = Workbook()
    book.active.append(["x", "z", "label"])
    for row in range(30):
        book.active.append([row / 2, row % 7, "ab"[row % 2]])
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            changed.writestr(name, change(content) if name.endswith("sheet1.xml") else content)
    return path


def test_a_sheet_is_read_whole_whatever_it_says_of_its_size(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b'ref="A1:C31"', b'ref="A1:B9"'))
    assert len(read_dataset(path)) == 30


def test_a_sheet_of_a_billion_empty_rows_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b'<row r="31"', b'<row r="1000000000"'))
    with pytest.raises(DataError, match="more rows or cells than are read"):
        read_dataset(path)


def test_millions_of_cells_are_counted_before_any_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = b'<row r="32">' + b"<c/>" * 5_000_001 + b"</row>"
    path = workbook(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b"</sheetData>", row + b"</sheetData>"))
    monkeypatch.setattr("openpyxl.load_workbook", None)
    with pytest.raises(DataError, match="more rows or cells than are read"):
        read_dataset(path)


def test_a_sheet_of_too_many_cells_is_refused(tmp_path: Path) -> None:
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (row, row) for row in range(32, 400))
    path = workbook(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b"</sheetData>", rows + b"</sheetData>"))
    with pytest.raises(DataError, match="more rows or cells than are read"):
        read_dataset(path)


def test_a_damaged_archive_of_one_table(tmp_path: Path) -> None:
    """Its end still says that it is one, and its list of what it holds is broken."""
    path = tmp_path / "labels.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.csv", "id,label\n1,cat\n2,dog\n")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x09"))
    assert zipfile.is_zipfile(path)
    with pytest.raises(DataError, match=r"labels\.zip cannot be read as compressed data"):
        read_dataset(path)
