"""`aleator.cleanlab`: changing the import is enough."""

import importlib
import inspect
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

import aleator
import aleator.cleanlab
from aleator.cleanlab import filter, multilabel_classification, rank
from aleator.cleanlab.instead import FUNCTIONS, MODULES
from aleator.cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from aleator.cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class
from aleator.errors import DataError
from aleator.verdicts.issues import RankedBy
from tests.verdicts.test_issues import example

SHARED = [
    ("filter", "find_label_issues"),
    ("filter", "find_predicted_neq_given"),
    ("rank", "get_label_quality_scores"),
    ("rank", "order_label_issues"),
    ("rank", "find_top_issues"),
    ("multiannotator", "get_label_quality_multiannotator"),
    ("multiannotator", "get_label_quality_multiannotator_ensemble"),
    ("multiannotator", "get_majority_vote_label"),
    ("multiannotator", "convert_long_to_wide_dataset"),
    ("multilabel_classification.filter", "find_label_issues"),
    ("multilabel_classification.filter", "find_multilabel_issues_per_class"),
    ("multilabel_classification.rank", "get_label_quality_scores"),
    ("multilabel_classification.rank", "get_label_quality_scores_per_class"),
]


@pytest.mark.parametrize(("module", "name"), SHARED)
def test_arguments_and_defaults_are_cleanlabs(module: str, name: str) -> None:
    pytest.importorskip("cleanlab")
    theirs = inspect.signature(getattr(importlib.import_module(f"cleanlab.{module}"), name)).parameters
    ours = inspect.signature(getattr(importlib.import_module(f"aleator.cleanlab.{module}"), name)).parameters
    assert list(ours) == list(theirs)
    assert [one.kind for one in ours.values()] == [one.kind for one in theirs.values()]
    for argument, one in theirs.items():
        assert ours[argument].default == one.default or (one.default == {} and ours[argument].default is None)


@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin", "confidence_weighted_entropy"])
@pytest.mark.parametrize("adjust", [False, True])
def test_scores_of_single_labels_are_the_same_numbers(method: RankedBy, adjust: bool) -> None:
    theirs = pytest.importorskip("cleanlab.rank")
    _, labels, probs = example()
    if adjust and method == "confidence_weighted_entropy":
        with pytest.raises(DataError, match="adjust_pred_probs"):
            rank.get_label_quality_scores(labels, probs, method=method, adjust_pred_probs=True)
        return
    ours = rank.get_label_quality_scores(labels, probs, method=method, adjust_pred_probs=adjust)
    assert np.allclose(ours, theirs.get_label_quality_scores(labels, probs, method=method, adjust_pred_probs=adjust))


def test_scores_by_hand() -> None:
    probs = np.array([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]])
    assert rank.get_label_quality_scores([0, 1], probs) == pytest.approx([0.7, 0.25])
    assert rank.get_label_quality_scores([0, 1], probs, method="normalized_margin") == pytest.approx([0.75, 0.375])
    doubt = -(probs * np.log(probs)).sum(axis=1) / np.log(3) / [0.7, 0.25]
    said = rank.get_label_quality_scores([0, 1], probs, method="confidence_weighted_entropy")
    assert said == pytest.approx(np.log1p(doubt) / doubt)


def test_the_same_issues_as_by_our_own_name() -> None:
    _, labels, probs = example()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mask = filter.find_label_issues(labels, probs)
    assert np.array_equal(mask, aleator.find_label_issues(labels, probs))
    rows = filter.find_label_issues(labels, probs, return_indices_ranked_by="normalized_margin")
    assert sorted(rows) == np.flatnonzero(mask).tolist()
    assert np.array_equal(rows, rank.order_label_issues(mask, labels, probs, rank_by="normalized_margin"))
    assert aleator.cleanlab.find_label_issues is filter.find_label_issues


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("n_jobs", 1),
        ("verbose", True),
        ("confident_joint", np.ones((3, 3))),
        ("filter_by", "prune_by_class"),
        ("filter_by", "confident_learning"),
    ],
)
def test_what_makes_no_sense_here_is_accepted_and_explained(argument: str, value: object) -> None:
    _, labels, probs = example()
    with pytest.warns(UserWarning, match=argument) as told:
        mask = filter.find_label_issues(labels, probs, **{argument: value})  # type: ignore[arg-type]
    assert told[0].filename == __file__
    assert np.array_equal(mask, filter.find_label_issues(labels, probs))


def test_the_worst_share_and_so_many_of_each_class() -> None:
    _, labels, probs = example()
    every = aleator.find_label_issues(labels, probs)
    half = aleator.find_label_issues(labels, probs, frac_noise=0.5)
    assert half.sum() == round(every.sum() / 2)
    assert (every | ~half).all()
    quality = aleator.get_label_quality_scores(labels, probs)
    assert quality[half].max() <= quality[every & ~half].min()
    five = aleator.find_label_issues(labels, probs, num_to_remove_per_class=[5, 0, 2])
    assert np.bincount(labels[five], minlength=3).tolist() == [5, 0, 2]
    few = np.concatenate([labels[:300], [1] * 4])
    clear = np.concatenate([probs[:300], np.tile([[0.98, 0.01, 0.01]], (4, 1))])
    few[:300][few[:300] == 1] = 0
    assert aleator.find_label_issues(few, clear)[-4:].all()
    assert aleator.find_label_issues(few, clear, min_examples_per_class=3)[-4:].sum() == 1
    for wrong in ({"num_to_remove_per_class": 3}, {"frac_noise": 0.5}):
        with pytest.raises(DataError, match="not supported"):
            aleator.find_label_issues(labels, probs, filter_by="predicted_neq_given", **wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="is no filter_by"):
        aleator.find_label_issues(labels, probs, filter_by="magic")  # type: ignore[arg-type]


def test_other_ways_to_choose() -> None:
    truth, labels, probs = example()
    other = filter.find_label_issues(labels, probs, filter_by="predicted_neq_given")
    assert np.array_equal(other, probs.argmax(axis=1) != labels)
    assert np.array_equal(other, filter.find_predicted_neq_given(labels, probs))
    lowest = filter.find_label_issues(labels, probs, filter_by="low_self_confidence")
    own = rank.get_label_quality_scores(labels, probs)
    assert own[lowest].max() <= own[~lowest].min()
    assert lowest.sum() == pytest.approx((truth != labels).sum(), rel=0.35)


def test_several_learners_scores_are_weighed() -> None:
    _, labels, probs = example()
    useless = np.full_like(probs, 1 / 3)
    both = rank.get_label_quality_ensemble_scores(labels, [probs, useless], weight_ensemble_members_by="uniform")
    own = rank.get_label_quality_scores(labels, probs)
    assert both == pytest.approx((own + 1 / 3) / 2)
    weighed = rank.get_label_quality_ensemble_scores(labels, [probs, useless])
    assert np.abs(weighed - own).mean() < np.abs(both - own).mean()
    with pytest.raises(DataError, match="custom"):
        rank.get_label_quality_ensemble_scores(labels, [probs], custom_weights=[1.0])


def multi_label_example(count: int = 400) -> tuple[list[list[int]], NDArray[np.float64], NDArray[np.bool_]]:
    """Three classes, each example with any of them; a tenth of the examples have one annotation that is wrong."""
    random = np.random.default_rng(0)
    truth = random.random((count, 3)) < [0.5, 0.3, 0.1]
    probs = 1 / (1 + np.exp(-(random.normal(size=truth.shape) + 3 * (2 * truth - 1))))
    wrong = random.random(count) < 0.1
    given = truth.copy()
    given[wrong, random.integers(0, 3, count)[wrong]] ^= True
    return [np.flatnonzero(one).tolist() for one in given], probs, wrong


def test_each_of_many_classes_is_judged() -> None:
    labels, probs, wrong = multi_label_example()
    mask = aleator.find_label_issues(labels, probs, multi_label=True)
    assert 2 * (mask & wrong).sum() / (mask.sum() + wrong.sum()) > 0.7
    assert np.array_equal(mask, multilabel_classification.find_label_issues(labels, probs))
    each = find_multilabel_issues_per_class(labels, probs)
    assert isinstance(each, np.ndarray)
    assert each.shape == probs.shape
    assert np.array_equal(each.any(axis=1), mask)
    rows = multilabel_classification.find_label_issues(labels, probs, return_indices_ranked_by="self_confidence")
    assert sorted(rows) == np.flatnonzero(mask).tolist()
    ranked, has, binary = find_multilabel_issues_per_class(labels, probs, return_indices_ranked_by="self_confidence")
    assert [sorted(one) for one in ranked] == [np.flatnonzero(one).tolist() for one in each.T]
    assert (len(has), binary[1].shape) == (3, (400, 2))
    for wrongly, message in (
        ({"labels": [[3], *labels[1:]]}, "row 0: 3"),
        ({"labels": np.zeros((400, 3))}, "list of classes"),
    ):
        with pytest.raises(DataError, match=message):
            aleator.find_label_issues(**{"labels": labels, "pred_probs": probs, "multi_label": True, **wrongly})  # type: ignore[arg-type]


def test_quality_of_many_classes() -> None:
    labels, probs = [[1], [0, 2]], np.array([[0.1, 0.9, 0.1], [0.4, 0.1, 0.9]])
    assert get_label_quality_scores_per_class(labels, probs) == pytest.approx(
        np.array([[0.9, 0.9, 0.9], [0.4, 0.9, 0.9]])
    )
    quality = multilabel_classification.get_label_quality_scores
    assert quality(labels, probs) == pytest.approx([0.9, 0.5])
    assert quality(labels, probs, aggregator_kwargs={"method": np.min}) == pytest.approx([0.9, 0.4])
    soft = quality(labels, probs, aggregator_kwargs={"method": "softmin", "temperature": 0.01})
    assert soft == pytest.approx([0.9, 0.4], abs=1e-6)
    long, many, wrong = multi_label_example()
    own = quality(long, many, method="label_quality")
    assert own[wrong].mean() < own[~wrong].mean() - 0.2


def test_what_is_not_offered_says_what_to_use() -> None:
    for name in MODULES:
        with pytest.raises(ImportError, match=rf"no {name}.*Instead: "):
            getattr(aleator.cleanlab, name)
    for module in (filter, rank, multilabel_classification):
        for name in FUNCTIONS:
            with pytest.raises(ImportError, match=rf"no {name}.*Instead: "):
                getattr(module, name)
    with pytest.raises(ImportError, match="aleator review"):
        exec("from aleator.cleanlab.multiannotator import get_active_learning_scores")
    with pytest.raises(AttributeError, match="no attribute"):
        aleator.cleanlab.nothing  # noqa: B018


def test_rounded_probabilities_are_probabilities() -> None:
    _, labels, probs = example()
    rounded = aleator.find_label_issues(labels, probs.round(2))
    assert (rounded == aleator.find_label_issues(labels, probs)).mean() > 0.99
    many = np.random.default_rng(0).dirichlet(np.ones(12), 50).round(2)
    assert np.isfinite(aleator.get_label_quality_scores(np.arange(50) % 12, many)).all()
