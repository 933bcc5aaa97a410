"""One rule says whether data are those of an audit, and every verb goes by it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import aleator
from aleator.auditing.brought import with_examples_of
from aleator.auditing.predictions import LabelledPredictions
from aleator.auditing.reviewed import judge_again
from aleator.audits import AuditFolder, open_data, with_data
from aleator.audits.data import rows_in
from aleator.data import FeatureArray, LabelledDataset
from aleator.data.options import NOTHING_ASKED
from aleator.decisions.gather import DecisionSources
from aleator.errors import AleatorError, AuditFolderError, DataError
from aleator.export import export_audit
from aleator.review.examples import of_audit, open_examples
from aleator.testing.made_up_audit import write_all
from tests.test_cli import run

NAMES = ("round", "square")


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in class folders, and an audit of probabilities that somebody brought for them."""
    folder = tmp_path_factory.mktemp("brought")
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    for row, label in enumerate(labels):
        (folder / "pictures" / NAMES[label]).mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 120, (16, 16), dtype=np.uint8) + np.uint8(100 * label)
        Image.fromarray(pixels).save(folder / "pictures" / NAMES[label] / f"{row:02}.png")
    data = aleator.read_dataset(folder / "pictures")
    probs = 0.8 * np.eye(2)[data.given_labels] + 0.1
    predictions = LabelledPredictions(data.given_labels, probs, NAMES, data.ids, path="labels.csv")
    aleator.judge_predictions(predictions, folder / "audit")
    (folder / "decisions.csv").write_text(f"id,label\n{data.ids[0]},square\n")
    return folder


def test_every_verb_takes_brought_probabilities_with_their_pictures(brought: Path, tmp_path: Path) -> None:
    folder, pictures = Path(shutil.copytree(brought / "audit", tmp_path / "audit")), brought / "pictures"
    sources = DecisionSources(reviewed=(brought / "decisions.csv",))
    assert open_examples(folder, pictures).has_pictures
    export_audit(folder, tmp_path / "clean", "imagefolder", data=pictures)
    assert len(list((tmp_path / "clean").rglob("*.png"))) == 60
    dataset = aleator.read_dataset(pictures)
    assert aleator.load_audit(folder, dataset).dataset is not None
    judge_again(aleator.load_audit(folder), sources, data=pictures)
    assert '"pictures": 60,' in (folder / "report.html").read_text()
    run("judge", str(folder), "--data", str(pictures), "--reviewed", str(brought / "decisions.csv"))
    quick = ("--effort", "quick", "--epochs", "1")
    run("train", str(folder), "--data", str(pictures), *quick, "-o", str(tmp_path / "model"))
    assert aleator.load_model(tmp_path / "model").card.data.trained_on > 40


def test_probabilities_and_pictures_are_judged_together(brought: Path, tmp_path: Path) -> None:
    """Nobody names ids, and every later verb finds the pictures by itself."""
    data = aleator.read_dataset(brought / "pictures")
    probs = 0.8 * np.eye(2)[data.given_labels] + 0.1
    np.save(tmp_path / "y.npy", data.given_labels)
    np.save(tmp_path / "p.npy", probs)
    files = ("--label-file", str(tmp_path / "y.npy"), "--pred-probs", str(tmp_path / "p.npy"))
    folder = tmp_path / "audit"
    run("judge", *files, "--data", str(brought / "pictures"), "-o", str(folder))
    audit = aleator.load_audit(folder)
    assert audit.class_names == NAMES
    assert audit.labels["id"].to_pylist() == data.ids.tolist()
    assert '"pictures": 60,' in (folder / "report.html").read_text()
    assert open_examples(folder).has_pictures
    export_audit(folder, tmp_path / "clean", "imagefolder")
    quick = ("--effort", "quick", "--epochs", "1")
    run("train", str(folder), *quick, "-o", str(tmp_path / "model"))

    np.save(tmp_path / "y.npy", data.given_labels[::-1])
    np.save(tmp_path / "p.npy", probs[::-1])
    told = run("judge", *files, "--data", str(brought / "pictures"), "-o", str(tmp_path / "b"), code=2).stderr
    assert "joined row by row" in " ".join(told.split())
    predictions = LabelledPredictions(data.given_labels[::-1], probs[::-1], None, data.ids[::-1])
    joined = with_examples_of(predictions, str(brought / "pictures"), NOTHING_ASKED)
    assert joined.examples is not None
    assert joined.examples.ids.tolist() == data.ids[::-1].tolist()
    for changed, message in (
        ({"ids": np.array([*data.ids[:-1].tolist(), "x"])}, "no example 'x'"),
        ({"labels": data.given_labels[:5], "pred_probs": probs[:5]}, "60 examples.*5 labels without ids"),
        ({"pred_probs": np.full((60, 3), 1 / 3)}, "2 classes.*3 columns"),
    ):
        plain = LabelledPredictions(data.given_labels, probs)
        with pytest.raises(DataError, match=message):
            with_examples_of(replace(plain, **changed), str(brought / "pictures"), NOTHING_ASKED)


def test_a_folder_that_was_judged_without_ids_takes_its_pictures(brought: Path, tmp_path: Path) -> None:
    data = aleator.read_dataset(brought / "pictures")
    probs = 0.8 * np.eye(2)[data.given_labels] + 0.1
    folder = tmp_path / "audit"
    aleator.judge_predictions(LabelledPredictions(data.given_labels, probs, NAMES), folder)
    assert '"pictures": 0,' in (folder / "report.html").read_text()
    judge_again(aleator.load_audit(folder), data=brought / "pictures")
    assert '"pictures": 60,' in (folder / "report.html").read_text()
    assert open_examples(folder, brought / "pictures").has_pictures
    audit = with_data(AuditFolder.load(folder), data)
    assert audit.dataset is not None
    assert audit.dataset.ids.tolist() == [str(row) for row in range(60)]
    other = LabelledPredictions(data.given_labels[::-1], probs[::-1], NAMES)
    aleator.judge_predictions(other, tmp_path / "other")
    with pytest.raises(AuditFolderError, match="other data"):
        open_examples(tmp_path / "other", brought / "pictures")


def other_data(kind: str, brought: Path, tmp_path: Path) -> Path:
    """Data that are not those of the audit, in one way."""
    folder = Path(shutil.copytree(brought / "pictures", tmp_path / "other"))
    if kind == "a picture is gone":
        next((folder / "round").iterdir()).unlink()
    elif kind == "a label changed":
        picture = next((folder / "round").iterdir())
        picture.rename(folder / "square" / picture.name)
    else:
        (folder / "square").rename(folder / "oblong")
    return folder


@pytest.mark.parametrize("kind", ["a picture is gone", "a label changed", "a class is called otherwise"])
def test_every_verb_refuses_other_data(kind: str, brought: Path, tmp_path: Path) -> None:
    folder, data = brought / "audit", other_data(kind, brought, tmp_path)
    for attempt in (
        lambda: open_examples(folder, data),
        lambda: export_audit(folder, tmp_path / "x.csv", "csv", data=data),
        lambda: aleator.load_audit(folder, aleator.read_dataset(data)),
        lambda: judge_again(
            aleator.load_audit(folder), DecisionSources(reviewed=(brought / "decisions.csv",)), data=data
        ),
    ):
        with pytest.raises(AuditFolderError, match="is the audit of other data than"):
            attempt()
    told = run("train", str(folder), "--data", str(data), "-o", str(tmp_path / "model"), code=2)
    assert "is the audit of other data than" in told.stderr


def features(count: int = 60, seed: int = 0) -> LabelledDataset:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    values = (random.normal(size=(count, 3)) + 3 * labels[:, None]).astype(np.float32)
    ids = np.array([f"id {row}" for row in range(count)])
    return LabelledDataset("made", "made in memory", ids, FeatureArray(values), labels, NAMES)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> AuditFolder:
    folder = tmp_path_factory.mktemp("audited")
    return AuditFolder.load(aleator.audit(features(), folder / "audit", aleator.AuditSettings("quick")).folder)


def test_data_may_hold_more_and_in_another_order_and_rows_line_up(audited: AuditFolder) -> None:
    assert rows_in(audited, features(80)).tolist() == list(range(60))
    with pytest.raises(AuditFolderError):  # the same ids and labels, other values
        with_data(audited, features(seed=1))
    data = features()
    backwards = data.take(np.arange(60)[::-1])
    with pytest.raises(AuditFolderError):  # the fingerprint is of rows in their order
        with_data(audited, backwards)
    other_split = replace(features(20, seed=9), ids=np.array([f"other {row}" for row in range(20)]))
    assert isinstance(data.source, FeatureArray)
    assert isinstance(other_split.source, FeatureArray)
    both = LabelledDataset(
        "both", "both", np.concatenate([other_split.ids, data.ids]),
        FeatureArray(np.concatenate([other_split.source.values, data.source.values])),
        np.concatenate([other_split.given_labels, data.given_labels]), NAMES,
    )  # fmt: skip
    assert rows_in(audited, both).tolist() == list(range(20, 80))
    found = with_data(audited, both)
    assert found.dataset is not None
    assert found.dataset.ids.tolist() == found.labels["id"].to_pylist()
    assert of_audit(audited, both).source_row.tolist() == list(range(20, 80))


def test_data_that_are_not_there_say_why(audited: AuditFolder, brought: Path, tmp_path: Path) -> None:
    forgetful = Path(shutil.copytree(audited.folder, tmp_path / "forgetful"))
    (forgetful / "examples.npz").unlink()
    with pytest.raises(DataError, match="made in memory and that its folder does not hold"):
        open_data(AuditFolder.load(forgetful))
    with pytest.raises(DataError, match="is of labels and probabilities"):
        open_data(AuditFolder.load(brought / "audit"))
    folder, _ = write_all(tmp_path / "made", 160, faces=90)
    (tmp_path / "made" / "faces.parquet").unlink()
    with pytest.raises(AleatorError, match="which is not there"):
        open_data(AuditFolder.load(folder))
