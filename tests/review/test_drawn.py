"""One example in ten is drawn at random, and what is found there is looked at twice."""

import numpy as np
import pytest

from aleator.auditing.sampled import drawing_order, drawn_and_reviewed
from aleator.review.queue import DRAWN, Filter
from benchmarks.review.client import ReviewClient
from tests.review.conftest import Running


def answer(client: ReviewClient, running: Running, count: int, kept: bool = True) -> list[int]:
    """Decide so many examples as they come, with the given label or another; returns their rows."""
    given, rows = running.review.examples.given, []
    while len(rows) < count:
        for card in client.queue(min(5, count - len(rows))):
            client.decide(card["row"], [int(given[card["row"]]) if kept else (int(given[card["row"]]) + 1) % 7])
            rows.append(card["row"])
    return rows


def test_the_first_cards_are_the_surest_mistakes_and_every_tenth_is_drawn_all_the_same(running: Running) -> None:
    client = ReviewClient(running.address, "Ann")
    cards = client.queue(20)
    verdicts = running.review.live.now.verdicts
    surest = np.sort(verdicts.p_mislabelled[verdicts.verdict == "mistake"])[::-1]
    assert [card["verdict"] for card in cards[:3]] == ["mistake"] * 3
    assert np.allclose([card["p"] for card in cards[:3]], surest[:3])
    assert all(card["why"].startswith("Probably a wrong label") for card in cards[:3])
    assert cards[DRAWN - 1]["row"] == drawing_order(running.review.examples.given)[0]


def test_a_tenth_of_the_queue_is_the_next_of_the_drawing_order(running: Running) -> None:
    rows = answer(ReviewClient(running.address, "Ann"), running, 60)
    assert len(set(rows)) == 60
    order = drawing_order(running.review.examples.given)
    sample = drawn_and_reviewed(order, running.review.board.answers_of > 0)
    assert 60 // DRAWN - 1 <= len(sample) <= 30
    assert set(order[: 60 // DRAWN - 1].tolist()) <= set(rows)


def test_the_grid_has_one_in_ten_and_every_example_once(running: Running) -> None:
    client = ReviewClient(running.address, "Ann")
    tiles = [one["row"] for one in client.json("GET", "/api/grid?sort=quick&count=300")["tiles"]]
    assert sorted(tiles) == list(range(len(running.review.examples)))
    drawn = drawing_order(running.review.examples.given)[:5].tolist()
    assert tiles[DRAWN - 1 : 5 * DRAWN : DRAWN] == drawn
    only = client.json("GET", "/api/grid?sort=quick&given=0&count=300")["tiles"]
    assert all(one["given"] == 0 for one in only)  # who asks for one kind gets no other


def test_why_it_comes_says_that_it_was_drawn(running: Running) -> None:
    client = ReviewClient(running.address, "Ann")
    cards = client.queue(20)
    first = drawing_order(running.review.examples.given)[0]
    (why,) = (card["why"] for card in cards if card["row"] == first)
    assert why.startswith("Drawn at random")
    cards = client.json("GET", "/api/queue?sort=wrong&count=20")["cards"]
    assert not any(card["why"].startswith("Drawn") for card in cards)


def test_a_surprising_answer_to_what_was_drawn_is_asked_for_once_more(running: Running) -> None:
    client, given = ReviewClient(running.address, "Ann"), running.review.examples.given
    order = drawing_order(given)
    suggested = running.review.live.before.suggested_label
    surprising = next(label for label in range(7) if label not in (given[order[0]], suggested[order[0]]))
    client.decide(int(order[0]), [surprising])
    client.decide(int(order[1]), [int(given[order[1]])])
    client.decide(int(order[2]), [int(suggested[order[2]])])
    queue = running.review.queue
    assert queue.due_second_looks("Ann") == [order[0]]  # the others were answered as labelled and as suggested
    assert queue.due_second_looks("Bob") == []
    (card,) = client.queue(1)
    assert card["row"] == order[0]
    assert card["why"].startswith("A second look")
    assert card["own"] is not None
    tiles = client.json("GET", "/api/grid?sort=next&count=20")["tiles"]
    assert tiles[0]["row"] == order[0]
    client.decide(int(order[0]), [int(given[order[0]])])  # it was a slip
    assert queue.due_second_looks("Ann") == []
    standing = running.review.board.standing(int(order[0]))["Ann"]
    assert standing.labels == (running.review.examples.class_names[given[order[0]]],)
    assert int(order[0]) not in queue.next_rows("Ann", Filter(), 20, set())


@pytest.mark.slow
def test_what_is_left_is_counted_by_what_was_drawn(running: Running) -> None:
    """Somebody who finds no label wrong: the audit's many suspects do not outweigh what was drawn at random."""
    client, board, live = ReviewClient(running.address, "Ann"), running.review.board, running.review.live
    given, order = running.review.examples.given, drawing_order(running.review.examples.given)
    for row in [*order[:10].tolist(), *live.now.review_order[:60].tolist()]:
        if not board.answers_of[row]:
            client.decide(row, [int(given[row])])
    assert live.wait_for(board.version, 30)
    estimates = live.now.estimates
    assert "drawn at random" in estimates.remarks[-1]
    assert estimates.errors_left.examples == np.count_nonzero(board.answers_of == 0)
    assert estimates.errors_left.low <= estimates.errors_left.count <= estimates.errors_left.high
