"""How probably given labels are right, where there are many classes, without the probabilities of all other classes.

The same numbers as in `Hypotheses.posterior`, in a fraction of the time: what a confusion makes of all classes is
computed once for all doubts, and arrays lie class by class, since adding up a few numbers of each row is slow.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.noise.hypotheses import LEADING, NEVER, SMALLEST, Hypotheses
from aleator.noise.label_noise import FLOOR


def each_of_given(
    hypotheses: Hypotheses, log_probs: NDArray[np.floating[Any]], given_label: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Probability under each hypothesis that the given label is right, `(hypothesis, example)`; of log-probabilities
    `(example, class)`, up to a constant in each row, and labels `(example,)`."""
    logits = np.maximum(log_probs, FLOOR, dtype=np.float32)
    rows, classes = np.arange(len(logits)), logits.shape[1]
    candidates = np.concatenate([_leading(logits).T, given_label[None]])
    own = (candidates == given_label).argmax(axis=0)  # the first, where the label is among the likeliest as well
    twice = own < LEADING
    said = logits[rows, candidates]
    highest = said.max(axis=0)
    said -= highest
    logits -= highest[:, None]
    labelled = np.ones(len(rows), dtype=bool)
    result = np.empty((len(hypotheses.crowds), len(rows)), dtype=np.float32)
    few, of_given = np.empty((2, LEADING + 2, len(rows)), dtype=np.float32)
    scaled, before = np.empty_like(logits), None
    for number, crowd in enumerate(hypotheses.crowds):
        noise = crowd.noise
        if noise is not before:
            before, shift = noise, noise.shift.astype(np.float32)
            answers = np.exp(np.multiply(logits, np.float32(noise.sharpness), out=scaled), out=scaled) @ np.exp(shift)
            few[:-1] = said * np.float32(noise.sharpness) + shift[candidates] - np.log(answers)
            few[-2, twice] = NEVER
            few[-1] = np.log(np.maximum(1 - np.exp(few[:-1]).sum(axis=0), SMALLEST))
            of_given[:-1] = noise.confusion[candidates, given_label]
            beside = noise.confusion.sum(axis=0)[given_label] - of_given[:-2].sum(axis=0)
            of_given[-1] = np.maximum(beside / max(1, classes - LEADING), 0)
        first = crowd.first_choice(few.T, of_given.T, labelled).T
        result[number] = first[own, rows]
    return result


def _leading(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """The likeliest classes of each example, `(example, LEADING)`, in any order."""
    least = np.partition(logits, -LEADING, axis=1)[:, -LEADING, None]
    chosen = logits >= least
    if np.count_nonzero(chosen) != len(logits) * LEADING:  # some are equally likely
        return np.argpartition(logits, -LEADING, axis=1)[:, -LEADING:]
    return np.asarray(np.flatnonzero(chosen).reshape(-1, LEADING) % logits.shape[1])
