"""A learner of texts that is unlike a regression: complement naive Bayes (scikit-learn's; Rennie et al. 2003).

It only counts, and so it follows neither single wrong labels nor what makes people err by a rule as closely as a
regression does. Average precision of the regression alone, of naive Bayes alone, and of the pool with topics without
and with it: 2,500 news with a fifth of the labels moved by chance .822, .860, .866, .862; moved to the next class .663,
.759, .814, .821; 5,000 others as people labelled them .539, .640, .678, .690; 3,000 descriptions of packages, by chance
.757, .775, .761, .765, to the next class .610, .716, .736, .737.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import log_softmax
from sklearn.naive_bayes import ComplementNB

from aleator.learners.folds import Folds


def naive_bayes(words: sparse.csr_matrix, labels: NDArray[np.int64], classes: int, folds: Folds) -> NDArray[np.float32]:
    """Log-probabilities out of fold, `(draw, example, class)`, of weights of words `(example, word)`, not negative."""
    result = np.empty((folds.draws, len(labels), classes), dtype=np.float32)
    for draw in range(folds.draws):
        for fold in range(folds.count):
            weight, rows = folds.seen(draw, fold), np.flatnonzero(folds.fold[draw] == fold)
            seen = np.flatnonzero(weight > 0)
            if not len(rows) or not len(seen):  # so few units that not every fold has one
                result[draw, rows] = -np.log(classes)
                continue
            model = ComplementNB()
            model.partial_fit(words[seen], labels[seen], np.arange(classes), weight[seen])
            result[draw, rows] = log_softmax(model.predict_joint_log_proba(words[rows]), axis=1)
    return result
