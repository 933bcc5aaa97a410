"""How long judging takes and how much memory: each line in a process of its own (`python -m ... NAME`)."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aleator.decisions.reviews import reviews_of_labels
from aleator.noise.sources import Answers
from aleator.verdicts import Observations, judge, weigh_sources
from aleator.verdicts.issues import find_label_issues
from benchmarks.predictions import made_up_predictions

CHECKOUT = Path(__file__).resolve().parents[2]


def measure() -> dict[str, dict[str, float]]:
    """Seconds on the clock and of the processor, and gigabytes at the peak of the whole process, its input included."""
    result = {}
    for name in CASES:
        command = [sys.executable, "-m", __name__, name]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT)
        result[name] = json.loads(out.stdout)
    return result


def _update() -> Callable[[], object]:
    """An audit's posterior, with the features that it has, after 500 decisions."""
    truth, probs, given = made_up_predictions(28_709, 7)
    random = np.random.default_rng(1)
    observations = Observations(np.log(probs), given, random.standard_normal((len(given), 50), dtype=np.float32))
    reviewed = np.full(len(given), -1)
    rows = random.choice(len(given), 500, replace=False)
    reviewed[rows] = truth[rows]
    reviews = reviews_of_labels(reviewed, 7)
    return lambda: judge(weigh_sources(observations, out_of_sample=False, reviews=reviews), reviews=reviews)


def _issues(examples: int, classes: int) -> Callable[[], object]:
    _, probs, given = made_up_predictions(examples, classes)
    return lambda: find_label_issues(given, probs)


def _crowd() -> Callable[[], object]:
    truth, probs, _ = made_up_predictions(50_000, 10)
    random = np.random.default_rng(1)
    row = np.repeat(np.arange(len(truth)), 3)
    annotator = random.integers(0, 100, len(row))
    careful = random.random(100)[annotator] * 0.5 + 0.5
    label = np.where(random.random(len(row)) < careful, truth[row], random.integers(0, 10, len(row)))
    answers = Answers(row, annotator, label, np.ones(len(row)), tuple(str(number) for number in range(100)))
    observations = Observations(np.log(probs), np.full(len(truth), -1))
    return lambda: weigh_sources(observations, votes=answers)


CASES: dict[str, Callable[[], Callable[[], object]]] = {
    "28,709 x 7, 50 features, 500 reviewed": _update,
    "1,000,000 x 10": lambda: _issues(1_000_000, 10),
    "1,000,000 x 100": lambda: _issues(1_000_000, 100),
    "50,000 tasks, 100 annotators, 3 votes each": _crowd,
}


if __name__ == "__main__":
    work = CASES[sys.argv[1]]()
    begin, begin_processor = time.perf_counter(), time.process_time()
    work()
    elapsed, processor = time.perf_counter() - begin, time.process_time() - begin_processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**3 if sys.platform == "darwin" else 1024**2)
    print(json.dumps({"seconds": elapsed, "processor": processor, "gigabytes": peak}))
