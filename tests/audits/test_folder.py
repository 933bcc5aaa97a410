"""The audit folder is whole or absent, never lost by accident, and refuses what does not belong to it."""

import errno
import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from aleator.audits.folder import UNFINISHED, AuditFolder, close_folder, open_folder
from aleator.audits.info import AuditInfo, Identity, read_info
from aleator.audits.labels import label_column, set_columns
from aleator.audits.next_steps import after_export, after_review, before_audit, next_steps
from aleator.errors import AuditFolderError, DataError
from aleator.files import check_target, write_array, write_json, write_whole
from aleator.locks import only_one
from aleator.records import read_json, to_json
from tests.old_versions import FOLDER as OLD

OURS = Identity("a", "data", {"seed": 0}, "1.0")


def info_of(identity: Identity) -> AuditInfo:
    return replace(read_info(read_json(OLD / "judged" / "audit.json")), identity=identity)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(target, fail)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_interrupted_work_is_kept_for_the_same_audit_only(tmp_path: Path) -> None:
    work = open_folder(tmp_path, OURS, force=False)
    write_array(work / "member.npy", np.arange(3))
    assert (open_folder(tmp_path, OURS, force=False) / "member.npy").exists()
    other_seed = replace(OURS, settings={"seed": 1})
    assert not (open_folder(tmp_path, other_seed, force=False) / "member.npy").exists()


def test_another_data_sets_audit_is_not_overwritten_without_force(tmp_path: Path) -> None:
    open_folder(tmp_path, OURS, force=False)
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("rows")}, info_of(OURS))
    assert not (tmp_path / UNFINISHED).exists()
    with pytest.raises(AuditFolderError, match=r"audit of other data \(data\).*--force"):
        open_folder(tmp_path, replace(OURS, fingerprint="b"), force=False)
    assert (tmp_path / "labels.parquet").exists()
    (tmp_path / "mine.txt").write_text("not ours")
    other = replace(OURS, fingerprint="b")
    open_folder(tmp_path, other, force=True)
    assert (tmp_path / "labels.parquet").read_text() == "rows"  # until the new audit is complete
    open_folder(tmp_path, other, force=False)  # and the new one can be resumed
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("new rows")}, info_of(other))
    assert (tmp_path / "labels.parquet").read_text() == "new rows"
    assert (tmp_path / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.json", "labels.parquet", "mine.txt", "models"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(AuditFolderError, match="is not empty and holds no audit"):
        open_folder(tmp_path, OURS, force=False)
    with pytest.raises(AuditFolderError, match="is a file"):
        open_folder(tmp_path / "thesis.tex", OURS, force=False)


@pytest.mark.parametrize("name", ["models", "features", "unfinished"])
def test_somebodys_folders_are_never_taken_for_an_audits(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").write_text("years of work")
    for force in (False, True):
        with pytest.raises(
            AuditFolderError, match="not empty and holds no audit" if not force else f"no audit, but {name}"
        ):
            open_folder(tmp_path, OURS, force=force)
    assert (tmp_path / name / "precious").exists()


def test_what_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    with pytest.raises(AuditFolderError, match="holds no audit; run `aleator audit"):
        AuditFolder.load(tmp_path)
    open_folder(tmp_path, OURS, force=False)
    with pytest.raises(AuditFolderError, match="an unfinished audit"):
        AuditFolder.load(tmp_path)
    write_json(tmp_path / "audit.json", {"schema_version": 99})
    with pytest.raises(AuditFolderError, match="schema version 99"):
        AuditFolder.load(tmp_path)


def test_what_is_altered_is_named(tmp_path: Path) -> None:
    content = to_json(info_of(OURS))
    content["data"]["examples"] = "sixty"
    write_json(tmp_path / "audit.json", content)
    with pytest.raises(AuditFolderError, match=r"Expected `int`, got `str` - at `\$.data.examples`.*--force"):
        AuditFolder.load(tmp_path)
    write_json(tmp_path / "audit.json", {**content, "data": {}})
    with pytest.raises(AuditFolderError, match="missing required field `name`"):
        AuditFolder.load(tmp_path)
    write_json(tmp_path / "audit.json", {"schema_version": 1})
    with pytest.raises(AuditFolderError, match="cannot be read"):
        AuditFolder.load(tmp_path)
    (tmp_path / "audit.json").write_text("{")
    with pytest.raises(AuditFolderError, match="cannot be read"):
        AuditFolder.load(tmp_path)


def test_work_without_a_name_is_begun_anew(tmp_path: Path) -> None:
    """Its name is damaged, or it was killed before that was written, or while old work was removed."""
    (tmp_path / "a" / UNFINISHED / "member-0").mkdir(parents=True)
    (tmp_path / "a" / UNFINISHED / "identity.json").write_text("{")
    work = open_folder(tmp_path / "a", OURS, force=False)
    assert [path.name for path in work.iterdir()] == ["identity.json"]
    (tmp_path / "b" / f".{UNFINISHED}.discarded" / "member-0").mkdir(parents=True)
    (tmp_path / "b" / f".{UNFINISHED}.unfinished").mkdir()
    open_folder(tmp_path / "b", OURS, force=False)
    assert [path.name for path in (tmp_path / "b").iterdir()] == [UNFINISHED]


def test_one_at_a_time_works_on_a_folder(tmp_path: Path) -> None:
    said: list[str] = []

    def work() -> None:
        try:
            with only_one(tmp_path / "audit", AuditFolderError):
                said.append("worked")
        except AuditFolderError as error:
            said.append(str(error))

    with only_one(tmp_path / "audit"), only_one(tmp_path / "audit"):  # the same one may, once more
        thread = Thread(target=work)
        thread.start()
        thread.join()
    work()
    assert "Another aleator is working on" in said[0]
    assert said[1] == "worked"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_removed_meanwhile_is_told_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "audit"

    def work() -> None:
        with only_one(folder, AuditFolderError):
            unfinished = open_folder(folder, OURS, force=False)
            shutil.rmtree(folder)
            write_json(unfinished / "x.json", {})

    with pytest.raises(AuditFolderError, match="was removed or renamed"):
        work()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["labels.parquet", "audit.json", "report.html"])
def test_no_file_of_an_audit_is_replaced_by_an_export(tmp_path: Path, name: str) -> None:
    open_folder(tmp_path, OURS, force=False)
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("rows")}, info_of(OURS))
    (tmp_path / "report.html").write_text("report")
    for force in (False, True):
        with pytest.raises(DataError, match="file of an audit or a model"):
            check_target(tmp_path / name, force=force)
    (tmp_path.parent / f"{tmp_path.name}.csv").write_text("mine")
    with pytest.raises(DataError, match="--force"):
        check_target(tmp_path.parent / f"{tmp_path.name}.csv", force=False)
    check_target(tmp_path.parent / f"{tmp_path.name}.csv", force=True)


@pytest.mark.parametrize("name", ["review.sqlite", "examples.npz", "unfinished", "map.npy", "models/x.csv"])
def test_nothing_new_is_put_where_an_audit_would_read_it(tmp_path: Path, name: str) -> None:
    open_folder(tmp_path, OURS, force=False)
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("rows")}, info_of(OURS))
    for folder in (False, True):
        with pytest.raises(DataError, match="file of an audit or a model"):
            check_target(tmp_path / name, force=True, folder=folder)
    check_target(tmp_path / "clean.csv", force=False)


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(DataError, match="a device or a pipe"):
        check_target(Path(os.devnull), force=True)


def test_an_error_of_an_open_file_names_the_folder_that_was_worked_on(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as told, only_one(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "said by a file that is open")
    assert told.value.filename == str(tmp_path / "out")


def test_data_without_an_audit_are_audited_beside_them(tmp_path: Path) -> None:
    table = tmp_path / "my texts.csv"
    (step,) = before_audit(table)
    assert shlex.split(step.command) == ["aleator", "audit", str(table), "-o", str(tmp_path / "my texts-audit")]
    (tmp_path / "my texts-audit").mkdir()
    assert before_audit(table)[0].command.endswith("my texts-audit-2'")


def test_the_next_commands_name_the_data_and_the_database_that_were_named() -> None:
    place = "postgresql://ann@host/labels"
    judge_it, export_it = after_review(Path("audit"), Path("my pictures"), place)
    assert judge_it.command == f"aleator judge audit --data 'my pictures' --database {place}"
    assert export_it.command.endswith(f"--database {place} -o audit-clean.csv")
    (train_it,) = after_export(Path("audit"), 3, database=place)
    assert f"--database {place} --labels reviewed" in train_it.command
    assert after_review(Path("audit"))[0].command == "aleator judge audit"


def test_labels_are_proposed_to_be_put_right_only_where_some_would_be(tmp_path: Path) -> None:
    audit = AuditFolder.load(OLD / "pictures" / "audit")
    given = audit.column("given_label")

    def proposed(p_mislabelled: float, suggested: NDArray[np.int64]) -> str:
        columns: dict[str, pa.Array] = {
            "p_mislabelled": pa.array(np.full(len(given), p_mislabelled, np.float32)),
            "suggested_label": label_column(suggested, audit.class_names),
        }
        labels = set_columns(audit.labels, columns)
        return "; ".join(step.command for step in next_steps(audit.info, labels, tmp_path / "audit"))

    other = (given + 1) % len(audit.class_names)
    assert "--relabel-above 0.9" in proposed(0.95, other)
    assert "--relabel-above" not in proposed(0.85, other)
    assert "--relabel-above" not in proposed(0.95, given)
    assert "train" in proposed(0.85, other)
