"""The command line as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([sys.executable, "-m", "aleator", *arguments], capture_output=True, text=True)
    assert result.returncode == code, result.stderr
    return result


def test_help_lists_the_verbs_and_the_version_is_told() -> None:
    text = run("--help").stdout
    for verb in ("audit", "demo", "bench"):
        assert verb in text
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize("line", ["import aleator, aleator.cli", "import aleator.data, aleator.report"])
def test_torch_is_not_loaded_before_a_verb_needs_it(line: str) -> None:
    check = f"import sys; {line}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_the_public_face_is_whole() -> None:
    check = "import aleator; [getattr(aleator, name) for name in aleator.__all__]; aleator.audit.__call__"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_bad_input_is_told_in_words(tmp_path: Path) -> None:
    result = run("audit", str(tmp_path / "nothing.csv"), "-o", str(tmp_path / "out"), code=2)
    assert "nothing.csv is not there" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_audit_from_a_file_with_a_summary_and_as_json(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    features = random.normal(size=(60, 4)) + 3 * labels[:, None]
    np.savez(tmp_path / "data.npz", X=features, y=np.where(np.arange(60) < 4, 1 - labels, labels))
    data, out = str(tmp_path / "data.npz"), str(tmp_path / "out")
    text = run("audit", data, "-o", out, "--effort", "quick").stdout
    assert "of 60 labels are probably wrong" in text
    assert "report.html" in text
    told = json.loads(run("audit", data, "-o", out, "--effort", "quick", "--json").stdout)
    assert told["data"]["examples"] == 60
    assert Path(told["folder"]) == (tmp_path / "out").resolve()
