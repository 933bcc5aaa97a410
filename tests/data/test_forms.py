"""Every form that people have is read as they mean it, or refused in words; and the docs' table of them is true."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from aleator.data import LabelledDataset, read_dataset
from aleator.errors import DataError
from tests.data.form_page import FORMS, PAGE, counts_of, export_of, labels_by_id, page, read, said, there_and_back
from tests.data.forms import Form, folders, heic

KEEP_ORDER = ("huggingface", "coco", "cvat", "fiftyone", "fer2013")
"""Exports that hold a list of the classes."""


@pytest.mark.parametrize("form", FORMS, ids=[f"{form.group}: {form.name}" for form in FORMS])
def test_the_form_is_read_as_it_is_meant_and_goes_out_and_back(tmp_path: Path, form: Form) -> None:
    if "HEIC" in form.name:
        pytest.importorskip("pillow_heif")
    if "Excel" in form.name:
        pytest.importorskip("openpyxl")
    (root := tmp_path / "data").mkdir()
    path = form.write(root)
    result = read(form, path)
    words = said(result, root)
    assert re.search(form.says, words), words
    if form.counts is None:
        assert isinstance(result, DataError), words
        assert len(words) < 1000
        return
    assert isinstance(result, LabelledDataset), words
    assert counts_of(result) == form.counts
    splits = () if result.split is None else tuple(sorted(set(result.split.tolist())))
    assert splits == form.splits
    assert result.how_read.form
    if result.source.kind == "images":
        pixels = [np.asarray(result.source.load(row)) for row in range(len(result))]
        assert all(picture.max() > 100 > picture.min() for picture in pixels)
    again = there_and_back(form, path, result, tmp_path / "out")
    assert labels_by_id(again) == labels_by_id(result)
    if export_of(form, result) in KEEP_ORDER:
        assert again.class_names == result.class_names


def test_forms_are_many_and_the_page_in_the_docs_is_true() -> None:
    pytest.importorskip("pillow_heif")
    pytest.importorskip("openpyxl")
    assert len(FORMS) >= 60
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.data.form_page"


@pytest.mark.parametrize("path", [".", "./", "../data", "/"])
def test_a_folder_by_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    folders("train", "test")(tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data")
    path = f"{tmp_path}//data/" if path == "/" else path
    dataset = read_dataset(path)
    assert dataset.ids[0] == "test/cat/0.png"
    assert dataset.class_names == ("cat", "dog")
    assert read_dataset(f"{path}/train").ids[0] == "cat/0.png"


def test_heic_without_the_extra_is_listed_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pillow_heif")
    data = heic(tmp_path)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as where it is not installed
    dataset = read_dataset(data)
    assert dataset.class_names == ("cat", "dog")
    assert [one.count for one in dataset.how_read.passed_over] == [6]
    assert "pip install 'aleator[heic]'" in dataset.how_read.passed_over[0].reason
    assert "No picture is read in owl/." in dataset.how_read.said
