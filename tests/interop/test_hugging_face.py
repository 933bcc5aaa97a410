"""Hugging Face's own `datasets` reads what is exported, and what it writes is read again."""

from pathlib import Path

import numpy as np
import pytest

from aleator.data import read_dataset
from aleator.export import export_audit
from aleator.review.examples import Examples
from tests.export.test_export import audit_folder, made_up, reviewed
from tests.interop.other_python import ask, python_with

__all__ = ["audit_folder", "made_up", "reviewed"]  # fixtures

pytestmark = pytest.mark.slow

READ = """
import json, sys, datasets, numpy as np
kind, folder = sys.argv[1:3]
data = datasets.load_dataset("imagefolder", data_dir=folder, split="train") if kind == "imagefolder" else (
    datasets.load_dataset(folder, split="train"))
label = data.features["label"]
pictures = {one["id"]: int(np.asarray(one["image"].convert("L"), dtype=np.int64).sum()) for one in data}
print(json.dumps({
    "kind": type(label).__name__,
    "names": getattr(label, "names", None),
    "labels": dict(zip(data["id"], data["label"])),
    "pictures": pictures,
}))
"""


@pytest.mark.parametrize("form", ["imagefolder", "huggingface"])
def test_what_is_exported_is_read_there(form: str, reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    python = python_with("datasets", "ALEATOR_DATASETS")
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "out", form)
    said = ask(python, READ, form, tmp_path / "out", HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="1")
    ids = examples.ids.to_pylist()
    wanted: list[object] = [corrected.name_of(int(label)) for label in corrected.label]
    if form == "huggingface":
        assert (said["kind"], said["names"]) == ("ClassLabel", list(examples.class_names))
        wanted = corrected.label.tolist()
    assert said["labels"] == dict(zip(ids, wanted, strict=True))
    sums = [int(np.asarray(examples.source.load(int(row)), dtype=np.int64).sum()) for row in examples.source_row]
    assert said["pictures"] == dict(zip(ids, sums, strict=True))


def test_there_and_back(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    python = python_with("datasets", "ALEATOR_DATASETS")
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "out", "huggingface")
    saved = tmp_path / "saved"
    program = """
import sys, json, datasets
datasets.load_dataset(sys.argv[1], split="train").save_to_disk(sys.argv[2])
print(json.dumps(1))
"""
    ask(python, program, tmp_path / "out", saved, HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="1")
    for place in (tmp_path / "out", saved):
        back = read_dataset(place)
        assert back.class_names == examples.class_names
        assert np.array_equal(back.given_labels, corrected.label)
