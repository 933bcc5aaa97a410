"""cleanlab's table of label issues beside an audit, and refused where people's decisions are wanted."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aleator.audits import AuditFolder
from aleator.cleanlab import as_datalab, second_opinion
from aleator.cleanlab.exchange import FLAG
from aleator.cleanlab.instead import MODULES
from aleator.decisions.read import read_decisions
from aleator.errors import DataError, MissingExtraError
from aleator.export import export_audit
from tests.review.conftest import audit_folder, made_up

__all__ = ["audit_folder", "made_up"]  # fixtures


def issues_of(audit: AuditFolder, seed: int = 0) -> pd.DataFrame:
    """As `Datalab.get_issues("label")` returns them."""
    names = np.array(audit.info.class_names)
    score = np.random.default_rng(seed).uniform(size=len(audit.labels))
    return pd.DataFrame(
        {
            "is_label_issue": score < 0.2,
            "label_score": score,
            "given_label": names[audit.column("given_label")],
            "predicted_label": names[audit.column("suggested_label")],
        }
    )


def test_the_table_is_joined_by_id_or_by_rows_that_are_proved(audit_folder: Path, tmp_path: Path) -> None:
    audit = AuditFolder.load(audit_folder)
    issues = issues_of(audit)
    by_row = second_opinion(audit, issues)
    assert np.array_equal(by_row.theirs, issues[FLAG])
    assert np.array_equal(by_row.ours, audit.column("verdict") == "mistake")
    both = int((by_row.ours & by_row.theirs).sum())
    assert str(by_row).startswith(
        f"Of {len(issues):,} labels both call {both} wrong, and suggest the same class for {both}"
    )
    assert by_row.only_theirs()["label_score"].to_pylist() == sorted(issues.label_score[by_row.theirs & ~by_row.ours])

    issues.to_csv(tmp_path / "issues.csv")  # with pandas' row numbers
    assert second_opinion(audit, tmp_path / "issues.csv").table.equals(by_row.table)
    issues.insert(0, "id", audit.column("id"))
    shuffled = issues.sample(frac=0.5, random_state=1)
    by_id = second_opinion(audit, shuffled)
    assert by_id.table["id"].to_pylist() == shuffled.id.tolist()
    assert by_id.table["label_score"].to_pylist() == shuffled.label_score.tolist()
    assert second_opinion(audit, shuffled.set_index("id")).table.equals(by_id.table)

    numbers = issues.drop(columns="id").assign(given_label=audit.column("given_label"))
    assert second_opinion(audit, numbers).table.equals(by_row.table)
    with pytest.raises(DataError, match="given labels are not those of the audit"):
        second_opinion(audit, numbers.sample(frac=1, random_state=2))
    with pytest.raises(DataError, match="'nobody' is no id of the audit"):
        second_opinion(audit, shuffled.assign(id="nobody"))
    with pytest.raises(DataError, match="has no columns is_label_issue and label_score"):
        second_opinion(audit, pd.DataFrame({"x": [1]}))
    with pytest.raises(DataError, match="list is no table of label issues"):
        second_opinion(audit, [1])


def test_a_damaged_table_is_told_in_words(audit_folder: Path, tmp_path: Path) -> None:
    audit = AuditFolder.load(audit_folder)
    issues = issues_of(audit)
    empty = issues.assign(is_label_issue=[None, *issues[FLAG][1:]])
    with pytest.raises(DataError, match="row 0 does not say whether"):
        second_opinion(audit, empty)
    words = issues.assign(label_score=["low", *issues.label_score[1:]])
    words.to_csv(tmp_path / "issues.csv", index=False)
    for table in (words, tmp_path / "issues.csv"):
        with pytest.raises(DataError, match="cannot be read as cleanlab's label issues"):
            second_opinion(audit, table)


def test_what_is_exported_for_cleanlab_agrees_with_the_audit(audit_folder: Path, tmp_path: Path) -> None:
    export_audit(audit_folder, tmp_path / "issues.csv", "cleanlab")
    opinion = second_opinion(AuditFolder.load(audit_folder), tmp_path / "issues.csv")
    assert np.array_equal(opinion.ours, opinion.theirs)


def test_a_table_of_issues_is_nobodys_decision(audit_folder: Path, tmp_path: Path) -> None:
    audit = AuditFolder.load(audit_folder)
    issues_of(audit).assign(id=audit.column("id"), label="angry").to_csv(tmp_path / "issues.csv")
    with pytest.raises(
        DataError, match=r"what a program found, and nobody's decision\. aleator\.cleanlab\.second_opinion"
    ):
        read_decisions(tmp_path / "issues.csv", {}, audit.info.class_names)


def test_who_asks_for_datalab_is_told_of_it() -> None:
    assert "as_datalab(audit)" in MODULES["Datalab"]


@pytest.mark.skipif(find_spec("datasets") is not None, reason="Datalab has all that it needs here")
def test_a_datalab_without_its_own_requirements_names_the_extra(audit_folder: Path) -> None:
    """cleanlab alone is installed here: it has a Datalab that only says what is missing."""
    with pytest.raises(MissingExtraError, match=r"pip install 'aleator\[cleanlab\]'"):
        as_datalab(AuditFolder.load(audit_folder))
