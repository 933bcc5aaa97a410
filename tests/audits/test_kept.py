"""Data that were made in memory stay with their audit, so that every verb goes on from the folder alone."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import aleator
from aleator.audits import AuditFolder, open_data, with_data
from aleator.audits import kept as kept_module
from aleator.audits.kept import kept_data
from aleator.data import FeatureArray, ImageArray, LabelledDataset, Votes
from aleator.data.dataset import AnnotatorVotes
from aleator.errors import AuditFolderError, DataError
from tests.conftest import tiny_dataset
from tests.test_cli import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("brief_training")]


def with_votes() -> LabelledDataset:
    data = tiny_dataset(60)
    classes = len(data.class_names)
    single = AnnotatorVotes(np.arange(60), np.arange(60) % 2, data.given_labels, ("Ann", "Bo"))
    counts = np.eye(classes, dtype=np.float32)[data.given_labels]
    votes = Votes(counts, data.class_names, np.arange(classes), np.zeros(classes, dtype=bool), single)
    return replace(data, votes=votes, group=np.array([f"person {row // 3}" for row in range(60)]))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, brief_training: None) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "audit"
    aleator.audit(with_votes(), folder, aleator.AuditSettings("quick", use_votes=True))
    return folder


def test_the_same_data_come_back(pictures: Path) -> None:
    made, back = with_votes(), open_data(AuditFolder.load(pictures))
    assert back.fingerprint() == made.fingerprint()
    assert back.path == made.path
    assert isinstance(back.source, ImageArray)
    assert back.votes is not None
    assert made.votes is not None
    assert back.votes.counts.tolist() == made.votes.counts.tolist()
    assert back.votes.annotators is not None
    assert back.votes.annotators.names == ("Ann", "Bo")
    assert back.group is not None
    assert back.group.tolist()[:4] == ["person 0"] * 3 + ["person 1"]
    assert with_data(AuditFolder.load(pictures), back).dataset is not None


def test_every_verb_goes_on_from_the_folder_alone(pictures: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pictures, tmp_path / "audit")
    decisions = tmp_path / "decisions.csv"
    decisions.write_text("id,label\nexample 0,class 1\n")
    told = run("judge", str(folder), "--reviewed", str(decisions)).stdout
    assert "1 are reviewed" in told
    assert f"aleator train {folder} --labels reviewed" in told
    aleator.export(aleator.load_audit(folder), tmp_path / "clean", "imagefolder")
    assert len(list((tmp_path / "clean").rglob("*.png"))) == 60
    quick = ("--effort", "quick", "--epochs", "1", "-o", str(tmp_path / "model"))
    assert f"aleator predict {tmp_path / 'model'}" in run("train", str(folder), *quick).stdout


def test_feature_vectors_come_back_and_other_data_do_not_pass_for_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    values = (random.normal(size=(60, 3)) + 3 * labels[:, None]).astype(np.float32)
    data = LabelledDataset("made", "made", np.arange(60).astype(str), FeatureArray(values), labels, ("a", "b"))
    audit = aleator.audit(data, tmp_path / "audit", aleator.AuditSettings("quick"))
    loaded = aleator.load_audit(tmp_path / "audit")
    assert with_data(loaded, open_data(loaded)).dataset is not None
    (audit.folder / "examples.npz").write_bytes(b"nothing")
    with pytest.raises(AuditFolderError, match=r"examples.npz is damaged"):
        open_data(loaded)
    assert "report" in loaded.report(tmp_path / "report.html").name


def test_large_data_are_not_kept_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST_BYTES", 1000)
    audit = aleator.audit(tiny_dataset(), tmp_path / "audit", aleator.AuditSettings("quick"))
    assert kept_data(audit) is None
    with pytest.raises(DataError, match="its folder does not hold"):
        open_data(audit)


def test_a_finished_audit_is_returned_as_it_is_and_never_replaced_in_silence(pictures: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pictures, tmp_path / "audit")
    before = (folder / "audit.json").read_bytes()
    stages: list[str] = []
    same = aleator.AuditSettings("quick", use_votes=True)
    again = aleator.audit(with_votes(), folder, same, progress=lambda stage, *_: stages.append(stage))
    assert "training" not in stages
    assert again.dataset is not None
    with pytest.raises(AuditFolderError, match=r"finished audit of these data.*seed 0 there, 1 now.*--force"):
        aleator.audit(with_votes(), folder, replace(same, seed=1))
    assert (folder / "audit.json").read_bytes() == before
    assert json.loads(before)["settings"]["seed"] == 0
