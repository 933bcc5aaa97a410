"""Whoever is asked what people decided gives the same answer: the page, the judge, the training and every export."""

import json
import shutil
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

import aleator
from aleator.auditing.predictions import LabelledPredictions
from aleator.auditing.reviewed import judge_again, reviews_of, reviews_of_predictions
from aleator.decisions.decision import LABEL, UNUSABLE, Decision
from aleator.decisions.gather import DecisionSources, database_beside
from aleator.decisions.read import read_decisions
from aleator.decisions.store import Store
from aleator.errors import DataError
from aleator.export import export_audit
from aleator.review.board import Board
from aleator.review.examples import open_examples
from aleator.review.live import judge_of
from aleator.testing.made_up_audit import write_all
from tests.test_cli import run

HEADER = "id,label,decision,reviewer,time,seconds"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two-doors")
    return write_all(folder, 160, faces=90)[0]


@pytest.fixture
def audit(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.parent, tmp_path / "data")) / "audit"


def test_two_reviewers_who_differ_are_settled_alike_by_all(audit: Path, tmp_path: Path) -> None:
    """The cases in which the page and the judge contradicted each other."""
    examples = open_examples(audit)
    names, given = examples.class_names, examples.given
    other = [names[(int(label) + 1) % 7] for label in given]
    own = [names[int(label)] for label in given]
    said = {
        0: [(LABEL, other[0]), (UNUSABLE,)],
        1: [(LABEL, other[1]), (LABEL, other[1]), (LABEL, own[1]), (UNUSABLE,), (UNUSABLE,)],
        2: [(UNUSABLE,), (UNUSABLE,), (LABEL, own[2])],
        3: [(LABEL, own[3]), (LABEL, other[3])],
    }
    wanted = {0: other[0], 1: other[1], 2: None, 3: None}
    with Store(database_beside(audit), examples.fingerprint) as store:
        store.append(
            [
                Decision(
                    str(UUID(int=100 * row + number)), examples.id(row), f"r{number}", kind, tuple(labels),
                    f"2026-01-01T00:00:{number:02}.000000+00:00",
                )
                for row, answers in said.items()
                for number, (kind, *labels) in enumerate(answers)
            ]
        )  # fmt: skip
        page = judge_of(Board(examples, store))()
    exported = export_audit(audit, tmp_path / "clean.parquet", "parquet")
    judged = judge_again(aleator.load_audit(audit), data=audit.parent / "faces.parquet")
    table = pq.read_table(tmp_path / "clean.parquet")
    verdict = {0: "mistake", 1: "mistake", 2: "unfamiliar", 3: "ambiguous"}
    for row, label in wanted.items():
        assert judged.labels["reviewed_label"][row].as_py() == label
        assert judged.labels["verdict"][row].as_py() == verdict[row] == page.verdicts.verdict[row]
        assert table["label"][row].as_py() == (label or own[row])
        assert exported.decision[row] == {2: "unusable", 3: "ambiguous"}.get(row, "label")


def doors(audit: Path, file: Path, tmp_path: Path) -> tuple[list[object], list[object], list[object]]:
    """What the judge, an export and an import to the page make of a file of decisions, by row of the audit."""
    folders = [shutil.copytree(audit, tmp_path / name, dirs_exist_ok=True) for name in ("judged", "imported")]
    sources, data = DecisionSources(reviewed=(file,)), audit.parent / "faces.parquet"
    judged = judge_again(aleator.load_audit(folders[0]), sources, data=data)
    exported = export_audit(audit, tmp_path / "a.csv", "csv", data=data, sources=sources)
    examples = open_examples(Path(folders[1]), data)
    with Store(database_beside(Path(folders[1])), examples.fingerprint) as store:
        store.append(read_decisions(file, examples.row_of, examples.class_names))
    page = export_audit(folders[1], tmp_path / "b.csv", "csv", data=data)
    reviewed = judged.labels["reviewed_label"].to_pylist()
    return reviewed, _decided(exported), _decided(page)


def _decided(corrected: object) -> list[object]:
    return [
        corrected.name_of(int(label)) if kind == LABEL else None  # type: ignore[attr-defined]
        for label, kind in zip(corrected.label, corrected.decision, strict=True)  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize(
    "rows",
    [
        # Times of two zones: as text the first is the later, by the clock the second.
        ["face-0000000,fear,,ann,2026-01-01T12:00+02:00,", "face-0000000,sad,,ann,2026-01-01T11:00+00:00,"],
        ["face-0000001,0,,ann,,"],  # a class by its number
        ["face-0000002,happy,,,,2.5", "face-0000003,,unusable,,,"],  # nobody's name
        ["face-0000004,fear|sad,,ann,,", "face-0000004,fear,,bob,,"],
        ["face-0000005,happy,,ann,,", "face-0000005,happy,,ann,,"],  # the same twice
    ],
)
def test_a_table_of_decisions_says_the_same_to_every_verb(audit: Path, tmp_path: Path, rows: list[str]) -> None:
    file = tmp_path / "d.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    judged, exported, page = doors(audit, file, tmp_path)
    assert judged == exported == page
    example = int(rows[0].split(",")[0].removeprefix("face-"))
    assert judged[example] == {0: "sad", 1: "angry", 2: "happy", 4: "fear", 5: "happy"}[example]


def test_other_names_of_columns_and_other_kinds_of_tables_say_the_same(audit: Path, tmp_path: Path) -> None:
    rows = [("face-0000001", "2", "ann"), ("face-0000002", "sad", "bob")]
    (tmp_path / "d.csv").write_text("image_id,answer,annotator\n" + "".join(f"{','.join(row)}\n" for row in rows))
    (tmp_path / "d.tsv").write_text("ID\tLabel\tUser\n" + "".join("\t".join(row) + "\n" for row in rows))
    (tmp_path / "d.jsonl").write_text(
        "".join(json.dumps({"id": a, "label": b, "reviewer": c}) + "\n" for a, b, c in rows)
    )
    columns = dict(zip(("id", "label", "reviewer"), map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "d.parquet")
    book = Workbook()
    for row in (("id", "label", "reviewer"), ("face-0000001", 2, "ann"), ("face-0000002", "sad", "bob")):
        book.active.append(row)
    book.save(tmp_path / "d.xlsx")
    found = []
    for file in sorted(tmp_path.glob("d.*")):
        examples = open_examples(audit)
        read = read_decisions(file, examples.row_of, examples.class_names)
        found.append([(one.example, one.labels, one.reviewer) for one in read])
    assert len(found) == 5
    assert all(one == [("face-0000001", ("fear",), "ann"), ("face-0000002", ("sad",), "bob")] for one in found)


def test_label_studio_and_a_table_of_the_same_say_the_same(audit: Path, tmp_path: Path) -> None:
    tasks = [
        {
            "data": {"id": "face-0000001"},
            "annotations": [
                {
                    "id": 1, "completed_by": {"email": "ann"}, "created_at": "2026-01-01T00:00:00Z",
                    "result": [{"value": {"choices": ["fear"]}}],
                }
            ],
        }
    ]  # fmt: skip
    (tmp_path / "d.json").write_text(json.dumps(tasks))
    (tmp_path / "d.csv").write_text(f"{HEADER}\nface-0000001,fear,,ann,2026-01-01T00:00:00,\n")
    by_table = doors(audit, tmp_path / "d.csv", tmp_path / "one")
    assert doors(audit, tmp_path / "d.json", tmp_path / "two") == by_table
    assert by_table[0][1] == "fear"


def test_two_answers_of_one_time_are_an_error_by_every_door(audit: Path, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text(f"{HEADER}\nface-0000001,fear,,ann,,\nface-0000001,sad,,ann,,\n")
    for arguments in (
        ("judge", str(audit), "--reviewed", str(file)),
        ("export", str(audit), "--reviewed", str(file), "-o", str(tmp_path / "x.csv")),
        ("train", str(audit), "--labels", "reviewed", "--reviewed", str(file), "-o", str(tmp_path / "model")),
        ("review", str(audit), "--import", str(file), "--port", "0"),
    ):
        told = run(*arguments, code=2).stderr
        assert "row 1: 'ann' decides 'face-0000001' differently than in row 0" in told


def test_a_file_is_heard_beside_the_page_and_what_is_in_both_counts_once(audit: Path, tmp_path: Path) -> None:
    examples = open_examples(audit)
    file = tmp_path / "d.csv"
    file.write_text(f"{HEADER}\nface-0000001,fear,,ann,2026-01-01T00:00:00,\n")
    with Store(database_beside(audit), examples.fingerprint) as store:
        store.append(read_decisions(file, examples.row_of, examples.class_names))
        store.append(
            [Decision(str(UUID(int=7)), examples.id(2), "bob", LABEL, ("sad",), "2026-01-01T00:00:00.000000+00:00")]
        )
    reviews = reviews_of(aleator.load_audit(audit), DecisionSources(reviewed=(file,)))
    assert sorted(zip(reviews.row.tolist(), reviews.reviewer.tolist(), strict=True)) == [(1, 0), (2, 1)]
    assert reviews.reviewer_names == ("ann", "bob")


def test_training_on_what_was_reviewed_hears_a_file_as_the_judge_does(audit: Path, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text(f"{HEADER}\nface-0000001,fear,,ann,,\n")
    judged = json.loads(run("judge", str(audit), "--reviewed", str(file), "--json").stdout)
    fresh = Path(shutil.copytree(audit, tmp_path / "fresh"))
    options = ("--labels", "reviewed", "--reviewed", str(file), "--data", str(audit.parent / "faces.parquet"))
    quick = ("--effort", "quick", "--epochs", "1", "--json")
    card = json.loads(run("train", str(fresh), *options, *quick, "-o", str(tmp_path / "model")).stdout)
    assert card["wrong_labels"] == judged["estimates"]["mislabelled"]


def test_an_unknown_class_or_id_is_told_by_its_row(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label\na,cat\na,bee\n")
    with pytest.raises(DataError, match="row 1: 'bee' is none of the classes"):
        read_decisions(tmp_path / "d.csv", ["a"], ("cat", "dog"))
    with pytest.raises(DataError, match="row 0: 'a' is no id"):
        read_decisions(tmp_path / "d.csv", ["b"], ("cat", "dog"))


def test_a_class_whose_name_holds_the_separator_or_is_a_number_is_found_whole(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label\na,x|y\nb,1\nc,x\n")
    read = read_decisions(tmp_path / "d.csv", ["a", "b", "c"], ("1", "x|y", "x", "y"))
    assert [one.labels for one in read] == [("x|y",), ("1",), ("x",)]


def test_labels_that_are_brought_without_names_hear_decisions_by_number(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label\n1,0\n")
    brought = LabelledPredictions(labels=[0, 1, 1], pred_probs=[[0.9, 0.1], [0.2, 0.8], [0.1, 0.9]])
    reviews = reviews_of_predictions(brought, DecisionSources(reviewed=(tmp_path / "d.csv",)))
    assert reviews is not None
    assert (reviews.row.tolist(), reviews.answer.tolist()) == ([1], [[1.0, 0.0]])


def test_one_file_of_decisions_may_be_named_without_a_tuple() -> None:
    one = DecisionSources(reviewed=(Path("decisions.csv"),))
    for named in (Path("decisions.csv"), "decisions.csv", ["decisions.csv"]):
        assert DecisionSources(reviewed=named) == one  # type: ignore[arg-type]
    assert DecisionSources(database=Path("review.sqlite")).database == "review.sqlite"  # type: ignore[arg-type]
    for wrong in (7, None, (7,), {"decisions.csv": 1}):
        with pytest.raises(DataError, match="a file of decisions, or several in a tuple"):
            DecisionSources(reviewed=wrong)  # type: ignore[arg-type]
