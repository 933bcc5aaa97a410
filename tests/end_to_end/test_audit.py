"""Whole audits of real examples, with thresholds that a broken step would miss."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_digits

import aleator
from aleator.auditing import Audit
from aleator.auditing.referee import detection_scores
from aleator.auditing.reviewed import judge_again
from aleator.auditing.settings import AuditSettings
from aleator.audits.info import SCHEMA_VERSION
from aleator.audits.truth import Truth
from aleator.data import FeatureArray, ImageArray, LabelledDataset
from aleator.data.drawn_faces import DrawnFaces, drawn_faces
from aleator.data.options import ReadOptions
from aleator.data.synthetic_noise import pair_flip
from aleator.decisions.gather import DecisionSources
from aleator.demo import run_demo
from aleator.errors import AuditFolderError, DataError
from aleator.learning import effort
from tests.conftest import tiny_dataset

pytestmark = pytest.mark.slow
FILES = ["audit.json", "embeddings.npy", "examples.npz", "labels.parquet", "logits.npy", "models", "report.html"]
COLUMNS = [
    "id", "source", "given_label", "verdict", "p_mislabelled", "label_quality", "suggested_label", "predicted_label",
    "label_distribution", "total", "aleatoric", "epistemic", "self_confidence", "margin", "area_under_margin",
    "small_loss", "neighbour_agreement", "cluster_agreement", "dense_cluster_agreement", "duplicate_group",
    "neighbours",
]  # fmt: skip


@pytest.fixture(scope="module")
def faces() -> DrawnFaces:
    return drawn_faces(1000, seed=0)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return run_demo(tmp_path_factory.mktemp("demo") / "audit", examples=1000)


def test_the_folder_holds_exactly_the_files_and_columns_of_the_design(demo: Audit) -> None:
    assert sorted(path.name for path in demo.folder.iterdir()) == sorted([*FILES, "referee.npz"])
    table = pq.read_table(demo.folder / "labels.parquet")
    assert table.column_names == COLUMNS
    assert table["given_label"].type.value_type == "string"
    assert b"up is bad" in table.schema.field("p_mislabelled").metadata[b"meaning"]
    mean, spread = demo.logits
    assert mean.shape == (3, 1000, 7)
    assert (spread > 0).all()
    assert len(demo.embeddings) == 1000
    info = json.loads((demo.folder / "audit.json").read_text())
    assert info["schema_version"] == SCHEMA_VERSION
    assert aleator.load_audit(demo.folder).labels.equals(demo.labels)


def test_known_mistakes_of_drawn_faces_are_found(demo: Audit, faces: DrawnFaces) -> None:
    referee = np.where(faces.is_ambiguous, -1, faces.true_label)
    scores = detection_scores(demo.column("p_mislabelled"), faces.dataset.given_labels, referee)
    assert scores.auroc > 0.95
    assert scores.auroc_within_label > 0.95
    assert scores.average_precision > 0.85
    assert demo.info.referee.auroc == pytest.approx(scores.auroc)
    flagged = demo.column("verdict") == "mistake"
    assert faces.is_mistake[flagged].mean() > 0.85
    clear = referee >= 0
    assert (demo.column("suggested_label") == referee)[clear].mean() > 0.85
    wrong = (faces.dataset.given_labels != referee)[clear].mean()
    assert demo.info.estimates.mislabelled.share_low < wrong < demo.info.estimates.mislabelled.share_high


def test_an_audit_that_is_judged_again_is_scored_again(demo: Audit, faces: DrawnFaces, tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    shutil.copytree(demo.folder, folder)
    worst = np.argsort(-np.nan_to_num(demo.column("p_mislabelled")))[:150]
    right = [faces.dataset.class_names[label] for label in faces.true_label[worst]]
    lines = [f"{faces.dataset.ids[row]},{label}" for row, label in zip(worst, right, strict=True)]
    (tmp_path / "reviewed.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    heard = DecisionSources(reviewed=(tmp_path / "reviewed.csv",))
    before, after = demo.info.referee, judge_again(aleator.load_audit(folder), heard).info.referee
    assert (after.name, after.wrong, after.confusion) == (before.name, before.wrong, before.confusion)
    assert after.spearman_aleatoric_vote_entropy == pytest.approx(before.spearman_aleatoric_vote_entropy)
    assert after.suggested_label_accuracy > before.suggested_label_accuracy
    assert after.auroc > before.auroc
    assert aleator.load_audit(folder).info.referee == after
    assert "150 examples that people reviewed are scored" in (folder / "report.html").read_text()


def test_ambiguity_and_strangeness_are_seen_where_they_are(demo: Audit, faces: DrawnFaces) -> None:
    entropy = -(faces.label_distribution * np.log(faces.label_distribution + 1e-12)).sum(axis=1)
    is_face = faces.is_face
    correlation = np.corrcoef(demo.column("aleatoric")[is_face], entropy[is_face])[0, 1]
    assert correlation > 0.4
    total, epistemic, aleatoric = (demo.column(name) for name in ("total", "epistemic", "aleatoric"))
    assert np.allclose(total, aleatoric + epistemic, atol=1e-5)


def test_copies_are_grouped_never_neighbours_and_in_conflict_where_labels_differ(demo: Audit) -> None:
    group, given = demo.column("duplicate_group"), demo.column("given_label")
    assert demo.info.duplicates.groups >= 15
    for row, neighbours in enumerate(demo.labels["neighbours"].to_pylist()):
        assert row not in neighbours
        if group[row] >= 0:
            assert not (group[neighbours] == group[row]).any()
    for row in np.flatnonzero(demo.column("verdict") == "conflict"):
        assert len(np.unique(given[group == group[row]])) > 1


def test_the_same_seed_gives_the_same_table_and_another_seed_another(tmp_path: Path) -> None:
    tables = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        aleator.audit(tiny_dataset(), tmp_path / name, AuditSettings(effort="quick", seed=seed))
        tables.append((tmp_path / name / "labels.parquet").read_bytes())
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


def test_an_interrupted_audit_goes_on_from_the_last_finished_member(tmp_path: Path) -> None:
    dataset = tiny_dataset()

    class Stop(Exception):
        pass

    def stop_in_second_member(stage: str, completed: int, total: int) -> None:
        if stage == "training" and completed > 0.6 * total:
            raise Stop

    with pytest.raises(Stop):
        aleator.audit(dataset, tmp_path / "a", AuditSettings(effort="quick"), progress=stop_in_second_member)
    with pytest.raises(AuditFolderError, match="unfinished"):
        aleator.load_audit(tmp_path / "a")

    trained: list[float] = []

    def watch(stage: str, completed: int, total: int) -> None:
        if stage == "training":
            trained.append(completed / total)

    resumed = aleator.audit(dataset, tmp_path / "a", AuditSettings(effort="quick"), progress=watch)
    assert min(trained) >= 1 / 3
    whole = aleator.audit(dataset, tmp_path / "b", AuditSettings(effort="quick"))
    assert resumed.labels.equals(whole.labels)
    assert sorted(path.name for path in resumed.folder.iterdir()) == FILES
    with pytest.raises(AuditFolderError, match="audit of other data"):
        aleator.audit(tiny_dataset(seed=1), tmp_path / "a", AuditSettings(effort="quick"))


def test_feature_vectors_and_text_labels(tmp_path: Path) -> None:
    digits = load_digits()
    true = digits.target.astype(np.int64)
    given = pair_flip(true, 10, 0.15, np.random.default_rng(0))
    names = tuple(f"digit {label}" for label in range(10))
    data = LabelledDataset(
        "digits", "digits", np.arange(len(true)).astype(str), FeatureArray(digits.data.astype(np.float32)), given, names
    )
    result = aleator.audit(data, tmp_path / "audit", AuditSettings(effort="quick"))
    scores = detection_scores(result.column("p_mislabelled"), given, true)
    assert scores.auroc > 0.97
    assert scores.auroc_within_label > 0.97
    estimate = result.info.estimates.mislabelled
    assert estimate.low < (given != true).sum() < estimate.high
    assert "digit 3" in (tmp_path / "audit" / "report.html").read_text()


def test_examples_without_a_label_are_predicted_but_not_judged(tmp_path: Path) -> None:
    data = tiny_dataset()
    labels = data.given_labels.copy()
    labels[:4] = -1
    result = aleator.audit(
        LabelledDataset("part", "part", data.ids, data.source, labels, data.class_names),
        tmp_path / "a",
        AuditSettings(effort="quick"),
    )
    assert result.labels["verdict"].to_pylist()[:4] == [None] * 4
    assert result.labels["given_label"].null_count == 4
    assert result.labels["p_mislabelled"].null_count == 4
    assert result.labels["suggested_label"].null_count == 0


def test_votes_referee_unless_they_are_asked_to_speak(
    tmp_path: Path, faces: DrawnFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "FEWEST_STEPS", 150)
    few = faces.dataset.take(np.arange(200))
    refereed = aleator.audit(few, tmp_path / "a", AuditSettings(effort="quick"))
    assert refereed.info.referee.name == "votes"
    heard = aleator.audit(few, tmp_path / "b", AuditSettings(effort="quick", use_votes=True))
    assert heard.info.referee is None
    crowd = few.votes
    assert crowd is not None
    agrees = [(run.column("suggested_label") == crowd.counts.argmax(1)).mean() for run in (refereed, heard)]
    assert agrees[1] > 0.9 > agrees[0]


def test_what_cannot_be_learned_is_refused_before_training(tmp_path: Path) -> None:
    data = tiny_dataset()
    single = LabelledDataset("one", "one", data.ids, data.source, np.zeros(40, dtype=np.int64), ("a", "b"))
    with pytest.raises(DataError, match="at least two"):
        aleator.audit(single, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_broken_picture_is_skipped_and_listed(tmp_path: Path, faces: DrawnFaces) -> None:
    source = faces.dataset.source
    assert isinstance(source, ImageArray)
    for row in range(60):
        label = "ab"[row % 2]
        (tmp_path / "data" / label).mkdir(parents=True, exist_ok=True)
        source.load(row).save(tmp_path / "data" / label / f"{row:02d}.png")
    (tmp_path / "data" / "a" / "04.png").write_bytes(b"broken")
    labels = np.repeat([0, 1], 30)
    labels[[2, 10]] = 1  # of the broken one, and of another
    with pytest.raises(DataError, match="The truth has 59 labels, the data 60 examples"):
        aleator.audit(tmp_path / "data", tmp_path / "audit", truth=Truth("maker", "as drawn", labels[1:]))
    truth = Truth("maker", "as drawn", labels)
    result = aleator.audit(tmp_path / "data", tmp_path / "audit", AuditSettings(effort="quick"), truth=truth)
    assert (result.info.referee.examples, result.info.referee.confusion) == (59, [[28, 1], [0, 30]])
    assert [item.id for item in result.info.skipped] == ["a/04.png"]
    assert result.labels.num_rows == 59
    assert "a/04.png" not in result.labels["id"].to_pylist()
    assert "a/04.png" in (tmp_path / "audit" / "report.html").read_text()

    (tmp_path / "reviewed.csv").write_text("id,label\na/08.png,b\n")
    heard = aleator.load_audit(tmp_path / "audit")
    again = judge_again(heard, DecisionSources(reviewed=(tmp_path / "reviewed.csv",)))
    assert again.dataset is not None
    assert again.dataset.ids.tolist() == again.labels["id"].to_pylist()  # so each row's picture is its own
    assert again.labels.slice(3, 1)["reviewed_label"].to_pylist() == ["b"]


def test_a_slice_of_fer2013(tmp_path: Path, fer2013: Path) -> None:
    data = aleator.read_dataset(fer2013, ReadOptions(split="Training", votes=fer2013 / "fer2013new.csv"))
    result = aleator.audit(data.take(np.arange(1000)), tmp_path / "audit", AuditSettings(effort="quick"))
    referee = result.info.referee
    assert referee.examples > 800
    assert referee.auroc > 0.74
    assert referee.auroc_within_label > 0.58
    assert referee.average_precision > 0.52
    assert referee.baselines["label_frequency"].auroc_within_label == pytest.approx(0.5)
