"""How given labels err, by networks that were trained on them but resist memorising them."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from aleator.noise.label_noise import LabelNoise, centred, nothing_known
from aleator.rows import Rows, blocks, evenly

SHARPNESS = 0.5
"""The early-learning objective rewards agreeing with oneself, and so makes the networks surer than they are right.
With half of their log-probabilities, joined with the given labels, the calibration error on FER2013 is .02."""
PASSES = 3
MOST_ROWS = 100_000
GIVEN_LABEL_WEIGHT = 0.5
"""What a given label counts for beside a network that was trained on it. Chosen on FER2013 alone."""
PRIOR_EXAMPLES = 3000.0
"""A given label says how it is mixed up as far as it has more examples than this; a rare one says next to nothing.
Without this, what is seen of a rare label is mostly what the network believes of it: the AUROC within a label falls by
.008 on FER2013 (by .060 for the rarest), the average precision on drawn faces by .05."""
LARGEST_SHIFT = 0.5
"""How far, in logits, the share of a class among the truth may differ from its share among the given labels. What the
networks say of it points in the right direction but feeds on itself: reviewed examples tell the rest. Without this
bound FER2013 gains .001 AUROC and drawn faces lose .017."""


def estimate_in_sample(log_probs: Rows, given_label: NDArray[np.int64]) -> LabelNoise:
    """What the networks say of the examples with a given label shows with which classes it is mixed up, and what they
    say of all hints that a class is given too often or too rarely.

    The likelihood of the labels would take what was memorised for the truth. And these are only hints: a class that
    the network likes to replace may as well be hard to learn.
    """
    classes = log_probs.shape[1]
    rows = evenly(np.flatnonzero(given_label >= 0), MOST_ROWS)
    noise = nothing_known(classes, SHARPNESS, GIVEN_LABEL_WEIGHT)
    labels = given_label[rows]
    given_share = (np.bincount(labels, minlength=classes) + 1) / (len(labels) + classes)
    bonus = np.zeros((classes, classes))  # (given, true), in logits: nothing is known before the first pass
    for _ in range(PASSES if len(labels) else 0):
        counts = np.ones((classes, classes))  # (given, true)
        for block in blocks(len(labels), classes):
            of_block = labels[block]
            logits = noise.sharpness * centred(log_probs[rows[block]]) + noise.shift + bonus[of_block]
            probs = np.exp(log_softmax(logits, axis=1))
            for label in range(classes):
                counts[label] += probs[of_block == label].sum(axis=0)
        true_share = counts.sum(axis=0) / counts.sum()
        doubt = PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(labels))
        shift = np.log((1 - doubt) * true_share / given_share + doubt).clip(-LARGEST_SHIFT, LARGEST_SHIFT)
        counts += PRIOR_EXAMPLES * true_share
        noise = LabelNoise(SHARPNESS, shift, (counts / counts.sum(axis=0)).T, GIVEN_LABEL_WEIGHT)
        bonus = (noise.weight * np.log(noise.confusion)).T
    return noise
