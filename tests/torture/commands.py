"""Small commands to kill, and what has to be there when the same command has been given once more."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from onnx import TensorProto
from PIL import Image

from tests.data.forms import kaggle_pixels
from tests.embedding.test_onnx import graph

ROWS = 45
PROGRAM = """
import sys
from aleator.learning import effort, members
effort.FEWEST_STEPS = {steps}
members.WORTH_PROCESSES, members.available_cores = {worth}, lambda: 2
from aleator.cli import main
main()
"""
"""The command line as users have it, but that it trains for a moment only, and in processes of its own if asked."""
CHANGES = ("timings", "created", "versions")
"""In `audit.json` and `model.json`: what no two runs have alike."""


@dataclass(frozen=True)
class Command:
    """One command, given in a folder of its own that `prepare` has filled."""

    arguments: tuple[str, ...]
    processes: bool = False
    steps: int = 40

    def start(self, place: Path) -> subprocess.Popen[str]:
        program = PROGRAM.format(steps=self.steps, worth=0 if self.processes else 10**9)
        return subprocess.Popen(
            [sys.executable, "-c", program, *self.arguments],
            cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def finish(self, place: Path) -> tuple[int, str]:
        """Give it, and wait: exit status and what it said."""
        process = self.start(place)
        said = "".join(process.communicate(timeout=1200))
        return process.returncode, said


COMMANDS: dict[str, Command] = {
    "audit of vectors": Command(("audit", "vectors.npz", "-o", "out", "--effort", "quick")),
    "audit of pictures, in processes": Command(
        ("audit", "pictures", "-o", "out", "--effort", "quick", "--members", "2"), processes=True, steps=10
    ),
    "audit with a pretrained network": Command(
        ("audit", "pictures", "-o", "out", "--effort", "quick", "--backbone", "onnx:x.onnx")
    ),
    "train": Command(("train", "vectors.npz", "-o", "out", "--epochs", "4")),
    "judge into a new folder": Command(("judge", "--pred-probs", "p.npy", "--label-file", "y.npy", "-o", "out")),
    "judge in place": Command(("judge", "judged", "--reviewed", "decisions.csv")),
    "embed": Command(("embed", "pictures", "--backbone", "onnx:x.onnx", "-o", "out.npy", "--batch-size", "8")),
    "predict": Command(("predict", "model", "vectors.npz", "-o", "out.csv")),
    "export a model": Command(("export", "model", "--onnx", "out.onnx")),
    **{
        f"export {form}": Command(("export", data, "-o", f"out{ending}", "--format", form, *reviewed))
        for form, data, ending, reviewed in (
            ("csv", "pictures", ".csv", ("--reviewed", "answers.csv")),
            ("parquet", "pictures", ".parquet", ()),
            ("decisions", "pictures", ".csv", ("--reviewed", "answers.csv")),
            ("imagefolder", "pictures", "", ()),
            ("fer2013", "fer2013.csv", ".csv", ()),
            ("huggingface", "pictures", "", ()),
            ("label-studio", "pictures", "", ("--reviewed", "answers.csv")),
            ("fiftyone", "pictures", "", ()),
            ("cvat", "pictures", "", ()),
            ("coco", "pictures", "", ()),
            ("cleanlab", "audited", ".csv", ("--data", "vectors.npz")),
        )
    },
}


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    """What `prepare` copies, made once."""
    made = tempfile.TemporaryDirectory()
    _make(Path(made.name))
    return made


def prepare(place: Path) -> None:
    """Data of every kind that the commands read, an audit and a model."""
    shutil.copytree(_made().name, place)


def _make(place: Path) -> None:
    random, labels = np.random.default_rng(0), np.arange(ROWS) % 3
    vectors = (random.normal(size=(ROWS, 4)) + labels[:, None]).astype(np.float32)
    np.savez(place / "vectors.npz", x=vectors, y=labels)
    np.save(place / "y.npy", labels)
    np.save(place / "p.npy", random.dirichlet(np.ones(3), ROWS))
    for row in range(ROWS):
        folder = place / "pictures" / f"class{row % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (16, 16), dtype=np.uint8)).save(folder / f"{row}.png")
    (place / "decisions.csv").write_text("id,label,reviewer\n" + "".join(f"{row},1,ann\n" for row in range(6)))
    names = [f"class{row % 3}/{row}.png,class1,ann" for row in range(6)]
    (place / "answers.csv").write_text("\n".join(["id,label,reviewer", *names]) + "\n")
    kaggle_pixels(place)
    graph(place / "x.onnx", ["n", 1, 16, 16], TensorProto.UINT8)
    from aleator.auditing.audit import audit
    from aleator.auditing.predictions import LabelledPredictions, judge_predictions
    from aleator.data import read_dataset
    from aleator.training.settings import TrainSettings
    from aleator.training.train import train

    audit(read_dataset(place / "vectors.npz"), place / "audited")
    train(read_dataset(place / "vectors.npz"), place / "model", TrainSettings(labels="given", epochs=1))
    judge_predictions(LabelledPredictions(labels, np.load(place / "p.npy"), path="y.npy"), place / "judged")


def prepared(good: Path, place: Path) -> Path:
    """A fresh copy of what `prepare` left."""
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(good, place))


def content(place: Path) -> dict[str, object]:
    """Every file by name with what is in it, as far as it follows from the command."""
    found: dict[str, object] = {}
    for path in sorted(place.rglob("*")):
        name = path.relative_to(place).as_posix()
        if path.is_dir():
            found[name] = "folder"
        elif path.name in ("audit.json", "model.json"):
            kept = {key: value for key, value in json.loads(path.read_bytes()).items() if key not in CHANGES}
            found[name] = json.dumps(kept, sort_keys=True)
        elif path.name in ("report.html", "README.md"):
            found[name] = path.stat().st_size > 1000  # the time stands in them
        else:
            found[name] = path.read_bytes()
    return found


def difference(found: dict[str, object], wanted: dict[str, object]) -> str:
    """What is not as it should be; empty where all is."""
    extra, missing = sorted(found.keys() - wanted.keys()), sorted(wanted.keys() - found.keys())
    other = sorted(name for name in found.keys() & wanted.keys() if found[name] != wanted[name])
    parts = [
        f"{what}: {', '.join(names[:4])}"
        for what, names in (("extra", extra), ("missing", missing), ("other", other))
        if names
    ]
    return "; ".join(parts)


def processes_of(place: Path) -> list[int]:
    """Processes that work in the folder (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if Path(os.readlink(entry / "cwd")) == place.resolve():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
