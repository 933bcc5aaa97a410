"""Many examples and many classes: neighbours, copies and judging, each case in a process of its own.

`python -m benchmarks.many.run CASE SHARE` measures one case, at a share of its size, and prints JSON.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from aleator.data import ImageArray
from aleator.data.drawn_faces import drawn_faces
from aleator.data.duplicates import find_duplicates
from aleator.errors import DataError
from aleator.neighbours.exact import directions_of, exact_neighbours
from aleator.neighbours.search import nearest_neighbours
from aleator.progress import Progress, silent
from aleator.uncertainty.metrics import auroc
from aleator.verdicts.issues import find_label_issues, get_label_quality_scores
from benchmarks.predictions import made_up_predictions

CHECKOUT = Path(__file__).resolve().parents[2]
BLOCK, ASKED = 50_000, 1000
Figures = dict[str, float]


def run(only: str = "", share: float = 1.0, progress: Progress = silent) -> dict[str, Figures]:
    """Figures of each case whose name holds `only`, at this share of its examples."""
    names = [name for name in CASES if only in name]
    if not names:
        raise DataError(f"No case holds {only!r}; there are {', '.join(CASES)}.")
    result = {}
    for number, name in enumerate(names):
        progress("measuring", number, len(names))
        command = [sys.executable, "-m", __name__, name, str(share)]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT)
        result[name] = json.loads(out.stdout.splitlines()[-1])
    progress("measuring", len(names), len(names))
    return result


def format_table(result: dict[str, Figures]) -> str:
    lines = []
    for name, figures in result.items():
        lines.append(name)
        lines += [f"    {what:44}{value:14,.4g}" for what, value in figures.items()]
    return "\n".join(lines)


def _neighbours(share: float) -> Figures:
    examples = int(1_000_000 * share)
    features = _features(examples)
    work = _measured(lambda: nearest_neighbours(features, np.full(examples, -1), count=20))
    found = work.pop("result")
    directions = directions_of(features)
    asked = np.random.default_rng(1).choice(examples, ASKED, replace=False)
    exact = _measured(lambda: exact_neighbours(directions, np.arange(examples), 20, asked))
    pairs = zip(exact.pop("result").rows, found.rows[asked], strict=True)
    return {
        "examples": examples,
        **work,
        "exact, processor seconds (of 1,000, scaled)": exact["processor seconds"] * examples / ASKED,
        "recall": float(np.mean([len(np.intersect1d(one, other)) / 20 for one, other in pairs])),
    }


def _copies(share: float) -> Figures:
    """Crops of 28 pixels of drawn faces, each a picture of its own; one in a hundred is a darker copy of another."""
    examples, random = int(1_000_000 * share), np.random.default_rng(0)
    source = drawn_faces(3000).dataset.source
    assert isinstance(source, ImageArray)
    faces = source.pixels
    which, top, left = random.integers(0, (len(faces), 21, 21), (examples, 3)).T
    pictures = np.empty((examples, 1, 28, 28), dtype=np.uint8)
    for start in range(0, examples, BLOCK):
        rows = slice(start, start + BLOCK)
        place = np.arange(28)
        pictures[rows, 0] = faces[
            which[rows, None, None], (top[rows, None] + place)[:, :, None], (left[rows, None] + place)[:, None]
        ]
        pictures[rows] = np.clip(pictures[rows] + random.normal(0, 12, pictures[rows].shape), 0, 255)
    original, copy = random.choice(examples, (2, examples // 100), replace=False)
    pictures[copy] = pictures[original] * 0.9
    work = _measured(lambda: find_duplicates(pictures))
    group = work.pop("result").group
    return {
        "examples": examples,
        "GB of pictures": pictures.nbytes / 1e9,
        **work,
        "share of the copies found": float((group[copy] == group[original]).mean()),
        "others in a group": int((group >= 0).sum() - 2 * len(copy)),
    }


def _hundred_classes(share: float) -> Figures:
    _, probs, given = made_up_predictions(int(1_000_000 * share), 100)
    work = _measured(lambda: find_label_issues(given, probs))
    work.pop("result")
    return {"examples": len(given), "GB of probabilities": probs.nbytes / 1e9, **work}


def _hundred_classes_cleanlab(share: float) -> Figures:
    from cleanlab.filter import find_label_issues as cleanlabs

    _, probs, given = made_up_predictions(int(1_000_000 * share), 100)
    work = _measured(lambda: cleanlabs(given, probs, n_jobs=1))
    work.pop("result")
    return {"examples": len(given), **work}


def _thousands_of_classes(share: float) -> Figures:
    truth, given, probs = _likeliest(int(200_000 * share), 5000, 20)
    work = _measured(lambda: get_label_quality_scores(given, probs))
    score = auroc(-work.pop("result"), truth != given)
    return {"examples": len(given), "GB of probabilities": probs.data.nbytes * 3 / 1e9, **work, "AUROC": score}


def _beside_dense(share: float) -> Figures:
    """The likeliest 20 of 100 classes beside all of them."""
    truth, probs, given = made_up_predictions(int(50_000 * share), 100)
    least = np.sort(probs, axis=1)[:, -20, None]
    wrong, some = truth != given, sparse.csr_array(np.where(probs >= least, probs, 0))
    return {
        "examples": len(given),
        "AUROC, the 20 likeliest": auroc(-get_label_quality_scores(given, some), wrong),
        "AUROC, all": auroc(-get_label_quality_scores(given, probs), wrong),
    }


CASES: dict[str, Callable[[float], Figures]] = {
    "neighbours, 1,000,000 x 512": _neighbours,
    "copies, 1,000,000 of 28 x 28": _copies,
    "judging, 1,000,000 x 100": _hundred_classes,
    "judging, 1,000,000 x 100: cleanlab": _hundred_classes_cleanlab,
    "judging, 200,000 x 5,000, the 20 likeliest": _thousands_of_classes,
    "judging by the likeliest beside all": _beside_dense,
}


def _features(examples: int, features: int = 512, clusters: int = 1000) -> NDArray[np.float32]:
    """In clusters, along principal axes whose variance falls as 1 / number, as learners get them."""
    random, scale = np.random.default_rng(0), (1 / np.sqrt(np.arange(1, features + 1))).astype(np.float32)
    centres = random.standard_normal((clusters, features), dtype=np.float32) * scale
    result = np.empty((examples, features), dtype=np.float32)
    for start in range(0, examples, BLOCK):
        rows = result[start : start + BLOCK]
        rows[:] = random.standard_normal(rows.shape, dtype=np.float32) * scale
        rows += 0.8 * centres[random.integers(0, clusters, len(rows))]
    return result


def _likeliest(
    examples: int, classes: int, leading: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], sparse.csr_array]:
    """Truth, labels of which a tenth is wrong, half of them as the neighbouring class, and sparse probabilities."""
    random = np.random.default_rng(0)
    truth, apart = random.integers(0, classes, examples), classes // leading
    label = (truth[:, None] + np.arange(leading) * apart + random.integers(0, apart, (examples, leading))) % classes
    label[:, 0] = truth
    logits = random.standard_normal((examples, leading), dtype=np.float32)
    logits[:, 0] += random.normal(4, 1.5, examples)
    probs = np.exp(logits)
    probs *= 0.97 / probs.sum(axis=1, keepdims=True)
    chance = random.random(examples)
    given = np.where(chance < 0.05, label[:, 1], np.where(chance < 0.1, random.integers(0, classes, examples), truth))
    rows = np.repeat(np.arange(examples), leading)
    matrix = sparse.coo_array((probs.ravel(), (rows, label.ravel())), shape=(examples, classes)).tocsr()
    return truth, given, matrix


def _measured(work: Callable[[], Any]) -> dict[str, Any]:
    """What came out, how long it took, and how much more memory there was at the peak than before. A program that was
    called counts in the time; what it holds for itself is told apart."""
    before, clock, own = _gigabytes(), time.perf_counter(), _processor()
    result = work()
    figures = {
        "seconds": time.perf_counter() - clock,
        "processor seconds": _processor() - own,
        "GB above the input": max(0.0, _gigabytes() - before),
    }
    return {"result": result, **figures}


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(CASES[sys.argv[1]](float(sys.argv[2]))))
