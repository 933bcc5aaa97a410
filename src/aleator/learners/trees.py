"""Learners that ask one feature at a time (scikit-learn's): gradient boosting for tables, which takes gaps and
categories as they are, and extremely randomised trees for few examples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.learners.folds import Folds

TREES, LEAVES, RATE, FEWEST_IN_LEAF = 100, 15, 0.1, 20
LEAST = 1e-6
MOST_FOR_FOREST = 2_000
"""Examples: with more, a forest takes longer than all others together."""
OF_FOREST, FEWEST_IN_ITS_LEAF = 40, 2
SURE = 50
"""So many answers a forest's probabilities count as, beside one that is spread over all classes."""


def trees(
    columns: NDArray[np.float32], categorical: NDArray[np.bool_], labels: NDArray[np.int64], classes: int, folds: Folds,
    seed: int,
) -> NDArray[np.float32]:  # fmt: skip
    """Log-probabilities out of fold, `(draw, example, class)`.

    `columns` are `(example, column)`: numbers, and codes of categories where `categorical` `(column,)` says so; NaN is
    a gap.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # takes a second that only tables are worth

    result = np.empty((folds.draws, len(labels), classes), dtype=np.float32)
    for draw in range(folds.draws):
        for fold in range(folds.count):
            weight = folds.seen(draw, fold)
            seen, rows = np.flatnonzero(weight > 0), np.flatnonzero(folds.fold[draw] == fold)
            model = HistGradientBoostingClassifier(
                max_iter=TREES,
                learning_rate=RATE,
                max_leaf_nodes=LEAVES,
                min_samples_leaf=max(2, min(FEWEST_IN_LEAF, len(seen) // (5 * classes))),
                l2_regularization=1.0,
                categorical_features=categorical if categorical.any() else None,
                early_stopping=len(seen) > 500,
                validation_fraction=0.15,
                n_iter_no_change=5,
                random_state=seed,
            )
            model.fit(columns[seen], labels[seen], sample_weight=weight[seen])
            probs = np.full((len(rows), classes), LEAST)
            probs[:, model.classes_] = np.maximum(model.predict_proba(columns[rows]), LEAST)
            result[draw, rows] = np.log(probs / probs.sum(axis=1, keepdims=True))
    return result


def forest(
    features: NDArray[np.floating[Any]], labels: NDArray[np.int64], classes: int, folds: Folds, seed: int
) -> NDArray[np.float32]:
    """Log-probabilities out of fold, `(draw, example, class)`, of features `(example, feature)`.

    By extremely randomised trees (Geurts et al. 2006).
    """
    from sklearn.ensemble import ExtraTreesClassifier

    most = np.finfo(np.float32).max
    features = np.clip(features, -most, most).astype(np.float32)
    result = np.full((folds.draws, len(labels), classes), -np.log(classes), dtype=np.float32)
    for draw in range(folds.draws):
        for fold in range(folds.count):
            weight = folds.seen(draw, fold)
            seen, rows = np.flatnonzero(weight > 0), np.flatnonzero(folds.fold[draw] == fold)
            if not len(rows) or not len(seen):  # so few units that not every fold has one
                continue
            model = ExtraTreesClassifier(OF_FOREST, min_samples_leaf=FEWEST_IN_ITS_LEAF, random_state=seed)
            model.fit(features[seen], labels[seen], sample_weight=weight[seen])
            probs = np.zeros((len(rows), classes))
            probs[:, model.classes_] = model.predict_proba(features[rows])
            result[draw, rows] = np.log((SURE * probs + 1 / classes) / (SURE + 1))
    return result
