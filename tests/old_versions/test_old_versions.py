"""What earlier versions left on disk is still read, and says what it said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import aleator
from aleator.auditing.reviewed import judge_again, reviews_of
from aleator.audits import AuditFolder, open_data, with_data
from aleator.audits.info import SCHEMA_VERSION
from aleator.decisions.gather import DecisionSources, database_beside
from aleator.decisions.read import read_decisions
from aleator.decisions.store import Store
from aleator.export import export_audit
from aleator.review.examples import open_examples
from tests.old_versions import FOLDER
from tests.test_cli import run


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, in the folder from which its relative paths are meant."""
    folder = Path(shutil.copytree(FOLDER, tmp_path / "old"))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", ["features-audit", "judged", "pictures/audit"])
def test_an_audit_says_what_it_said(old: Path, name: str) -> None:
    written = json.loads((old / name / "audit.json").read_text())
    audit = aleator.load_audit(old / name)
    assert audit.info.schema_version == SCHEMA_VERSION
    estimates = written["estimates"]
    assert vars(audit.info.estimates.mislabelled) == estimates["mislabelled"]
    assert [one.class_name for one in audit.info.estimates.per_class] == [
        one["class"] for one in estimates["per_class"]
    ]
    assert audit.class_names == tuple(written["class_names"])
    assert audit.info.identity.fingerprint == written["data"]["fingerprint"]
    assert audit.column("label_distribution").shape == (len(audit.labels), len(audit.class_names))
    assert set(np.unique(audit.column("verdict"))) <= {"ok", "mistake", "ambiguous", "unfamiliar", "conflict"}


def test_audits_find_their_data_again(old: Path) -> None:
    features = AuditFolder.load(old / "features-audit")
    assert with_data(features, open_data(features)).dataset is not None
    pictures = AuditFolder.load(old / "pictures" / "audit")
    found = with_data(pictures, open_data(pictures))
    assert found.dataset is not None
    assert found.dataset.class_names == pictures.class_names  # which the audit was told in one text


def test_the_page_s_decisions_are_there(old: Path) -> None:
    folder = old / "pictures" / "audit"
    examples = open_examples(folder)
    with Store(database_beside(folder), examples.fingerprint) as store:
        rows = [decision for _, decision in store.after(0)]
        assert store.skips() == [("bob", examples.id(5))]
    assert [one.kind for one in rows] == ["label", "label", "ambiguous", "unusable", "label", "undo"]
    audit = aleator.load_audit(folder)
    reviews = reviews_of(audit)
    assert sorted(reviews.row.tolist()) == [0, 0, 1, 2]
    judged = judge_again(audit)
    assert judged.column("verdict")[:4].tolist()[1:3] == ["ambiguous", "unfamiliar"]
    assert (judged.column("reviewed_label") >= 0).sum() == 1
    assert judged.info.estimates.reviewed == 3
    assert aleator.load_audit(folder).info == judged.info  # written in the schema of today, and read


def test_tables_of_decisions_and_label_studio_s_tasks_are_read(old: Path, tmp_path: Path) -> None:
    examples = open_examples(old / "pictures" / "audit")
    by_table = read_decisions(old / "decisions.csv", examples.row_of, examples.class_names)
    by_tasks = read_decisions(old / "label-studio" / "tasks.json", examples.row_of, examples.class_names)
    said = [(one.example, one.reviewer, one.kind, one.labels, one.time) for one in by_table]
    assert len(said) == 4
    assert sorted(said) == sorted((one.example, one.reviewer, one.kind, one.labels, one.time) for one in by_tasks)
    export_audit(old / "pictures" / "audit", tmp_path / "again.csv", "decisions")
    again = (tmp_path / "again.csv").read_text().splitlines()  # notes and tags came later
    assert [line.removesuffix(",note,tags").removesuffix(",,") for line in again] == (
        (old / "decisions.csv").read_text().splitlines()
    )
    (old / "pictures" / "audit" / "review.sqlite").unlink()
    sources = DecisionSources(reviewed=(old / "decisions.csv",))
    corrected = export_audit(old / "pictures" / "audit", tmp_path / "b.csv", "decisions", sources=sources)
    assert corrected.log.all_standing() == sorted(by_table, key=lambda one: (one.time, one.uuid))


def test_a_model_answers_as_it_did(old: Path) -> None:
    model = aleator.load_model(old / "model")
    written = json.loads((old / "model" / "model.json").read_text())
    assert model.card.figures.accuracy_of_surest == written["figures"]["accuracy_of_surest_80%"]
    assert model.card.training.objective == written["settings"]["training"]["objective"]
    assert model.rule.temperature == written["decision"]["temperature"]
    assert model.card.label_noise is not None
    assert model.card.label_noise.confusion == written["label_noise"]["confusion"]
    assert model.card.wrong_labels is None  # it claimed a share of its own, which contradicted the audit's
    features = np.load(old / "features.npz")
    true = np.arange(60) % 3
    assert (model.predict(features["features"]).probs.argmax(axis=1) == true).mean() > 0.9


def test_the_same_command_goes_on_over_an_old_audit(old: Path) -> None:
    told = json.loads(run("judge", "features-audit", "--reviewed", str(_decision(old)), "--json").stdout)
    assert told["estimates"]["reviewed"] == 1
    assert told["schema_version"] == SCHEMA_VERSION


def _decision(old: Path) -> Path:
    (old / "one.csv").write_text("id,label\nid 7,1\n")
    return old / "one.csv"
