"""`AleatorClassifier` on vectors beside cleanlab's `CleanLearning` with logistic regression: accuracy against the true
labels, where those to learn from are right and where a fifth are wrong, and seconds of the processor."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import aleator
from aleator.data.synthetic_noise import pair_flip, symmetric
from aleator.progress import Progress, silent
from benchmarks.extras import import_extra

RATE, FOLDS = 0.2, 5
NOISE: dict[str, Callable[..., NDArray[np.int64]] | None] = {"right": None, "by chance": symmetric, "pairs": pair_flip}


def run(*, repeats: int = 2, progress: Progress = silent) -> dict[str, Any]:
    """A row for each data set and kind of error: means over five folds, repeated. Raises MissingExtraError without
    cleanlab."""
    import_extra("cleanlab")
    from cleanlab.classification import CleanLearning

    def peer() -> Any:
        return CleanLearning(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), seed=0)

    rows = []
    for name, (features, labels) in _sets().items():
        for kind, noise in NOISE.items():
            ours, theirs = [], []
            for repeat in range(repeats):
                progress(f"{name}, {kind}", repeat, repeats)
                folds = StratifiedKFold(FOLDS, shuffle=True, random_state=repeat).split(features, labels)
                for number, (seen, fresh) in enumerate(folds):
                    random = np.random.default_rng([repeat, number])
                    given = labels[seen]
                    if noise is not None:
                        given = noise(given, int(labels.max()) + 1, RATE, random)
                    data = features[seen], given, features[fresh], labels[fresh]
                    ours.append(_scored(aleator.AleatorClassifier(random_state=repeat), *data))
                    theirs.append(_scored(peer(), *data))
            (accuracy, seconds), (peers, peer_seconds) = np.mean(ours, axis=0), np.mean(theirs, axis=0)
            rows.append(
                {
                    "data": name,
                    "labels": kind,
                    "accuracy": float(accuracy),
                    "accuracy of CleanLearning": float(peers),
                    "standard error of the difference": float(_error(np.array(ours)[:, 0] - np.array(theirs)[:, 0])),
                    "cpu_seconds": float(seconds),
                    "cpu_seconds of CleanLearning": float(peer_seconds),
                }
            )
    return {"rows": rows, "fits": FOLDS * repeats}


def _sets() -> dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]]:
    made_up = make_classification(1000, 20, n_informative=8, n_classes=3, random_state=0)
    sets = {"iris": load_iris(return_X_y=True), "digits": load_digits(return_X_y=True), "20 made-up features": made_up}
    return {name: (features, labels.astype(np.int64)) for name, (features, labels) in sets.items()}


def _error(differences: NDArray[np.float64]) -> float:
    return float(differences.std(ddof=1) / np.sqrt(len(differences)))


def _scored(
    model: Any,
    features: NDArray[np.float64],
    given: NDArray[np.int64],
    fresh: NDArray[np.float64],
    truth: NDArray[np.int64],
) -> tuple[float, float]:
    """Accuracy, and the processor's seconds of learning and predicting."""
    start, said = time.process_time(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = model.fit(features, given).predict(fresh)
    return float((predicted == truth).mean()), time.process_time() - start


def format_table(result: dict[str, Any]) -> str:
    """A table in Markdown."""
    lines = ["| data | labels | accuracy, CPU s | CleanLearning | difference |", "|---|---|---|---|---|"]
    for row in result["rows"]:
        difference = row["accuracy"] - row["accuracy of CleanLearning"]
        lines.append(
            f"| {row['data']} | {row['labels']} | {row['accuracy']:.3f}, {row['cpu_seconds']:.2f} | "
            f"{row['accuracy of CleanLearning']:.3f}, {row['cpu_seconds of CleanLearning']:.2f} | {difference:+.3f} "
            f"(standard error {row['standard error of the difference']:.3f}) |"
        )
    return "\n".join(lines)
