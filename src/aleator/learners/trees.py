"""A learner of tables: gradient boosting (scikit-learn's), which takes gaps and categories as they are."""

import numpy as np
from numpy.typing import NDArray

from aleator.learners.folds import Folds

TREES, LEAVES, RATE, FEWEST_IN_LEAF = 100, 15, 0.1, 20
LEAST = 1e-6


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
