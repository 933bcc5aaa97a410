"""Judging by each example's likeliest classes says what judging by all of them says."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import roc_auc_score

import aleator
from aleator.errors import DataError
from aleator.verdicts.probabilities import judge_probabilities, quality_of

CLASSES, EXAMPLES, LEADING = 60, 4000, 12
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def photographs() -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Truth, given labels of which some are wrong, mostly as neighbouring classes, and probabilities of all classes."""
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, EXAMPLES)
    logits = random.standard_normal((EXAMPLES, CLASSES)).astype(np.float32)
    logits[np.arange(EXAMPLES), truth] += random.normal(4, 1.5, EXAMPLES)
    logits[np.arange(EXAMPLES), truth ^ 1] += 1.5
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    wrong = random.random(EXAMPLES)
    given = np.where(wrong < 0.08, truth ^ 1, np.where(wrong < 0.12, random.integers(0, CLASSES, EXAMPLES), truth))
    return truth, given, probs


def likeliest(probs: Floats, count: int = LEADING) -> sparse.csr_array:
    least = np.sort(probs, axis=1)[:, -count][:, None]
    return sparse.csr_array(np.where(probs >= least, probs, 0))


def test_wrong_labels_are_ranked_as_by_all_classes(
    photographs: tuple[NDArray[np.int64], NDArray[np.int64], Floats],
) -> None:
    truth, given, probs = photographs
    quality = aleator.get_label_quality_scores(given, likeliest(probs))
    dense = quality_of(judge_probabilities(given, probs))
    wrong = truth != given
    assert roc_auc_score(wrong, -quality) > roc_auc_score(wrong, -dense) - 0.002
    assert roc_auc_score(wrong, -quality) > roc_auc_score(wrong, -probs[np.arange(EXAMPLES), given])
    assert (1 - quality).mean() == pytest.approx((1 - dense).mean(), abs=0.01)
    assert abs(quality - dense).mean() < 0.01


def test_issues_and_rows_are_those_of_all_classes(
    photographs: tuple[NDArray[np.int64], NDArray[np.int64], Floats],
) -> None:
    truth, given, probs = photographs
    some = likeliest(probs)
    issues, dense = aleator.find_label_issues(given, some), aleator.find_label_issues(given, probs)
    assert (issues != dense).mean() < 0.005
    rows = aleator.find_label_issues(given, some, return_indices_ranked_by="label_quality")
    assert set(rows.tolist()) == set(np.flatnonzero(issues).tolist())
    assert (truth != given)[rows[:100]].mean() > 0.95
    for filter_by in ("predicted_neq_given", "low_self_confidence", "low_normalized_margin"):
        one = aleator.find_label_issues(given, some, filter_by=filter_by)  # type: ignore[arg-type]
        other = aleator.find_label_issues(given, probs, filter_by=filter_by)  # type: ignore[arg-type]
        assert (one != other).mean() < 0.02


@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin", "confidence_weighted_entropy"])
def test_plain_scores_are_those_of_all_classes_where_all_are_there(
    method: str, photographs: tuple[NDArray[np.int64], NDArray[np.int64], Floats]
) -> None:
    _, given, probs = photographs
    few = probs[:, :30] / probs[:, :30].sum(axis=1, keepdims=True)
    labels = given % 30
    one = aleator.get_label_quality_scores(labels, sparse.csr_array(few), method=method)  # type: ignore[arg-type]
    other = aleator.get_label_quality_scores(labels, few, method=method)  # type: ignore[arg-type]
    assert one == pytest.approx(other, abs=1e-5)


def test_a_label_that_is_not_among_the_likeliest_is_doubted_and_no_class_is_forgotten() -> None:
    random = np.random.default_rng(1)
    label = random.integers(0, 3000, (2000, 1)) + np.arange(5) * 7
    probs = sparse.csr_array(
        (np.tile([0.6, 0.2, 0.1, 0.05, 0.02], 2000), (np.repeat(np.arange(2000), 5), label.ravel() % 3000)),
        shape=(2000, 3000),
    )
    given = label[:, 0] % 3000
    given[:50] = (given[:50] + 1500) % 3000
    quality = aleator.get_label_quality_scores(given, probs)
    assert quality[:50].max() < 0.5 < quality[50:].min()
    assert np.array_equal(quality, aleator.get_label_quality_scores(given, probs.tocoo()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m * 3, "row 0: .* are no probabilities"),
        (lambda m: m * np.float32("nan"), "row 0: .* are no probabilities"),
        (lambda m: -m, "row 0: .* are no probabilities"),
        (lambda m: sparse.csr_array(np.where(np.arange(m.shape[0])[:, None] == 7, 0, m.toarray())), "row 7: "),
        (lambda m: m.astype(np.int64), "type int64"),
        (lambda m: m[:, :1], "two classes or more"),
        (lambda m: m[:-1], "must line up"),
    ],
)
def test_what_is_no_probabilities_is_refused_with_its_row(
    change: object, said: str, photographs: tuple[NDArray[np.int64], NDArray[np.int64], Floats]
) -> None:
    _, given, probs = photographs
    with pytest.raises(DataError, match=said):
        aleator.find_label_issues(given[:50], change(likeliest(probs[:50])))  # type: ignore[operator]


def test_what_is_not_heard_beside_sparse_probabilities_is_said(
    photographs: tuple[NDArray[np.int64], NDArray[np.int64], Floats],
) -> None:
    _, given, probs = photographs
    some = likeliest(probs)
    with pytest.raises(DataError, match="features and reviewed_labels"):
        aleator.find_label_issues(given, some, features=probs)
    with pytest.raises(DataError, match="multi_label"):
        aleator.find_label_issues([[0]], some, multi_label=True)
    with pytest.raises(DataError, match="adjust_pred_probs"):
        aleator.get_label_quality_scores(given, some, adjust_pred_probs=True)
    twice = sparse.csr_array((np.array([0.5, 0.3]), np.array([1, 1]), np.array([0, 2])), shape=(1, 4))
    with pytest.raises(DataError, match="row 0: a class stands there twice"):
        aleator.find_label_issues([1], twice)
