"""A new reader, posterior, objective, step, export format or family of networks is one file and one line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PARTS = {
    "pairs.py": """
from pathlib import Path
import numpy as np
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import FeatureArray

FORM = "lines of two numbers and a label (.pairs)"

def knows(path):
    return path.suffix == ".pairs"

def read(path, options):
    rows = [line.split() for line in path.read_text().splitlines()]
    names = tuple(sorted({label for *_, label in rows}))
    values = np.array([[float(one) for one in numbers] for *numbers, _ in rows], dtype=np.float32)
    labels = np.array([names.index(label) for *_, label in rows])
    return LabelledDataset(path.stem, str(path), np.arange(len(rows)).astype(str), FeatureArray(values), labels, names)
""",
    "lines.py": """
def export_lines(corrected, output):
    output.write_text("".join(f"{corrected.name_of(int(label))}\\n" for label in corrected.label))
""",
    "squared.py": """
from aleator.learning.objectives.base import Objective

class Squared(Objective):
    def forward(self, log_probs, targets, rows):
        return (1 - log_probs.exp().gather(1, targets[:, None])[:, 0]).square()
""",
    "lonely.py": """
from aleator.models.posteriors.deep_ensemble import DeepEnsemble

class Lonely(DeepEnsemble):
    pass
""",
    "rows.py": """
from aleator.embedding.backbone import OwnBackbone
from aleator.embedding.families.own import open_own
from aleator.embedding.preprocessing import Preprocessing

def open_network(backbone, kind, settings, say):
    side = int(backbone.network)
    seen = Preprocessing(side, side, mean=(0.0,), std=(1.0,))
    return open_own(OwnBackbone(lambda batch: batch.mean(dim=(1, 3)), kind, seen, backbone.name), kind, settings)
""",
    "with_parts.py": """
from aleator.embedding import FAMILIES, Family

FAMILIES["rows"] = Family("rows:SIDE", "the means of a picture's rows", "rows:open_network")

import lines
import pairs
from aleator.data.readers import READERS, reader_of
from aleator.export import FORMATS, Format
from aleator.learning.objectives import OBJECTIVES
from aleator.models.posteriors import POSTERIORS

READERS["pairs"] = reader_of(pairs)
FORMATS["lines"] = Format("a label a line", lines.export_lines)
OBJECTIVES.places["squared"] = "squared:Squared"
POSTERIORS.places["lonely"] = "lonely:Lonely"

from aleator.cli import main
main()
""",
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    for name, text in PARTS.items():
        (folder / name).write_text(text)
    lines = [f"{3 * (row % 2) + 0.01 * row} {row * 0.1} {'xy'[row % 2]}" for row in range(60)]
    (folder / "data.pairs").write_text("\n".join(lines))
    return folder


def run(parts: Path, *arguments: str) -> str:
    command = [sys.executable, "with_parts.py", *arguments]
    wide = {**os.environ, "COLUMNS": "2000"}  # so that no line of the help is broken
    result = subprocess.run(command, capture_output=True, text=True, cwd=parts, env=wide)
    assert result.returncode == 0, result.stderr
    return " ".join(result.stdout.split())


def test_the_help_lists_what_was_added(parts: Path) -> None:
    audit, train, export = (run(parts, verb, "--help") for verb in ("audit", "train", "export"))
    assert "lines of two numbers and a label (.pairs)" in audit
    assert "gradient_confidence, lonely]" in audit
    assert "votes, squared]" in train
    assert "lines: a label a line" in export
    assert "decisions, lines]" in export
    assert "rows:SIDE (the means of a picture's rows)" in run(parts, "embed", "--help")


def test_what_was_added_works(parts: Path) -> None:
    quick = ("--effort", "quick")
    run(parts, "audit", "data.pairs", "-o", "audit", "--posterior", "lonely", *quick)
    np.savez(parts / "faces.npz", images=np.zeros((20, 8, 8), np.uint8), labels=np.arange(20) % 2)
    assert "20 examples, 6 features each" in run(parts, "embed", "faces.npz", "--backbone", "rows:6", "-o", "rows.npy")
    run(parts, "export", "audit", "--format", "lines", "-o", "labels.txt")
    assert (parts / "labels.txt").read_text().split() == list("xy" * 30)
    told = run(parts, "train", "data.pairs", "--objective", "squared", "-o", "model", "--epochs", "3", *quick)
    assert "held-out examples" in told
