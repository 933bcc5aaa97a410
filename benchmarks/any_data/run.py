"""Whole audits of vectors, texts and tables, beside what people use on the same features.

Logistic regression and neighbours are five-fold, out of sample, and rank by the probability of the given label;
cleanlab's Datalab has the regression's probabilities and the features, CleanLearning the regression itself.
"""

import contextlib
import io
import os
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aleator.auditing.audit import audit
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import FeatureArray, TableRows
from aleator.errors import DataError
from aleator.progress import Progress, silent
from aleator.uncertainty.metrics import auroc, f1
from benchmarks.any_data.sizes import format_rows, size_rows
from benchmarks.extras import import_extra
from benchmarks.portfolio.cases import Case, news, photographs, tables
from benchmarks.portfolio.learners import predicted

NEIGHBOURS = 20


@dataclass(frozen=True)
class _Scored:
    """What one detector says of each label, `(example,)`, up is bad, and which it calls wrong."""

    score: NDArray[np.floating[Any]]
    flagged: NDArray[np.bool_]
    seconds: float
    """Of the processor."""
    says: dict[str, float] = field(default_factory=dict)
    """How many labels it says are wrong, if it does: `estimate`, and the interval's `low` and `high`, as shares."""


def run(
    data: Path | None,
    *,
    embeddings: Path | None = None,
    only: str = "",
    peers: bool = True,
    sizes: tuple[int, ...] = (),
    faces: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """A row for each data set and detector; with `sizes`, instead, one for each number of pictures (see `sizes.py`),
    where `faces` are the features of FER2013. Raises MissingExtraError without cleanlab, unless peers are left out, and
    DataError for a folder that has no data set."""
    if sizes and data is not None:
        files = {"cifar10h": embeddings, "fer2013": faces}
        known = {name: file for name, file in files.items() if file is not None}
        return {"rows": [], "sizes": size_rows(data, known, sizes, progress=progress)}
    for name in ("cleanlab", "datasets") if peers else ():  # what a Datalab needs; told before anything is computed
        import_extra(name)
    if data is not None and not any((data / name).is_dir() for name in ("noisyag", "cifar10h")):
        raise DataError(f"{data} holds neither noisyag nor cifar10h; name the folder that does, or leave --data out.")
    rows = []
    for case, dataset in _all(data, embeddings):
        if only not in case.name:
            continue
        features = _features(case, dataset)
        detectors: dict[str, Callable[[], _Scored]] = {"aleator": lambda d=dataset: _ours(d, progress)}  # type: ignore[misc]
        clean = case.share_wrong == 0  # nothing to rank: how many labels are called wrong is all there is to see
        detectors |= (
            {}
            if clean
            else {
                "logistic regression": lambda f=features, c=case: _plain(_regression(f), f, c),  # type: ignore[misc]
                "neighbours": lambda f=features, c=case: _plain(_neighbours(f), f, c),  # type: ignore[misc]
            }
        )
        if peers and not clean:
            detectors |= {
                "Datalab": lambda f=features, c=case: _datalab(f, c),  # type: ignore[misc]
                "CleanLearning": lambda f=features, c=case: _clean_learning(f, c),  # type: ignore[misc]
            }
        for name, detect in detectors.items():
            progress(f"{case.name}: {name}", 0, 1)
            rows.append({"data": case.name, "detector": name, **_figures(case, detect())})
    return {"rows": rows}


def _all(data: Path | None, embeddings: Path | None) -> Iterator[tuple[Case, LabelledDataset]]:
    for case in tables(quick=False):
        dataset = case.dataset()
        yield case, dataset
        if case.origin in ("wine", "breast cancer"):
            assert isinstance(dataset.source, FeatureArray)
            columns = {f"column {place}": column for place, column in enumerate(dataset.source.values.T)}
            yield replace(case, name=f"{case.name}, as a table"), replace(dataset, source=TableRows(pa.table(columns)))
    if data is None:
        return
    if (data / "noisyag").is_dir():
        for case in news(data / "noisyag", quick=False):
            yield case, case.dataset()
    if embeddings is not None and (data / "cifar10h").is_dir():
        made = np.load(embeddings).astype(np.float32)
        for case in photographs(data / "cifar10h", quick=False):
            case = replace(case, examples=made)
            yield case, case.dataset()


def _features(case: Case, dataset: LabelledDataset) -> Any:
    if isinstance(case.examples, list):
        return TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(case.examples)
    return np.asarray(case.examples, dtype=np.float64)


def _regression(features: Any) -> Any:
    model = LogisticRegression(max_iter=500)
    return model if issparse(features) else make_pipeline(StandardScaler(), model)


def _neighbours(features: Any) -> Any:
    model = KNeighborsClassifier(NEIGHBOURS)
    return model if issparse(features) else make_pipeline(StandardScaler(), model)


def _ours(dataset: LabelledDataset, progress: Progress) -> _Scored:
    with tempfile.TemporaryDirectory() as folder:
        start = _processor()
        found = audit(dataset, Path(folder) / "audit", progress=progress)
        seconds = _processor() - start
        p_mislabelled = found.column("p_mislabelled").astype(np.float64)
    estimates = found.info.estimates
    count = estimates.mislabelled
    says = {"estimate": count.share, "low": count.share_low, "high": count.share_high}
    return _Scored(p_mislabelled, p_mislabelled > estimates.flag_above, seconds, says)


def _plain(model: Any, features: Any, case: Case) -> _Scored:
    start = _processor()
    probs = predicted(model, features, case.given, case.classes)
    own = probs[np.arange(len(case.given)), case.given]
    return _Scored(1 - own, probs.argmax(axis=1) != case.given, _processor() - start)


def _datalab(features: Any, case: Case) -> _Scored:
    from cleanlab import Datalab

    start = _processor()
    probs = predicted(_regression(features), features, case.given, case.classes)
    with _quiet():
        lab = Datalab({"label": case.given.tolist()}, label_name="label")
        dense = {} if issparse(features) else {"features": np.asarray(features)}
        lab.find_issues(pred_probs=probs, issue_types={"label": {}}, **dense)
        issues = lab.get_issues("label")
    return _Scored(
        1 - issues["label_score"].to_numpy(), issues["is_label_issue"].to_numpy(dtype=bool), _processor() - start
    )


def _clean_learning(features: Any, case: Case) -> _Scored:
    from cleanlab.classification import CleanLearning

    start = _processor()
    with _quiet():
        issues = CleanLearning(_regression(features), seed=0).find_label_issues(features, case.given)
    return _Scored(
        1 - issues["label_quality"].to_numpy(), issues["is_label_issue"].to_numpy(dtype=bool), _processor() - start
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _processor() -> float:
    """Seconds that all cores computed, here and in processes that ended."""
    if os.name != "posix":
        return time.process_time()
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _figures(case: Case, scored: _Scored) -> dict[str, float]:
    known = case.truth != -1
    wrong, score, flagged = (case.given != case.truth)[known], scored.score[known], scored.flagged[known]
    figures = {
        "share_wrong": float(wrong.mean()), "flagged": float(flagged.mean()), "cpu_seconds": scored.seconds
    } | scored.says  # fmt: skip
    if not wrong.any():
        return figures
    return figures | {
        "auroc": auroc(score, wrong),
        "ap": float(average_precision_score(wrong, score)),
        "f1": f1(flagged, wrong),
    }


def format_table(result: dict[str, Any]) -> str:
    """A line for each data set and detector; then how often ours is at least the best of the others, and how well it
    counts."""
    if "sizes" in result:
        return "\n".join(format_rows(result["sizes"]))
    columns = {"AUROC": "auroc", "AP": "ap", "F1": "f1", "flagged": "flagged", "wrong": "share_wrong",
               "says": "estimate", "low": "low", "high": "high"}  # fmt: skip
    lines = [f"{'data':42}{'detector':22}" + "".join(f"{title:>8}" for title in columns) + f"{'CPU s':>9}"]
    by_data: dict[str, dict[str, dict[str, float]]] = {}
    for row in result["rows"]:
        figures = "".join(f"{row[key]:8.3f}" if key in row else f"{'-':>8}" for key in columns.values())
        lines.append(f"{row['data'][:41]:42}{row['detector']:22}{figures}{row['cpu_seconds']:9.1f}")
        by_data.setdefault(row["data"], {})[row["detector"]] = row
    noisy = [rows for rows in by_data.values() if "auroc" in rows["aleator"]]
    for name in ("auroc", "ap", "f1") if noisy else ():
        ahead = [
            rows["aleator"][name] - max(row[name] for who, row in rows.items() if who != "aleator") for rows in noisy
        ]
        lines.append(
            f"{name}: {np.mean(ahead):+.3f} in the mean against the best of the others on each, {min(ahead):+.3f} at "
            f"the worst, not behind on {sum(one >= 0 for one in ahead)} of {len(ahead)}"
        )
    ours = [rows["aleator"] for rows in by_data.values()]
    inside = sum(one["low"] <= one["share_wrong"] <= one["high"] for one in ours)
    off = np.mean([abs(one["estimate"] - one["share_wrong"]) for one in ours])
    lines.append(f"count: {off:.3f} off in the mean, inside the 90 % interval on {inside} of {len(ours)}")
    return "\n".join(lines)
