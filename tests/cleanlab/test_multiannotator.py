"""One label from what several people answered."""

import numpy as np
import pytest
from numpy.typing import NDArray

from aleator.errors import DataError
from aleator.verdicts.annotators import find_consensus

pandas = pytest.importorskip("pandas")

from aleator.cleanlab import multiannotator  # noqa: E402 (after pandas)

ACCURACY = (0.95, 0.85, 0.7, 0.5)


def answered(count: int = 300) -> tuple[NDArray[np.int64], "pandas.DataFrame", NDArray[np.float64]]:
    """Truth, answers of four people of whom each saw half, and what a learner says."""
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, count)
    logits = random.normal(size=(count, 3)) + 2 * np.eye(3)[truth]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answers = np.full((count, 4), np.nan)
    for person, accuracy in enumerate(ACCURACY):
        said = np.where(random.random(count) < accuracy, truth, (truth + 1 + random.integers(0, 2, count)) % 3)
        saw = random.random(count) < 0.5
        answers[saw, person] = said[saw]
    some = ~np.isnan(answers).all(axis=1)
    return truth[some], pandas.DataFrame(answers[some], columns=["ann", "ben", "cat", "dan"]), probs[some]


def test_the_tables_are_cleanlabs() -> None:
    truth, table, probs = answered()
    result = multiannotator.get_label_quality_multiannotator(table, probs, verbose=False)
    assert list(result) == ["label_quality", "detailed_label_quality", "annotator_stats"]
    quality = result["label_quality"]
    assert list(quality) == ["consensus_label", "consensus_quality_score", "annotator_agreement", "num_annotations"]
    assert quality["num_annotations"].tolist() == table.notna().sum(axis=1).tolist()
    majority = multiannotator.get_majority_vote_label(table, probs)
    assert (quality["consensus_label"] == truth).mean() > (majority == truth).mean() > 0.8
    right = (quality["consensus_label"] == truth).to_numpy()
    assert quality["consensus_quality_score"].mean() == pytest.approx(right.mean(), abs=0.04)
    detailed = result["detailed_label_quality"]
    assert (next(iter(detailed)), detailed.shape) == ("quality_annotator_ann", table.shape)
    assert np.array_equal(detailed.isna(), table.isna())
    people = result["annotator_stats"]
    assert list(people) == ["annotator_quality", "agreement_with_consensus", "worst_class", "num_examples_labeled"]
    assert people.index.tolist() == ["dan", "cat", "ben", "ann"]
    assert people["annotator_quality"].to_numpy() == pytest.approx(ACCURACY[::-1], abs=0.1)
    theirs = pytest.importorskip("cleanlab.multiannotator").get_label_quality_multiannotator(
        table, probs, verbose=False
    )
    assert {name: list(one) for name, one in theirs.items()} == {name: list(one) for name, one in result.items()}
    assert (theirs["label_quality"].dtypes == quality.dtypes).all()
    agreeing = (theirs["label_quality"]["consensus_label"] == quality["consensus_label"]).mean()
    assert agreeing > 0.85


def test_what_is_asked_for_is_returned() -> None:
    _, table, probs = answered()
    ask = multiannotator.get_label_quality_multiannotator
    assert list(ask(table, probs, return_detailed_quality=False, return_annotator_stats=False)) == ["label_quality"]
    result = ask(table.to_numpy(), probs, return_weights=True, consensus_method=["majority_vote", "best_quality"])
    assert (len(result), type(result["model_weight"]), result["annotator_weight"].shape) == (5, float, (4,))
    assert "consensus_label_best_quality" in result["label_quality"]
    plain = ask(table, probs, quality_method="agreement")["label_quality"]
    assert np.array_equal(plain["consensus_quality_score"], plain["annotator_agreement"])
    margin = ask(table, probs, label_quality_score_kwargs={"method": "normalized_margin"})["label_quality"]
    assert (margin["consensus_quality_score"] >= 0.5).all()
    with pytest.warns(UserWarning, match="calibrate_probs"):
        ask(table, probs, calibrate_probs=True)
    both = multiannotator.get_label_quality_multiannotator_ensemble(
        table, np.stack([probs, probs]), return_weights=True
    )
    assert both["model_weight"].shape == (2,)
    long = table.stack().dropna().reset_index()
    long.columns = ["task", "annotator", "label"]
    assert np.array_equal(multiannotator.convert_long_to_wide_dataset(long), table, equal_nan=True)


def test_bad_tables_are_told_in_words() -> None:
    _, table, probs = answered()
    ask = multiannotator.get_label_quality_multiannotator
    nobody = table.assign(ann=pandas.NA)
    for bad, said, message in (
        (nobody, probs, r"columns with all NaN. Annotators \['ann'\] did not label any"),
        (
            table.mask(np.arange(len(table))[:, None] + np.zeros((1, 4)) == 0),
            probs,
            r"rows with all NaN. Examples \[0\] do not have",
        ),
        (table["ann"], probs, "must be a 2D array or dataframe"),
        (table, np.stack([probs, probs]), "use the ensemble version of this function"),
        (table, probs[:, :2], "pred_probs must have at least 3 columns"),
        (table, probs[:5], "must line up"),
        (table + 0.5, probs, "is no class"),
        (table.astype(object).where(table.notna(), "x"), probs, "other things than numbers"),
    ):
        with pytest.raises(DataError, match=message):
            ask(bad, said)
    with pytest.raises(DataError, match="not a valid consensus method"):
        ask(table, probs, consensus_method="magic")
    with pytest.raises(DataError, match="only applicable to the crowdlab"):
        ask(table, probs, return_weights=True, quality_method="agreement")
    with pytest.raises(DataError, match="non-ensemble"):
        multiannotator.get_label_quality_multiannotator_ensemble(table, probs)


def test_a_person_who_is_often_wrong_counts_little() -> None:
    truth = np.arange(200) % 2
    answers = np.stack([truth, truth, 1 - truth], axis=1)
    answers[:20] = np.stack([truth[:20], np.full(20, -1), 1 - truth[:20]], axis=1)
    consensus = find_consensus(answers, [np.full((200, 2), 0.5)], ["a", "b", "c"])
    assert np.array_equal(consensus.label, truth)
    assert consensus.annotator_quality[2] < 0.1
    tie = np.array([[0, 1, np.nan], [0, np.nan, 0], [1, np.nan, 1], [0, 1, 0], [1, 0, 1]])
    assert multiannotator.get_majority_vote_label(tie).tolist() == [0, 0, 1, 0, 1]  # the first is confirmed by others
    assert consensus.worst_class(truth).tolist()[2] in (0, 1)
