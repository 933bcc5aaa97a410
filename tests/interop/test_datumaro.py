"""Out as CVAT's and COCO's annotations, through datumaro, which writes what CVAT exports, and back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aleator.data import read_dataset
from aleator.export import export_audit
from tests.data.form_page import labels_by_id
from tests.data.forms import folders
from tests.interop.other_python import ask, python_with

PROGRAM = """
import json, sys
import datumaro
source, form, target = sys.argv[1:]
made = datumaro.Dataset.import_from(source, form)
for form in ("cvat", "imagenet", "coco_labels"):
    made.export(f"{target}/{form}", form, save_media=True)
print(json.dumps(len(made)))
"""


def as_cvat(folder: Path) -> Path:
    return folder


def as_coco(folder: Path) -> Path:
    """Under the names that datumaro wants."""
    (folder / "annotations").mkdir()
    (folder / "annotations.json").rename(folder / "annotations" / "labels_train.json")
    (folder / "images").rename(folder / "train")
    (folder / "images").mkdir()
    (folder / "train").rename(folder / "images" / "train")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form", "arrange"), [("cvat", "cvat", as_cvat), ("coco", "coco_labels", as_coco)])
def test_there_and_back(tmp_path: Path, kind: str, form: str, arrange: Callable[[Path], Path]) -> None:
    python = python_with("datumaro", "ALEATOR_DATUMARO")
    data = folders(names=("cat", "dog & <co>"))(tmp_path / "data")
    corrected = export_audit(data, tmp_path / "out", kind)
    assert ask(python, PROGRAM, arrange(tmp_path / "out"), form, tmp_path / "there") == 12
    wanted = [corrected.name_of(int(label)) for label in corrected.label]
    for written in ("cvat", "imagenet", "coco_labels"):
        back = labels_by_id(read_dataset(tmp_path / "there" / written))
        # Pictures are called after their rows.
        number_of = {
            int(Path(one).name.partition("-")[0]) if "-" in one else None: label for one, label in back.items()
        }
        if set(back) == set(labels_by_id(read_dataset(data))):  # CVAT's form keeps ids
            assert back == labels_by_id(read_dataset(data))
        else:
            assert [number_of[row] for row in range(12)] == wanted
