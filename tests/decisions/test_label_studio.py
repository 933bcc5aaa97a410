"""Label Studio's three exports, written as version 1.23 writes them; the tests in `interop` ask the real one."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from aleator.decisions.decision import AMBIGUOUS, LABEL, UNUSABLE, Decision
from aleator.decisions.label_studio import annotation, known_as_text, labelling_page
from aleator.decisions.read import read_decisions
from aleator.errors import DataError

NAMES = ("fear", "sad", "{odd}", "a|b")
IDS = [f"face-{row}" for row in range(6)]
THEN, NOW = "2026-01-01T00:00:01.000000+00:00", "2026-11-28T15:15:57.496648Z"
BEFORE = [
    Decision(str(UUID(int=1)), "face-0", "Ann", LABEL, ("fear",), THEN, 1.5),
    Decision(str(UUID(int=2)), "face-0", "=Bob", UNUSABLE, (), THEN),
    Decision(str(UUID(int=3)), "face-1", "Ann", AMBIGUOUS, ("fear", "sad"), THEN, 2.5, before="sad", origin="grid"),
]
Answers = list[tuple[str, tuple[str, ...] | None, float | None]]
"""The example, the choices (None: submitted without any), the seconds: what somebody answers in Label Studio."""
Write = Callable[[Path, Answers], Path]


def tasks(answers: Answers) -> list[dict[str, Any]]:
    """All tasks with their annotations: those of before, as Label Studio keeps them, and the new ones."""
    result: dict[str, dict[str, Any]] = {}
    number = 0
    for row, example in enumerate(IDS):
        known = [one for one in BEFORE if one.example == example]
        data = {"image": f"/data/local-files/?d=x/{row}.png", "aleator_id": example}
        data["aleator_decisions"] = known_as_text(known)
        kept = [annotation(one) for one in known]
        result[example] = {"id": 100 + row, "data": data, "annotations": kept, "predictions": [row]}
    for task in result.values():
        for one in task["annotations"]:
            number += 1
            one |= {"id": number, "completed_by": 1, "created_at": NOW, "updated_at": NOW}
    for example, chosen, seconds in answers:
        number += 1
        value = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": list(chosen or ())}}
        result[example]["annotations"].append(
            {
                "id": number,
                "completed_by": 2,
                "was_cancelled": False,
                "created_at": NOW,
                "updated_at": NOW,
                "lead_time": seconds,
                "result": [] if chosen is None else [value],
            }
        )
    return list(result.values())


def rows(answers: Answers) -> list[dict[str, Any]]:
    result = []
    for task in tasks(answers):
        for one in task["annotations"]:
            row = {**task["data"], "id": task["id"], "annotator": one["completed_by"], "annotation_id": one["id"]}
            row |= {"created_at": one["created_at"], "updated_at": one["updated_at"], "lead_time": one["lead_time"]}
            for said in one["result"]:
                chosen = said["value"]["choices"]
                row["label"] = chosen[0] if len(chosen) == 1 else {"choices": chosen}
            result.append(row)
    return result


def write_json(folder: Path, answers: Answers) -> Path:
    (folder / "a.json").write_text(json.dumps(tasks(answers)))
    return folder / "a.json"


def write_json_min(folder: Path, answers: Answers) -> Path:
    (folder / "b.json").write_text(json.dumps(rows(answers)))
    return folder / "b.json"


def write_csv(folder: Path, answers: Answers) -> Path:
    written = rows(answers)
    with (folder / "c.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, sorted({name for row in written for name in row}), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        for row in written:
            said = row.get("label", "")
            writer.writerow(row | {"label": json.dumps(said) if isinstance(said, dict) else said})
    return folder / "c.csv"


every_form = pytest.mark.parametrize("write", [write_json, write_json_min, write_csv])


@every_form
def test_what_was_known_comes_back_as_it_was_and_counts_once(tmp_path: Path, write: Write) -> None:
    back = read_decisions(write(tmp_path, []), IDS, NAMES)
    assert sorted(back, key=lambda one: one.uuid) == BEFORE


@every_form
def test_new_answers_come_beside_it(tmp_path: Path, write: Write) -> None:
    answers: Answers = [
        ("face-0", ("fear",), 9.0),  # a second person with the same answer
        ("face-2", ("fear", "sad"), 3.0),
        ("face-3", ("(not usable)",), None),
        ("face-4", ("{odd}",), 1.0),
        ("face-5", ("a|b",), 1.0),
    ]
    back = read_decisions(write(tmp_path, answers), IDS, NAMES)
    new = [one for one in back if one not in BEFORE]
    assert [(one.example, one.labels, one.kind, one.seconds) for one in sorted(new, key=lambda one: one.example)] == [
        ("face-0", ("fear",), LABEL, 9.0),
        ("face-2", ("fear", "sad"), AMBIGUOUS, 3.0),
        ("face-3", (), UNUSABLE, None),
        ("face-4", ("{odd}",), LABEL, 1.0),
        ("face-5", ("a|b",), LABEL, 1.0),
    ]
    assert {(one.reviewer, one.time) for one in new} == {("label studio 2", "2026-11-28T15:15:57.496648+00:00")}
    assert len(back) == len(BEFORE) + len(new)
    again = [read_decisions(other(tmp_path, answers), IDS, NAMES) for other in (write_json, write_json_min, write_csv)]
    assert all(sorted(one.uuid for one in read) == sorted(one.uuid for one in back) for read in again)


@every_form
def test_a_bad_annotation_costs_one_row(tmp_path: Path, write: Write) -> None:
    answers: Answers = [("face-2", None, 1.0), ("face-3", ("joy",), 1.0), ("face-4", ("sad",), 1.0)]
    with pytest.warns(UserWarning, match="2 annotations are passed over") as told:
        back = read_decisions(write(tmp_path, answers), IDS[:5], NAMES)
    assert [one.labels for one in back if one not in BEFORE] == [("sad",)]
    assert "no choice" in str(told[0].message)
    assert "'joy' is none of the classes" in str(told[0].message)
    with pytest.warns(UserWarning, match="'face-4' is no id of the data set"):
        assert len(read_decisions(write(tmp_path, answers[2:]), IDS[:4], NAMES)) == len(BEFORE)


def test_what_was_changed_there_is_a_new_answer(tmp_path: Path) -> None:
    written = tasks([])
    written[0]["annotations"][0]["result"][0]["value"]["choices"] = ["sad"]
    (tmp_path / "a.json").write_text(json.dumps(written))
    back = read_decisions(tmp_path / "a.json", IDS, NAMES)
    assert sorted(back, key=lambda one: one.time)[-1].labels == ("sad",)
    assert [one for one in back if one.reviewer == "Ann" and one.example == "face-0"] == BEFORE[:1]


@pytest.mark.parametrize(
    "change", [{"time": "yesterday"}, {"kind": "undo", "labels": [], "undoes": str(UUID(int=9))}, {"seconds": "long"}]
)
def test_what_was_known_and_altered_by_hand_costs_its_task(change: dict[str, Any], tmp_path: Path) -> None:
    written = tasks([("face-2", ("sad",), 1.0)])
    known = json.loads(written[1]["data"]["aleator_decisions"])
    written[1]["data"]["aleator_decisions"] = json.dumps([known[0] | change])
    (tmp_path / "a.json").write_text(json.dumps(written))
    with pytest.warns(UserWarning, match="task 1: aleator_decisions is not what"):
        back = read_decisions(tmp_path / "a.json", IDS, NAMES)
    assert sorted(one.example for one in back) == ["face-0", "face-0", "face-2"]


def test_files_that_are_nobodys(tmp_path: Path) -> None:
    for content, message in (
        ([{"id": 1, "data": {"image": "x.png"}, "annotations": []}], "no task with aleator_id"),
        ({"a": 1}, "no list of tasks"),
        ([{"data": {"aleator_id": "face-0"}, "annotations": [{"result": []}]}], "no annotation that can be used"),
    ):
        (tmp_path / "x.json").write_text(json.dumps(content))
        with pytest.raises(DataError, match=message):
            read_decisions(tmp_path / "x.json", IDS, NAMES)
    with pytest.raises(DataError, match="rename it first"):
        labelling_page(("fear", "(not usable)"))


USERS = [{"id": 1, "email": "ann@example.com"}, {"id": 2, "username": "bob", "email": "bob@example.com"}]


@every_form
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("users.json", json.dumps(USERS)),
        ("members.json", json.dumps({"results": [{"user": one} for one in USERS]})),
        ("members.csv", "id,email\n1,ann@example.com\n2,bob@example.com\n"),
    ],
)
def test_reviewers_have_names_with_a_file_of_users_beside(
    tmp_path: Path, write: Write, name: str, content: str
) -> None:
    file = write(tmp_path, [("face-2", ("fear",), 1.0)])
    (numbered,) = (one for one in read_decisions(file, IDS, NAMES) if one not in BEFORE)
    assert numbered.reviewer == "label studio 2"
    (tmp_path / name).write_text(content)
    (named,) = (one for one in read_decisions(file, IDS, NAMES) if one not in BEFORE)
    assert named.reviewer == "bob@example.com"
    assert named.uuid == numbered.uuid  # the same answer, imported once more, changes nothing
    assert sorted((one for one in read_decisions(file, IDS, NAMES) if one != named), key=lambda one: one.uuid) == BEFORE


def test_a_file_of_users_that_names_nobody_is_an_error(tmp_path: Path) -> None:
    file = write_json(tmp_path, [])
    (tmp_path / "users.json").write_text("[]")
    with pytest.raises(DataError, match=r"users\.json names nobody; wanted is a list of users with id and email"):
        read_decisions(file, IDS, NAMES)
