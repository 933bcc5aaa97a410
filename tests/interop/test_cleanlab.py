"""An audit as the real Datalab, in a Python that has it beside Aleator."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from aleator.audits import AuditFolder
from tests.interop.other_python import ask
from tests.review.conftest import audit_folder, made_up

__all__ = ["audit_folder", "made_up"]  # fixtures

SOURCE = Path(__file__).parents[2] / "src"
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from aleator.audits import AuditFolder
from aleator.cleanlab import as_datalab, second_opinion
audit = AuditFolder.load(sys.argv[2])
lab = as_datalab(audit)
lab.report()
label, copies = lab.get_issues("label"), lab.get_issues("near_duplicate")
lab.save(sys.argv[3], force=True)
back = type(lab).load(sys.argv[3])
features = audit.embeddings[audit.column("given_label") >= 0]
lab.find_issues(features=features, issue_types={"non_iid": {}})
print(json.dumps({
    "summary": dict(zip(*lab.get_issue_summary()[["issue_type", "num_issues"]].to_dict("list").values())),
    "ids": list(lab.data["id"]),
    "label": label.to_dict("list"),
    "near_duplicate_sets": [list(map(int, one)) for one in copies["near_duplicate_sets"]],
    "ambiguous": back.get_issues("ambiguous").to_dict("list"),
    "opinion": [bool(one) for one in second_opinion(audit, label).theirs],
}))
"""


@pytest.mark.slow
def test_an_audit_is_a_datalab(audit_folder: Path, tmp_path: Path) -> None:
    python = os.environ.get("ALEATOR_DATALAB")
    if python is None and find_spec("datasets") is None:
        pytest.skip("no Datalab here; ALEATOR_DATALAB names a Python that has it and what Aleator needs")
    told = ask(python or sys.executable, PROGRAM, SOURCE, audit_folder, tmp_path / "lab", MPLBACKEND="agg")
    audit = AuditFolder.load(audit_folder)
    there = audit.column("given_label") >= 0
    verdict, names = audit.column("verdict")[there], np.array(audit.info.class_names)
    assert told["ids"] == audit.column("id")[there].tolist()
    assert told["summary"]["label"] == (verdict == "mistake").sum() > 0
    assert told["summary"]["outlier"] == (verdict == "unfamiliar").sum()
    assert told["summary"]["ambiguous"] == (verdict == "ambiguous").sum()
    assert "non_iid" in told["summary"]  # cleanlab's own goes on
    assert told["label"]["is_label_issue"] == (verdict == "mistake").tolist() == told["opinion"]
    assert told["label"]["given_label"] == names[audit.column("given_label")[there]].tolist()
    assert told["label"]["predicted_label"] == names[audit.column("suggested_label")[there]].tolist()
    assert np.allclose(told["label"]["label_score"], 1 - audit.column("p_mislabelled")[there], atol=1e-6)
    assert told["ambiguous"]["is_ambiguous_issue"] == (verdict == "ambiguous").tolist()
    group = audit.column("duplicate_group")[there]
    sets = [
        [one for one in np.flatnonzero(group == mine) if one != row] if mine >= 0 else []
        for row, mine in enumerate(group)
    ]
    assert told["near_duplicate_sets"] == sets
