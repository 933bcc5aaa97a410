"""The measuring itself: what every detector is given is the same, and what is scored was not shown to it."""

import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from aleator.data.dataset import Votes
from aleator.errors import DataError, MissingExtraError
from aleator.verdicts import Observations
from benchmarks.detect import run as detect
from benchmarks.detect.options import DetectOptions
from benchmarks.detect.peers import crowdlab, dawid_skene, detections
from benchmarks.detect.reviews import coverage, ours
from benchmarks.detect.scores import Detection, halves, score
from benchmarks.detect.tracks import Track, digits
from benchmarks.detect.votes import consensus, draw_votes, majority
from benchmarks.fer2013 import fer2013 as fer2013_training
from benchmarks.reviewer import answers
from benchmarks.trainer import Trainer


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> list[Track]:
    """Digits, judged by logistic regression: nine kinds and rates of noise."""
    return list(digits(Trainer(tmp_path_factory.mktemp("networks")), networks=False))


def voted(counts: list[list[int]], given: list[int]) -> Track:
    """Three classes, and a fourth answer that says "unusable"."""
    votes = Votes(
        np.array(counts, dtype=np.float32), ("a", "b", "c", "?"), np.array([0, 1, 2, -1]),
        np.array([False, False, False, True]),
    )  # fmt: skip
    observations = Observations(np.log(np.full((len(given), 3), 1 / 3)), np.array(given))
    return Track("voted", observations, False, votes.majority(), {}, votes)


def test_noise_has_its_rate_and_no_half_has_more_of_it(tracks: list[Track]) -> None:
    assert len(tracks) == 9
    for track in tracks:
        rate = float(track.name.split()[-1].rstrip("%")) / 100
        wrong = track.given != track.referee
        assert wrong.mean() == pytest.approx(rate, abs=0.03)
        for half in halves(track, 3):
            assert wrong[half].mean() == pytest.approx(wrong.mean(), abs=0.05)


def test_ours_beside_plain_scores_on_digits(tracks: list[Track]) -> None:
    track = next(track for track in tracks if track.name.endswith("pair 20%"))
    rows = ours(track, 1, (200,))
    assert list(rows) == ["aleator, nothing reviewed", "aleator, 200 chosen", "aleator, 200 random"]
    half = halves(track, 1)[0]
    plain = {name: score(track, one, half) for name, one in detections(track, packages=False).items()}
    unaided, taught = rows["aleator, nothing reviewed"], rows["aleator, 200 chosen"]
    assert unaided["auroc"] > max(plain[name]["auroc"] for name in ("self-confidence", "log-odds margin"))
    assert unaided["flags_f1"] > unaided["best_f1"] - 0.03
    assert unaided["corrected_accuracy"] > plain["self-confidence"]["corrected_accuracy"]
    assert taught["calibration_error"] < 0.06
    assert plain["label frequency"]["auroc_within_label"] == 0.5


def test_a_perfect_detector_has_perfect_figures(tracks: list[Track]) -> None:
    track = tracks[0]
    wrong = track.given != track.referee
    found = score(track, Detection(wrong * 1.0, 0, wrong, wrong * 1.0, track.referee), np.ones(len(wrong), dtype=bool))
    assert found == {
        "auroc": 1, "auroc_within_label": 1, "average_precision": 1, "flags_f1": 1, "best_f1": 1,
        "calibration_error": 0, "corrected_accuracy": 1, "seconds": 0,
    }  # fmt: skip


def test_the_reviewer_says_what_the_votes_say() -> None:
    track = voted([[8, 1, 1, 0], [4, 4, 2, 0], [2, 2, 2, 4], [0, 1, 0, 9]], [0, 0, 0, 0])
    assert answers(track.referee, track.votes, 3).tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 0], [0, 0, 0]]


def test_drawn_votes_and_the_others_are_all_votes() -> None:
    track = voted([[8, 1, 1, 0], [4, 4, 2, 0], [2, 2, 2, 3]], [0, 0, 0])
    assert track.votes is not None
    drawn, others, single = draw_votes(track, 0)
    assert drawn.counts.sum(axis=1).tolist() == [3, 3, 0]
    assert (drawn.counts + others.counts)[:2].tolist() == track.votes.counts[:2].tolist()
    assert [(single[0] == label).sum() for label in range(3)] == drawn.counts[0, :3].tolist()
    assert single[2].tolist() == [-1, -1, -1]  # nine votes


def test_majority_breaks_ties_by_chance() -> None:
    tied = np.tile([[0, 2, -1]], (400, 1))
    found = majority(tied, 3, 0)
    assert set(found) == {0, 2}
    assert (found == 0).mean() == pytest.approx(0.5, abs=0.1)
    assert majority(np.array([[1, 1, 0]]), 3, 0).tolist() == [1]


def test_peers_agree_with_unanimous_votes() -> None:
    pytest.importorskip("cleanlab")
    pytest.importorskip("crowdkit")
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 60)
    asked = np.repeat(truth[:, None], 3, axis=1)
    asked[::7, 2] = -1
    asked[5] = -1
    expected = truth.copy()
    expected[5] = -1
    probs = random.dirichlet(np.ones(3), 60)
    assert dawid_skene(asked).tolist() == expected.tolist()
    assert crowdlab(asked, probs).tolist() == expected.tolist()


def test_cleanlab_is_given_the_same_probabilities(tracks: list[Track]) -> None:
    pytest.importorskip("cleanlab")
    found = detections(tracks[0], packages=True)
    assert found["cleanlab self_confidence"].suspicion == pytest.approx(found["self-confidence"].suspicion - 1)
    assert found["cleanlab find_label_issues"].flags is not None


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="--data"):
        detect.run(DetectOptions(tracks=("fer2013",), peers=False))
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    with pytest.raises(MissingExtraError, match=r"aleator\[bench\]"):
        detect.run(DetectOptions(tracks=("digits",)))


def test_the_table_has_a_line_for_each_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "digits", lambda trainer, networks: islice(digits(trainer, networks=networks), 1))
    options = DetectOptions(tracks=("digits",), reviewed=(50,), draws=1, peers=False)
    result = detect.run(options, folder=tmp_path)
    table = detect.format_table(result)
    (section,) = result["tracks"].values()
    assert {"aleator, nothing reviewed", "aleator, 50 random", "kNN vote"} < set(section["rows"])
    assert all(f"\n{row} " in table for row in section["rows"])


def test_real_votes_without_a_network(fer2013: Path) -> None:
    """Three of FER+'s votes against the majority of the others, of 3,000 pictures on which no network speaks."""
    dataset = fer2013_training(fer2013)
    assert dataset.votes is not None
    rows = np.arange(3000)
    votes = dataset.votes.take(rows)
    silent = Observations(np.full((3000, 7), np.log(1 / 7), dtype=np.float32), dataset.given_labels[rows])
    track = Track("faces", silent, False, votes.majority(), {}, votes)
    found = consensus(track, 1, packages=False)
    assert 0.75 < found["majority vote"]["accuracy"] < 0.9
    assert found["aleator"]["accuracy"] > found["majority vote"]["accuracy"]
    # Even so, the labels that a reviewer saw tell how many of the others are wrong.
    assert abs(coverage(track, 2)["bias"]) < 0.1
