"""One row of the table: what a detector said, held against what is right."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.referee import NO_OPINION, detection_scores
from aleator.uncertainty.calibration import reliability_curve
from aleator.uncertainty.metrics import best_f1, f1
from benchmarks.detect.tracks import Track

COLUMNS = (
    "auroc",
    "auroc_within_label",
    "average_precision",
    "flags_f1",
    "best_f1",
    "calibration_error",
    "corrected_accuracy",
    "seconds",
)


@dataclass(frozen=True)
class Detection:
    """What a detector says of each example, `(example,)` each. What it does not say is None."""

    suspicion: NDArray[np.floating[Any]]
    """High for labels that are probably wrong."""
    seconds: float
    flags: NDArray[np.bool_] | None = None
    p_mislabelled: NDArray[np.floating[Any]] | None = None
    corrected: NDArray[np.int64] | None = None
    """The label that it would put in the place of the given one, or that it leaves."""


def halves(track: Track, draws: int) -> list[NDArray[np.bool_]]:
    """For each draw, the random half of the examples that is scored. The other half may be reviewed."""
    # Streams of their own: the noise of a track may have been drawn with the seed 0 as well.
    return [np.random.default_rng([draw, 1]).random(len(track.given)) < 0.5 for draw in range(draws)]


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {column: float(np.mean([row[column] for row in rows])) for column in rows[0]}


def score(track: Track, detection: Detection, rows: NDArray[np.bool_]) -> dict[str, float]:
    """The columns of a row, over the examples in `rows` on which the referee has an opinion."""
    referee = np.where(rows, track.referee, NO_OPINION)
    scored = referee != NO_OPINION
    wrong = (track.given != referee)[scored]
    ranking = vars(detection_scores(detection.suspicion, track.given, referee))
    result = dict.fromkeys(COLUMNS, float("nan")) | {
        name: known for name, known in ranking.items() if known is not None
    }
    result["best_f1"] = best_f1(detection.suspicion[scored], wrong)
    if detection.flags is not None:
        result["flags_f1"] = f1(detection.flags[scored], wrong)
    if detection.p_mislabelled is not None:
        result["calibration_error"] = reliability_curve(detection.p_mislabelled[scored], wrong).error
    if detection.corrected is not None:
        result["corrected_accuracy"] = float((detection.corrected == referee)[scored].mean())
    return result | {"seconds": detection.seconds}
