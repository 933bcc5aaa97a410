"""The package, its citation and its changelog tell of one version, and so does the tag that is being published."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import numpy as np
import pytest

import aleator

ROOT = Path(__file__).parents[1]


def found(pattern: str, name: str) -> tuple[str, ...]:
    """The groups of the first line of a file that matches."""
    match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None, f"{name} has no line like {pattern}"
    return match.groups()


def test_the_version_stands_in_the_package_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["hatch"]["version"]["path"] == "src/aleator/__init__.py"
    assert found(r'^__version__ = "(.+)"$', "src/aleator/__init__.py") == (aleator.__version__,)


def test_citation_and_changelog_tell_of_the_same_release() -> None:
    version, date = found(r"^## \[(\d.*)\] - (.+)$", "CHANGELOG.md")  # the newest one; Unreleased has no number
    assert version == aleator.__version__
    assert found(r"^version: (.+)$", "CITATION.cff") == (version,)
    assert found(r"^date-released: (.+)$", "CITATION.cff") == (date,)
    assert found(r"^  version = \{(.+)\},$", "docs/citing.md") == (version,)


def test_the_tag_that_is_published_is_the_version() -> None:
    """GitHub says in the environment what a workflow runs for; elsewhere there is no tag, and nothing to compare."""
    if os.environ.get("GITHUB_REF_TYPE") == "tag":
        assert os.environ["GITHUB_REF_NAME"] == f"v{aleator.__version__}"


@pytest.mark.slow
def test_the_wheel_works_where_it_is_installed(tmp_path: Path) -> None:
    """Built and installed into a fresh environment as a user does, only that its requirements are those of this one."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    built, fresh = tmp_path / "dist", tmp_path / "fresh"
    subprocess.run([*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", str(built), str(ROOT)], check=True)
    (wheel,) = built.glob("*.whl")
    assert wheel.name == f"aleator-{aleator.__version__}-py3-none-any.whl"
    venv.create(fresh)
    python, command = fresh / "bin" / "python", fresh / "bin" / "aleator"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (site,) = (fresh / "lib").glob("python*/site-packages")
    # Searched after the environment's own, so that aleator is the wheel's.
    (site / "requirements.pth").write_text(sysconfig.get_paths()["purelib"])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def type_in(*words: str) -> str:
        done = subprocess.run([command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import aleator.review; print(aleator.review.__file__)"
    installed = Path(
        subprocess.run(
            [python, "-c", where], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
    )
    assert installed.is_relative_to(site)
    assert list((site / "aleator" / "review" / "web" / "static").iterdir())
    assert (site / "aleator" / "py.typed").is_file()
    assert type_in("--version").strip() == aleator.__version__
    assert json.loads(type_in("doctor", "--json"))["aleator"] == aleator.__version__

    random, labels = np.random.default_rng(0), np.arange(200) % 2
    probs = np.clip(np.eye(2)[labels] * 0.8 + 0.1 + random.normal(0, 0.05, (200, 2)), 0.01, 1)
    np.save(tmp_path / "p.npy", probs / probs.sum(axis=1, keepdims=True))
    np.save(tmp_path / "y.npy", np.where(np.arange(200) < 10, 1 - labels, labels))
    assert "of 200 labels are wrong" in type_in(
        "judge", "--label-file", "y.npy", "--pred-probs", "p.npy", "-o", "judged"
    )
    assert "mistake" in (tmp_path / "judged" / "report.html").read_text(encoding="utf-8")

    # The first minute of the demo: the faces are drawn, copies are looked for, networks begin to learn.
    # Started by a shell in the background, this process ignores interrupts, and so would what it starts.
    heard = "signal.signal(signal.SIGINT, signal.SIG_DFL)"
    by_itself = f"import os, signal, sys; {heard}; os.execv(sys.argv[1], sys.argv[1:])"
    demonstrated = [python, "-c", by_itself, command, "demo"]
    with subprocess.Popen(demonstrated, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr is not None
        stages = []
        for line in demo.stderr:
            stages.append(line.strip())
            if line.startswith("training"):
                demo.send_signal(signal.SIGINT)
                break
        told = demo.stderr.read()
    assert demo.returncode == 130, (stages, told)
    assert "goes on from the last finished member" in told
    assert "Traceback" not in told
