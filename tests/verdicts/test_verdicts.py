"""The judge against cases with one right answer, and estimates that add up."""

import numpy as np
import pytest

from aleator.data import Votes
from aleator.verdicts import VERDICTS, Judgement, estimate_data_set, judge
from aleator.verdicts.judge import conflicting_copies


def judged(
    distributions: list[list[list[float]]],
    given: list[int],
    *,
    epistemic: list[float] | None = None,
    distance: list[float] | None = None,
    groups: list[int] | None = None,
    votes: Votes | None = None,
) -> Judgement:
    count = len(given)
    return judge(
        np.log(np.array(distributions)),
        np.array(given),
        epistemic=np.zeros(count) if epistemic is None else np.array(epistemic),
        distance=np.linspace(0.1, 0.2, count) if distance is None else np.array(distance),
        duplicate_group=np.full(count, -1) if groups is None else np.array(groups),
        votes=votes,
    )


SURE, SPLIT = [0.96, 0.02, 0.02], [0.4, 0.35, 0.25]


def test_ok_mistake_and_ambiguous() -> None:
    result = judged([[SURE, SURE, SPLIT, SPLIT]], [0, 1, 0, 2])
    assert result.verdict.tolist() == ["ok", "mistake", "ambiguous", "ambiguous"]
    assert result.p_mislabelled == pytest.approx([0.04, 0.98, 0.6, 0.75])
    assert result.suggested_label.tolist() == [0, 0, 0, 0]
    assert set(result.verdict) <= set(VERDICTS)


def test_an_example_without_a_label_has_no_verdict_but_a_suggestion() -> None:
    result = judged([[SURE, SURE]], [-1, 0])
    assert result.verdict.tolist() == ["", "ok"]
    assert np.isnan(result.p_mislabelled[0])
    assert result.suggested_label[0] == 0


def test_unfamiliar_is_far_and_unclear_or_disputed() -> None:
    unclear = [0.7, 0.2, 0.1]
    distance = [*np.linspace(0.1, 0.12, 198).tolist(), 5.0, 5.0]
    result = judged([[SURE] * 198 + [unclear, SURE]], [0] * 200, distance=distance)
    assert result.verdict[198:].tolist() == ["unfamiliar", "ok"]
    disputed = judged([[SURE] * 200], [0] * 200, epistemic=[0.01] * 199 + [0.6])
    assert disputed.verdict.tolist() == ["ok"] * 199 + ["unfamiliar"]


def test_copies_with_different_labels_are_in_conflict() -> None:
    given, groups = np.array([0, 1, 0, 0, 1, -1]), np.array([0, 0, 1, 1, -1, 1])
    assert conflicting_copies(given, groups).tolist() == [True, True, False, False, False, False]
    assert judged([[SURE] * 6], given.tolist(), groups=groups.tolist()).verdict[0] == "conflict"


def test_votes_outweigh_the_networks_when_there_are_many() -> None:
    def votes(count: int) -> Votes:
        counts = np.array([[0, count, 0]] * 2, dtype=np.float32)
        return Votes(counts, ("a", "b", "c"), np.arange(3), np.zeros(3, dtype=bool))

    p = [judged([[SURE, SURE]], [0, 0], votes=votes(count)).p_mislabelled[0] for count in (0, 1, 5, 10)]
    assert p == sorted(p)
    assert p[0] == pytest.approx(0.04)
    assert p[-1] > 0.99


def test_estimates_add_up_and_their_interval_holds_the_estimate() -> None:
    random = np.random.default_rng(0)
    draws = random.dirichlet([1, 1, 1], (3, 50))
    given = random.integers(-1, 3, 50)
    result = judged(draws.tolist(), given.tolist())
    estimates = estimate_data_set(result, np.log(draws), given, ("a", "b", "c"))
    wrong = estimates["mislabelled"]
    assert wrong["low"] < wrong["count"] < wrong["high"]
    assert wrong["count"] == pytest.approx(np.nansum(result.p_mislabelled))
    confusion = np.array(estimates["confusion"])
    assert confusion.sum() == pytest.approx((given >= 0).sum())
    assert confusion.sum() - np.trace(confusion) == pytest.approx(wrong["count"])
    assert sum(row["mislabelled"] for row in estimates["per_class"]) == pytest.approx(wrong["count"])
    assert sum(estimates["verdicts"].values()) == (given >= 0).sum()
