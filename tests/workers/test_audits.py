"""Whole audits on a cluster leave what audits here leave."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aleator.auditing import AuditSettings
from aleator.auditing.audit import audit
from aleator.data.drawn_faces import drawn_faces
from aleator.learning import effort
from aleator.workers import Where

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

TIMES = ("created", "timings")


def left(folder: Path) -> dict[str, bytes]:
    """The files of an audit, without the times in them."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("audit.json", "report.html")
    }
    info = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    return files | {"audit.json": repr({name: info[name] for name in info if name not in TIMES}).encode()}


@pytest.mark.slow
def test_an_audit_of_pictures_is_the_same_on_a_cluster(
    tmp_path: Path, cluster: "Cluster", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "FEWEST_STEPS", 10)
    faces = drawn_faces(120, seed=0)
    settings = AuditSettings(effort="quick", members=2)
    audit(faces.dataset, tmp_path / "here", settings)
    audit(faces.dataset, tmp_path / "there", settings, where=Where("ray", cluster.address))
    assert left(tmp_path / "there") == left(tmp_path / "here")
    assert "models/member-0.safetensors" in left(tmp_path / "here")


@pytest.mark.slow
def test_an_audit_of_vectors_is_the_same_on_a_cluster(tmp_path: Path, cluster: "Cluster") -> None:
    """By the command line."""
    digits = load_digits()
    np.savez(tmp_path / "digits.npz", features=digits.data[:600], labels=digits.target[:600])
    command = [sys.executable, "-m", "aleator", "audit", str(tmp_path / "digits.npz"), "--effort", "quick", "--json"]
    for name, flags in {"here": [], "there": ["--on", "ray", "--ray-address", cluster.address]}.items():
        subprocess.run([*command, "-o", str(tmp_path / name), *flags], check=True, capture_output=True)
    assert left(tmp_path / "there") == left(tmp_path / "here")
