"""Where labels are called wrong, when nobody knows how many are."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

import aleator
from aleator.data.synthetic_noise import symmetric
from aleator.verdicts.flags import FEWEST, MOST, flag_above, safe_changes
from aleator.verdicts.judge import judge
from aleator.verdicts.probabilities import judge_probabilities
from benchmarks.portfolio.made_up import made_up_sets


def test_the_cut_lies_within_its_bounds_and_flags_what_is_probably_wrong() -> None:
    for one in made_up_sets(4, seed=3):
        posterior = judge_probabilities(one.given, one.pred_probs)
        p_mislabelled = 1 - posterior.distribution[np.arange(len(one.given)), one.given]
        cut = flag_above(posterior, p_mislabelled)
        assert FEWEST - 1e-6 <= cut <= MOST
        issues = aleator.find_label_issues(one.given, one.pred_probs)
        assert issues[p_mislabelled > MOST + 1e-4].all()
        assert not issues[p_mislabelled < FEWEST - 1e-4].any()
        above = aleator.find_label_issues(one.given, one.pred_probs, above=0.9)
        assert (above <= issues).all()


@pytest.mark.slow
def test_flags_are_nearly_as_good_as_the_best_cut_and_better_than_differing() -> None:
    """On sets whose crowd, confusion and learner are drawn at random, and which no constant was chosen on."""
    ours, differing = [], []
    for one in made_up_sets(30, seed=2):
        wrong = one.given != one.truth
        if not wrong.any():
            continue
        flags = aleator.find_label_issues(one.given, one.pred_probs)
        differs = one.pred_probs.argmax(axis=1) != one.given
        ours.append(2 * (flags & wrong).sum() / (flags.sum() + wrong.sum()))
        differing.append(2 * (differs & wrong).sum() / (differs.sum() + wrong.sum()))
    assert np.mean(ours) > np.mean(differing) + 0.03


def test_changes_that_help_under_every_explanation_are_made_and_those_that_rest_on_a_few_are_not() -> None:
    classes = 5
    truth = np.random.default_rng(0).integers(0, classes, 2000)
    given = symmetric(truth, classes, 0.2, np.random.default_rng(1))

    def changes(strength: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        logits = np.random.default_rng(2).normal(size=(2000, classes)) + strength * np.eye(classes)[truth]
        posterior = judge_probabilities(given, softmax(logits, axis=1))
        suggested = posterior.distribution.argmax(axis=1)
        rows = np.flatnonzero(suggested != given)
        safe = safe_changes(posterior, rows, suggested[rows])
        return safe, suggested[rows] == truth[rows]

    safe, right = changes(6.0)
    assert safe.mean() > 0.9
    assert right[safe].mean() > 0.9
    safe, _ = changes(1.5)
    assert len(safe) > 100
    assert safe.mean() < 0.1


def test_a_weak_classifier_corrects_no_right_labels() -> None:
    truth = np.random.default_rng(0).integers(0, 5, 2000)
    logits = np.random.default_rng(2).normal(size=(2000, 5)) + 1.5 * np.eye(5)[truth]
    verdicts = judge(judge_probabilities(truth, softmax(logits, axis=1)))
    assert (verdicts.verdict == "mistake").mean() < 0.01
