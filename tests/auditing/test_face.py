"""What an audit looks like to people who work in Python."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import aleator
from aleator.errors import AuditFolderError, DataError, MissingExtraError
from aleator.testing.made_up_audit import write_all


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> aleator.Audit:
    folder, _ = write_all(tmp_path_factory.mktemp("face"), 400, faces=200)
    return aleator.load_audit(folder)


def test_an_audit_says_in_one_line_what_it_found(audit: aleator.Audit) -> None:
    assert len(repr(audit)) < 300
    assert "of 400 labels are wrong" in repr(audit)
    assert str(audit.folder) in repr(audit)


def test_suspects_are_the_most_probably_wrong_surest_first(audit: aleator.Audit) -> None:
    suspects = audit.suspects(7)
    wrong = suspects.table["p_mislabelled"].to_pylist()
    assert wrong == sorted(audit.column("p_mislabelled").tolist(), reverse=True)[:7]
    assert suspects.table["id"].to_pylist() == audit.labels["id"].take(pa.array(suspects.row)).to_pylist()
    lines = repr(suspects).splitlines()
    assert len(lines) == 8
    assert "given" in lines[0]
    with pytest.raises(AuditFolderError, match="from 1 up"):
        audit.suspects(0)


def test_a_notebook_shows_a_summary_with_the_pictures_and_the_next_command(audit: aleator.Audit) -> None:
    html = audit._repr_html_()
    assert "of 400 labels are wrong" in html
    assert f"aleator review {audit.folder}" in html
    assert len(html) < 100_000
    source = aleator.read_dataset(audit.info.data.path, audit.info.data.reading or aleator.ReadOptions())
    shown = aleator.load_audit(audit.folder, source)
    assert shown.suspects(3)._repr_html_().count("data:image/png") == 3


def test_the_report_is_written_from_the_folder_alone(audit: aleator.Audit, tmp_path: Path) -> None:
    assert "data:image" in audit.report(tmp_path / "report.html").read_text()


def test_pandas_is_used_where_it_is_and_named_where_it_is_not(audit: aleator.Audit) -> None:
    try:
        import pandas  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match="pip install pandas"):
            audit.to_pandas()
        return
    assert len(audit.to_pandas()) == 400


def test_data_and_labels_as_two_arguments_are_told_how_it_is_done() -> None:
    vectors, labels = np.zeros((20, 3)), np.arange(20) % 2
    calls: list[tuple[Callable[..., object], str]] = [
        (aleator.audit, 'aleator.audit((X, y), "audit")'),
        (aleator.train, 'aleator.train((X, y), "model")'),
        (aleator.judge_predictions, "aleator.LabelledPredictions(labels, pred_probs)"),
    ]
    for call, example in calls:
        with pytest.raises(DataError, match="is a path, not ndarray") as caught:
            call(vectors, labels)
        assert example in str(caught.value)
