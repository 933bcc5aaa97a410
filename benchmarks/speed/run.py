"""How long whole audits take, as a user starts them: each in a process of its own, from the first import to the report.

Clock and CPU seconds are of the process and all that it started. On a busy machine the CPU seconds are what counts.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aleator.auditing import load_audit
from aleator.auditing.referee import detection_scores
from aleator.data.drawn_faces import drawn_faces
from aleator.data.sources import ImageArray
from aleator.progress import Progress, silent
from benchmarks.fer2013 import fer2013

CHECKOUT = Path(__file__).resolve().parents[2]
MOST_SECONDS = {"60 tiny pictures": 10, "600 pictures of 224 pixels": 60, "2,000 faces, quick": 60}


@dataclass(frozen=True)
class Pictures:
    """Pictures `(example, height, width)`, their labels, and what is right of them (-1: nobody knows)."""

    pixels: NDArray[np.uint8]
    given: NDArray[np.int64]
    truth: NDArray[np.int64]

    def some(self, count: int) -> "Pictures":
        rows = np.sort(np.random.default_rng(0).permutation(len(self.given))[:count])
        return Pictures(self.pixels[rows], self.given[rows], self.truth[rows])


def run(
    data: Path | None = None, *, faces: int = 0, peers: bool = True, progress: Progress = silent
) -> dict[str, dict[str, float]]:
    """Seconds, CPU seconds and quality of audits; `data` is FER2013's folder, of which `faces` are taken (0: all)."""
    small = _drawn(600)
    few = _of_classes(small, classes=3, count=60)
    work: dict[str, tuple[Pictures, int, tuple[str, ...]]] = {
        "60 tiny pictures": (few, 32, ()),
        "600 pictures of 224 pixels": (small, 224, ()),
    }
    if data is not None:
        whole = _fer2013(data)
        work["2,000 faces, quick"] = (whole.some(2000), 48, ("--effort", "quick"))
        work["FER2013"] = (whole.some(faces or len(whole.given)), 48, ())
    rows = {}
    with TemporaryDirectory() as name:
        for number, (what, (pictures, side, options)) in enumerate(work.items()):
            progress(what, number, len(work))
            rows[what] = _audit(Path(name) / str(number), pictures, side, options)
        if peers and data is not None:
            progress("plain PyTorch and cleanlab", len(work), len(work) + 1)
            rows["FER2013, plain PyTorch and cleanlab"] = _peer(Path(name) / "peer.npz", work["FER2013"][0])
    return rows


def format_table(rows: dict[str, dict[str, float]]) -> str:
    lines = [f"{'audit of':<40}{'examples':>9}{'seconds':>9}{'to reach':>9}{'CPU s':>8}{'AUROC':>8}"]
    for what, row in rows.items():
        most = MOST_SECONDS.get(what, "")
        lines.append(
            f"{what:<40}{row['examples']:>9,.0f}{row['seconds']:>9.1f}{most:>9}{row['cpu_seconds']:>8.1f}{row['auroc']:>8.3f}"
        )
    return "\n".join(lines)


def _audit(place: Path, pictures: Pictures, side: int, options: tuple[str, ...]) -> dict[str, float]:
    """An audit of a folder of class folders, from the command line."""
    for row, pixels in enumerate(pictures.pixels):
        picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
        path = place / "pictures" / f"class {pictures.given[row]}" / f"{row:06}.{'png' if side < 100 else 'jpg'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    command = ["-m", "aleator", "audit", str(place / "pictures"), "-o", str(place / "audit"), *options]
    measured, _ = _timed(command)
    audit = load_audit(place / "audit")
    rows = np.array([int(Path(name).stem) for name in audit.labels["id"].to_pylist()])
    scores = detection_scores(audit.column("p_mislabelled"), pictures.given[rows], pictures.truth[rows])
    return {**measured, "examples": len(rows), "auroc": scores.auroc or np.nan}


def _peer(file: Path, pictures: Pictures) -> dict[str, float]:
    np.savez(file, pixels=pictures.pixels, given=pictures.given, truth=pictures.truth)
    measured, said = _timed(["-m", "benchmarks.speed.peer", str(file)])
    return {**measured, "examples": len(pictures.given), "auroc": json.loads(said)["auroc"]}


def _timed(arguments: list[str]) -> tuple[dict[str, float], str]:
    """Run Python with these arguments; seconds on the clock and of the processor, and what it printed."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": seconds, "cpu_seconds": cpu}, done.stdout


def _drawn(count: int) -> Pictures:
    faces = drawn_faces(count, seed=0)
    assert isinstance(faces.dataset.source, ImageArray)
    truth = np.where(faces.is_ambiguous, -1, faces.true_label)
    return Pictures(faces.dataset.source.pixels, faces.dataset.given_labels, truth)


def _of_classes(pictures: Pictures, *, classes: int, count: int) -> Pictures:
    """So many pictures of the most frequent labels."""
    often = np.argsort(-np.bincount(pictures.given))[:classes]
    rows = np.flatnonzero(np.isin(pictures.given, often))[:count]
    return Pictures(pictures.pixels[rows], pictures.given[rows], pictures.truth[rows])


def _fer2013(data: Path) -> Pictures:
    dataset = fer2013(data)
    assert isinstance(dataset.source, ImageArray)
    assert dataset.votes is not None
    return Pictures(dataset.source.pixels, dataset.given_labels, dataset.votes.majority())
