"""Many regressions at once are what each alone is, by scikit-learn's solver too."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from aleator.learners.softmax_regression import Matrix, fit_many, with_intercept


def wine() -> tuple[np.ndarray, np.ndarray]:
    examples, labels = load_wine(return_X_y=True)
    examples = (examples - examples.mean(axis=0)) / examples.std(axis=0)
    return examples.astype(np.float32), labels.astype(np.int64)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_agrees_with_scikit_learn(form: type, penalty: float) -> None:
    examples, labels = wine()
    weight = np.random.default_rng(0).exponential(size=len(labels)).astype(np.float32)
    matrix: Matrix = with_intercept(form(examples))
    ours = fit_many(matrix, labels, 3, weight[:, None], np.array([penalty]), enough=1e-9)[:, 0]
    reference = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(examples, labels, sample_weight=weight)
    said = examples @ ours[:-1] + ours[-1]
    expected = examples @ reference.coef_.T + reference.intercept_
    apart = (said - said.mean(1, keepdims=True)) - (expected - expected.mean(1, keepdims=True))
    assert np.abs(apart).max() < 0.005 * np.abs(expected).max()  # single precision


def test_each_regression_is_the_same_beside_others_and_alone() -> None:
    examples, labels = wine()
    matrix = with_intercept(examples)
    random = np.random.default_rng(1)
    weights = (random.random((len(labels), 5)) < 0.7).astype(np.float32)
    penalties = np.array([0.3, 1, 3, 10, 100])
    together = fit_many(matrix, labels, 3, weights, penalties, enough=1e-8)
    for place, penalty in enumerate(penalties):
        alone = fit_many(matrix, labels, 3, weights[:, [place]], np.array([penalty]), enough=1e-8)[:, 0]
        assert np.allclose(together[:, place], alone, atol=0.02)


def test_an_example_of_weight_zero_does_not_count() -> None:
    examples, labels = wine()
    weight = np.ones((len(labels), 1), np.float32)
    weight[::3] = 0
    wrong = labels.copy()
    wrong[::3] = (labels[::3] + 1) % 3
    one, other = (fit_many(with_intercept(examples), given, 3, weight, np.array([1.0])) for given in (labels, wrong))
    assert np.array_equal(one, other)
