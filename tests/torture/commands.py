"""Small commands to kill, and what has to be there when the same command has been given once more."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
from onnx import TensorProto
from PIL import Image
from scipy import sparse

from tests.data.forms import kaggle_pixels
from tests.embedding.test_onnx import graph
from tests.torture.warm import Fork

ROWS = 45
PROGRAM = """
import sys
from tests.torture.commands import run
sys.exit(run({arguments}, {steps}, {processes}))
"""
CHANGES = ("timings", "created", "versions")
"""In `audit.json` and `model.json`: what no two runs have alike."""
PATHS = [str(Path(__file__).resolve().parents[2] / name) for name in ("src", "")]
AT_HAND = ["onnx:x.onnx"]
"""The pretrained networks that `--backbone auto` finds."""


def run(arguments: tuple[str, ...], steps: int, processes: bool) -> int:
    """The command line as users have it, but that it trains for a moment only, and in processes of its own if asked."""
    from aleator.auditing import choosing
    from aleator.cli import main
    from aleator.learning import effort, members

    choosing.networks_at_hand = lambda kind: AT_HAND  # type: ignore[attr-defined]
    effort.FEWEST_STEPS = steps
    members.WORTH_PROCESSES = 0 if processes else 10**9
    members.available_cores = lambda: 2  # type: ignore[attr-defined]
    sys.argv = ["aleator", *arguments]
    try:
        main()
    except SystemExit as error:
        return int(error.code or 0)
    return 0


@dataclass(frozen=True)
class Command:
    """One command, given in a folder of its own that `prepare` has filled."""

    arguments: tuple[str, ...]
    processes: bool = False
    """It starts processes of its own: only in a new interpreter, and its file operations have no fixed order."""
    steps: int = 40
    every: int = 1
    """Killed before each so many-th of its file operations: of those that take seconds, and write as others do."""

    def start(self, place: Path, *, anew: bool = False) -> Fork | subprocess.Popen[str]:
        """In a fork of this process or, `anew`, in a new interpreter."""
        if not (anew or self.processes):
            return Fork(partial(run, self.arguments, self.steps, False), place)
        program = PROGRAM.format(arguments=self.arguments, steps=self.steps, processes=self.processes)
        return subprocess.Popen(
            [sys.executable, "-c", program], cwd=place, env=os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def finish(self, place: Path, *, anew: bool = False) -> tuple[int, str]:
        """Give it, and wait: exit status and what it said."""
        process = self.start(place, anew=anew)
        said = "".join(process.communicate(timeout=1200))
        assert process.returncode is not None
        return process.returncode, said


QUICK = ("--effort", "quick")
COMMANDS: dict[str, Command] = {
    "audit of vectors": Command(("audit", "vectors.npz", "-o", "out", *QUICK)),
    "audit of texts": Command(("audit", "texts.csv", "-o", "out", *QUICK)),
    "audit of pictures, in processes": Command(
        ("audit", "pictures", "-o", "out", *QUICK, "--members", "2"), processes=True, steps=10
    ),
    "audit on Ray": Command(("audit", "vectors.npz", "-o", "out", *QUICK, "--on", "ray"), processes=True),
    "audit with a pretrained network": Command(("audit", "pictures", "-o", "out", *QUICK, "--backbone", "onnx:x.onnx")),
    "audit with the best network": Command(
        ("audit", "pictures", "-o", "out", *QUICK, "--backbone", "auto"), steps=10, every=4
    ),
    "train": Command(("train", "vectors.npz", "-o", "out", "--epochs", "4")),
    "train on an audit": Command(("train", "audited", "--data", "vectors.npz", "-o", "out", "--epochs", "4")),
    "train on a pretrained network": Command(("train", "pictures", "-o", "out", "--backbone", "onnx:x.onnx")),
    "judge into a new folder": Command(("judge", "--pred-probs", "p.npy", "--label-file", "y.npy", "-o", "out")),
    "judge by the likeliest classes": Command(("judge", "--pred-probs", "p.npz", "--label-file", "y.npy", "-o", "out")),
    "judge in place": Command(("judge", "judged", "--reviewed", "decisions.csv")),
    "embed": Command(("embed", "pictures", "--backbone", "onnx:x.onnx", "-o", "out.npy", "--batch-size", "8")),
    "predict": Command(("predict", "model", "vectors.npz", "-o", "out.csv")),
    "predict, a page": Command(("predict", "model of pictures", "pictures", "-o", "out.html")),
    "inspect, a page": Command(("inspect", "pictures", "--pictures", "out.html")),
    "inspect, a contact sheet": Command(("inspect", "pictures", "--pictures", "out.png")),
    "demo": Command(("demo", "-o", "out", "--examples", "120"), steps=10, every=8),
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
def made() -> tempfile.TemporaryDirectory[str]:
    """What `prepare` copies, made once, by a fork, so that this process starts no thread."""
    folder = tempfile.TemporaryDirectory()
    fork = Fork(lambda: _make(Path(folder.name)) or 0, Path(folder.name))
    said, _ = fork.communicate(timeout=600)
    if fork.returncode:
        raise RuntimeError(said)
    return folder


def prepare(place: Path) -> None:
    """Data of every kind that the commands read, an audit and models."""
    shutil.copytree(made().name, place)


def _make(place: Path) -> None:
    random, labels = np.random.default_rng(0), np.arange(ROWS) % 3
    vectors = (random.normal(size=(ROWS, 4)) + labels[:, None]).astype(np.float32)
    np.savez(place / "vectors.npz", x=vectors, y=labels)
    np.save(place / "y.npy", labels)
    probs = random.dirichlet(np.ones(3), ROWS)
    np.save(place / "p.npy", probs)
    sparse.save_npz(place / "p.npz", sparse.csr_array(np.where(probs < probs.max(axis=1, keepdims=True), 0, probs)))
    texts = [f"{('red', 'green', 'blue')[row % 3]} number {random.integers(9)}" for row in range(ROWS)]
    csv.write_csv(pa.table({"text": texts, "label": [f"class{row % 3}" for row in range(ROWS)]}), place / "texts.csv")
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
    from aleator.learning import effort
    from aleator.training.settings import TrainSettings
    from aleator.training.train import train

    effort.FEWEST_STEPS = 10
    audit(read_dataset(place / "vectors.npz"), place / "audited")
    train(read_dataset(place / "vectors.npz"), place / "model", TrainSettings(labels="given", epochs=1))
    train(read_dataset(place / "pictures"), place / "model of pictures", TrainSettings(labels="given", epochs=1))
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
            found[name] = json.dumps(kept, sort_keys=True).replace(str(place.resolve()), "PLACE")
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
