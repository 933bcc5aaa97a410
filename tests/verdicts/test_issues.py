"""Bring your own labels and probabilities: as cleanlab's users call it, and in a folder."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

import aleator
from aleator.auditing.brought import read_predictions
from aleator.auditing.judging import inputs_of, pass_judgement
from aleator.auditing.predictions import judge_predictions
from aleator.auditing.result import Audit
from aleator.auditing.reviewed import judge_again, reviews_of
from aleator.data.options import ReadOptions
from aleator.data.synthetic_noise import symmetric
from aleator.decisions.gather import DecisionSources
from aleator.decisions.log import DecisionLog
from aleator.decisions.read import read_decisions
from aleator.decisions.reviews import reviews_of_decisions
from aleator.errors import AuditFolderError, DataError
from aleator.verdicts import review_order
from tests.test_cli import run

NAMES = ("cat", "dog", "owl")


def example(count: int = 600) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Truth, given labels of which a tenth is wrong, and probabilities."""
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, count)
    logits = random.normal(size=(count, 3)) + 3 * np.eye(3)[truth]
    probs = np.exp(logits)
    return truth, symmetric(truth, 3, 0.1, random), probs / probs.sum(axis=1, keepdims=True)


def test_issues_as_a_mask_and_as_ranked_rows() -> None:
    truth, labels, probs = example()
    mask = aleator.find_label_issues(labels, probs)
    assert mask.dtype == bool
    hits = (mask & (labels != truth)).sum()
    assert 2 * hits / (mask.sum() + (labels != truth).sum()) > 0.8
    rows = aleator.find_label_issues(labels, probs, return_indices_ranked_by="self_confidence")
    assert sorted(rows) == np.flatnonzero(mask).tolist()
    own = probs[rows, labels[rows]]
    assert (np.diff(own) >= 0).all()
    assert np.array_equal(mask, aleator.find_label_issues(labels.tolist(), probs.tolist()))


def test_quality_scores_are_low_for_bad_labels() -> None:
    truth, labels, probs = example()
    for method in ("label_quality", "self_confidence", "normalized_margin"):
        scores = aleator.get_label_quality_scores(labels, probs, method=method)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert scores[labels != truth].mean() < scores[labels == truth].mean() - 0.3
    by_hand = aleator.get_label_quality_scores([0, 1], np.array([[0.7, 0.3], [0.6, 0.4]]), method="normalized_margin")
    assert by_hand == pytest.approx([0.7, 0.4])


def test_reviewed_labels_are_heard() -> None:
    _, labels, probs = example()
    row = int(np.flatnonzero(aleator.find_label_issues(labels, probs))[0])
    reviewed = np.full(len(labels), -1)
    reviewed[row] = labels[row]
    assert not aleator.find_label_issues(labels, probs, reviewed_labels=reviewed)[row]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pred_probs": [[0.5, 0.2], [0.5, 0.5]]}, "row 0.*sums to 0.7"),
        ({"pred_probs": [[0.5, 0.5], [np.nan, 1]]}, "row 1.*no distribution"),
        ({"pred_probs": [[1.5, -0.5], [0.5, 0.5]]}, "row 0"),
        ({"pred_probs": [0.5, 0.5]}, "shape"),
        ({"labels": [0, 2]}, "row 1: 2 has no column"),
        ({"labels": [0, -1]}, "row 1: -1"),
        ({"labels": [0, 1, 0]}, "3 labels but 2 rows"),
        ({"labels": [0.5, 1]}, "whole numbers"),
        ({"labels": ["a", "b"]}, "whole numbers"),
        ({"features": [[1.0, np.inf], [0, 0]]}, "row 0"),
        ({"reviewed_labels": [1]}, "1 reviewed labels for 2"),
    ],
)
def test_bad_input_is_told_by_row(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"labels": [0, 1], "pred_probs": [[0.5, 0.5], [0.5, 0.5]], **change}
    with pytest.raises(DataError, match=message):
        aleator.find_label_issues(**arguments)  # type: ignore[arg-type]


def test_a_class_without_labels_and_data_that_are_wrong_as_often_as_right() -> None:
    truth, _, probs = example(2000)
    labels = np.where(truth == 2, 0, truth)
    assert aleator.find_label_issues(labels, probs)[truth == 2].mean() > 0.7
    noisy = symmetric(truth, 3, 0.45, np.random.default_rng(0))
    found = aleator.find_label_issues(noisy, probs)
    assert (found == (noisy != truth)).mean() > 0.8


@pytest.mark.parametrize(
    "case", ["a class never occurs", "a class occurs once", "two classes", "zeros and ones", "all labels equal", "one"]
)
def test_odd_data_are_judged_with_numbers(case: str) -> None:
    _, labels, probs = example()
    if case == "a class never occurs":
        labels = np.where(labels == 2, 0, labels)
    elif case == "a class occurs once":
        labels = np.where((labels == 2) & (np.arange(len(labels)) != labels.argmax()), 0, labels)
    elif case == "two classes":
        labels, probs = labels % 2, np.stack([probs[:, 0] + probs[:, 2], probs[:, 1]], axis=1)
    elif case == "zeros and ones":
        probs = np.eye(3)[probs.argmax(axis=1)]
    elif case == "all labels equal":
        labels = np.zeros_like(labels)
    else:
        labels, probs = labels[:1], probs[:1]
    quality = aleator.get_label_quality_scores(labels, probs)
    assert np.isfinite(quality).all()
    assert ((quality >= 0) & (quality <= 1)).all()
    assert aleator.find_label_issues(labels, probs).dtype == bool


def test_a_thousand_classes() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 1000, 4000)
    labels = symmetric(truth, 1000, 0.2, random)
    logits = random.normal(size=(4000, 1000)) + 9 * np.eye(1000)[truth]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    issues = aleator.find_label_issues(labels, probs)
    wrong = labels != truth
    assert 2 * (issues & wrong).sum() / (issues.sum() + wrong.sum()) > 0.9


def test_probabilities_of_a_model_that_saw_the_labels_are_named(files: Path) -> None:
    _, labels, _ = example()
    probs = 0.9 * np.eye(3)[labels] + 0.1 / 3
    with pytest.warns(UserWarning, match="out-of-sample"):
        aleator.find_label_issues(labels, probs)
    np.save(files / "memorised.npy", probs)
    judged = judge_files(files / "labels.npy", files / "memorised.npy", files / "a", class_names="cat,dog,owl")
    assert any("out-of-sample" in remark for remark in judged.info.estimates.remarks)


def test_several_learners_are_heard_as_one(files: Path) -> None:
    truth, labels, probs = example()
    random = np.random.default_rng(7)
    logits = random.normal(size=(len(truth), 3)) + 3 * np.eye(3)[truth]
    other = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = labels != truth

    def hits(said: NDArray[np.float64]) -> float:
        flags = aleator.find_label_issues(labels, said)
        return float(2 * (flags & wrong).sum() / (flags.sum() + wrong.sum()))

    both = np.stack([probs, other])
    assert hits(both) > max(hits(probs), hits(other))
    np.save(files / "other.npy", other)
    reading = ReadOptions(label_file=files / "labels.npy", class_names="cat,dog,owl")
    judged = judge_predictions(read_predictions((files / "probs.npy", files / "other.npy"), reading), files / "a")
    flags = judged.column("p_mislabelled") > judged.info.estimates.flag_above
    assert np.array_equal(flags, aleator.find_label_issues(labels, both))
    assert (judged.column("epistemic") > 0).any()
    np.save(files / "short.npy", other[:10])
    with pytest.raises(DataError, match=r"short\.npy has shape"):
        read_predictions((files / "probs.npy", files / "short.npy"), reading)


def test_what_simple_learners_say_of_the_features_is_heard() -> None:
    truth, labels, probs = example()
    random = np.random.default_rng(3)
    # Of sixty features three tell the class: a line finds that, neighbours do not.
    features = np.concatenate([np.eye(3)[truth], np.zeros((len(truth), 57))], axis=1) * 4
    features += random.normal(size=features.shape)
    weak = 0.3 * probs + 0.7 / 3
    wrong = labels != truth
    flags = [aleator.find_label_issues(labels, weak, features=some) for some in (None, features)]
    f1 = [2 * (one & wrong).sum() / (one.sum() + wrong.sum()) for one in flags]
    assert f1[1] > max(f1[0], 0.9)


def test_features_that_say_nothing_change_nothing() -> None:
    _, labels, probs = example()
    same = np.ones((len(labels), 4))
    assert np.array_equal(
        aleator.find_label_issues(labels, probs, features=same), aleator.find_label_issues(labels, probs)
    )


@pytest.mark.parametrize("file", ["logits.npy", "embeddings.npy"])
def test_a_damaged_audit_is_named_with_its_example(files: Path, file: str) -> None:
    audit = judge_files(files / "labels.npy", files / "probs.npy", files / "a", features=files / "features.npy")
    values = np.load(files / "a" / file)
    values.reshape(-1, len(audit.labels), values.shape[-1])[0, 5, 0] = np.nan
    np.save(files / "a" / file, values)
    with pytest.raises(AuditFolderError, match=f"{file} is damaged: row 5"):
        inputs_of(aleator.load_audit(files / "a"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    _, labels, probs = example()
    ids = [f"animal-{row:03d}" for row in range(len(labels))]
    csv.write_csv(pa.table({"id": ids, "label": [NAMES[label] for label in labels]}), tmp_path / "labels.csv")
    pq.write_table(pa.table({"id": ids, **dict(zip(NAMES, probs.T, strict=True))}), tmp_path / "probs.parquet")
    np.save(tmp_path / "labels.npy", labels)
    np.save(tmp_path / "probs.npy", probs)
    np.save(tmp_path / "features.npy", np.log(probs))
    return tmp_path


def judge_files(
    labels: Path, pred_probs: Path, folder: Path, *, features: Path | None = None, class_names: str | None = None
) -> Audit:
    reading = ReadOptions(label_file=labels, class_names=class_names)
    return judge_predictions(read_predictions(pred_probs, reading, features), folder)


def test_tables_and_arrays_give_the_same_audit(files: Path) -> None:
    by_table = judge_files(files / "labels.csv", files / "probs.parquet", files / "a", features=files / "features.npy")
    by_array = judge_files(
        files / "labels.npy",
        files / "probs.npy",
        files / "b",
        features=files / "features.npy",
        class_names="cat,dog,owl",
    )
    assert by_table.class_names == NAMES == by_array.class_names
    assert np.allclose(by_table.column("p_mislabelled"), by_array.column("p_mislabelled"), atol=1e-6)
    assert by_table.labels["id"][1].as_py() == "animal-001"
    assert by_array.labels["neighbours"][0].as_py()
    assert "labels are wrong" in (files / "b" / "report.html").read_text()
    assert by_table.info.estimates.mislabelled.share == pytest.approx(0.1, abs=0.03)


@pytest.mark.slow
def test_decisions_change_an_audit_in_place(files: Path) -> None:
    audit = judge_files(files / "labels.csv", files / "probs.parquet", files / "a")
    worst = int(np.nanargmax(audit.column("p_mislabelled")))
    name = audit.labels["id"][worst].as_py()
    given = audit.labels["given_label"][worst].as_py()
    (files / "reviewed.csv").write_text(
        f"id,label,reviewer,time\n{name},owl,ann,2026-01-01T00:00:00\n{name},{given},ann,2026-01-02T00:00:00\n"
        "animal-000,cat|dog,ann,2026-01-01T00:00:00\nanimal-002,,ben,2026-01-01T00:00:00\n"
    )
    told = json.loads(run("judge", str(files / "a"), "--reviewed", str(files / "reviewed.csv"), "--json").stdout)
    assert told["estimates"]["reviewed"] == 3
    again = aleator.load_audit(files / "a")
    assert again.column("verdict")[[worst, 0, 2]].tolist() == ["ok", "ambiguous", "unfamiliar"]
    assert again.labels["reviewed_label"][worst].as_py() == given
    assert again.labels["reviewed_label"].null_count == len(again.labels) - 1
    assert again.column("p_mislabelled")[worst] < 0.1
    sources = DecisionSources(reviewed=(files / "reviewed.csv",))
    assert judge_again(aleator.load_audit(files / "a"), sources).labels.equals(again.labels)
    reviews = reviews_of(again, sources)
    judgement = pass_judgement(inputs_of(again), reviews)
    assert set(review_order(judgement.posterior, reviews)) == set(range(600)) - {worst, 0, 2}
    assert np.allclose(judgement.verdicts.p_mislabelled, again.column("p_mislabelled"), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\nnobody,cat\n", "row 0: 'nobody' is no id"),
        ("id,label\nanimal-000,bee\n", "row 0: 'bee' is none of the classes"),
        ("id,label\nanimal-000,cat\nanimal-000,dog\n", "row 1.*differently than in row 0"),
        ("name,label\nanimal-000,cat\n", "needs the columns id and label|no id"),
    ],
)
def test_bad_decisions_are_told_by_row(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_decisions(tmp_path / "d.csv", ["animal-000"], NAMES)


def test_two_reviewers_may_differ_and_the_same_answer_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label,reviewer\nx,cat,a\nx,dog,b\nx,cat,a\n")
    log = DecisionLog.of(read_decisions(tmp_path / "d.csv", ["x"], NAMES))
    reviews = reviews_of_decisions([(0, log.standing("x"))], NAMES)
    assert reviews.answer.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert reviews.reviewer_names == ("a", "b")


@pytest.mark.slow
def test_the_command_says_what_it_needs(files: Path) -> None:
    assert "holds no audit" in run("judge", str(files), code=2).stderr
    judge_files(files / "labels.csv", files / "probs.parquet", files / "a")
    assert "Nobody has reviewed" in run("judge", str(files / "a"), code=2).stderr
    assert "--pred-probs" in run("judge", "--label-file", str(files / "labels.npy"), code=2).stderr
    wrong = (
        "--label-file",
        str(files / "labels.csv"),
        "--pred-probs",
        str(files / "features.npy"),
        "-o",
        str(files / "o"),
    )
    assert "no distribution" in run("judge", *wrong, "--class-names", "cat,dog,owl", code=2).stderr
