"""What was decided and put off on the page is remembered: by the judge, by a training, and after a restart."""

import json
from pathlib import Path

import numpy as np

import aleator
from aleator.review.queue import Filter
from aleator.testing.made_up_audit import write_all
from benchmarks.review.client import ReviewClient
from tests.review.conftest import serving
from tests.test_cli import run


def test_decisions_are_heard_while_the_page_is_open(tmp_path: Path) -> None:
    audit_folder, _ = write_all(tmp_path / "made-up", 300)
    told = run("train", str(audit_folder), "--labels", "reviewed", "-o", str(tmp_path / "none"), code=2)
    assert "Nobody has reviewed" in told.stderr
    with serving(audit_folder) as running:
        client, given = ReviewClient(running.address, "Ann"), running.review.examples.given
        rows = [card["row"] for card in client.queue(12)]
        for row in rows[:10]:
            client.decide(row, [int(given[row])])
        client.decide(rows[10], [1, 2])
        client.decide(rows[11], [])
        heard = json.loads(run("judge", str(audit_folder), "--json").stdout)
    assert heard["estimates"]["reviewed"] == 12
    again = aleator.load_audit(audit_folder)
    reviewed = again.column("reviewed_label")
    assert reviewed[rows[:10]].tolist() == given[rows[:10]].tolist()
    assert (reviewed >= 0).sum() == 10
    assert again.column("verdict")[rows[10:]].tolist() == ["ambiguous", "unfamiliar"]

    with serving(audit_folder) as running:  # one more, which the folder's table does not know
        client = ReviewClient(running.address, "Ann")
        (card,) = client.queue(1)
        client.decide(card["row"], [int(given[card["row"]])])
    options = ("--labels", "reviewed", "--effort", "quick", "--epochs", "1", "--json")
    card_of_model = json.loads(run("train", str(audit_folder), *options, "-o", str(tmp_path / "model")).stdout)
    assert card_of_model["settings"]["labels"] == "reviewed"
    assert card_of_model["data"]["trained_on"] + card_of_model["data"]["held_out"] == len(again.labels)
    # It is the judgement in the database that is trained on; the folder is left as it was.
    assert np.array_equal(aleator.load_audit(audit_folder).column("reviewed_label"), reviewed)


def test_what_was_put_off_is_not_asked_again_at_once_after_a_restart(audit_folder: Path) -> None:
    with serving(audit_folder) as running:
        client = ReviewClient(running.address, "Ann")
        first = [card["row"] for card in client.queue(3)]
        for row in first[:2]:
            client.json("POST", "/api/skip", {"row": row})
    with serving(audit_folder) as running:
        assert not {card["row"] for card in ReviewClient(running.address, "Ann").queue(24)} & set(first[:2])
        assert running.review.queue.order(Filter()).tolist().count(first[0]) == 1
    with serving(audit_folder) as running:  # somebody else did not put them off
        running.review.live.wait_for(running.review.board.version, 60)
        everything = len(running.review.examples)
        seen = {card["row"] for card in ReviewClient(running.address, "Ben").queue(24)}
        assert len(running.review.queue.next_rows("Ben", Filter(), everything, seen)) == everything - len(seen)
