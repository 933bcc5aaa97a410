"""Learners are heard on examples whose labels they have not seen."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.datasets import load_digits, make_circles
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_val_predict

from aleator.data.synthetic_noise import pair_flip, symmetric
from aleator.learners import Heard, LabelledFolds, Material, draw_folds, hear
from aleator.learners import kernel as kernel_module
from aleator.learners import linear as linear_module
from aleator.learners.bayes import naive_bayes
from aleator.learners.folds import Folds
from aleator.learners.hear import suitable
from aleator.learners.kernel import kernel
from aleator.learners.linear import linear
from aleator.learners.ratios import ratios
from aleator.learners.topics import topics
from aleator.learners.trees import forest
from aleator.vectors.dense import principal

Labels = NDArray[np.int64]
Learn = Callable[[sparse.csr_matrix, Labels, int, Folds], NDArray[np.float32]]


def alone(count: int) -> Labels:
    return np.full(count, -1)


def heard(features: NDArray[np.float64], labels: Labels, classes: int, draws: int = 1) -> Heard:
    groups = alone(len(labels))
    return hear(
        Material(principal(features)), LabelledFolds(labels, classes, draw_folds(labels, groups, draws, 0), groups)
    )


def test_copies_share_a_fold_and_the_first_draw_weighs_all_alike() -> None:
    labels = np.array([0, 1] * 50 + [-1] * 3)
    groups = alone(103)
    groups[[0, 7, 20]] = 0
    folds = draw_folds(labels, groups, 3, 0)
    assert (folds.fold[:, [0, 7, 20]] == folds.fold[:, [0]]).all()
    assert set(folds.weight[0].tolist()) == {0.0, 1.0}
    assert (folds.weight[:, labels < 0] == 0).all()
    assert not np.array_equal(folds.fold[0], folds.fold[1])


@pytest.mark.parametrize("draws", [1, 3])
def test_labels_that_say_nothing_are_not_learned(draws: int) -> None:
    """Whoever had seen an example's label would predict it."""
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(300, 20)), random.integers(0, 3, 300)
    said = heard(features, labels, 3, draws).log_probs.mean(axis=0)
    assert (said.argmax(axis=1) == labels).mean() < 0.42


def test_changing_a_label_changes_what_others_hear_of_it_and_not_the_example_itself() -> None:
    features, labels = load_digits(return_X_y=True)
    features, labels = principal(features[:300]), labels[:300].astype(np.int64)
    groups = alone(300)
    folds = draw_folds(labels, groups, 1, 0)
    changed = labels.copy()
    changed[5] = (labels[5] + 1) % 10
    before, after = (kernel(features, given, 10, folds, 0)[0] for given in (labels, changed))
    change = np.abs(np.exp(before) - np.exp(after)).max(axis=1)
    assert change[5] < 2e-3, "all folds stop after the same step, and so not at exactly the same place"
    assert change[folds.fold[0] != folds.fold[0, 5]].max() > 0.1


def test_regressions_that_are_fitted_to_some_examples_predict_all(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = load_digits(return_X_y=True)
    features, labels = principal(features), labels.astype(np.int64)
    folds = draw_folds(labels, alone(len(labels)), 1, 0)
    of_all = linear(features, labels, 10, folds).log_probs, kernel(features, labels, 10, folds, 0)
    for module in (linear_module, kernel_module):
        monkeypatch.setattr(module, "MOST_TO_FIT", 900)
    monkeypatch.setattr(linear_module, "MOST_OF_A_CLASS", 10)
    monkeypatch.setattr(linear_module, "PREDICTED", 500)
    of_some = linear(features, labels, 10, folds).log_probs, kernel(features, labels, 10, folds, 0)
    for whole, part in zip(of_all, of_some, strict=True):
        right_by_all, right_by_some = ((said[0].argmax(axis=1) == labels).mean() for said in (whole, part))
        assert not np.array_equal(whole, part)
        assert right_by_all - 0.03 < right_by_some


def test_wrong_labels_of_digits_are_ranked_better_than_by_logistic_regression_and_neighbours() -> None:
    features, truth = load_digits(return_X_y=True)
    truth = truth.astype(np.int64)
    given = pair_flip(truth, 10, 0.2, np.random.default_rng(0))
    wrong, rows = given != truth, np.arange(len(given))
    ours = heard(features, given, 10).log_probs[0]
    plain = cross_val_predict(
        LogisticRegression(max_iter=500), features / 16, given, cv=5, method="predict_proba"
    )  # fmt: skip
    assert roc_auc_score(wrong, -ours[rows, given]) > roc_auc_score(wrong, -plain[rows, given]) + 0.02
    assert roc_auc_score(wrong, -ours[rows, given]) > 0.985


def test_a_circle_in_a_circle_is_learned() -> None:
    """No plane parts them: the kernel has to."""
    features, labels = make_circles(400, noise=0.1, factor=0.4, random_state=0)
    labels = labels.astype(np.int64)
    folds = draw_folds(labels, alone(400), 1, 0)
    straight = linear(features.astype(np.float32), labels, 2, folds).log_probs[0]
    assert (straight.argmax(axis=1) == labels).mean() < 0.6
    assert (heard(features, labels, 2).log_probs[0].argmax(axis=1) == labels).mean() > 0.95


def test_a_penalty_that_suits_is_chosen() -> None:
    """Many features and little to learn: a weak penalty would learn noise by heart."""
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 400)).astype(np.float32)
    labels = (features[:, 0] + random.normal(size=300) > 0).astype(np.int64)
    folds = draw_folds(labels, alone(300), 1, 0)
    opinion = linear(features, labels, 2, folds)
    assert opinion.penalty > 10
    assert opinion.log_probs[0, np.arange(300), labels].mean() > np.log(0.5)


def topical_words(texts: int, seed: int) -> tuple[sparse.csr_matrix, Labels]:
    """Texts of three topics with thirty words each; a fifth of a text's words are anybody's."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, texts)
    counts = np.zeros((texts, 120), dtype=np.float32)
    for row, topic in enumerate(truth):
        own = random.integers(0, 30, 12) + 30 * topic
        for word in (*own, *random.integers(90, 120, 3)):
            counts[row, word] += 1
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    return sparse.csr_matrix(counts), truth


@pytest.mark.parametrize("noise", ["by word", "symmetric"])
def test_topics_do_not_learn_peoples_systematic_errors(noise: str) -> None:
    """People say 1 for every text of topic 0 with one of some words: a learner of labels learns to say it too."""
    words, truth = topical_words(1500, 0)
    if noise == "by word":
        misleading = np.asarray(words[:, :4].sum(axis=1)).ravel() > 0
        given = np.where((truth == 0) & misleading, 1, truth)
    else:
        given = symmetric(truth, 3, 0.3, np.random.default_rng(0))
    wrong, rows = given != truth, np.arange(len(truth))
    folds = draw_folds(given, alone(len(given)), 1, 0)
    by_topics = topics(words, given, 3, folds)[0]
    by_labels = linear(words, given, 3, folds).log_probs[0]
    found = average_precision_score(wrong, -by_topics[rows, given])
    assert found > 0.95
    if noise == "by word":
        assert found > average_precision_score(wrong, -by_labels[rows, given]) + 0.2


def test_topics_are_heard_as_far_as_they_are_the_classes() -> None:
    """Of one and the same texts: labels of what they are about, and of how they are made, which no topic tells."""
    topical, topic = topical_words(600, 1)
    random = np.random.default_rng(0)
    made = random.integers(0, 3, 600)
    told = sparse.csr_matrix((np.full(600, 0.7, np.float32), (np.arange(600), made)), shape=(600, 3))
    words = sparse.csr_matrix(sparse.hstack([topical, told]))
    weights, found = [], []
    for truth in (topic, made):
        given = symmetric(truth, 3, 0.2, random)
        asked = LabelledFolds(given, 3, draw_folds(given, alone(600), 1, 0), alone(600))
        said = hear(Material(np.zeros((600, 1), np.float32), words=words, topical=topical), asked)
        weights.append(said.weights["topics"])
        found.append(average_precision_score(given != truth, -said.log_probs[0][np.arange(600), given]))
    assert weights[0] == 0.5
    assert weights[1] < 0.1
    assert min(found) > 0.9


def test_draws_differ_more_where_less_is_known() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 400)
    features = random.normal(size=(400, 10)) + 0.8 * truth[:, None]

    def spread(count: int) -> float:
        said = heard(features[:count], truth[:count], 2, draws=3).log_probs
        return float(np.exp(said[:, :, 0]).std(axis=0).mean())

    assert spread(60) > 1.5 * spread(400)


def by_ratios(words: sparse.csr_matrix, labels: Labels, classes: int, folds: Folds) -> NDArray[np.float32]:
    return ratios(words, labels, classes, folds).log_probs


@pytest.mark.parametrize("learn", [naive_bayes, by_ratios])
def test_learners_of_words_are_out_of_fold_and_know_classes_that_a_fold_lacks(learn: Learn) -> None:
    words, truth = topical_words(600, 1)
    given = symmetric(truth, 3, 0.3, np.random.default_rng(0))
    folds = draw_folds(given, alone(600), 2, 0)
    said = learn(words, given, 3, folds)
    assert said.shape == (2, 600, 3)
    np.testing.assert_allclose(np.exp(said).sum(axis=2), 1, atol=1e-5)
    assert (said[0].argmax(axis=1) == truth).mean() > 0.95
    own = np.argsort(folds.fold[0] == 0)[-1]
    other = given.copy()
    other[own] = (given[own] + 1) % 3
    np.testing.assert_array_equal(learn(words, other, 3, folds)[:, own], said[:, own])
    rare = np.where(np.arange(600) == 0, 2, truth % 2)  # its own fold has none to learn
    assert np.isfinite(learn(words, rare, 3, draw_folds(rare, alone(600), 1, 0))).all()
    few = np.arange(600) // 200  # three units: two folds are empty
    assert np.isfinite(learn(words, given, 3, draw_folds(given, few, 1, 0))).all()


def test_ratios_of_words_find_wrong_labels_and_name_the_words_of_a_class() -> None:
    """Short texts, of which a few words name the class and many are anybody's."""
    words, truth = topical_words(400, 4)
    random = np.random.default_rng(1)
    few = words.toarray() * (random.random(words.shape) < 0.25)
    both = sparse.csr_matrix(np.hstack([few, (random.random((400, 400)) < 0.02) * 0.25]), dtype=np.float32)
    given = symmetric(truth, 3, 0.3, random)
    opinion = ratios(both, given, 3, draw_folds(given, alone(400), 1, 0))
    assert average_precision_score(given != truth, -opinion.log_probs[0][np.arange(400), given]) > 0.85
    names = opinion.weights[:90].reshape(3, 30, 5, 3).mean(axis=1).argmax(axis=2)  # the words of each topic, by fold
    np.testing.assert_array_equal(names, np.repeat([[0], [1], [2]], 5, axis=1))


def test_topics_count_where_classes_are_topics_and_not_where_they_cross_them() -> None:
    """Every text has one of three topics, and praises or blames: a few words say which."""
    words, topic = topical_words(900, 2)
    random = np.random.default_rng(3)
    praise = random.integers(0, 2, 900)
    signs = sparse.csr_matrix(random.integers(0, 2, (900, 8)) * (np.arange(8) // 4 == praise[:, None]) * 0.15)
    both = sparse.csr_matrix(sparse.hstack([words, signs]), dtype=np.float32)

    def weight(labels: Labels, classes: int) -> float:
        asked = LabelledFolds(labels, classes, draw_folds(labels, alone(900), 1, 0), alone(900))
        dense = principal(both.toarray())
        return hear(Material(dense, words=both, topical=both), asked).weights["topics"]

    assert weight(symmetric(topic, 3, 0.1, random), 3) > 0.45
    assert weight(symmetric(praise, 2, 0.1, random), 2) < 0.1


def test_a_forest_learns_what_stands_in_single_features_of_few_examples() -> None:
    """Whether two of sixty features are far from zero: no plane parts the classes, and distances drown."""
    random = np.random.default_rng(0)
    features = random.normal(size=(160, 60))
    labels = 2 * (np.abs(features[:, 0]) > 0.7) + (np.abs(features[:, 1]) > 0.7).astype(np.int64)
    features[0, 5] = 1e300  # no number of 32 bits
    folds = draw_folds(labels, alone(160), 2, 0)
    said = forest(features, labels, 4, folds, 0)
    by_others = heard(np.clip(features, -9, 9), labels, 4).log_probs[0]
    np.testing.assert_allclose(np.exp(said).sum(axis=2), 1, atol=1e-5)
    assert said[0, np.arange(160), labels].mean() > by_others[np.arange(160), labels].mean() + 0.05
    other = labels.copy()
    own = np.flatnonzero(folds.fold[0] == 0)
    other[own] = (labels[own] + 1) % 4
    np.testing.assert_array_equal(forest(features, other, 4, folds, 0)[0, own], said[0, own])
    few = np.arange(160) // 40 - 1  # three units and some alone
    assert np.isfinite(forest(features, labels, 4, draw_folds(labels, few, 1, 0), 0)).all()


def test_wide_tables_of_few_rows_are_not_boosted() -> None:
    def names(rows: int, columns: int) -> tuple[str, ...]:
        values = np.zeros((rows, columns), np.float32)
        few = values if rows <= 2000 else None
        return suitable(Material(values, features=few, columns=values, categorical=np.zeros(columns, bool)), 10)

    assert {"trees", "extra trees"} <= set(names(200, 100))
    assert "trees" not in names(200, 101)
    assert "trees" in names(2001, 101)
