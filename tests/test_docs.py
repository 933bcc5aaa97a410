"""What README and docs tell people to type is typed here: each line by the parser, the way through for real."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as csv
import pytest
import torch
from PIL import Image

import aleator
from aleator.cli import app
from aleator.learning import effort
from aleator.models.heads import GaussianLogitHead
from benchmarks.__main__ import app as benchmarks
from benchmarks.review.client import ReviewClient

ROOT = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The words of each `aleator` line in a page's shell blocks."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [one[1:] for one in words if one and Path(one[0]).name == "aleator"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_is_one_that_the_command_line_takes(page: Path) -> None:
    for words in commands(page):
        app.parse_args([word.replace("...", "x") for word in words], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_can_be_read_and_names_what_is_there(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")
        for name in re.findall(r"\baleator\.([A-Za-z_]\w*)\(", block):
            assert getattr(aleator, name) is not None


def given_to_blocks() -> dict[str, Any]:
    """What the pages' Python blocks take for granted, small."""
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3
    pred_probs = random.dirichlet(np.ones(3), 120) * 0.2 + 0.8 * np.eye(3)[labels]
    labels[:9] = (labels[:9] + 1) % 3
    vectors = (pred_probs + random.normal(0, 0.05, (120, 3))).astype(np.float32)
    return {
        "np": np,
        "aleator": aleator,
        "labels": labels,
        "pred_probs": pred_probs,
        "images": random.integers(0, 255, (120, 8, 8), dtype=np.uint8),
        "vectors": vectors,
        "X": vectors,
        "y": labels,
        "w": np.ones(120),
        "X_new": vectors[:5],
        "network": torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Dropout(), GaussianLogitHead(8, 3)
        ),
        "inputs": torch.tensor(vectors),
        "mean": torch.zeros(4, 3),
        "spread": torch.ones(4, 3),
        "factors": torch.ones(4, 3, 2),
        "target": torch.tensor([0, 1, 2, 0]),
    }


RUN = {
    "README.md": 1,
    "data_formats.md": 1,
    "how_to_choose.md": 1,
    "sampling_softmax.md": 1,
    "start_here.md": 1,
    "training.md": 1,
    "verdict.md": 1,
}
"""Pages whose first Python blocks run as they stand, and how many. The others want what is not there in the tests
(Keras, a Ray cluster, a network's file), or are run elsewhere (`interop`)."""


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_python_blocks_run_as_they_stand(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(effort, "FEWEST_STEPS", 1)
    monkeypatch.setenv("BROWSER", "true")  # show() opens the report with the command `true`
    pictures(tmp_path, in_class_folders=True)
    page = next(page for page in PAGES if page.name == name)
    names = given_to_blocks()
    for block in blocks(page, "python")[: RUN[name]]:
        exec(compile(block, name, "exec"), names)


def test_what_else_is_typed_is_there() -> None:
    """Targets of make, extras, commands of the benchmarks and files that the pages' shell blocks name."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert set(words[1:]) <= targets, line
            for extras in re.findall(r"(?:aleator|\.)\[([\w,-]+)\]", line):
                assert set(extras.split(",")) <= set(settings["project"]["optional-dependencies"]), line
            if words[:3] == ["python", "-m", "benchmarks"]:
                benchmarks.parse_args(words[3:], exit_on_error=False, print_error=False)
            for path in re.findall(r"(?<![\w/])docker/[\w.]+", line):
                assert (ROOT / path).exists() or path == "docker/.env", line


NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_notebooks_have_run_to_their_end_and_are_small(notebook: Path) -> None:
    """`make notebooks` runs them; here is checked that what is kept is of such a run, and can still be read."""
    assert notebook.stat().st_size < 300_000
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["execution_count"]
            assert all(one["output_type"] != "error" for one in cell["outputs"])
            block = "".join(cell["source"])
            compile(block, notebook.name, "exec")
            for name in re.findall(r"\baleator\.([A-Za-z_]\w*)\(", block):
                assert getattr(aleator, name) is not None


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_notebooks_run_from_top_to_bottom(notebook: Path, tmp_path: Path) -> None:
    """Their cells, in one process, with little training; `make notebooks` runs them as they are."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    brief = f"from aleator.learning import effort\neffort.FEWEST_STEPS = 1\n{code}\n"
    done = subprocess.run(
        [sys.executable, "-c", brief], cwd=tmp_path, capture_output=True, text=True, env=ENVIRONMENT, timeout=600
    )
    assert done.returncode == 0, done.stderr


def test_every_page_stands_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1]
    for page in (ROOT / "docs").glob("*.md"):
        assert f" {page.name}\n" in navigation + "\n"


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


def class_folders(folder: Path) -> str:
    pictures(folder, in_class_folders=True)
    return "pictures"


def table(folder: Path) -> str:
    lines = [f"{row},{path},{label}" for row, (path, label) in enumerate(pictures(folder, in_class_folders=False))]
    (folder / "products.csv").write_text("\n".join(["id,path,kind", *lines]))
    return "products.csv --label-column kind"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["demo", "class folders", "table"])
def test_a_newcomer_gets_from_the_first_command_to_a_clean_export_and_a_model(kind: str, tmp_path: Path) -> None:
    """Every next step is the command that the step before named."""
    assert effort.FEWEST_STEPS > 60
    if kind == "demo":
        told = type_in("aleator demo --examples 150 -o audit", tmp_path)
    else:
        data = class_folders(tmp_path) if kind == "class folders" else table(tmp_path)
        told = type_in(f"aleator audit {data} -o audit --effort quick", tmp_path)
    assert next_command(told, "review") == "aleator review audit"
    report = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    assert "aleator review audit" in report
    told = review_ten("aleator review audit", tmp_path)
    assert next_command(told, "judge") == "aleator judge audit"
    told = type_in("aleator judge audit", tmp_path)
    assert re.search(r"\b\d+ are reviewed", told)
    type_in(next_command(told, "export"), tmp_path)
    clean = csv.read_csv(tmp_path / "audit-clean.csv").to_pydict()
    assert clean["label_from"].count("review") >= 9  # a slip at random is asked for twice
    told = type_in(f"{next_command(told, 'train')} --effort quick --epochs 1", tmp_path)
    assert next_command(told, "predict") == "aleator predict audit-model PICTURES -o answers.html"
    assert aleator.load_model(tmp_path / "audit-model").card.data.trained_on > 40
