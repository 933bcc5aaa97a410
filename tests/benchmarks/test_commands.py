"""`python -m benchmarks`, as it is run in a checkout."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from aleator.errors import DataError
from benchmarks.__main__ import app
from benchmarks.detect.options import DetectOptions
from benchmarks.pictures import take

CHECKOUT = Path(__file__).resolve().parents[2]
CLAIMS = sorted(file.parent.name for file in (CHECKOUT / "benchmarks").glob("*/run.py"))


def benchmarks(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert result.returncode == code, result.stderr
    return result


def test_every_folder_has_its_command() -> None:
    assert "detect" in CLAIMS
    text = benchmarks("--help").stdout
    for claim in CLAIMS:
        assert f" {claim.replace('_', '-')} " in text


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_folder_is_run_the_same_way(claim: str) -> None:
    module = import_module(f"benchmarks.{claim}.run")
    assert callable(module.run)
    assert claim == "toys" or callable(module.format_table)  # these are pictures


def test_options_become_one_object() -> None:
    line = "detect --tracks faces digits --reviewed 100 500 --no-peers --data faces -o networks"
    _, bound, _ = app.parse_args(line)
    assert bound.kwargs["options"] == DetectOptions(
        data=Path("faces"), tracks=("faces", "digits"), reviewed=(100, 500), peers=False
    )
    assert bound.kwargs["output"] == Path("networks")


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("detect --no-peers", "--data"),
        ("review", "--rows"),
        ("review --audit .", "--votes"),
        ("any-data --no-peers --data nowhere", "neither noisyag"),
        ("pictures --audit nowhere", "make demo"),
    ],
)
def test_what_is_missing_is_told_in_words(line: str, remedy: str) -> None:
    told = benchmarks(*line.split(), code=2).stderr
    assert remedy in told
    assert "Traceback" not in told


def test_pictures_are_not_begun_without_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    (tmp_path / "report.html").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="No browser is here; install one of chromium"):
        take(tmp_path, tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()
