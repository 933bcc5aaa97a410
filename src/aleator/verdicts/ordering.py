"""What to review next (active learning): first what teaches the posterior most, later what is most likely wrong."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from aleator.decisions.reviews import Reviews
from aleator.rows import blocks
from aleator.verdicts.posterior import LabelPosterior

LESSONS_PER_CLASS = 80
"""After so many decisions for each class there is less and less to learn."""
BALANCE = 0.25
"""0 draws by uncertainty alone, 1 gives each pair of given and likeliest label the same number of places."""


def review_order(posterior: LabelPosterior, reviews: Reviews | None = None, *, seed: int = 0) -> NDArray[np.int64]:
    """Rows that nobody has reviewed, best first.

    An example teaches where the posterior is not sure of it: it is drawn with a weight of the posterior's entropy,
    balanced a little over pairs of given and likeliest label. Drawn, not ranked: the closest calls resemble each
    other, most are honestly ambiguous, and a posterior that was shown nothing else is ill calibrated everywhere else.
    Once enough has been learned, more and more places go to the labels that are most likely wrong.
    """
    given, classes = posterior.observations.given_label, posterior.observations.classes
    open_rows = given >= 0
    decided = 0
    if reviews is not None:
        open_rows[reviews.row] = False
        decided = len(np.unique(reviews.row))
    rows = np.flatnonzero(open_rows)
    cell, entropy, of_given = np.empty(len(rows), np.int32), *np.empty((2, len(rows)), np.float32)
    for block in blocks(len(rows), classes):  # whole copies of what is believed of a million examples would be felt
        probs, label = posterior.distribution[rows[block]], given[rows[block]]
        cell[block] = label * classes + probs.argmax(axis=1)
        entropy[block] = entr(probs).sum(axis=1)
        of_given[block] = np.take_along_axis(probs, label[:, None], axis=1)[:, 0]
    weight = entropy / np.bincount(cell)[cell] ** BALANCE
    # Exponential races: the order in which they end is a draw without replacement by weight.
    race = np.random.default_rng([seed, decided]).exponential(size=len(rows))
    race /= np.maximum(weight, 1e-12)
    lessons = min(1.0, LESSONS_PER_CLASS * classes / max(1, decided))
    place = np.full(len(rows), np.inf)
    for score, share in ((race, lessons), (of_given, 1 - lessons)):
        if share > 0:
            order = np.argsort(score, kind="stable")
            place[order] = np.minimum(place[order], np.arange(len(rows)) / share)
    return np.asarray(rows[np.argsort(place, kind="stable")])
