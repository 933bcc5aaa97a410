"""How well wrong labels are found, beside what others do with the same networks.

One run gives all rows of a track. The rows of a track share their networks and their probabilities.
"""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aleator.auditing import load_audit
from aleator.auditing.referee import NO_OPINION
from aleator.data import LabelledDataset
from aleator.errors import DataError
from aleator.progress import Progress, silent
from benchmarks.detect import speed
from benchmarks.detect.options import DetectOptions
from benchmarks.detect.peers import detections
from benchmarks.detect.reviews import COVERAGE_REVIEWS, coverage, ours
from benchmarks.detect.scores import COLUMNS, halves, mean_of, score
from benchmarks.detect.tracks import (
    Track,
    digits,
    faces_out_of_sample,
    noisy_faces,
    noisy_faces_by_networks,
    real_faces,
)
from benchmarks.detect.votes import consensus
from benchmarks.extras import import_extra
from benchmarks.fer2013 import fer2013
from benchmarks.trainer import Trainer


def run(options: DetectOptions, *, folder: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Measure what the options name. Networks are kept in `folder`, and those that are there are not trained again.

    Raises DataError for a track without its data, MissingExtraError when a package is missing.
    """
    if options.peers:
        import_extra("cleanlab")
        import_extra("crowdkit")
    result: dict[str, Any] = {"effort": options.effort, "seed": options.seed, "draws": options.draws, "tracks": {}}
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Trainer(folder or Path(scratch), options.effort, options.seed, options.device, progress)
        for track in _tracks(options, trainer):
            progress(f"judging {track.name}", 0, 1)
            result["tracks"][track.name] = _measure(track, options)
            progress(f"judging {track.name}", 1, 1)
    if "speed" in options.tracks:
        result["speed"] = speed.measure()
    return result


def _measure(track: Track, options: DetectOptions) -> dict[str, Any]:
    scored = track.referee != NO_OPINION
    others = {
        name: mean_of([score(track, detection, rows) for rows in halves(track, options.draws)])
        for name, detection in detections(track, packages=options.peers).items()
    }
    section: dict[str, Any] = {
        "examples": len(scored),
        "scored": int(scored.sum()),
        "share_wrong": float((track.given != track.referee)[scored].mean()),
        "rows": ours(track, options.draws, options.reviewed) | others,
    }
    if track.votes is not None:
        section["consensus"] = consensus(track, options.draws, packages=options.peers)
        section["interval"] = coverage(track, options.simulations) if options.simulations else None
    return section


def _tracks(options: DetectOptions, trainer: Trainer) -> Iterator[Track]:
    if any(name.startswith(("fer2013", "faces")) for name in options.tracks):
        if options.data is None:
            raise DataError("The tracks of faces need FER2013 and FER+: name their folder with --data.")
        yield from _faces(options, trainer, fer2013(options.data))
    if "digits" in options.tracks:
        yield from digits(trainer, networks=False)
    if "digits-networks" in options.tracks:
        yield from digits(trainer, networks=True)


def _faces(options: DetectOptions, trainer: Trainer, dataset: LabelledDataset) -> Iterator[Track]:
    names = options.tracks
    if "faces-networks" in names:
        yield from noisy_faces_by_networks(dataset, trainer, full=options.full)
    if not {"fer2013", "fer2013-folds", "faces"} & set(names):
        return
    if options.audit is None:
        whole = trainer.audit(dataset, "fer2013", trainer.effort)
    else:
        whole = load_audit(options.audit, dataset)
    if "fer2013" in names:
        yield real_faces(dataset, whole)
    if "fer2013-folds" in names:
        yield faces_out_of_sample(dataset, whole, trainer, options.folds)
    if "faces" in names:
        yield from noisy_faces(dataset, whole, full=options.full)


def format_table(result: dict[str, Any]) -> str:
    """The tables as text, each figure with three digits; a dash where a method says nothing of the kind."""
    lines = [f"effort {result['effort']}, seed {result['seed']}, {result['draws']} draws of whatever is drawn"]
    for name, section in result["tracks"].items():
        lines += [
            "",
            f"{name}: {section['examples']:,} examples, {section['scored']:,} scored, "
            f"{section['share_wrong']:.1%} wrong",
            f"{'':36}" + "".join(f"{title:>9}" for title in TITLES),
        ]
        lines += [
            f"{row:36}" + "".join(_figure(figures.get(column)) for column in (*COLUMNS, *VOTED))
            for row, figures in section["rows"].items()
        ]
        if "consensus" in section:
            lines += ["", f"{'consensus of 3 votes':52}{'right':>9}{'seconds':>9}"]
            lines += [
                f"{method:52}{_figure(figures['accuracy'])}{_figure(figures['seconds'])}"
                for method, figures in section["consensus"].items()
            ]
        if section.get("interval"):
            interval = section["interval"]
            lines += [
                "",
                f"interval of the share of wrong labels after {COVERAGE_REVIEWS} random reviews: holds the truth in "
                f"{interval['coverage']:.0%} of {interval['simulations']}, width {interval['width']:.3f}, its middle "
                f"off by {interval['bias']:+.3f} on average",
            ]
    if "speed" in result:
        lines += ["", f"{'time and memory':52}{'seconds':>9}{'cpu':>9}{'GB':>9}"]
        lines += [
            f"{case:52}{_figure(figures['seconds'])}{_figure(figures['processor'])}{_figure(figures['gigabytes'])}"
            for case, figures in result["speed"].items()
        ]
    return "\n".join(lines)


TITLES = ("AUROC", "within", "AP", "flags F1", "best F1", "calib.", "correct", "seconds", "mistake", "entropy")
VOTED = ("mistake_auroc", "entropy_spearman")


def _figure(value: float | None) -> str:
    return f"{'-':>9}" if value is None or math.isnan(value) else f"{value:9.3f}"
