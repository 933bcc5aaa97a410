"""The posterior: what it learns from given labels, votes and reviewers, against cases whose truth is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import roc_auc_score

from aleator.auditing.judging import observe
from aleator.data.synthetic_noise import from_confusion, pair_flip, symmetric
from aleator.decisions.reviews import Reviews, reviews_of_labels
from aleator.evidence.features import leading_features
from aleator.noise.crowd import Crowd
from aleator.noise.hypotheses import Hypotheses, only
from aleator.noise.label_noise import nothing_known
from aleator.noise.sources import Answers, log_likelihood, pooled_confusions, prior_counts
from aleator.verdicts import Observations, weigh_sources
from aleator.verdicts.truth_model import Precision, learn, unaided
from aleator.workers import by_rows

CLASSES = 4


def predictions(truth: NDArray[np.int64], random: np.random.Generator, strength: float = 2.0) -> NDArray[np.float64]:
    """Log-probabilities of a classifier that is right mostly, and less sure than it might be."""
    logits = random.normal(size=(len(truth), CLASSES)) + strength * 2 * np.eye(CLASSES)[truth]
    return np.asarray(log_softmax(logits / 2, axis=1))


def wrong(posterior_probs: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    return 1 - posterior_probs[np.arange(len(labels)), labels].astype(np.float64)


def nothing(sharpness: float = 1.0, classes: int = 3) -> Hypotheses:
    """The classifier at its word, and a label that says nothing."""
    return only(Crowd(nothing_known(classes, sharpness), np.inf))


@pytest.fixture(scope="module")
def truth() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, CLASSES, 4000)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.4])
def test_the_share_of_wrong_labels_is_learned_from_the_labels_alone(truth: NDArray[np.int64], rate: float) -> None:
    random = np.random.default_rng(0)
    labels = symmetric(truth, CLASSES, rate, random)
    probs = weigh_sources(Observations(predictions(truth, random, 3.0), labels)).distribution
    suspicion = wrong(probs, labels)
    assert suspicion.mean() == pytest.approx(rate, abs=0.03)
    if rate == 0:
        assert (suspicion > 0.4).mean() < 0.01
    else:
        assert roc_auc_score(labels != truth, suspicion) > 0.97


def test_judging_in_pieces_says_the_same(
    truth: NDArray[np.int64], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    labels = symmetric(truth, CLASSES, 0.2, random)
    seen = Observations(predictions(truth, random).astype(np.float32), labels)
    mean = np.stack([seen.log_probs, 2 * seen.log_probs])
    reviews = reviews_of_labels(np.where(np.arange(len(truth)) < 50, truth, -1), CLASSES)
    embedding = np.ones((len(truth), 0), np.float32)
    results = []
    for pieces in (False, True, True):  # the last time they are read
        if pieces:
            monkeypatch.setattr(by_rows, "PIECE_CELLS", 1000 * CLASSES)
        folder = tmp_path / "kept" if pieces else None
        posterior = weigh_sources(seen, reviews=reviews, folder=folder)
        observed = observe(mean, np.ones_like(mean), embedding, labels, folder=folder)
        results.append((posterior.distribution, observed.log_probs))
    for one in results[1:]:
        for found, wanted in zip(one, results[0], strict=True):
            assert found == pytest.approx(wanted, abs=1e-6)
    names = sorted(path.name.rsplit("-", 1)[0] for path in (tmp_path / "kept").iterdir())
    rows = [f"distribution-{start}" for start in (0, 1000, 2000, 3000)]
    assert names == sorted(rows + [f"log_probs-{start}" for start in range(0, 4000, 500)])


def test_knowing_how_labels_err_finds_more_than_any_look_at_one_example(truth: NDArray[np.int64]) -> None:
    random = np.random.default_rng(0)
    labels = pair_flip(truth, CLASSES, 0.2, random)
    # A classifier that was trained on such labels says them, not the truth.
    confusion = 0.8 * np.eye(CLASSES) + 0.2 * np.roll(np.eye(CLASSES), 1, axis=1)
    log_probs = np.log(np.exp(predictions(truth, random, 1.2)) @ confusion)
    posterior = weigh_sources(Observations(log_probs, labels))
    alone = -log_probs[np.arange(len(labels)), labels]
    ours, plain = (roc_auc_score(labels != truth, s) for s in (wrong(posterior.distribution, labels), alone))
    assert ours > plain + 0.01
    learned = posterior.hypotheses.confusion
    assert learned[0, 1] == pytest.approx(0.2, abs=0.08)
    assert learned[0, 2] < 0.05


def test_a_hundred_reviews_teach_a_systematic_error(truth: NDArray[np.int64]) -> None:
    random = np.random.default_rng(0)
    confusion = np.eye(CLASSES)
    confusion[0, :2] = 0.4, 0.6  # most of class 0 is called 1, and the network has learned to call it so
    labels = from_confusion(truth, confusion, random)
    seen = np.where((truth == 0) & (random.random(len(truth)) < 0.8), 1, truth)
    observations = Observations(predictions(seen, random), labels)
    before = weigh_sources(observations, out_of_sample=False).distribution
    # What tells the two apart is in the embedding.
    features = leading_features(random.normal(size=(len(truth), 8)) + 2 * np.eye(CLASSES, 8)[truth])
    reviewed = np.full(len(truth), -1)
    rows = random.choice(len(truth), 100, replace=False)
    reviewed[rows] = truth[rows]
    posterior = weigh_sources(
        Observations(observations.log_probs, labels, features),
        out_of_sample=False,
        reviews=reviews_of_labels(reviewed, CLASSES),
    )
    others = np.setdiff1d(np.arange(len(truth)), rows)
    right = [(probs.argmax(axis=1) == truth)[others].mean() for probs in (before, posterior.distribution)]
    assert right[1] > right[0] + 0.05
    assert (posterior.distribution[rows].argmax(axis=1) == truth[rows]).mean() > 0.95


def test_the_interval_narrows_with_reviews_and_holds_the_truth(truth: NDArray[np.int64]) -> None:
    random = np.random.default_rng(0)
    labels = symmetric(truth, CLASSES, 0.3, random)
    observations = Observations(predictions(truth, random, 0.6), labels)
    sample, widths, covered = np.arange(0, len(truth), 4), [], 0
    for count in (50, 800):
        for trial in range(5):
            reviewed = np.full(len(truth), -1)
            rows = np.random.default_rng(trial).choice(len(truth), count, replace=False)
            reviewed[rows] = truth[rows]
            posterior = weigh_sources(observations, reviews=reviews_of_labels(reviewed, CLASSES))
            draws = posterior.draws(60, sample)
            shares = 1 - np.take_along_axis(draws, labels[sample][None, :, None], axis=2).mean(axis=(1, 2))
            low, high = np.quantile(shares, [0.05, 0.95])
            widths.append(high - low)
            covered += low - 0.01 <= (labels != truth)[sample].mean() <= high + 0.01
    assert np.mean(widths[5:]) < 0.6 * np.mean(widths[:5])
    assert covered >= 8


def test_annotators_are_told_apart_and_their_consensus_beats_the_majority() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, 3000)
    good, bad = (np.full((CLASSES, CLASSES), (1 - p) / 3) + (p - (1 - p) / 3) * np.eye(CLASSES) for p in (0.9, 0.4))
    row = np.repeat(np.arange(3000), 3)
    annotator = random.integers(0, 30, len(row))
    label = np.where(annotator < 10, *(from_confusion(truth[row], c, random) for c in (good, bad)))
    answers = Answers(row, annotator, label, np.ones(len(row)), tuple(f"annotator {i}" for i in range(30)))
    nothing = Observations(np.zeros((3000, CLASSES)), np.full(3000, -1))
    posterior = weigh_sources(nothing, votes=answers)
    counts = np.zeros((3000, CLASSES))
    np.add.at(counts, (row, label), 1)
    majority = (counts + 1e-6 * random.random(counts.shape)).argmax(axis=1)
    assert (posterior.distribution.argmax(axis=1) == truth).mean() > (majority == truth).mean() + 0.03
    accuracy = posterior.annotators[:, range(CLASSES), range(CLASSES)].mean(axis=1)
    assert accuracy[:10].min() > accuracy[10:].max()


def test_an_annotator_with_one_vote_is_like_the_others_and_one_who_is_always_wrong_is_no_loss() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, 600)
    row, annotator = np.tile(np.arange(600), 3), np.repeat(np.arange(3), 600)
    label = np.where(annotator == 2, (truth[row] + 1) % CLASSES, symmetric(truth[row], CLASSES, 0.1, random))
    row, annotator, label = np.append(row, 0), np.append(annotator, 3), np.append(label, truth[0])
    answers = Answers(row, annotator, label, np.ones(len(row)), ("a", "b", "wrong", "once"))
    posterior = weigh_sources(Observations(np.zeros((600, CLASSES)), np.full(600, -1)), votes=answers)
    assert (posterior.distribution.argmax(axis=1) == truth).mean() > 0.9
    assert np.diag(posterior.annotators[2]).mean() < 0.1
    assert 0.3 < np.diag(posterior.annotators[3]).mean() < 0.9


def test_reviewers_who_contradict_each_other_leave_doubt() -> None:
    observations = Observations(np.log(np.full((3, CLASSES), 0.25)), np.zeros(3, np.int64))
    answer = np.eye(CLASSES)[[1, 2, 1, 2]]
    reviews = Reviews(np.array([0, 0, 1, 2]), answer, np.array([0, 1, 0, 1]), ("a", "b"))
    probs = weigh_sources(observations, reviews=reviews).distribution
    assert probs[1, 1] > 0.9
    assert probs[0, 1] == pytest.approx(probs[0, 2], abs=0.01)
    between = Reviews(np.array([2]), np.array([[0.5, 0.5, 0, 0]]), np.array([0]), ("a",))
    probs = weigh_sources(observations, reviews=between).distribution
    assert probs[2, :2].sum() > 0.9


def test_rows_do_not_depend_on_how_they_are_blocked(monkeypatch: pytest.MonkeyPatch, truth: NDArray[np.int64]) -> None:
    random = np.random.default_rng(0)
    observations = Observations(predictions(truth, random), symmetric(truth, CLASSES, 0.2, random))
    whole = weigh_sources(observations, out_of_sample=False).distribution
    monkeypatch.setattr("aleator.rows.BLOCK_CELLS", 1000)
    assert np.allclose(whole, weigh_sources(observations, out_of_sample=False).distribution, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.booleans())
def test_the_gradient_and_the_curvature_are_those_of_the_loss(seed: int, with_features: bool) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(-1, 3, 12)
    features = random.normal(size=(12, 2)) if with_features else None
    observations = Observations(np.log(random.dirichlet([1, 1, 1], 12)), labels, features)
    truth = random.dirichlet([1, 1, 1], 12)
    _, uncertainty = learn(unaided(observations, nothing(0.7)), observations, truth)
    design, at = uncertainty.design, 0.1 * random.normal(size=uncertainty.design.size)
    step, direction = 1e-5, random.normal(size=design.size)
    above, below = (design.loss(at + sign * step * direction, truth) for sign in (1, -1))
    _, gradient = design.loss(at, truth)
    assert (above[0] - below[0]) / (2 * step) == pytest.approx(gradient @ direction, rel=1e-5, abs=1e-5)
    root = design.covariance_root(at)
    curvature = np.linalg.solve(root @ root.T, direction)
    assert (above[1] - below[1]) / (2 * step) == pytest.approx(curvature, rel=1e-4, abs=1e-4)


def test_without_witnesses_nothing_moves_and_with_a_firm_prior_little() -> None:
    random = np.random.default_rng(0)
    observations = Observations(np.log(random.dirichlet([1, 1, 1], 50)), random.integers(0, 3, 50))
    start = unaided(observations, nothing())
    moved, _ = learn(start, observations.take(slice(0, 0)), np.empty((0, 3)))
    assert np.array_equal(moved.logits(observations), start.logits(observations))
    firm = Precision(*(1e9 for _ in range(6)))
    moved, _ = learn(start, observations, np.eye(3)[random.integers(0, 3, 50)], firm)
    assert np.allclose(moved.logits(observations), start.logits(observations), atol=1e-5)


def test_answers_by_hand() -> None:
    prior = prior_counts(2, 0.8, 10)
    assert prior.tolist() == [[8, pytest.approx(2)], [pytest.approx(2), 8]]
    counts = np.array([[[10.0, 0.0], [0.0, 0.0]]])
    pooled = pooled_confusions(counts, prior, pool_strength=10)
    assert pooled[0, 0, 0] == pytest.approx((10 + 10 * 18 / 20) / 20)
    answers = Answers(np.array([0, 0]), np.array([0, 0]), np.array([0, 1]), np.array([2.0, 1.0]), ("crowd",))
    confusion = np.array([[[0.8, 0.2], [0.3, 0.7]]])
    expected = [2 * np.log(0.8) + np.log(0.2), 2 * np.log(0.3) + np.log(0.7)]
    assert log_likelihood(answers, confusion, 2)[0] == pytest.approx(expected)
    assert log_likelihood(answers, confusion, 2)[1].tolist() == [0, 0]


def test_leading_features_are_centred_uncorrelated_and_of_unit_variance() -> None:
    random = np.random.default_rng(0)
    embedding = random.normal(size=(5000, 6)) @ random.normal(size=(6, 6)) + 3
    features = leading_features(np.hstack([embedding, embedding[:, :1]]))
    assert features.shape == (5000, 6)
    assert np.allclose(features.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(np.cov(features.T), np.eye(6), atol=0.02)
    assert leading_features(np.empty((5, 0))).shape == (5, 0)
    wide = leading_features(embedding[:500] @ random.normal(size=(6, 1500)))
    assert wide.shape == (500, 6)
    assert np.allclose(np.cov(wide.T), np.eye(6), atol=0.02)
