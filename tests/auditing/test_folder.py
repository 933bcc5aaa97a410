"""The audit folder is whole or absent, never lost by accident, and refuses what does not belong to it."""

from pathlib import Path

import numpy as np
import pytest

from aleator.auditing.referee import detection_scores
from aleator.auditing.settings import AuditSettings
from aleator.audits.folder import (
    UNFINISHED,
    close_folder,
    load_audit,
    open_folder,
)
from aleator.errors import AleatorError, AuditFolderError
from aleator.files import write_array, write_json, write_whole
from aleator.learning.devices import pick_device

OURS = {"fingerprint": "a", "path": "data", "settings": {"seed": 0}}


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
    other_seed = {**OURS, "settings": {"seed": 1}}
    assert not (open_folder(tmp_path, other_seed, force=False) / "member.npy").exists()


def test_another_data_sets_audit_is_not_overwritten_without_force(tmp_path: Path) -> None:
    open_folder(tmp_path, OURS, force=False)
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("rows")}, {"identity": OURS})
    assert not (tmp_path / UNFINISHED).exists()
    with pytest.raises(AuditFolderError, match=r"audit of other data \(data\).*--force"):
        open_folder(tmp_path, {**OURS, "fingerprint": "b"}, force=False)
    assert (tmp_path / "labels.parquet").exists()
    (tmp_path / "mine.txt").write_text("not ours")
    other = {**OURS, "fingerprint": "b"}
    open_folder(tmp_path, other, force=True)
    assert (tmp_path / "labels.parquet").read_text() == "rows"  # until the new audit is complete
    open_folder(tmp_path, other, force=False)  # and the new one can be resumed
    close_folder(tmp_path, {"labels.parquet": lambda path: path.write_text("new rows")}, {"identity": other})
    assert (tmp_path / "labels.parquet").read_text() == "new rows"
    assert (tmp_path / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.json", "labels.parquet", "mine.txt", "models"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(AuditFolderError, match="is not empty and holds no audit"):
        open_folder(tmp_path, OURS, force=False)
    with pytest.raises(AuditFolderError, match="is a file"):
        open_folder(tmp_path / "thesis.tex", OURS, force=False)


def test_what_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    with pytest.raises(AuditFolderError, match="holds no audit; run `aleator audit"):
        load_audit(tmp_path)
    open_folder(tmp_path, OURS, force=False)
    with pytest.raises(AuditFolderError, match="an unfinished audit"):
        load_audit(tmp_path)
    write_json(tmp_path / "audit.json", {"schema_version": 99})
    with pytest.raises(AuditFolderError, match="schema version 99"):
        load_audit(tmp_path)


@pytest.mark.parametrize("bad", [{"effort": "heroic"}, {"members": 1}, {"seed": -1}])
def test_settings_are_checked_before_anything_is_computed(bad: dict[str, object]) -> None:
    with pytest.raises(AleatorError, match=next(iter(bad))):
        AuditSettings(**bad)  # type: ignore[arg-type]


def test_an_absent_device_is_an_error() -> None:
    with pytest.raises(AleatorError, match="--device auto"):
        pick_device("cuda:77")


def test_small_data_sets_are_passed_more_often() -> None:
    settings = AuditSettings()
    assert settings.training(28_709).epochs == 12
    assert settings.training(3_000).epochs > 12
    assert settings.training(10).epochs <= 60


def test_detection_scores_by_hand() -> None:
    given = np.array([0, 0, 0, 0, 1, 1])
    referee = np.array([0, 0, 1, 1, 1, -1])
    scores = detection_scores(np.array([0.1, 0.4, 0.3, 0.9, 0.2, 1.0]), given, referee)
    assert scores["auroc"] == pytest.approx(5 / 6)
    assert scores["auroc_within_label"] == pytest.approx(3 / 4)
    assert scores["average_precision"] == pytest.approx((1 + 2 / 3) / 2)


def test_a_score_that_knows_only_the_class_has_no_merit_within_a_label() -> None:
    random = np.random.default_rng(0)
    given = random.integers(0, 2, 2000)
    referee = np.where(random.random(2000) < np.where(given == 0, 0.6, 0.1), 1 - given, given)
    scores = detection_scores((given == 0).astype(float), given, referee)
    assert scores["auroc"] > 0.7
    assert scores["auroc_within_label"] == pytest.approx(0.5)
