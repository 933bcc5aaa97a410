"""Predictions of pictures, folders, tables and arrays, in every form they are written in, and through the command."""

import csv
import json
import math
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import aleator
from aleator.auditing.settings import AuditSettings
from aleator.data.drawn_faces import drawn_faces
from aleator.errors import DataError
from aleator.html import percent
from aleator.training.inputs import read_inputs
from aleator.training.predict import class_columns, predict
from aleator.training.prediction_files import write_predictions
from aleator.training.settings import TrainSettings
from tests.training.test_training import NAMES, blobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces in class folders."""
    faces, root = drawn_faces(220, seed=1), tmp_path_factory.mktemp("pictures")
    for row, (pixels, label) in enumerate(zip(faces.dataset.source.pixels, faces.dataset.given_labels, strict=True)):
        folder = root / faces.dataset.class_names[label]
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{row:03}.png")
    return root


@pytest.fixture(scope="module")
def model(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> aleator.Model:
    folder = tmp_path_factory.mktemp("model") / "model"
    return aleator.train(pictures, folder, TrainSettings(effort="quick", epochs=2, held_out=0.2))


def run(*arguments: str, code: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aleator", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, **options)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result


def test_the_table_says_what_it_promises(model: aleator.Model, pictures: Path) -> None:
    predicted = predict(model, pictures)
    table = predicted.table
    names = list(model.class_names)
    assert table.column_names == [
        "id", "path", "predicted_label", "second_label", "answer", *names, "total", "aleatoric", "epistemic",
        "unfamiliarity", "conformal_set",
    ]  # fmt: skip
    assert len(table) == 220
    for row in table.to_pylist():
        shares = {name: row[name] for name in names}
        ranked = sorted(shares, key=shares.get, reverse=True)
        assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
        assert row["total"] == pytest.approx(row["aleatoric"] + row["epistemic"], abs=1e-5)
        assert row["predicted_label"] == (None if row["answer"] == "unfamiliar" else ranked[0])
        assert row["second_label"] == (ranked[1] if row["answer"] == "ambiguous" else None)
        inside = [share for name, share in shares.items() if name in row["conformal_set"]]
        outside = [share for name, share in shares.items() if name not in row["conformal_set"]]
        assert not inside or not outside or min(inside) >= max(outside)
        assert Path(row["path"]).is_file()
        assert (row["answer"] == "unfamiliar") == (row["unfamiliarity"] > np.float32(model.rule.unfamiliar_above))
    assert {"answer", "ambiguous"} <= set(table["answer"].to_pylist())


def test_the_same_faces_from_pictures_tables_and_arrays_are_predicted_the_same(
    model: aleator.Model, pictures: Path, tmp_path: Path
) -> None:
    files = sorted(pictures.rglob("*.png"))[:6]
    whole = predict(model, files)
    assert whole.table["id"].to_pylist() == [file.name for file in files]
    table = pictures / "some.csv"
    table.write_text(
        "path,id\n" + "".join(f"{file.relative_to(pictures).as_posix()},0{row}\n" for row, file in enumerate(files))
    )
    np.save(tmp_path / "faces.npy", np.stack([np.asarray(Image.open(file)) for file in files]))
    for other in (predict(model, table), predict(model, tmp_path / "faces.npy")):
        assert np.allclose(other.prediction.probs, whole.prediction.probs, atol=2e-2)  # half precision, other batches
    assert predict(model, table).table["id"].to_pylist() == [f"0{row}" for row in range(6)]
    table.unlink()
    both = predict(model, [files[0], tmp_path / "faces.npy"])
    assert len(both.table) == 7
    assert len(both.sources) == 2
    mixed = read_inputs([files[0], files[1], tmp_path / "faces.npy", files[2]])
    assert [len(one.ids) for one in mixed] == [2, 6, 1]  # pictures side by side are read together


def test_every_form_is_written_and_holds_the_same(model: aleator.Model, pictures: Path, tmp_path: Path) -> None:
    predicted = predict(model, pictures)
    for ending in ("csv", "parquet", "jsonl", "html"):
        write_predictions(predicted, model, tmp_path / f"out.{ending}")
    assert pq.read_table(tmp_path / "out.parquet").equals(predicted.table)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows == predicted.table.to_pylist()
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["conformal_set"] for row in written] == ["|".join(row["conformal_set"]) for row in rows]
    assert [row["id"] for row in written] == [row["id"] for row in rows]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.html", "out.jsonl", "out.parquet"]
    with pytest.raises(DataError, match="predictions are written as"):
        write_predictions(predicted, model, tmp_path / "out.xlsx")


def test_the_page_shows_the_pictures(model: aleator.Model, pictures: Path, tmp_path: Path, browser: "Browser") -> None:
    predicted = predict(model, pictures)
    write_predictions(predicted, model, tmp_path / "out.html")
    page = browser.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: messages.append(request.url) if request.url.startswith("http") else None)
    page.goto((tmp_path / "out.html").as_uri())
    answers = predicted.table["answer"].to_pylist()
    assert page.locator("article").count() == sum(min(200, answers.count(name)) for name in set(answers))
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert messages == []
    row = max(predicted.table.to_pylist(), key=lambda row: row["aleatoric"])
    card = page.locator("article").filter(has_text=row["id"]).inner_text()
    assert f"people differ\n{percent(row['aleatoric'] / math.log(len(model.class_names)))}" in card
    assert "nats" not in page.content()
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(251, 250, 247)", "rgb(20, 24, 28)"]  # the report's
    page.close()


def test_names_and_files_are_taken_as_text(model: aleator.Model, tmp_path: Path) -> None:
    assert class_columns(["happy", "total"]) == ["happy", "class total"]
    assert class_columns(["total", "class total"]) == ["class class total", "class total"]
    name = "<script>alert(1)<!--.png"
    Image.fromarray(np.zeros((48, 48), dtype=np.uint8)).save(tmp_path / name)
    write_predictions(predict(model, tmp_path / name), model, tmp_path / "out.html")
    assert "<script" not in (tmp_path / "out.html").read_text()


def test_what_is_no_picture_is_left_out_and_told(model: aleator.Model, pictures: Path, tmp_path: Path) -> None:
    for row, file in enumerate(sorted(pictures.rglob("*.png"))[:12]):
        (tmp_path / f"{row}.png").write_bytes(file.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"this is no picture")
    predicted = predict(model, tmp_path)
    assert len(predicted.table) == 12
    assert [one.id for one in predicted.skipped] == ["broken.png"]
    assert "cannot be decoded" in predicted.skipped[0].reason
    result = run("predict", str(model.folder), str(tmp_path), "-o", str(tmp_path / "out.csv"))
    assert "left out" in result.stderr
    assert "broken.png" in result.stderr
    alone = run("predict", str(model.folder), str(tmp_path / "broken.png"), "-o", str(tmp_path / "no.csv"), code=2)
    assert "broken.png" in alone.stderr
    assert not (tmp_path / "no.csv").exists()


def test_however_many_cannot_be_read_the_others_are_answered(
    model: aleator.Model, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = next(pictures.rglob("*.png"))
    (tmp_path / "c.png").write_bytes(good.read_bytes())
    for name in ("a", "b", "d"):
        (tmp_path / f"{name}.png").write_bytes(b"this is no picture")
    done: list[int] = []
    for at_once, told in ((4, [0, 4]), (1, [0, 1, 2, 3, 4])):  # together; in blocks, some of which hold nothing
        monkeypatch.setattr("aleator.training.predict.AT_ONCE", at_once)
        done.clear()
        predicted = predict(model, tmp_path, progress=lambda stage, completed, total: done.append(completed))
        assert done == told
        assert predicted.table["id"].to_pylist() == ["c.png"]
        assert predicted.place.tolist() == [[0, 2]]
        assert [one.id for one in predicted.skipped] == ["a.png", "b.png", "d.png"]
    (tmp_path / "c.png").unlink()
    none = run("predict", str(model.folder), str(tmp_path), "-o", str(tmp_path / "no.csv"), code=2)
    assert "none of the 3 inputs can be read" in none.stderr
    assert "a.png" in none.stderr
    assert not (tmp_path / "no.csv").exists()


def test_bad_input_is_told_in_words(model: aleator.Model, tmp_path: Path) -> None:
    np.save(tmp_path / "features.npy", np.zeros((3, 8), dtype=np.float32))
    with pytest.raises(DataError, match="holds features, and the model was trained on images"):
        predict(model, tmp_path / "features.npy")
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for path, words in (
        ("nothing.png", "is not there"),
        ("empty", "holds no pictures"),
        ("x.csv", "no column of picture paths"),
    ):
        with pytest.raises(DataError, match=words):
            read_inputs([tmp_path / path])
    with pytest.raises(DataError, match="nothing to predict"):
        read_inputs([])
    result = run("predict", str(tmp_path), str(tmp_path), "-o", str(tmp_path / "out.csv"), code=2)
    assert "holds no model" in result.stderr
    late = run("predict", str(model.folder), str(tmp_path), "-o", str(tmp_path / "out.doc"), code=2)
    assert "choose one of these endings" in late.stderr
    absent = run(
        "predict", str(model.folder), str(tmp_path), "-o", str(tmp_path / "out.csv"), "--device", "cuda:9", code=2
    )
    assert "cannot be used here" in absent.stderr


def test_the_commands_from_labels_to_answers(pictures: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    common = ("--effort", "quick", "--epochs", "1", "--held-out", "0.2")
    result = run("train", str(pictures), "-o", str(model), *common, "--json")
    card = json.loads(result.stdout)
    assert card["folder"] == str(model.resolve())
    assert card["settings"]["labels"] == "given"
    again = run("train", str(pictures), "-o", str(model), *common, code=2)
    assert "holds a model" in again.stderr
    routes = json.loads(run("predict", str(model), str(pictures), "-o", str(tmp_path / "a.csv"), "--json").stdout)
    assert sum(routes["routes"].values()) == 220


def test_how_many_labels_are_wrong_is_the_audits_answer_whoever_is_asked(tmp_path: Path) -> None:
    dataset, _ = blobs()
    data = tmp_path / "blobs.npz"
    np.savez(data, features=dataset.source.values, labels=np.array(NAMES)[dataset.given_labels])
    common = ("--effort", "quick", "--epochs", "2")
    first = run("train", str(data), *common, "-o", str(tmp_path / "first")).stdout
    assert "--second-pass trains once more" in first
    assert "How many are wrong: aleator audit" in first
    second = run("train", str(data), *common, "--second-pass", "-o", str(tmp_path / "second")).stdout
    assert "--second-pass" not in second
    assert "% of the labels are wrong" not in first + second
    assert aleator.load_model(tmp_path / "first").card.wrong_labels is None
    audit = aleator.audit(data, tmp_path / "audit", AuditSettings(effort="quick"))
    told = run("train", str(audit.folder), *common, "-o", str(tmp_path / "third")).stdout
    estimate = audit.info.estimates.mislabelled
    assert f"By the audit {estimate.share:.0%} of the labels are wrong" in told
    assert aleator.load_model(tmp_path / "third").card.wrong_labels == estimate
    assert f"by the audit | {estimate.share:.1%}" in (tmp_path / "third" / "README.md").read_text()


def test_an_audit_folder_is_trained_on(tmp_path: Path) -> None:
    dataset, _ = blobs()
    data = tmp_path / "blobs.npz"
    np.savez(data, features=dataset.source.values, labels=np.array(NAMES)[dataset.given_labels])
    aleator.audit(data, tmp_path / "audit", AuditSettings(effort="quick"))
    common = ("--effort", "quick", "--epochs", "1", "--json")
    card = json.loads(run("train", str(tmp_path / "audit"), "-o", str(tmp_path / "model"), *common).stdout)
    assert card["settings"]["labels"] == "judged"
    assert card["data"]["audit"] == str(tmp_path / "audit")
    np.savez(data, features=dataset.source.values + 1, labels=np.array(NAMES)[dataset.given_labels])
    other = run("train", str(tmp_path / "audit"), "-o", str(tmp_path / "other"), *common, code=2)
    assert "is the audit of other data" in other.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="limits of POSIX")
def test_a_full_disk_is_told_and_leaves_nothing_half_written(pictures: Path, tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    common = ("--effort", "quick", "--epochs", "1", "--held-out", "0.2")
    result = run("train", str(pictures), "-o", str(tmp_path / "m"), *common, code=2, preexec_fn=small_files)
    assert "no space is left" in result.stderr
    assert not (tmp_path / "m").exists()
