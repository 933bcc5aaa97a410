"""Examples that belong together are in one fold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aleator.auditing.audit import audit
from aleator.auditing.folds import kept_together
from aleator.auditing.settings import AuditSettings
from aleator.data import FeatureArray, LabelledDataset
from aleator.data.duplicates import Duplicates
from aleator.errors import DataError
from aleator.records import as_asked

PEOPLE, EACH = 40, 6


@pytest.fixture
def people() -> LabelledDataset:
    """Six pictures of each person, whose features tell the person, and a label that is the person's by chance."""
    random = np.random.default_rng(0)
    person = np.repeat(np.arange(PEOPLE), EACH)
    features = random.normal(size=(PEOPLE, 20))[person] + 0.05 * random.normal(size=(PEOPLE * EACH, 20))
    return LabelledDataset(
        name="people", path="people", ids=np.arange(len(person)).astype(str),
        source=FeatureArray(features.astype(np.float32)), given_labels=random.integers(0, 2, PEOPLE)[person],
        class_names=("a", "b"), group=np.array([f"person {one}" for one in person]),
    )  # fmt: skip


def test_who_is_judged_was_not_seen_in_another_picture(people: LabelledDataset, tmp_path: Path) -> None:
    """Labels that are only the person's cannot be predicted of a person who was never seen."""
    apart = audit(people, tmp_path / "apart")
    mixed = audit(replace(people, group=None), tmp_path / "mixed")
    right = [(one.column("predicted_label") == people.given_labels).mean() for one in (apart, mixed)]
    assert right[0] < 0.7
    assert right[1] > 0.95


def test_units_are_groups_and_copies_together(people: LabelledDataset) -> None:
    copies = np.full(len(people), -1)
    copies[[0, EACH]] = 0  # a picture of the first person stands among the second's
    _, unit = kept_together(people, Duplicates(copies, copies >= 0))
    assert len(set(unit[: 2 * EACH].tolist())) == 1
    assert len(set(unit.tolist())) == PEOPLE - 1


def test_a_group_that_is_nearly_everything_is_not_kept_together_and_said(people: LabelledDataset) -> None:
    copies = np.full(len(people), -1)
    said, unit = kept_together(replace(people, group=np.full(len(people), "all")), Duplicates(copies, copies >= 0))
    assert (unit == -1).all()
    assert "The largest group holds 240 of 240 examples" in " ".join(said.how_read.lines())


def test_a_file_of_other_features_makes_another_audit(tmp_path: Path) -> None:
    file = tmp_path / "features.npy"
    asked = []
    for values in (np.zeros((3, 2)), np.ones((3, 2)), np.ones((3, 2))):
        np.save(file, values)
        asked.append(as_asked(AuditSettings(features=file)))
    assert asked[0] != asked[1] == asked[2]
    assert as_asked(AuditSettings()) == as_asked(AuditSettings())


def test_copies_of_one_example_are_told(people: LabelledDataset) -> None:
    copies = np.zeros(len(people), dtype=np.int64)
    with pytest.raises(DataError, match=r"All 240 examples with a label are copies of one another"):
        kept_together(people, Duplicates(copies, copies >= 0))
