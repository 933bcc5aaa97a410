"""Calibration errors and prediction sets beside independent libraries, and the promises that they make."""

import warnings

import numpy as np
import pytest
import torch
from mapie.classification import SplitConformalClassifier
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from aleator.uncertainty.calibration import (
    calibration_error,
    class_calibration_errors,
    conformal,
    fit_temperature,
    reliability_curve,
    scale_temperature,
)
from aleator.uncertainty.metrics import negative_log_likelihood

Floats = NDArray[np.float64]


def predictions(count: int, *, temperature: float = 1.0, seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    """Logits of five classes, and labels drawn from them at a temperature: below 1, the logits are too timid."""
    random = np.random.default_rng(seed)
    logits = 2 * random.normal(size=(count, 5))
    labels = (logits / temperature + random.gumbel(size=logits.shape)).argmax(axis=1)
    return logits, labels


# Calibration error


@pytest.mark.parametrize("bins", [5, 15, 40])
def test_the_error_is_the_one_of_torchmetrics(bins: int) -> None:
    logits, labels = predictions(3000, temperature=2)
    probs = softmax(logits, axis=1)
    theirs = multiclass_calibration_error(torch.from_numpy(probs), torch.from_numpy(labels), 5, n_bins=bins)
    assert calibration_error(probs, labels, bins=bins) == pytest.approx(float(theirs), abs=1e-6)
    each = [
        float(binary_calibration_error(torch.from_numpy(probs[:, k]), torch.from_numpy(labels == k), n_bins=bins))
        for k in range(5)
    ]
    assert class_calibration_errors(probs, labels, bins=bins) == pytest.approx(each, abs=1e-6)


def test_the_error_is_weighted_and_empty_bins_say_nothing() -> None:
    stated, right = [0.95, 0.95, 0.95, 0.55], [True, True, False, True]
    curve = reliability_curve(stated, right, bins=10)
    assert curve.count.tolist() == [1, 3]
    assert curve.error == pytest.approx(0.25 * 0.45 + 0.75 * (0.95 - 2 / 3))


def test_bins_of_equal_count_hold_equal_counts_and_agree_with_sorting_by_hand() -> None:
    random = np.random.default_rng(0)
    stated = random.beta(5, 1, 1000)
    right = random.random(1000) < stated**2
    curve = reliability_curve(stated, right, bins=10, binning="adaptive")
    assert curve.count.tolist() == [100] * 10
    order = np.argsort(stated).reshape(10, 100)
    expected = np.abs(stated[order].mean(1) - right[order].mean(1)).mean()
    assert curve.error == pytest.approx(expected)


def test_what_comes_true_has_no_error() -> None:
    logits, labels = predictions(200_000)
    probs = softmax(logits, axis=1)
    assert calibration_error(probs, labels) < 0.006
    assert calibration_error(probs, labels, binning="adaptive") < 0.006
    assert class_calibration_errors(probs, labels).max() < 0.006


def test_bounds_belong_to_bins() -> None:
    curve = reliability_curve([0.0, 0.2, 1.0], [False, False, True], bins=5)
    assert curve.count.tolist() == [2, 1]
    with pytest.raises(ValueError, match="not empty"):
        reliability_curve([], [])


# Temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    logits, labels = predictions(20_000, temperature=temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    fitted = negative_log_likelihood(scale_temperature(logits, found), labels)
    for other in (0.97 * found, 1.03 * found):
        assert fitted < negative_log_likelihood(scale_temperature(logits, other), labels)
    # Log-probabilities are as good as logits, and the ranking stays.
    assert fit_temperature(log_softmax(logits, axis=1), labels) == pytest.approx(found, rel=1e-3)
    assert (scale_temperature(logits, found).argmax(1) == logits.argmax(1)).all()


def test_soft_labels_fit_a_temperature_too() -> None:
    logits, _ = predictions(2000)
    assert fit_temperature(logits, softmax(logits / 2, axis=1)) == pytest.approx(2, rel=1e-3)


# Prediction sets


@pytest.mark.parametrize("method", ["lac", "aps"])
@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("randomised", [False, True])
def test_sets_cover_new_examples_as_promised(method: str, level: float, randomised: bool) -> None:
    """The mean over splits is the promise, for a model that is far from calibrated."""
    covered = []
    for seed in range(40):
        logits, labels = predictions(1500, temperature=3, seed=seed)
        probs, random = softmax(logits, axis=1), np.random.default_rng(seed) if randomised else None
        fitted = conformal(probs[:500], labels[:500], level=level, method=method, random=random)  # type: ignore[arg-type]
        sets = fitted.sets(probs[500:], random=random)
        covered.append(sets[np.arange(1000), labels[500:]].mean())
    deviation = np.std(covered) / np.sqrt(40)
    assert np.mean(covered) > level - 3 * deviation
    if method == "lac" or randomised:  # these are exact up to one calibration example
        assert np.mean(covered) < level + 1 / 501 + 3 * deviation


class Fixed(ClassifierMixin, BaseEstimator):
    """Probabilities that are given as features, so that another library can make its sets of them."""

    def fit(self, X: Floats, y: NDArray[np.int64]) -> "Fixed":
        self.classes_ = np.arange(X.shape[1])
        return self

    def predict_proba(self, X: Floats) -> Floats:
        return X

    def predict(self, X: Floats) -> NDArray[np.int64]:
        return X.argmax(axis=1)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def test_sets_are_those_of_mapie() -> None:
    logits, labels = predictions(1200, temperature=2)
    probs = softmax(logits, axis=1)
    model = Fixed().fit(probs, labels)
    theirs = SplitConformalClassifier(model, confidence_level=0.9, conformity_score="lac", prefit=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.conformalize(probs[:600], labels[:600])
        _, sets = theirs.predict_set(probs[600:])
    ours = conformal(probs[:600], labels[:600], level=0.9, method="lac").sets(probs[600:])
    assert np.array_equal(ours, sets[:, :, 0])


def test_adaptive_sets_by_hand() -> None:
    """The paper's rule in loops: MAPIE's scores of this kind are randomised and cannot be compared one by one."""
    logits, labels = predictions(300, temperature=2)
    probs = softmax(logits, axis=1)

    def mass(p: Floats, label: int) -> float:
        return sum(value for value in p if value >= p[label])

    scores = sorted(mass(p, label) for p, label in zip(probs[:99], labels[:99], strict=True))
    threshold = scores[90 - 1]  # ceil(100 * .9)
    ours = conformal(probs[:99], labels[:99], level=0.9, method="aps").sets(probs[99:])
    by_hand = [[mass(p, label) <= threshold + 1e-12 for label in range(5)] for p in probs[99:]]
    assert np.array_equal(ours, by_hand)


def test_too_few_examples_for_the_level_give_the_set_of_all_classes() -> None:
    probs = softmax(np.random.default_rng(0).normal(size=(8, 3)), axis=1)
    assert conformal(probs, np.zeros(8, dtype=int), level=0.95).sets(probs).all()
    for bad in ({"level": 1.0}, {"method": "magic"}):
        with pytest.raises(ValueError, match=r"level is 1|choose one of lac, aps"):
            conformal(probs, np.zeros(8, dtype=int), **bad)  # type: ignore[arg-type]


def test_reliability_of_one_stated_probability_by_hand() -> None:
    probability = np.array([0.1, 0.1, 0.9, 0.9])
    assert reliability_curve(probability, np.array([False, False, True, True])).error == pytest.approx(0.1)
    assert reliability_curve(np.full(4, 0.5), np.array([True, False] * 2)).error == pytest.approx(0.0)
