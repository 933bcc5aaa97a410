"""What to review next: first what teaches the posterior most, later what is most likely wrong."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from aleator.verdicts.posterior import Posterior
from aleator.verdicts.reviews import Reviews

LESSONS_PER_CLASS = 80
"""After so many decisions for each class there is less and less to learn."""
BALANCE = 0.25
"""0 draws by uncertainty alone, 1 gives each pair of given and likeliest label the same number of places."""


def review_order(posterior: Posterior, reviews: Reviews | None = None, *, seed: int = 0) -> NDArray[np.int64]:
    """Rows that nobody has reviewed, best first.

    An example teaches where the posterior is not sure of it: it is drawn with a weight of the posterior's entropy,
    balanced a little over pairs of given and likeliest label. Drawn, not ranked: the closest calls resemble each
    other, most are honestly ambiguous, and a posterior that was shown nothing else is ill calibrated everywhere else.
    Once enough has been learned, more and more places go to the labels that are most likely wrong.
    """
    given, probs = posterior.observations.given_label, posterior.distribution
    open_rows = given >= 0
    decided = 0
    if reviews is not None:
        open_rows[reviews.row] = False
        decided = len(np.unique(reviews.row))
    rows = np.flatnonzero(open_rows)
    probs, given = probs[rows], given[rows]
    cell = given * probs.shape[1] + probs.argmax(axis=1)
    weight = entr(probs).sum(axis=1) / np.bincount(cell)[cell] ** BALANCE
    # Exponential races: the order in which they end is a draw without replacement by weight.
    race = np.random.default_rng([seed, decided]).exponential(size=len(rows)) / np.maximum(weight, 1e-12)
    of_given = np.take_along_axis(probs, given[:, None], axis=1)[:, 0]
    lessons = min(1.0, LESSONS_PER_CLASS * probs.shape[1] / max(1, decided))
    place = np.full(len(rows), np.inf)
    for order, share in ((np.argsort(race), lessons), (np.argsort(of_given, kind="stable"), 1 - lessons)):
        if share > 0:
            place[order] = np.minimum(place[order], np.arange(len(rows)) / share)
    return np.asarray(rows[np.argsort(place, kind="stable")])
