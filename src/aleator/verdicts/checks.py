"""Checks of labels, probabilities and features that somebody brings: each error names the first row that is wrong."""

import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.data.sparse_probabilities import is_sparse
from aleator.errors import DataError
from aleator.noise.label_noise import FLOOR
from aleator.rows import not_finite

MOST_AGREEMENT = 0.99
IN_SAMPLE = (
    "The probabilities agree with more than 99% of the labels, as those of a model do that was trained on them. Such "
    "a model says little of which labels are wrong: give out-of-sample probabilities, as cross-validation makes them."
)
ROUNDING, MOST_ROUNDING = 0.005, 0.1
"""Probabilities with two decimals are off by up to this each; rows that are off by more in all are no distributions."""


def looks_in_sample(given: NDArray[np.int64], several: tuple[NDArray[np.floating[Any]], ...]) -> bool:
    """Whether a learner agrees with nearly every label, as those do that were trained on them."""
    return any((probs.argmax(axis=1) == given).mean() > MOST_AGREEMENT for probs in several)


def log_of(probs: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Logs in single precision; a probability of zero is a very small one."""
    result = np.maximum(probs, np.exp(FLOOR), dtype=np.float32)
    return np.asarray(np.log(result, out=result))


@dataclass(frozen=True)
class LogOf:
    """The same, computed only of the rows that are asked for: to keep all takes memory and more time than they do."""

    probs: NDArray[np.floating[Any]]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.probs.shape

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        return log_of(self.probs[rows])


def checked_probabilities(
    labels: ArrayLike, pred_probs: ArrayLike
) -> tuple[NDArray[np.int64], tuple[NDArray[np.floating[Any]], ...]]:
    """Labels, and the probabilities of each learner. Raises DataError naming the first row that is wrong, and the
    remedy."""
    try:
        probs = np.asarray(pred_probs)
    except ValueError as error:
        raise DataError("The learners' pred_probs have different shapes; each needs (example, class).") from error
    if probs.ndim == 3:
        several = [checked_probabilities(labels, one) for one in probs]
        if not several:
            raise DataError("pred_probs has no learner.")
        return several[0][0], tuple(one for _, (one,) in several)
    probs = checked_distributions(probs)
    given = checked_labels(labels, probs.shape[1], "labels", fewest=0)
    if len(given) != len(probs):
        raise DataError(f"{len(given)} labels but {len(probs)} rows of pred_probs; they must line up.")
    return given, (probs,)


def checked_distributions(pred_probs: ArrayLike) -> NDArray[np.floating[Any]]:
    """One learner's probabilities, `(example, class)`; rounded ones made to sum to one again. Raises DataError
    naming the first row that is wrong."""
    if is_sparse(pred_probs):
        raise DataError(
            "Sparse pred_probs are taken by find_label_issues, get_label_quality_scores and `aleator judge`."
        )
    probs = np.asarray(pred_probs)
    if probs.ndim != 2 or probs.shape[1] < 2 or not np.issubdtype(probs.dtype, np.floating):
        raise DataError(
            f"pred_probs has shape {probs.shape} and type {probs.dtype}; wanted are probabilities (example, class) for "
            "two classes or more."
        )
    total = probs.sum(axis=1, dtype=np.float64)
    off = np.abs(total - 1)
    allowed = min(0.01 + ROUNDING * probs.shape[1], MOST_ROUNDING)
    wrong = ~(off <= allowed)
    if probs.min(initial=0) < 0:  # the least of each row is slow to find, and there hardly ever is one
        wrong |= probs.min(axis=1) < 0
    bad = np.flatnonzero(wrong)
    if len(bad):
        row = int(bad[0])
        raise DataError(
            f"pred_probs, row {row}: {np.array2string(probs[row][:8], precision=4)} is no distribution (it sums to "
            f"{total[row]:.4g}); {len(bad)} such rows. Give probabilities, not logits, without NaN."
        )
    if (off > 1e-3).any():
        probs = (probs / total[:, None]).astype(probs.dtype)
    return probs


def checked_labels(labels: ArrayLike, classes: int, what: str, *, fewest: int) -> NDArray[np.int64]:
    """Integer labels `(example,)` from `fewest` to `classes - 1`."""
    values = np.asarray(labels)
    if values.ndim != 1 or not len(values):
        raise DataError(f"{what} has shape {values.shape}; wanted is one label per example, (example,).")
    if not np.issubdtype(values.dtype, np.number) or not np.equal(np.mod(values, 1), 0).all():
        raise DataError(f"{what} is {values.dtype}; wanted are whole numbers from 0 to {classes - 1}.")
    bad = np.flatnonzero((values < fewest) | (values >= classes))
    if len(bad):
        raise DataError(
            f"{what}, row {bad[0]}: {values[bad[0]]} has no column in pred_probs, which has columns 0 to {classes - 1}."
        )
    return values.astype(np.int64)


def checked_features(features: ArrayLike, examples: int) -> NDArray[np.floating[Any]]:
    values = np.asarray(features)
    if values.ndim != 2 or len(values) != examples:
        raise DataError(f"features have shape {values.shape}; wanted is ({examples}, feature).")
    bad = not_finite(values)
    if len(bad):
        raise DataError(f"features, row {bad[0]}, are NaN or infinite.")
    return values


def explain_ignored(**arguments: object) -> None:
    """Say of arguments that were given and make no sense here why they change nothing."""
    why = {
        "confident_joint": "how labels err is learned anew, with how sure that is",
        "n_jobs": "one process is enough",
        "verbose": "there is nothing to tell",
        "calibrate_probs": "how far the probabilities can be trusted is learned from the answers",
        "low_memory": "the posterior needs little memory as it is",
    }
    for name, value in arguments.items():
        if value is not None:
            explain(f"{name} changes nothing: {why[name]}.")


def explain(text: str) -> None:
    """A warning that points to the line that called the package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("aleator."):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)
