"""`aleator bench detect`: how well wrong labels are found, beside what others do with the same networks.

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
from benchmarks.detect.peers import detections, import_extra
from benchmarks.detect.reviews import COUNTS, COVERAGE_REVIEWS, coverage, ours
from benchmarks.detect.scores import COLUMNS, halves, mean_of, score
from benchmarks.detect.tracks import (
    Track,
    Trainer,
    digits,
    faces_out_of_sample,
    fer2013,
    noisy_faces,
    noisy_faces_by_networks,
    real_faces,
)
from benchmarks.detect.votes import consensus

TRACKS = ("fer2013", "fer2013-folds", "faces", "faces-networks", "digits", "digits-networks", "speed")
"""FER2013 as it is, judged in sample and out of sample; noise on FER+'s labels and on digits, judged by logistic
regression and by an audit's own networks; time and memory."""


def run(
    tracks: tuple[str, ...] = ("fer2013",),
    *,
    data: Path | None = None,
    finished: Path | None = None,
    effort: str = "standard",
    folds: int = 3,
    full: bool = False,
    counts: tuple[int, ...] = COUNTS,
    draws: int = 3,
    simulations: int = 100,
    peers: bool = True,
    seed: int = 0,
    device: str = "auto",
    folder: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measure the named tracks.

    Args:
        tracks: which of TRACKS.
        data: the folder with FER2013 and FER+; digits and speed do without.
        finished: an audit of FER2013's Training split to take in place of a new one.
        effort: of the audit.
        folds: of the out-of-sample cross-entropy networks.
        full: noise on all pictures, the networks with this effort, in place of 6,000 with effort quick.
        counts: of reviewed examples.
        draws: repetitions of everything drawn by chance.
        simulations: reviews of which the coverage of the interval is measured; 0 leaves it out.
        peers: compare with cleanlab and crowd-kit.
        seed: of all trainings.
        device: `auto`, `cpu`, `cuda`, ...
        folder: where networks are kept; those that are there are not trained again.
        progress: called with stage, completed, total.

    Raises DataError for a track without its data, MissingExtraError when a package is missing.
    """
    if peers:
        import_extra("cleanlab")
        import_extra("crowdkit")
    result: dict[str, Any] = {"effort": effort, "seed": seed, "draws": draws, "tracks": {}}
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Trainer(folder or Path(scratch), effort, seed, device, progress)
        for track in _tracks(tracks, trainer, data, finished, folds, full):
            progress(f"judging {track.name}", 0, 1)
            result["tracks"][track.name] = _measure(track, counts, draws, simulations, peers)
            progress(f"judging {track.name}", 1, 1)
    if "speed" in tracks:
        result["speed"] = speed.measure()
    return result


def _measure(track: Track, counts: tuple[int, ...], draws: int, simulations: int, peers: bool) -> dict[str, Any]:
    scored = track.referee != NO_OPINION
    others = {
        name: mean_of([score(track, detection, rows) for rows in halves(track, draws)])
        for name, detection in detections(track, packages=peers).items()
    }
    section: dict[str, Any] = {
        "examples": len(scored),
        "scored": int(scored.sum()),
        "share_wrong": float((track.given != track.referee)[scored].mean()),
        "rows": ours(track, draws, counts) | others,
    }
    if track.votes is not None:
        section["consensus"] = consensus(track, draws, packages=peers)
        section["interval"] = coverage(track, simulations) if simulations else None
    return section


def _tracks(
    names: tuple[str, ...], trainer: Trainer, data: Path | None, finished: Path | None, folds: int, full: bool
) -> Iterator[Track]:
    if any(name.startswith(("fer2013", "faces")) for name in names):
        if data is None:
            raise DataError("The tracks of faces need FER2013 and FER+: name their folder with --data.")
        yield from _faces(names, trainer, fer2013(data), finished, folds, full)
    if "digits" in names:
        yield from digits(trainer, networks=False)
    if "digits-networks" in names:
        yield from digits(trainer, networks=True)


def _faces(
    names: tuple[str, ...], trainer: Trainer, dataset: LabelledDataset, finished: Path | None, folds: int, full: bool
) -> Iterator[Track]:
    if "faces-networks" in names:
        yield from noisy_faces_by_networks(dataset, trainer, full=full)
    if not {"fer2013", "fer2013-folds", "faces"} & set(names):
        return
    whole = load_audit(finished, dataset) if finished else trainer.audit(dataset, "fer2013", trainer.effort)
    if "fer2013" in names:
        yield real_faces(dataset, whole)
    if "fer2013-folds" in names:
        yield faces_out_of_sample(dataset, whole, trainer, folds)
    if "faces" in names:
        yield from noisy_faces(dataset, whole, full=full)


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
