"""Where labels are called wrong, when nobody knows how many are."""

import numpy as np
import pytest
from scipy.special import softmax

import aleator
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
    gain = np.array([0.9, 0.5, 0.2, 0.1])
    agreed = np.tile(gain, (40, 1)).astype(np.float32)
    assert safe_changes(gain, lambda some: agreed[:, some]).all()
    # A fifth of the explanations say that the last two changes take right labels away.
    doubted = agreed.copy()
    doubted[:8, 2:] = -1
    doubted[:8, :2] = 0.3
    assert safe_changes(gain, lambda some: doubted[:, some]).tolist() == [True, True, False, False]
    # One in twenty does not count.
    few = agreed.copy()
    few[:2] = -1
    assert safe_changes(gain, lambda some: few[:, some]).all()
    assert not safe_changes(gain, lambda some: np.full((40, len(some)), -1, np.float32)).any()
    assert len(safe_changes(gain[:0], lambda some: agreed[:, some])) == 0


def test_a_weak_classifier_corrects_no_right_labels() -> None:
    truth = np.random.default_rng(0).integers(0, 5, 2000)
    logits = np.random.default_rng(2).normal(size=(2000, 5)) + 1.5 * np.eye(5)[truth]
    verdicts = judge(judge_probabilities(truth, softmax(logits, axis=1)))
    assert (verdicts.verdict == "mistake").mean() < 0.01
