"""What a simulated person takes and removes, against a case worked by hand, and a whole row on a small data set."""

import numpy as np
import pytest

from benchmarks.portfolio.cases import Case
from benchmarks.portfolio.minutes import WAYS, Session, format_table, is_right, run
from benchmarks.portfolio.options import PortfolioOptions
from benchmarks.reviewer import Person


def session() -> Session:
    truth = np.array([0, 0, 1, 1, 2, -1])
    given = np.array([1, 0, 1, 0, 2, 2])
    case = Case("by hand", "by hand", given, truth, 3, np.zeros((6, 2)))
    return Session(case, Person(slips=0.0), truth, given.copy())


def test_one_answer_after_the_other() -> None:
    by_hand = session()
    by_hand.answer(np.array([0, 1]))
    assert (by_hand.errors, by_hand.seconds) == (1, 2.0)
    assert by_hand.errors_unreviewed == 1


def test_a_grid_takes_an_answer_for_each_wrong_label() -> None:
    by_hand = session()
    by_hand.look(np.arange(6))
    assert by_hand.errors == 0
    assert by_hand.seconds == pytest.approx(6 * 0.15 + 2)


def test_a_screen_is_accepted_whichever_way_leaves_fewer_exceptions() -> None:
    by_hand = session()
    by_hand.accept(np.arange(6), np.array([0, 0, 1, 1, 2, 0]))  # all as suggested but the one without an opinion
    assert by_hand.errors == 0
    assert by_hand.seconds == pytest.approx(6 * 0.15 + 1 + 1)
    by_hand = session()
    by_hand.accept(np.arange(6), np.array([2, 2, 2, 2, 0, 0]))  # nothing as suggested, so two exceptions to the labels
    assert by_hand.seconds == pytest.approx(6 * 0.15 + 1 + 2)


def test_slips_are_never_right_and_as_many_as_said() -> None:
    truth = np.repeat([0, 1, 2, -1], 5000)
    said = Person(slips=0.05).opinions(truth, 3)
    assert (said[truth == -1] == -1).all()
    assert (said != truth)[truth >= 0].mean() == pytest.approx(0.05, abs=0.005)


@pytest.mark.slow
def test_a_row_of_a_small_data_set() -> None:
    result = run(PortfolioOptions(only=("iris, symmetric 30%",)))
    (row,) = result["rows"]
    pace = row["removed_per_minute"]
    assert set(pace) == set(WAYS)
    assert pace["grid accepted"] > 5 * pace["random, one by one"]
    assert "iris" in format_table(result)


@pytest.mark.parametrize(
    ("said", "truly", "right"), [(1.4, 0, True), (2.6, 1, False), (33.0, 30, True), (34.0, 30, False), (0.0, 0, True)]
)
def test_right_is_within_a_tenth_or_one_label(said: float, truly: int, right: bool) -> None:
    assert is_right({"said": said, "truly": truly}) == right
