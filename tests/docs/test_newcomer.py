"""A newcomer's way, for real: from README's first command to a clean export and a trained model."""

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.csv as csv
import pytest
from PIL import Image

import aleator
from aleator.learning import effort
from benchmarks.review.client import ReviewClient
from tests.docs.pages import ENVIRONMENT, ROOT, lines


def typed(line: str) -> list[str]:
    """A line of the docs as a command, with little training."""
    words = shlex.split(line, comments=True)
    assert words[0] == "aleator"
    brief = (
        "import sys; from aleator.learning import effort; effort.FEWEST_STEPS = 60; "
        f"sys.argv = {words!r}; from aleator.cli import main; main()"
    )
    return [sys.executable, "-c", brief]


def type_in(line: str, folder: Path) -> str:
    """Type a line of the docs. Returns what it says."""
    done = subprocess.run(typed(line), cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def review_ten(line: str, folder: Path) -> str:
    """Type the line that opens the page, decide the ten that it shows first as it suggests, and end it by Ctrl-C.
    Returns what it says."""
    with subprocess.Popen(
        typed(f"{line} --port 0"), cwd=folder, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as page:
        assert page.stdout is not None
        told = []
        for text in page.stdout:
            told.append(text)
            if text.startswith("Review: "):
                break
        client = ReviewClient(told[-1].split()[1], "Newcomer")
        for _ in range(10):
            (card,) = client.queue(1)
            client.decide(card["row"], [card["suggested"]])
        page.send_signal(signal.SIGINT)
        rest = page.stdout.read()
    assert page.returncode == 0, told
    return rest


def next_command(told: str, verb: str) -> str:
    """The command that a summary names for a verb."""
    found = re.search(rf"^(?:Next:|     ) (aleator {verb} .*?)(?:  |$)", told, flags=re.MULTILINE)
    assert found is not None, told
    return found[1]


def pictures(folder: Path, in_class_folders: bool) -> list[tuple[str, str]]:
    """Sixty small pictures, dark or light, four of them labelled wrongly: path and label of each."""
    random, found = np.random.default_rng(0), []
    for row in range(60):
        light = row % 2
        label = ("dark", "light")[light if row > 3 else 1 - light]
        path = Path("pictures") / (label if in_class_folders else "") / f"{row:02}.png"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 120, (16, 16), dtype=np.uint8) + np.uint8(100 * light)
        Image.fromarray(pixels).save(folder / path)
        found.append((path.as_posix(), label))
    return found


def table(folder: Path) -> None:
    rows = [f"{row},{path},{label}" for row, (path, label) in enumerate(pictures(folder, in_class_folders=False))]
    (folder / "products.csv").write_text("\n".join(["id,path,kind", *rows]))


def readme(part: str) -> str:
    """The first line of README's shell blocks that holds this."""
    return next(line for line in lines(ROOT / "README.md") if part in line)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["demo", "pictures/", "products.csv"])
def test_a_newcomer_gets_from_the_first_command_to_a_clean_export_and_a_model(kind: str, tmp_path: Path) -> None:
    """The first command is README's, every next one what the step before named; README has the same verbs."""
    assert effort.FEWEST_STEPS > 60
    if kind == "demo":
        assert readme("demo") == "make demo"
        assert "aleator demo --output demo-audit" in (ROOT / "Makefile").read_text(encoding="utf-8")
        audit, told = "demo-audit", type_in("aleator demo --examples 150 --output demo-audit", tmp_path)
    else:
        table(tmp_path) if kind == "products.csv" else pictures(tmp_path, in_class_folders=True)
        audit, told = "audit", type_in(f"{readme(kind)} --effort quick", tmp_path)
    assert next_command(told, "review") == f"aleator review {audit}"
    report = (tmp_path / audit / "report.html").read_text(encoding="utf-8")
    assert f"aleator review {audit}" in report
    told = review_ten(f"aleator review {audit}", tmp_path)
    assert next_command(told, "judge") == f"aleator judge {audit}"
    told = type_in(f"aleator judge {audit}", tmp_path)
    assert re.search(r"\b\d+ are reviewed", told)
    type_in(next_command(told, "export"), tmp_path)
    clean = csv.read_csv(tmp_path / f"{audit}-clean.csv").to_pydict()
    assert clean["label_from"].count("review") >= 9  # a slip at random is asked for twice
    told = type_in(f"{next_command(told, 'train')} --effort quick --epochs 1", tmp_path)
    assert next_command(told, "predict") == f"aleator predict {audit}-model PICTURES -o answers.html"
    assert aleator.load_model(tmp_path / f"{audit}-model").card.data.trained_on > 40
    for verb in ("review", "judge", "export", "train", "predict"):
        assert readme(f"aleator {verb} ")
