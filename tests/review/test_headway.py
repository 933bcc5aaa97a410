"""The figures on progress, against cases worked by hand."""

from pathlib import Path

import numpy as np
import pytest

from aleator.review.headway import _more, headway
from aleator.review.live import plain_snapshot, share_interval
from aleator.review.people import chance_corrected
from aleator.review.queue import drawn
from aleator.verdicts.estimates import ErrorsLeft
from benchmarks.review.client import ReviewClient
from tests.decisions.test_store import decision
from tests.review.conftest import Running


def test_how_many_more() -> None:
    expected = np.cumsum([0.9, 0.6, 0.3, 0.1, 0.1]).astype(np.float32)  # 2 in all
    left = ErrorsLeft(2.0, 1.0, 4.0, 5)  # twice as bad at the high end: 1.8, 3.0, 3.6, 3.8, 4.0
    assert _more(expected, left, 5) == 0
    assert _more(expected, left, 1.5) == 2
    assert _more(expected, left, 1.0) == 2
    assert _more(expected, left, 0.5) == 3
    assert _more(expected, left, -1) is None


def test_the_exact_interval_of_a_share() -> None:
    # R: binom.test(3, 20, conf.level = 0.9)$conf.int
    assert share_interval(3, 20) == pytest.approx((0.04216941, 0.34366364), abs=1e-6)
    assert share_interval(0, 10) == pytest.approx((0.0, 1 - 0.05**0.1))
    assert share_interval(10, 10) == pytest.approx((0.05**0.1, 1.0))


def test_kappa_of_a_worked_case() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: the classic example, kappa 0.4
    pairs = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    rows = [(decision(1, labels=(one,)), decision(2, labels=(other,))) for one, other in pairs]
    assert chance_corrected(rows) == pytest.approx(0.4)
    assert chance_corrected([]) is None
    assert chance_corrected(rows[:20]) is None  # both always say the same: chance would agree too


def test_the_share_drawn_for_second_opinions_follows_from_the_id() -> None:
    ids = [f"example {number}" for number in range(10_000)]
    share = np.mean([drawn(one, 0.1) for one in ids])
    assert share == pytest.approx(0.1, abs=0.01)
    assert {one for one in ids if drawn(one, 0.1)} <= {one for one in ids if drawn(one, 0.2)}
    assert not any(drawn(one, 0.0) for one in ids)


def test_the_last_fifty_forget_what_was_taken_back(running: Running) -> None:
    client = ReviewClient(running.address, "Ann")
    given = running.review.examples.given
    client.decide(0, [int(given[0])], seconds=2.0)
    uuid = client.decide(1, [(int(given[1]) + 1) % 7], seconds=4.0)
    now = headway(running.review.board, running.review.live)
    assert (now.recent, now.recent_changed, now.recent_seconds) == (2, 1, 3.0)
    undo = {"uuid": "00000000-0000-4000-8000-000000000001", "decision": uuid}
    client.json("POST", "/api/undo", {"undo": [undo]})
    client.json("POST", "/api/undo", {"undo": [undo]})  # sent again
    now = headway(running.review.board, running.review.live)
    assert (now.recent, now.recent_changed, now.reviewed, now.decisions) == (1, 0, 1, 3)


def test_without_an_audit_the_reviewed_stand_for_the_rest(running: Running) -> None:
    client = ReviewClient(running.address, "Ann")
    given = running.review.examples.given
    for row in range(20):
        client.decide(row, [(int(given[row]) + (row < 3)) % 7])
    estimates = plain_snapshot(running.review.board).estimates
    rest = len(given) - 20
    assert estimates.errors_left.count == pytest.approx(0.15 * rest)
    assert estimates.mislabelled.low == pytest.approx(3 + 0.04216941 * rest, abs=0.01)


def test_a_server_that_starts_again_knows_everything(running: Running, audit_folder: Path) -> None:
    from aleator.review.board import Board

    client = ReviewClient(running.address, "Ann")
    for row in range(5):
        client.decide(row, [row % 3])
    again = Board(running.review.examples, running.review.store)
    now = running.review.board
    assert again.log.reviewers_of == now.log.reviewers_of
    assert np.array_equal(again.answers_of, now.answers_of)
    assert again.by_reviewer == now.by_reviewer
    assert np.array_equal(again.reviews().row, now.reviews().row)
