"""The portfolio's quick form: slices of every kind of data, with what the verdict must show on them together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aleator.testing.fer2013 import fer2013_folder
from benchmarks.portfolio.cases import cases, errors_by_class, kinds_drawn
from benchmarks.portfolio.kinds import KINDS, pictures_of
from benchmarks.portfolio.made_up import made_up_sets
from benchmarks.portfolio.options import PortfolioOptions
from benchmarks.portfolio.run import format_table, run, summarised
from benchmarks.portfolio.scores import HALVES


def data_folder() -> Path | None:
    """Where FER2013, and beside it CIFAR-10H and NoisyAG-News, are; None without them."""
    folder = fer2013_folder()
    return None if folder is None else folder.parent


WITH_FEATURES = ("iris", "wine", "breast", "digits", "drawn", "photographs", "news", "faces, measured")
"""Kinds that are also judged with their features here; those of the others take as long as all of these."""


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    options = PortfolioOptions(data=data_folder(), doors=("brought",), quick=True, peers=False, reviews=False)
    with_features = run(replace(options, doors=("features",), only=WITH_FEATURES))
    return summarised([*run(options)["rows"], *with_features["rows"]])


@pytest.mark.slow
def test_counts_hold_the_truth_on_every_kind_of_data(measured: dict[str, Any]) -> None:
    for figures in (*measured["summary"].values(), measured["all"]):
        assert figures["inside"] >= 0.85
        assert figures["error_of_estimate"] <= 0.09
        assert figures["calibration_error"] <= 0.1
        assert figures["worst_correction"] >= -0.07


@pytest.mark.slow
def test_ranking_and_flags_are_better_than_those_of_the_best_plain_score(measured: dict[str, Any]) -> None:
    for figures in (*measured["summary"].values(), measured["all"]):
        assert figures["auroc_above_best"] >= 0.005
        assert figures["ap_above_best"] >= 0.015
        assert figures["f1_above_differs"] >= 0.03
        assert figures["f1_below_best"] <= 0.055


@pytest.mark.slow
def test_a_good_learner_counts_closely(measured: dict[str, Any]) -> None:
    tables = [row for row in measured["rows"] if row["name"].split(",")[0] in ("wine", "digits", "breast cancer")]
    assert np.median([abs(row["estimate"] - row["share_wrong"]) for row in tables]) <= 0.02
    assert np.median([row["high"] - row["low"] for row in tables]) <= 0.13
    clean = [row for row in tables if row["share_wrong"] == 0]
    assert np.mean([row["flagged"] for row in clean]) <= 0.025
    assert np.mean([row["estimate"] for row in clean]) <= 0.02


@pytest.mark.slow
def test_the_table_names_every_row_once(measured: dict[str, Any]) -> None:
    names = [row["name"] for row in measured["rows"]]
    assert len(set(names)) == len(names)
    assert {row["half"] for row in measured["rows"]} == set(HALVES)
    text = format_table(measured)
    assert names[0] in text
    assert HALVES[1] in text


def test_cases_say_what_is_right_and_made_up_sets_are_the_same_each_time() -> None:
    for case in cases(None, quick=True):
        assert len(case.given) == len(case.truth) == len(case.examples)
        assert case.given.max() < case.classes
        if "clean" in case.name:
            assert case.share_wrong == 0
    first, again = (list(made_up_sets(3, seed=5)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.given, other.given)
        assert np.allclose(one.pred_probs.sum(axis=1), 1)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_drawn_pictures_are_of_every_class_and_the_same_each_time(name: str) -> None:
    kind = KINDS[name]
    pictures, label = pictures_of(kind, 60, seed=0)
    assert np.array_equal(pictures, pictures_of(kind, 60, seed=0)[0])
    assert not np.array_equal(pictures, pictures_of(kind, 60, seed=1)[0])
    assert set(label) == set(range(kind.classes))
    assert pictures.dtype == np.uint8
    assert pictures.std(axis=0).mean() > 5, "no two pictures are alike"


def test_drawn_kinds_are_clean_or_err_as_they_say() -> None:
    by_name = {case.name: case for case in kinds_drawn(quick=True) if case.origin in ("words", "cells")}
    assert by_name["words, clean"].share_wrong == 0
    assert 0.15 < by_name["words, symmetric 20%"].share_wrong < 0.25
    words, cells = by_name["words, by class"], by_name["cells, by class"]
    wrong = np.array([(words.given != words.truth)[words.truth == one].mean() for one in range(8)])
    assert wrong[4:6].min() > 0.4 > 0.2 > np.delete(wrong, [4, 5]).max()
    rare = cells.truth == 1
    assert 0.05 < rare.mean() < 0.15
    assert (cells.given != cells.truth)[rare].mean() > 0.25
    for classes in (2, 3, 26):
        assert np.allclose(errors_by_class(classes).sum(axis=1), 1)
