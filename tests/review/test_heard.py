"""What was decided and put off on the page is remembered: by the judge, by a training, and after a restart."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

import aleator
from aleator.auditing.predictions import LabelledPredictions, judge_predictions
from aleator.data import FeatureArray, LabelledDataset
from aleator.errors import AuditFolderError
from aleator.review.examples import of_audit
from aleator.review.queue import Filter
from aleator.testing.made_up_audit import write_all
from aleator.training.targets import choose_targets
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


def test_a_folder_of_likeliest_classes_is_reviewed_and_judged_again(tmp_path: Path) -> None:
    classes, random = 40, np.random.default_rng(0)
    given = np.arange(400) % classes
    truth = np.where(random.random(400) < 0.1, (given + 7) % classes, given)
    probs = np.zeros((400, classes))
    probs[np.arange(400), truth], probs[np.arange(400), (truth + 3) % classes] = 0.9, 0.08
    names = tuple(f"kind {number:02}" for number in range(classes))
    source = FeatureArray(random.standard_normal((400, 2)).astype(np.float32))
    dataset = LabelledDataset("made up", "made up", np.arange(400).astype(str), source, given, names)
    brought = LabelledPredictions(given, csr_array(probs), names, dataset.ids, examples=dataset)
    audit = judge_predictions(brought, tmp_path / "judged")
    with serving(audit.folder, of_audit(audit, dataset)) as running:
        client = ReviewClient(running.address, "Ann")
        cards = client.queue(9)
        assert all(card["suggested"] == truth[card["row"]] != given[card["row"]] for card in cards)
        assert {label for label, _ in cards[0]["bars"]} == {truth[cards[0]["row"]], given[cards[0]["row"]]}
        for card in cards:
            client.decide(card["row"], [int(truth[card["row"]])])
        for query in ("sort=unsure", "sort=quick", "sure=0.9"):
            assert client.queue(5, query)
        assert client.request("GET", "/")[0] == client.request("GET", "/looks")[0] == 200
    heard = json.loads(run("judge", str(audit.folder), "--json").stdout)
    assert heard["estimates"]["reviewed"] == 9
    again = aleator.load_audit(audit.folder)
    rows = [card["row"] for card in cards]
    assert again.column("suggested_label")[rows].tolist() == truth[rows].tolist()
    assert set(again.column("verdict")[rows]) == {"mistake"}
    with pytest.raises(AuditFolderError, match="nothing is trained on that"):
        choose_targets(dataset, again, "judged", "soften")
