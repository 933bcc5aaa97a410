"""Out to the real Label Studio, labelled there, and back in each of its forms: nothing lost, nothing counted twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aleator.decisions.decision import Decision
from aleator.decisions.gather import database_beside
from aleator.decisions.read import read_decisions
from aleator.decisions.store import Store
from aleator.export import export_audit
from tests.export.test_export import audit_folder, made_up, reviewed
from tests.interop.label_studio import USER, LabelStudio, executable, running

__all__ = ["audit_folder", "made_up", "reviewed"]  # fixtures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    program = executable()
    if program is None:
        pytest.skip("no Label Studio here; ALEATOR_LABEL_STUDIO names its program (pip install label-studio)")
    with running(program, tmp_path_factory.mktemp("label-studio")) as studio:
        yield studio


def answer(decision: Decision) -> tuple[str, str, str, tuple[str, ...], str, float | None]:
    return (
        decision.example, decision.reviewer, decision.kind, tuple(sorted(decision.labels)), decision.time,
        decision.seconds,
    )  # fmt: skip


def test_there_and_back(studio: LabelStudio, reviewed: tuple[Path, object], tmp_path: Path) -> None:
    folder, examples = reviewed
    out = studio.files / "faces & more+"
    corrected = export_audit(folder, out, "label-studio")
    known = {one.uuid: one for one in corrected.log.all_standing()}
    project = studio.project(out)
    tasks = {task["data"]["aleator_id"]: task for task in studio.tasks(project)}
    assert len(tasks) == len(corrected)
    assert sum(len(task["annotations"]) for task in tasks.values()) == len(known)
    first = tasks[corrected.examples.id(9)]
    assert studio.ask(first["data"]["image"]) == next((out / "pictures").glob("0000009*")).read_bytes()
    assert len(studio.ask_json(f"/api/predictions?task={first['id']}")) == 1

    def label(row: int, *choices: str, cancelled: bool = False, result: object = None) -> None:
        value = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": list(choices)}}
        body = {
            "result": [value] if result is None else result, "lead_time": row + 0.25, "was_cancelled": cancelled,
        }  # fmt: skip
        studio.ask(f"/api/tasks/{tasks[corrected.examples.id(row)]['id']}/annotations/", body)

    label(20, "fear")
    label(21, "fear", "sad")
    label(22, "(not usable)")
    label(23, "happy", cancelled=True)
    label(24, result=[])  # submitted without a choice
    label(0, "angry")  # a second opinion where Ann has decided
    changed = tasks[corrected.examples.id(1)]["annotations"][0]
    result = [{**changed["result"][0], "value": {"choices": ["surprise"]}}]
    studio.ask(f"/api/annotations/{changed['id']}/", {"result": result}, "PATCH")
    wanted = {(20, ("fear",)), (21, ("fear", "sad")), (22, ()), (0, ("angry",)), (1, ("surprise",))}

    answers = []
    for kind, name in (("JSON", "a.json"), ("JSON_MIN", "b.json"), ("CSV", "c.csv")):
        file = studio.export(project, kind, tmp_path / name)
        with pytest.warns(UserWarning, match="1 annotations are passed over") as told:
            back = read_decisions(file, examples.row_of, examples.class_names)
        assert "no choice" in str(told[0].message)
        new = [one for one in back if one.uuid not in known]
        assert {one.uuid: one for one in back if one.uuid in known} == known
        assert {(examples.row_of.get(one.example), tuple(sorted(one.labels))) for one in new} == wanted
        assert len(new) == len(wanted)
        assert {one.seconds for one in new if examples.row_of.get(one.example) == 20} == {20.25}
        assert all(one.time > "2026-02" for one in new)
        answers.append(sorted((one.uuid, answer(one)) for one in new))
        fresh = Path(shutil.copytree(folder, tmp_path / kind, ignore=shutil.ignore_patterns("review.sqlite*")))
        for place in (fresh, folder):
            with Store(database_beside(place), examples.fingerprint) as store:
                store.append(back)
                store.append(back)  # the same file again changes nothing
                assert len({decision.uuid for _, decision in store.after(0)} & set(known)) == len(known)
    assert answers[0] == answers[1] == answers[2]
    assert {one[1] for _, one in answers[0]} == {"label studio 1"}

    whole = {"serialization_options": {"annotations__completed_by": {"only_id": False}}}
    number = studio.ask_json(f"/api/projects/{project}/exports", whole)["id"]
    (tmp_path / "snapshot.json").write_bytes(studio.finished_export(project, number))
    (tmp_path / "users.json").write_bytes(studio.ask("/api/users"))
    for name in ("snapshot.json", "a.json", "b.json", "c.csv"):  # with names, and the same answers as before
        with pytest.warns(UserWarning, match="1 annotations are passed over"):
            back = read_decisions(tmp_path / name, examples.row_of, examples.class_names)
        new = [one for one in back if one.uuid not in known]
        assert {one.reviewer for one in new} == {USER}
        assert sorted(one.uuid for one in new) == [uuid for uuid, _ in answers[0]]
        assert {one.uuid: one for one in back if one.uuid in known} == known


def test_texts_and_rows_of_tables(studio: LabelStudio, tmp_path: Path) -> None:
    labels = ["bad" if row % 2 else "good" for row in range(20)]
    numbers = pa.array(np.random.default_rng(0).normal(size=20))
    for name, table in {
        "texts": pa.table({"text": [f"<b> number {row}" for row in range(20)], "label": labels}),
        "rows": pa.table({"width": numbers, "height": numbers, "label": labels}),
    }.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
        corrected = export_audit(tmp_path / f"{name}.parquet", studio.files / name, "label-studio")
        project = studio.project(studio.files / name)
        tasks = studio.tasks(project)
        assert len(tasks) == 20
        key = "text" if name == "texts" else "row"
        value = {"from_name": "label", "to_name": key, "type": "choices", "value": {"choices": ["bad"]}}
        studio.ask(f"/api/tasks/{tasks[0]['id']}/annotations/", {"result": [value], "lead_time": 1.0})
        for kind, file in (("JSON", "a.json"), ("JSON_MIN", "b.json"), ("CSV", "c.csv")):
            examples = corrected.examples
            (one,) = read_decisions(
                studio.export(project, kind, tmp_path / file), examples.row_of, examples.class_names
            )
            assert (one.example, one.labels) == (tasks[0]["data"]["aleator_id"], ("bad",))
