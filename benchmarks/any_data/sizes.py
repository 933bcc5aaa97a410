"""From how many pictures on the network trained from pixels wins over a pretrained network's frozen features, and what
`--backbone auto` would take."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from aleator.auditing.audit import audit
from aleator.auditing.choosing import likelihood_by_features, likelihood_by_pixels, to_choose_on
from aleator.data.dataset import LabelledDataset
from aleator.data.sources import FeatureArray
from aleator.progress import Progress, silent
from benchmarks.portfolio.cases import Case, faces, photographs

FEWEST = 5
"""Examples of a class."""


def size_rows(
    data: Path, features: dict[str, Path], sizes: Sequence[int], *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """A row for each data set and number of pictures: whole audits from pixels and by features, both on the same
    pictures, and the rule of `auto`. `features` names a file (.npy, a row a picture) for cifar10h and fer2013."""
    rows = []
    for case, made in _cases(data, features):
        order = np.random.default_rng(0).permutation(np.flatnonzero(case.truth != -1))
        whole = case.dataset()
        for size in sizes:
            chosen = np.sort(order[:size])
            pixels = whole.take(chosen)
            if size > len(order) or np.bincount(pixels.given_labels, minlength=case.classes).min() < FEWEST:
                continue  # an audit would refuse them
            progress(f"{case.name}: {size:,} pictures", 0, 1)
            by_features = replace(pixels, source=FeatureArray(made[chosen]))
            wrong = (case.given != case.truth)[chosen]
            rows.append(
                {
                    "data": case.name,
                    "examples": size,
                    "pixels": _audited(pixels, wrong),
                    "features": _audited(by_features, wrong),
                    "auto": _taken(pixels, made[chosen]),
                }
            )
    return rows


def _cases(data: Path, features: dict[str, Path]) -> Iterator[tuple[Case, NDArray[np.float32]]]:
    for name, cases, wanted in (
        ("cifar10h", photographs, "photographs, worst of three"),
        ("fer2013", faces, "FER2013"),
    ):
        if name in features and (data / name).is_dir():
            made = np.load(features[name]).astype(np.float32)
            case = next(case for case in cases(data / name, quick=False) if case.name == wanted)
            yield case, made


def _audited(dataset: LabelledDataset, wrong: NDArray[np.bool_]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        found = audit(dataset, Path(folder) / "audit", progress=silent)
    score = found.column("p_mislabelled")
    return {
        "auroc": float(roc_auc_score(wrong, score)),
        "ap": float(average_precision_score(wrong, score)),
        "seconds": sum(found.info.timings.values()),
    }


def _taken(pixels: LabelledDataset, features: NDArray[np.float32]) -> dict[str, float]:
    """What the rule of `auto` says of both: the mean probability (geometric) of held-out given labels."""
    tried = to_choose_on(pixels, 0)
    return {
        "pixels": float(np.exp(likelihood_by_pixels(tried, device="auto", flip=True, seed=0))),
        "features": float(np.exp(likelihood_by_features(tried, features[tried.rows]))),
    }


def format_rows(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each data set and size."""
    lines = [
        "",
        f"{'data':30}{'examples':>10}{'pixels: AUROC':>15}{'AP':>7}{'features: AUROC':>17}{'AP':>7}"
        f"{'held out: pixels':>18}{'features':>10}",
    ]
    for row in rows:
        one, other, auto = row["pixels"], row["features"], row["auto"]
        lines.append(
            f"{row['data'][:29]:30}{row['examples']:10,}{one['auroc']:15.3f}{one['ap']:7.3f}{other['auroc']:17.3f}"
            f"{other['ap']:7.3f}{auto['pixels']:18.3f}{auto['features']:10.3f}"
        )
    return lines
