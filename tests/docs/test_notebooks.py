"""The notebooks of the docs: run to their end, small, and of names that are there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import aleator
from tests.docs.pages import ENVIRONMENT, ROOT

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
    brief = f"from tests.docs.typed import brief\nbrief()\n{code}\n"
    with_tests = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(ROOT), ENVIRONMENT["PYTHONPATH"]])}
    done = subprocess.run(
        [sys.executable, "-c", brief], cwd=tmp_path, capture_output=True, text=True, env=with_tests, timeout=600
    )
    assert done.returncode == 0, done.stderr
