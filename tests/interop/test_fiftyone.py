"""The real FiftyOne loads the exported folder, by its own importer and by our program, and decisions come back."""

import os
from pathlib import Path

import pytest

from aleator.decisions.decision import LABEL, UNUSABLE
from aleator.decisions.read import read_decisions
from aleator.export import export_audit
from aleator.review.examples import Examples
from tests.export.test_export import audit_folder, made_up, reviewed
from tests.interop.other_python import ask, python_with, run

__all__ = ["audit_folder", "made_up", "reviewed"]  # fixtures

pytestmark = pytest.mark.slow

LOOK = """
import json, sys, fiftyone as fo
data = fo.load_dataset("faces")
verdict = {view: [s["verdict"] for s in data.load_saved_view(view)] for view in data.list_saved_views()}
p = [s["p_mislabelled"] for s in data.load_saved_view("mistake")]
fields = list(data.get_field_schema())
samples = {s["aleator_id"]: {
    "ground_truth": s["ground_truth"].label, "given": s["given_label"].label, "suggested": s["suggested_label"].label,
    "confidence": s["suggested_label"].confidence, "decision": s["decision"], "embedding": len(s["embedding"]),
    "reviewers": s["reviewers"],
} for s in data}
own = fo.Dataset.from_dir(sys.argv[1], dataset_type=fo.types.FiftyOneImageClassificationDataset)
print(json.dumps({
    "verdict": verdict, "p": p, "fields": fields, "samples": samples, "classes": data.default_classes,
    "own": {s.filename: s["ground_truth"].label for s in own},
}))
"""
DECIDE = """
import json, fiftyone as fo
data = fo.load_dataset("faces")
ids = {s["aleator_id"]: s for s in data}
rows = list(ids.values())
rows[20]["ground_truth"] = fo.Classification(label="fear" if rows[20]["ground_truth"].label != "fear" else "sad")
for row, tag in ((21, "right"), (22, "suggested"), (23, "not usable")):
    rows[row].tags.append(tag)
for row in range(20, 24):
    rows[row].save()
print(json.dumps([[s["aleator_id"], s["ground_truth"].label, s["given_label"].label, s["suggested_label"].label]
                  for s in rows[20:24]]))
"""


def test_there_and_back(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    python = python_with("fiftyone", "ALEATOR_FIFTYONE")
    folder, examples = reviewed
    out = tmp_path / "faces"
    corrected = export_audit(folder, out, "fiftyone")
    environment = {
        "FIFTYONE_DATABASE_DIR": str(tmp_path / "database"),
        "FIFTYONE_DO_NOT_TRACK": "true",
        "FIFTYONE_CONFIG_PATH": str(tmp_path / "config.json"),
    }
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    run(python, str(out / "load.py"), environment=plain)
    said = ask(python, LOOK, out, **environment)

    assert examples.audit is not None
    table = examples.audit.labels
    assert {"aleator_id", "ground_truth", "given_label", "verdict", "p_mislabelled", "aleatoric", "epistemic"} < set(
        said["fields"]
    )
    assert said["classes"] == list(examples.class_names)
    for name in set(said["verdict"]) - {"decided"}:
        assert said["verdict"][name] == [name] * table["verdict"].to_pylist().count(name)
    assert set(said["verdict"]) - {"decided"} == {one for one in table["verdict"].to_pylist() if one}
    assert len(said["verdict"]["decided"]) == (corrected.decision != "").sum()
    assert said["p"] == sorted(said["p"], reverse=True)
    for row, id in enumerate(examples.ids.to_pylist()):
        sample = said["samples"][id]
        assert sample["ground_truth"] == corrected.name_of(int(corrected.label[row]))
        assert sample["given"] == corrected.name_of(int(examples.given[row]))
        assert sample["suggested"] == table["suggested_label"][row].as_py()
        assert sample["decision"] == (str(corrected.decision[row]) or None)
        assert sample["embedding"] == examples.audit.embeddings.shape[1]
    assert list(said["own"].values()).count(None) == 0
    assert len(said["own"]) == len(corrected)

    decided = ask(python, DECIDE, **environment)
    file = tmp_path / "decisions.csv"
    run(python, str(out / "load.py"), "--decisions", str(file), "--reviewer", "=Ann", environment=plain)
    back = {one.example: one for one in read_decisions(file, examples.row_of, examples.class_names)}
    labels = [(decided[0][1],), (decided[1][2],), (decided[2][3],), ()]
    assert [back[one[0]].labels for one in decided] == labels
    assert [back[one[0]].kind for one in decided] == [LABEL, LABEL, LABEL, UNUSABLE]
    assert {one.reviewer for one in back.values()} == {"=Ann"}
    assert len(back) == len(decided)
