"""Every format that the cleaned data set is written in, read again."""

import csv
import io
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from aleator.auditing.audit import audit
from aleator.auditing.settings import AuditSettings
from aleator.data import read_dataset
from aleator.data.options import ReadOptions
from aleator.data.readers.labels import EMOTIONS
from aleator.decisions.decision import AMBIGUOUS, LABEL, UNDO, UNUSABLE, Decision, utc_text
from aleator.decisions.gather import database_beside
from aleator.decisions.read import read_decisions
from aleator.decisions.store import Store
from aleator.errors import AuditFolderError, DataError
from aleator.export import FORMATS, ExportSettings, export_audit
from aleator.export.pictures import folder_names, plain_name
from aleator.review.examples import Examples, open_examples
from tests.review.conftest import audit_folder, made_up

__all__ = ["audit_folder", "made_up"]  # fixtures


def decide(
    number: int, examples: Examples, row: int, kind: str, *labels: str, who: str = "Ann", undoes: int = 0
) -> Decision:
    return Decision(
        str(UUID(int=number)), examples.id(row), who, kind, labels,
        utc_text(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)), 1.5,
        undoes=str(UUID(int=undoes)) if undoes else "",
    )  # fmt: skip


@pytest.fixture
def reviewed(audit_folder: Path) -> tuple[Path, Examples]:
    """Row 0 changed, 1 kept, 2 torn with the given label in it, 3 torn without, 4 not usable, 5 decided and undone,
    6 on which two people differ, 7 where one of three does."""
    examples = open_examples(audit_folder)
    names = examples.class_names
    given = [names[label] for label in examples.given]

    def other(row: int, step: int = 1) -> str:
        return names[(int(examples.given[row]) + step) % len(names)]

    with Store(database_beside(audit_folder), examples.fingerprint) as store:
        store.append(
            [
                decide(1, examples, 0, LABEL, other(0)),
                decide(2, examples, 1, LABEL, given[1]),
                decide(3, examples, 2, AMBIGUOUS, given[2], other(2)),
                decide(4, examples, 3, AMBIGUOUS, other(3), other(3, 2)),
                decide(5, examples, 4, UNUSABLE),
                decide(6, examples, 5, LABEL, other(5)),
                decide(7, examples, 5, UNDO, undoes=6),
                decide(8, examples, 6, LABEL, other(6)),
                decide(9, examples, 6, LABEL, given[6], who="=Bob"),
                decide(10, examples, 7, LABEL, other(7)),
                decide(11, examples, 7, LABEL, other(7), who="=Bob"),
                decide(12, examples, 7, LABEL, given[7], who="Eve"),
            ]
        )
    return audit_folder, examples


@pytest.mark.slow
def test_without_the_extra_for_reviewing_what_needs_no_database_is_exported(audit_folder: Path, tmp_path: Path) -> None:
    program = """
import sys
sys.modules.update(dict.fromkeys(("sqlalchemy", "starlette", "uvicorn")))
import aleator.export.onnx
from aleator.cli import main
main()
"""
    output = tmp_path / "clean.csv"
    command = [sys.executable, "-c", program, "export", str(audit_folder), "-o", str(output)]
    subprocess.run(command, check=True)
    assert output.exists()
    elsewhere = [*command[:-1], str(tmp_path / "b.csv"), "--database", str(tmp_path / "decisions.db")]
    asked = subprocess.run(elsewhere, capture_output=True, text=True)
    assert asked.returncode == 2
    assert "aleator[review]" in asked.stderr


def test_old_and_new_labels_as_parquet(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    export_audit(folder, tmp_path / "clean.parquet", "parquet")
    table = pq.read_table(tmp_path / "clean.parquet")
    assert table["id"].to_pylist() == examples.ids.to_pylist()
    names, given, label = examples.class_names, table["given_label"].to_pylist(), table["label"].to_pylist()
    assert given == [names[one] for one in examples.given]
    assert label[0] == names[(examples.given[0] + 1) % 7]
    assert [label[row] == given[row] for row in (1, 2, 4, 5, 6)] == [True] * 5
    assert label[3] in table["choices"][3].as_py().split("|")
    assert label[7] == names[(examples.given[7] + 1) % 7]
    assert table["decision"].to_pylist()[:8] == [
        "label", "label", "ambiguous", "ambiguous", "unusable", None, "ambiguous", "label",
    ]  # fmt: skip
    assert table["label_from"].to_pylist()[5:9] == ["given", "review", "review", "given"]
    assert table["changed"].to_pylist().count(True) == 3
    assert table["reviewers"][7].as_py() == "=Bob|Ann|Eve"


def test_the_csv_has_no_formulas_and_is_read_again(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    export_audit(folder, tmp_path / "clean.csv", "csv", ExportSettings(drop_unusable=True))
    with (tmp_path / "clean.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(examples) - 1
    assert rows[6]["reviewers"] == "'=Bob|Ann|Eve"
    assert rows[0]["changed"] == "true"


def test_the_audits_suggestions_are_taken_only_when_asked(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    plain = export_audit(folder, tmp_path / "a.csv", "csv")
    bold = export_audit(folder, tmp_path / "b.csv", "csv", ExportSettings(relabel_above=0.9))
    assert examples.audit is not None
    sure = np.nan_to_num(examples.audit.column("p_mislabelled")) >= 0.9
    sure &= examples.audit.column("suggested_label") != examples.given
    sure[[0, 1, 2, 3, 4, 6, 7]] = False  # people come first
    assert sure.any()
    assert np.array_equal(bold.label != plain.label, sure)
    assert set(bold.label_from[sure]) == {"audit"}


def test_an_image_folder_is_read_as_the_cleaned_data_set(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, _ = reviewed
    corrected = export_audit(folder, tmp_path / "clean", "imagefolder", ExportSettings(drop_unusable=True))
    read = read_dataset(tmp_path / "clean", ReadOptions(class_names=corrected.examples.class_names))
    rows = [json.loads(line) for line in (tmp_path / "clean" / "metadata.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows] == [corrected.name_of(int(label)) for label in corrected.label]
    assert all((tmp_path / "clean" / row["file_name"]).parent.name == row["label"] for row in rows)
    by_name = dict(zip(read.ids.tolist(), read.given_labels.tolist(), strict=True))
    assert [by_name[row["id"]] for row in rows] == corrected.label.tolist()


def test_fiftyone(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "clean", "fiftyone")
    content = json.loads((tmp_path / "clean" / "labels.json").read_text())
    assert content["classes"] == list(examples.class_names)
    files = sorted((tmp_path / "clean" / "data").iterdir())
    assert [content["labels"][file.stem] for file in files] == corrected.label.tolist()
    samples = [json.loads(line) for line in (tmp_path / "clean" / "samples.jsonl").read_text().splitlines()]
    assert [one["aleator_id"] for one in samples] == examples.ids.to_pylist()
    assert samples[2]["choices"] == list(corrected.choices[2])
    assert samples[7]["reviewers"] == ["=Bob", "Ann", "Eve"]
    assert examples.audit is not None
    known = {*examples.audit.labels.column_names, "aleator_id", "ground_truth", "decision", "source", "given_label"}
    assert known - {"neighbours"} <= set(samples[0])
    assert samples[9]["p_mislabelled"] == pytest.approx(examples.audit.column("p_mislabelled")[9])
    embeddings = np.load(tmp_path / "clean" / "embeddings.npy")
    assert np.array_equal(embeddings, examples.audit.embeddings)
    assert (tmp_path / "clean" / "load.py").is_file()
    fewer = export_audit(folder, tmp_path / "fewer", "fiftyone", ExportSettings(drop_unusable=True))
    rows = [examples.row_of.get(one) for one in fewer.examples.ids.to_pylist()]
    assert np.array_equal(np.load(tmp_path / "fewer" / "embeddings.npy"), embeddings[rows])


def test_hugging_face(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "clean", "huggingface")
    (shard,) = (tmp_path / "clean" / "data").iterdir()
    assert shard.name == "train-00000-of-00001.parquet"
    table = pq.read_table(shard)
    assert table["label"].to_pylist() == [None if one < 0 else one for one in corrected.label.tolist()]
    assert table["given_label"].to_pylist() == examples.given.tolist()
    assert table["id"].to_pylist() == examples.ids.to_pylist()
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["label"] == {"names": list(examples.class_names), "_type": "ClassLabel"}
    assert list(features) == table.column_names
    picture = Image.open(io.BytesIO(table["image"][3].as_py()["bytes"]))
    assert np.array_equal(np.asarray(picture), np.asarray(examples.source.load(int(examples.source_row[3]))))
    card = (tmp_path / "clean" / "README.md").read_text()
    assert card.startswith("---\n")
    assert f"'1': {json.dumps(examples.class_names[1])}" in card


NAMES_THAT_LOOK_ALIKE = (
    "a/b", "a_b", "a:b", "+", "-", "=", "..", "", "Anger", "anger", "caf\u00e9", "cafe\u0301",
    "a|b", "'q", "con", "2020-01-02", "007",
)  # fmt: skip


def test_classes_whose_folders_would_have_one_name_are_kept_apart_and_read_back(tmp_path: Path) -> None:
    names = [name for name in NAMES_THAT_LOOK_ALIKE if name]
    random = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    lines = []
    for row in range(6 * len(names)):
        Image.fromarray(random.integers(0, 256, (12, 12), dtype=np.uint8)).save(tmp_path / "in" / f"{row}.png")
        lines.append(json.dumps({"file_name": f"{row}.png", "label": names[row % len(names)]}))
    (tmp_path / "in" / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    before = read_dataset(tmp_path / "in")
    assert set(before.class_names) == set(names)
    export_audit(tmp_path / "in", tmp_path / "out", "imagefolder")
    folders = [one.name for one in (tmp_path / "out").iterdir() if one.is_dir()]
    assert len({one.casefold() for one in folders}) == len(names)
    after = read_dataset(tmp_path / "out")
    was = {one: before.class_names[label] for one, label in zip(before.ids, before.given_labels, strict=True)}
    assert {one: after.class_names[label] for one, label in zip(after.ids, after.given_labels, strict=True)} == was


def test_coco(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "out", "coco")
    content = json.loads((tmp_path / "out" / "annotations.json").read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    assert list(names.values()) == list(examples.class_names)
    label_of = {one["image_id"]: names[one["category_id"]] for one in content["annotations"]}
    files = [tmp_path / "out" / "images" / one["file_name"] for one in content["images"]]
    assert [label_of[one["id"]] for one in content["images"]] == [
        corrected.name_of(int(one)) for one in corrected.label
    ]
    assert all(file.is_file() for file in files)
    assert content["annotations"][0]["attributes"]["id"] == examples.id(0)
    assert Image.open(files[0]).size == (content["images"][0]["width"], content["images"][0]["height"])


def test_cvat(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "out", "cvat")
    root = ElementTree.parse(tmp_path / "out" / "annotations.xml").getroot()
    assert [one.findtext("name") for one in root.iter("label")] == list(examples.class_names)
    images = root.findall("image")
    assert [one.find("tag").get("label") for one in images] == [corrected.name_of(int(one)) for one in corrected.label]
    assert all((tmp_path / "out" / "images" / one.get("name")).is_file() for one in images)
    assert [one.findtext("tag/attribute[@name='id']") for one in images] == examples.ids.to_pylist()


@pytest.mark.parametrize("form", ["coco", "cvat"])
def test_a_picture_that_cannot_be_read_is_named(form: str, tmp_path: Path) -> None:
    """PostScript among them, for which Pillow starts another program."""
    for row in range(12):
        file = tmp_path / "data" / "ab"[row % 2] / f"{row}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), row, np.uint8)).save(file)
    for content in (b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"):
        (tmp_path / "data" / "a" / "4.png").write_bytes(content)
        with pytest.raises(DataError, match=r"a/4\.png cannot be decoded .*leave it out"):
            export_audit(tmp_path / "data", tmp_path / "out", form)
        assert not (tmp_path / "out").exists()


def test_a_csv_is_read_back_with_the_names_that_classes_have(tmp_path: Path) -> None:
    names = ["+", "-", "=", "'q", "'", "@a", "plain"]
    random = np.random.default_rng(0)
    lines = ["path,label"]
    for row in range(6 * len(names)):
        Image.fromarray(random.integers(0, 256, (12, 12), dtype=np.uint8)).save(tmp_path / f"={row}.png")
        lines.append(f"={row}.png,{names[row % len(names)]}")
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
    before = read_dataset(tmp_path / "in.csv")
    assert set(before.class_names) == set(names)  # apostrophes in a table of somebody's own are its own
    export_audit(tmp_path / "in.csv", tmp_path / "out.csv", "csv")
    assert ",'+," in (tmp_path / "out.csv").read_text()
    after = read_dataset(tmp_path / "out.csv", ReadOptions(path_column="source"))
    assert after.class_names == before.class_names
    assert after.ids.tolist() == before.ids.tolist()
    assert np.array_equal(after.given_labels, before.given_labels)


def test_pictures_go_out_as_the_files_they_were(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    content = []
    for row in range(20):
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(file, "JPEG" if row % 2 else "PNG")
        content.append(file.getvalue())
    pictures = pa.array([{"bytes": one, "path": None} for one in content])
    pq.write_table(pa.table({"image": pictures, "label": ["a", "b"] * 10}), tmp_path / "in.parquet")
    export_audit(tmp_path / "in.parquet", tmp_path / "out", "imagefolder")
    files = sorted(file for file in (tmp_path / "out").rglob("*") if file.suffix in (".png", ".jpeg"))
    assert sorted(file.read_bytes() for file in files) == sorted(content)
    export_audit(tmp_path / "in.parquet", tmp_path / "hub", "huggingface")
    (shard,) = (tmp_path / "hub" / "data").iterdir()
    assert [one["bytes"] for one in pq.read_table(shard)["image"].to_pylist()] == content


def test_texts_are_labelled_in_label_studio_too(tmp_path: Path) -> None:
    words = [f"{'dull' if row % 2 else 'great'}, said number {row} <b>&" for row in range(20)]
    table = pa.table({"text": words, "label": ["bad" if row % 2 else "good" for row in range(20)]})
    pq.write_table(table, tmp_path / "in.parquet")
    export_audit(tmp_path / "in.parquet", tmp_path / "out", "label-studio")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    assert [one["data"]["text"] for one in tasks] == words
    page = ElementTree.parse(tmp_path / "out" / "config.xml").getroot()
    assert page.find("Text").attrib == {"name": "text", "value": "$text"}
    assert page.find("Choices").get("toName") == "text"
    assert not (tmp_path / "out" / "pictures").exists()
    assert "local" not in (tmp_path / "out" / "README.txt").read_text()


def test_names_of_folders() -> None:
    found = folder_names(NAMES_THAT_LOOK_ALIKE)
    assert len({name.casefold() for name in found.values()}) == len(NAMES_THAT_LOOK_ALIKE)
    assert (found["a_b"], found["anger"].casefold()) == ("a_b", "anger (2)")
    assert found["con"] == "_con"
    assert plain_name("\u0915\u094d\u0937") == "\u0915\u094d\u0937"  # letters that are combined stay
    long = plain_name("\u6f22" * 200 + ".png")
    assert long.endswith(".png")
    assert len(long.encode()) <= 120


def test_cleanlabs_columns(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    export_audit(folder, tmp_path / "issues.csv", "cleanlab")
    with (tmp_path / "issues.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "is_label_issue", "label_quality", "given_label", "predicted_label"]
    assert (rows[0]["is_label_issue"], float(rows[0]["label_quality"])) == ("true", 0)
    assert (rows[1]["is_label_issue"], float(rows[1]["label_quality"])) == ("false", 1)
    assert rows[4]["is_label_issue"] == "true"
    assert examples.audit is not None
    assert float(rows[20]["label_quality"]) == pytest.approx(1 - examples.audit.column("p_mislabelled")[20], abs=1e-4)


def test_decisions_go_out_and_come_in_by_both_doors(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "decisions.csv", "decisions")
    read = read_decisions(tmp_path / "decisions.csv", examples.row_of, examples.class_names)
    assert len(read) == 10
    same = [(one.example, one.reviewer, one.kind, one.labels, one.time) for one in corrected.log.all_standing()]
    assert [(one.example, one.reviewer, one.kind, one.labels, one.time) for one in read] == same
    fresh = Path(shutil.copytree(folder, tmp_path / "fresh", ignore=shutil.ignore_patterns("review.sqlite*")))
    with Store(database_beside(fresh), examples.fingerprint) as store:
        store.append(read)
        store.append(read)  # the same file again changes nothing
    again = export_audit(fresh, tmp_path / "again.csv", "decisions")
    assert np.array_equal(again.label, corrected.label)
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "decisions.csv").read_text()


def test_label_studio_both_ways(reviewed: tuple[Path, Examples], tmp_path: Path) -> None:
    folder, examples = reviewed
    corrected = export_audit(folder, tmp_path / "studio", "label-studio")
    tasks = json.loads((tmp_path / "studio" / "tasks.json").read_text())
    assert len(tasks) == len(examples)
    name = tasks[3]["data"]["image"].removeprefix("/data/local-files/?d=studio/")
    assert (tmp_path / "studio" / name).is_file()
    assert tasks[9]["predictions"][0]["result"][0]["value"]["choices"][0] in examples.class_names
    config = (tmp_path / "studio" / "config.xml").read_text()
    assert all(f'"{one}"' in config for one in examples.class_names)
    tasks[8]["annotations"] = [
        {"id": 7, "completed_by": 3, "was_cancelled": False, "lead_time": 2.5, "created_at": "2026-02-01T10:00:00Z",
         "result": [{"type": "choices", "value": {"choices": ["fear"]}}]},
        {"id": 8, "completed_by": 4, "was_cancelled": True, "result": []},
    ]  # fmt: skip
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    read = read_decisions(tmp_path / "export.json", examples.row_of, examples.class_names)
    mine = [one for one in read if one.reviewer == "label studio 3"]
    assert [(one.example, one.labels, one.seconds) for one in mine] == [(examples.id(8), ("fear",), 2.5)]
    others = sorted((one.example, one.reviewer, one.kind, one.labels) for one in read if one not in mine)
    standing = corrected.log.all_standing()
    assert others == sorted((one.example, one.reviewer, one.kind, one.labels) for one in standing)
    tasks[8]["annotations"][0]["result"] = []
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    with pytest.warns(UserWarning, match="1 annotations are passed over:\ntask 8"):
        rest = read_decisions(tmp_path / "export.json", examples.row_of, examples.class_names)
    assert len(rest) == len(others)
    assert "Local Files" in (tmp_path / "studio" / "README.txt").read_text()


def test_fer2013_comes_out_as_it_was_but_for_the_corrected_emotions(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for row in range(140):
        pixels = " ".join(map(str, random.integers(0, 256, 16)))
        lines.append(f"{row % 7},{pixels},{'Training' if row % 3 else 'PublicTest'}")
    original = tmp_path / "fer2013.csv"
    original.write_text("\n".join(lines) + "\n")
    export_audit(original, tmp_path / "same.csv", "fer2013")
    assert (tmp_path / "same.csv").read_bytes() == original.read_bytes()
    examples = open_examples(original, asked=ReadOptions(split="Training"))
    assert examples.class_names == EMOTIONS
    with Store(database_beside(original), examples.fingerprint) as store:
        store.append([decide(1, examples, 0, LABEL, "sad"), decide(2, examples, 1, UNUSABLE)])
    export_audit(original, tmp_path / "clean.csv", "fer2013", asked=ReadOptions(split="Training"))
    changed = [
        (before, after)
        for before, after in zip(lines, (tmp_path / "clean.csv").read_text().splitlines(), strict=True)
        if before != after
    ]
    assert [(before[0], after[0], before[1:] == after[1:]) for before, after in changed] == [("1", "4", True)]
    with pytest.raises(AuditFolderError, match="other data"):
        export_audit(original, tmp_path / "x.csv", "fer2013", asked=ReadOptions(split="PublicTest"))


@pytest.mark.parametrize("name", ["../../x", "a/b", "a\\b", "..", "", "con\0trol", "<x>", "."])
def test_class_names_cannot_leave_the_folder(name: str, tmp_path: Path) -> None:
    plain = plain_name(name)
    assert (tmp_path / plain).resolve().parent == tmp_path.resolve()
    assert plain == plain_name(plain)


def test_what_cannot_be_exported_is_told_in_words(audit_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no format"):
        export_audit(audit_folder, tmp_path / "x", "doc")
    with pytest.raises(DataError, match="relabel-above"):
        export_audit(audit_folder, tmp_path / "x", "csv", ExportSettings(relabel_above=0.1))
    (tmp_path / "there").mkdir()
    with pytest.raises(DataError, match="there already"):
        export_audit(audit_folder, tmp_path / "there", "imagefolder")
    with pytest.raises(DataError, match="grey pictures of one size"):
        export_audit(audit_folder, tmp_path / "x.csv", "fer2013")
    np.savez(tmp_path / "rows.npz", X=np.random.default_rng(0).normal(size=(20, 3)), y=np.arange(20) % 2)
    for format in ("imagefolder", "fiftyone", "label-studio", "huggingface", "cvat", "coco"):
        with pytest.raises(DataError, match="no pictures"):
            export_audit(tmp_path / "rows.npz", tmp_path / "out", format)
        assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="no audit of these data"):
        export_audit(tmp_path / "rows.npz", tmp_path / "x.csv", "csv", ExportSettings(relabel_above=0.9))
    assert set(FORMATS) == {
        "csv", "parquet", "imagefolder", "fer2013", "fiftyone", "label-studio", "cleanlab", "decisions",
        "huggingface", "cvat", "coco",
    }  # fmt: skip


@pytest.fixture(scope="module")
def of_patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit of pictures of 8 patients, three each; a picture of the second is a copy of one of the first."""
    folder = tmp_path_factory.mktemp("patients")
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (24, 16, 16), dtype=np.uint8)
    pictures[3] = pictures[0]
    lines = ["path,label,patient_id"]
    for row, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{row}.png")
        lines.append(f"{row}.png,{'cat' if row % 2 else 'dog'},p{row // 3}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    audit(folder / "t.csv", folder / "audit", AuditSettings(effort="quick"))
    return folder / "audit"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet", "imagefolder", "huggingface", "fiftyone", "coco"])
def test_what_belongs_together_is_exported_and_read_again(form: str, of_patients: Path) -> None:
    output = of_patients.parent / f"out-{form}"
    output = output if FORMATS[form].a_folder else output.with_suffix(f".{form}")
    export_audit(of_patients, output, form)
    rows = {
        "csv": lambda: list(csv.DictReader(output.open(newline=""))),
        "parquet": lambda: pq.read_table(output).to_pylist(),
        "imagefolder": lambda: [json.loads(line) for line in (output / "metadata.jsonl").open()],
        "huggingface": lambda: pq.read_table(next((output / "data").iterdir())).to_pylist(),
        "fiftyone": lambda: [json.loads(line) for line in (output / "samples.jsonl").open()],
        "coco": lambda: json.loads((output / "annotations.json").read_text())["images"],
    }[form]()
    assert [row["group"] for row in rows] == [f"p{number // 3}" for number in range(24)]
    together = [str(row["keep_together"]) for row in rows]
    assert together == [together[3 * (number // 3)] for number in range(24)]
    assert together[0] == together[3]
    assert len(set(together)) == 7
    if form in ("fiftyone", "coco"):  # forms without columns that are read as groups
        return
    again = read_dataset(output, ReadOptions(image_root=of_patients.parent) if not output.is_dir() else ReadOptions())
    assert again.group is not None
    assert sorted(again.group.tolist()) == sorted(f"p{number // 3}" for number in range(24))
