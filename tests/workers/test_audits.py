"""Whole audits on a cluster leave what audits here leave."""

import json
import socket
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aleator.auditing import AuditSettings
from aleator.auditing.audit import audit
from aleator.cli import app
from aleator.data.drawn_faces import drawn_faces
from aleator.learning import effort, members
from aleator.workers import Where
from aleator.workers.on_ray import GREETING, NO_SETTINGS

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
    monkeypatch.setattr(members, "WORTH_PROCESSES", 1)
    faces = drawn_faces(120, seed=0)
    settings = AuditSettings(effort="quick", members=2)
    audit(faces.dataset, tmp_path / "here", settings)
    audit(faces.dataset, tmp_path / "there", settings, where=Where("ray", cluster.address))
    assert left(tmp_path / "there") == left(tmp_path / "here")
    assert "models/member-0.safetensors" in left(tmp_path / "here")


@pytest.mark.slow
def test_an_audit_of_vectors_is_the_same_on_a_cluster(
    tmp_path: Path, cluster: "Cluster", monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command line."""
    monkeypatch.setattr(import_module("aleator.learners.hear"), "WORTH_THREADS", 0)
    digits = load_digits()
    np.savez(tmp_path / "digits.npz", features=digits.data[:600], labels=digits.target[:600])
    command = ["audit", str(tmp_path / "digits.npz"), "--effort", "quick", "--json"]
    for name, flags in {"here": [], "there": ["--on", "ray", "--ray-address", cluster.address]}.items():
        app([*command, "-o", str(tmp_path / name), *flags], result_action="return_value")
    assert left(tmp_path / "there") == left(tmp_path / "here")


def test_what_takes_seconds_is_not_sent_to_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody speaks as a cluster does, and cannot do anything."""
    pytest.importorskip("ray")
    monkeypatch.setattr(effort, "FEWEST_STEPS", 2)
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    vectors = random.normal(size=(60, 6)) + labels[:, None]
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_answer_once, args=(server,), daemon=True).start()
        where = Where("ray", f"127.0.0.1:{server.getsockname()[1]}")
        found = audit((vectors, labels), tmp_path / "audit", AuditSettings(effort="quick"), where=where)
    assert len(found.labels) == 60


def _answer_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(len(GREETING))
        connection.sendall(NO_SETTINGS)
