"""What others do with the same networks' probabilities: plain scores, cleanlab, and consensus methods for votes."""

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.learning.loss_mixture import mixture_weights
from aleator.verdicts.scores import PLAIN_SCORES
from benchmarks.detect.scores import Detection
from benchmarks.detect.tracks import Track
from benchmarks.extras import import_extra


def detections(track: Track, *, packages: bool) -> dict[str, Detection]:
    """What each peer says of a track; with `packages`, cleanlab too.

    Corrected labels are the networks' first choice: everywhere for a score without a cut, else where it is flagged.
    """
    peers: dict[str, Callable[[Track], Detection]] = {
        "self-confidence": _self_confidence,
        "log-odds margin": _margin,
        "mixture of losses": _mixture_of_losses,
        "label frequency": _label_frequency,
    }
    result = {name: _timed(peer, track) for name, peer in peers.items()}
    result |= {name: Detection(-score, float("nan")) for name, score in track.evidence.items()}
    if packages:
        import_extra("cleanlab")
        for method in PLAIN_SCORES:
            result[f"cleanlab {method}"] = _timed(partial(_cleanlab_score, method), track)
        result["cleanlab find_label_issues"] = _timed(_cleanlab_flags, track)
    return result


def _timed(peer: Callable[[Track], Detection], track: Track) -> Detection:
    start = time.perf_counter()
    detection = peer(track)
    return replace(detection, seconds=time.perf_counter() - start)


def _of_given(track: Track) -> NDArray[np.float64]:
    return np.take_along_axis(track.probs, track.given[:, None], axis=1)[:, 0]


def _self_confidence(track: Track) -> Detection:
    p_mislabelled = 1 - _of_given(track)
    return Detection(p_mislabelled, 0, p_mislabelled=p_mislabelled, corrected=track.probs.argmax(axis=1))


def _margin(track: Track) -> Detection:
    """Here the cut is natural: another class leads."""
    log_probs = np.log(track.probs)
    given = np.take_along_axis(log_probs, track.given[:, None], axis=1)[:, 0]
    np.put_along_axis(log_probs, track.given[:, None], -np.inf, axis=1)
    suspicion = log_probs.max(axis=1) - given
    return Detection(suspicion, 0, flags=suspicion > 0, corrected=track.probs.argmax(axis=1))


def _mixture_of_losses(track: Track) -> Detection:
    """Two Gaussians on the losses, scaled to 0..1; the one with the higher mean is that of the wrong labels (Arazo et
    al. 2019; Li et al. 2020, DivideMix, arXiv 2002.07394)."""
    p_mislabelled = 1 - mixture_weights(-np.log(np.maximum(_of_given(track), 1e-12)), seed=0).astype(np.float64)
    flags = p_mislabelled > 0.5
    return Detection(p_mislabelled, 0, flags, p_mislabelled, np.where(flags, track.probs.argmax(axis=1), track.given))


def _label_frequency(track: Track) -> Detection:
    """Knows nothing but which labels are rare."""
    return Detection(-np.bincount(track.given)[track.given].astype(np.float64), 0)


def _cleanlab_score(method: str, track: Track) -> Detection:
    from cleanlab.rank import get_label_quality_scores

    scores = get_label_quality_scores(track.given, track.probs, method=method)
    return Detection(-scores, 0)


def _cleanlab_flags(track: Track) -> Detection:
    from cleanlab.filter import find_label_issues

    flags: NDArray[np.bool_] = find_label_issues(track.given, track.probs)
    corrected = np.where(flags, track.probs.argmax(axis=1), track.given)
    # The mask is the score: among the flagged it prefers none.
    return Detection(flags.astype(np.float64), 0, flags, corrected=corrected)


def dawid_skene(answers: NDArray[np.int64]) -> NDArray[np.int64]:
    """crowd-kit's consensus of `(example, worker)`, -1 no answer; -1 where nobody answered."""
    import_extra("crowdkit")
    import pandas
    from crowdkit.aggregation import DawidSkene

    task, worker = np.nonzero(answers >= 0)
    frame = pandas.DataFrame({"task": task, "worker": worker, "label": answers[task, worker]})
    with warnings.catch_warnings(action="ignore"):  # of pandas, about how crowd-kit calls it
        found = DawidSkene(n_iter=100).fit_predict(frame)
    result = np.full(len(answers), -1)
    result[found.index.to_numpy()] = found.to_numpy()
    return result


def crowdlab(answers: NDArray[np.int64], probs: NDArray[np.float64]) -> NDArray[np.int64]:
    """cleanlab's consensus of `(example, annotator)`, -1 no answer; -1 where nobody answered."""
    import_extra("cleanlab")
    import pandas
    from cleanlab.multiannotator import get_label_quality_multiannotator

    rows = np.flatnonzero((answers >= 0).any(axis=1))
    frame = pandas.DataFrame(np.where(answers[rows] >= 0, answers[rows], np.nan))
    found: dict[str, Any] = get_label_quality_multiannotator(frame, probs[rows], verbose=False)
    result = np.full(len(answers), -1)
    result[rows] = found["label_quality"]["consensus_label"].to_numpy()
    return result
