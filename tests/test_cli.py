"""The command line as a user meets it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import aleator
from aleator.audits import AuditFolder
from aleator.console import print_summary
from aleator.verdicts.estimates import ErrorsLeft, Estimates, WrongLabels
from tests.old_versions import FOLDER as OLD


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([sys.executable, "-m", "aleator", *arguments], capture_output=True, text=True)
    assert result.returncode == code, result.stderr
    return result


def test_help_lists_the_verbs_and_the_version_is_told() -> None:
    text = run("--help").stdout
    for verb in ("audit", "review", "export", "demo"):
        assert verb in text
    assert "bench" not in text
    assert run("--version").stdout.strip() == aleator.__version__


@pytest.mark.parametrize("line", ["import aleator, aleator.cli", "import aleator.data, aleator.report"])
def test_torch_is_not_loaded_before_a_verb_needs_it(line: str) -> None:
    check = f"import sys; {line}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_bad_input_is_told_in_words(tmp_path: Path) -> None:
    result = run("audit", str(tmp_path / "nothing.csv"), "-o", str(tmp_path / "out"), code=2)
    assert "nothing.csv is not there" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_doctor_says_what_is_here_and_how_to_get_the_rest() -> None:
    told = json.loads(run("doctor", "--json").stdout)
    assert told["aleator"] == aleator.__version__
    assert told["libraries"]["numpy"] == np.__version__
    assert "review" in told["extras"]
    for extra, state in told["extras"].items():
        assert state == "installed" or f"pip install 'aleator[{extra}]'" in state
    assert "cpu" in run("doctor").stdout


def test_a_forgotten_output_is_asked_for_in_words() -> None:
    for verb in ("audit", "train"):
        told = run(verb, "data.csv", code=2).stderr
        assert "Name the folder" in told
        assert "-o " in told
    assert "Name the data first: aleator audit DATA -o audit" in run("audit", code=2).stderr
    assert "aleator predict model pictures/ -o answers.csv" in run("predict", code=2).stderr
    assert "Did you mean --effort?" in run("audit", "data.csv", "--efort", "quick", "-o", "audit", code=2).stderr


def test_a_dry_run_says_what_would_be_read_and_computed_and_leaves_nothing(tmp_path: Path) -> None:
    for row in range(30):
        path = tmp_path / "pictures" / ("dark", "light")[row % 2] / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 20), 8 * row, dtype=np.uint8)).save(path)
    told = run("audit", str(tmp_path / "pictures"), "--dry-run", "--effort", "quick").stdout
    assert "30 images, 2 classes" in told
    assert "Would train 3 networks" in told
    assert "at 20 pixels a side): about a minute" in told
    data = tmp_path / "data.npz"
    np.savez(data, X=np.random.default_rng(0).normal(size=(60, 4)), y=np.arange(60) % 2)
    told = json.loads(run("audit", str(data), "--dry-run", "--json").stdout)
    assert told["examples"] == 60
    assert "several simple learners" in told["plan"]
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "data.npz"}


def test_the_shell_is_taught_to_complete(tmp_path: Path) -> None:
    home = os.environ | {"HOME": str(tmp_path), "SHELL": "/bin/bash"}
    subprocess.run([sys.executable, "-m", "aleator", "--install-completion"], env=home, check=True, capture_output=True)
    (script,) = (path for path in tmp_path.rglob("aleator") if path.is_file())
    assert "--label-column" in script.read_text(encoding="utf-8")


def test_an_interruption_is_told_without_a_traceback(tmp_path: Path) -> None:
    code = (
        "import sys, aleator.cli, aleator.data\n"
        "def stop(*_, **__): raise KeyboardInterrupt\n"
        "aleator.data.read_dataset = stop\n"
        f"sys.argv = ['aleator', 'audit', 'x.csv', '-o', {str(tmp_path / 'out')!r}]\n"
        "aleator.cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 130
    assert "goes on from the last finished member" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        ("KeyError('oh')", 70, "this is a fault of Aleator (KeyError: 'oh'). Please report it with the file"),
        ("PermissionError(13, 'Permission denied', 'x.csv')", 2, "x.csv: Permission denied"),
        ("OSError(28, 'No space left on device', 'out/a.npy')", 2, "no space is left for out/a.npy"),
        ("MemoryError()", 2, "the memory ran out"),
        ("DataError('a\\x1b[2Jb')", 2, "aleator: a\\x1b[2Jb"),
    ],
)
def test_whatever_goes_wrong_is_told_in_words(tmp_path: Path, raised: str, code: int, told: str) -> None:
    program = (
        "import sys, aleator.cli, aleator.data\n"
        "from aleator.errors import DataError\n"
        f"def fail(*_, **__): raise {raised}\n"
        "aleator.data.read_dataset = fail\n"
        "sys.argv = ['aleator', 'audit', 'x.csv', '-o', 'out']\n"
        "aleator.cli.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert result.returncode == code
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    faults = list(tmp_path.glob("aleator-fault-*.txt"))
    assert len(faults) == (code == 70)
    assert all("Traceback" in file.read_text() and "aleator audit x.csv" in file.read_text() for file in faults)


def test_warnings_are_plain_lines_and_each_is_told_once(tmp_path: Path) -> None:
    program = (
        "import sys, warnings, aleator.cli, aleator.data\n"
        "def warn(*_, **__):\n"
        "    for _ in range(3): warnings.warn('two of\\x1b the rows are odd')\n"
        "    warnings.warn_explicit('of a library', RuntimeWarning, 'library.py', 7)\n"
        "    raise SystemExit(0)\n"
        "aleator.data.read_dataset = warn\n"
        "sys.argv = ['aleator', 'audit', 'x.csv', '-o', 'out']\n"
        "aleator.cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "aleator: warning: two of\\x1b the rows are odd",
        "aleator: warning: of a library",
    ]


def test_a_fault_names_no_secret() -> None:
    from aleator.cli.faults import _without_secrets

    shown = _without_secrets(["review", "a", "--token", "abc", "--database=postgresql://u:p@h/n", "--port", "1"])
    assert shown == ["review", "a", "--token", "...", "--database=...", "--port", "1"]


@pytest.mark.parametrize("name", ["out[bold]", "out[/red]", "out\\[x]"])
def test_the_summary_takes_names_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    estimates = Estimates(
        level=0.9,
        mislabelled=WrongLabels(2.0, 1.0, 3.0, 0.2, 0.1, 0.3),
        errors_left=ErrorsLeft(2.0, 1.0, 3.0, 9),
        reviewed=0,
        verdicts={"ok": 7, "mistake": 2},
        confusion=[[4.0, 2.0], [0.0, 3.0]],
    )
    judged = AuditFolder.load(OLD / "judged")
    info = replace(judged.info, class_names=("[red]a", "[/b]"), estimates=estimates, timings={"total": 1.0})
    print_summary(replace(judged, info=info, folder=Path(name)))
    told = capsys.readouterr().out
    assert str(Path(name) / "report.html") in told
    assert "[red]a" in told
    assert "[/b]" in told


@pytest.mark.slow
def test_an_audit_from_a_file_with_a_summary_and_as_json(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    features = random.normal(size=(60, 4)) + 3 * labels[:, None]
    np.savez(tmp_path / "data.npz", X=features, y=np.where(np.arange(60) < 4, 1 - labels, labels))
    data, out = str(tmp_path / "data.npz"), str(tmp_path / "out")
    text = run("audit", data, "-o", out, "--effort", "quick").stdout
    assert "of 60 labels are wrong" in text
    assert "report.html" in text
    assert f"Next: aleator review {out} " in text
    told = json.loads(run("audit", data, "-o", out, "--effort", "quick", "--json").stdout)
    assert told["data"]["examples"] == 60
    assert "was finished before" in run("audit", data, "-o", out, "--effort", "quick").stderr
    assert Path(told["folder"]) == (tmp_path / "out").resolve()
