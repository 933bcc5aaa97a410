"""The benches of the mathematics: their references, their inputs and their scores, on problems with known answers."""

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from aleator.errors import DataError
from aleator.files import write_json
from aleator.models.posteriors import POSTERIORS
from benchmarks.corruptions import CORRUPTIONS, SEVERITIES
from benchmarks.figures import Axis, Measure, Panel, Series, figure, ranking
from benchmarks.posteriors.plan import (
    FAMILIES,
    FULL,
    MIXTURE,
    PLAN,
    QUICK,
    SHARED,
    affordable_epochs,
    as_json,
    begun,
    jobs_of,
)
from benchmarks.posteriors.scores import Outcome, answer, read_outcomes, scores, write_outcomes
from benchmarks.sampling_softmax.run import ESTIMATORS, PeakMemory, make_problem, measure, reference


def test_the_reference_agrees_with_a_sum_over_a_grid_and_its_gradient_with_differences() -> None:
    random = torch.Generator().manual_seed(0)
    mean = torch.randn(3, generator=random, dtype=torch.float64)
    spread = 2 * torch.rand(3, generator=random, dtype=torch.float64)
    log_probs, gradient = reference(mean, spread, 1)
    axis = torch.arange(-8, 8.1, 0.4, dtype=torch.float64)
    values = torch.cartesian_prod(axis, axis, axis)
    weight = torch.exp(-0.5 * (values**2).sum(1))
    exact = (torch.softmax(mean + spread * values, -1) * weight[:, None]).sum(0) / weight.sum()
    assert torch.allclose(log_probs.exp(), exact, atol=1e-8)
    step = 1e-4
    for which in range(2):
        for column in range(3):
            moved = [[mean.clone(), spread.clone()] for _ in range(2)]
            moved[0][which][column] += step
            moved[1][which][column] -= step
            high, low = (float(-reference(*pair, 1)[0][1]) for pair in moved)
            assert float(gradient[which, column]) == pytest.approx((high - low) / (2 * step), abs=1e-6)


@pytest.mark.slow
def test_the_integral_reaches_its_targets_at_eight_classes() -> None:
    for spread in (3.0, 6.0):
        figures = measure(make_problem(8, spread, 1), ESTIMATORS["quadrature"], 0.01)
        assert figures["kl"] < 1e-6
        assert figures["gradient_error"] < 1e-3
    drawn = measure(make_problem(8, 3.0, 1), ESTIMATORS["monte carlo 32"], 0.01)
    assert 1e-3 < drawn["kl"] < 0.2
    assert drawn["megabytes"] > figures["megabytes"]


def test_peak_memory_counts_what_is_held_at_one_time() -> None:
    with PeakMemory() as memory:
        for _ in range(5):
            torch.zeros(250_000)
        kept = [torch.zeros(250_000) for _ in range(3)]
    assert len(kept) == 3
    assert 3e6 <= memory.peak <= 4.1e6


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_grow_and_keep_their_inputs(name: str) -> None:
    random = np.random.default_rng(0)
    ramp = np.linspace(20, 235, 48)
    faces = np.broadcast_to(ramp * np.sin(np.arange(48) / 3)[:, None] ** 2, (6, 1, 48, 48)).astype(np.uint8)
    before = faces.copy()
    distance = []
    for severity in SEVERITIES:
        spoilt = CORRUPTIONS[name](faces, severity, random)
        assert spoilt.shape == faces.shape
        assert spoilt.dtype == np.uint8
        distance.append(float(np.abs(spoilt.astype(float) - faces).mean()))
    assert 0 < distance[0] < distance[1] < distance[2]
    assert np.array_equal(faces, before)


def test_every_posterior_is_planned_once_and_the_epochs_fit_the_time() -> None:
    assert {*FAMILIES, *SHARED} == set(POSTERIORS)
    for plan in (FULL, QUICK):
        jobs = list(jobs_of(plan, 4, 0))
        for family in FAMILIES:
            uses = {job.use for job in jobs if job.family == family}
            assert len([use for use in uses if use.startswith("size")]) >= 3
            assert len([use for use in uses if use.startswith("noise")]) >= 3
        trained = {name for job in jobs if job.use == "main" for name in job.draws_from}
        assert trained == {*POSTERIORS, MIXTURE}
        assert len({job.slug for job in jobs}) == len(jobs)
    seconds = dict.fromkeys(FAMILIES, 0.001)
    cost = sum(0.001 * job.examples * job.epochs for job in jobs_of(QUICK, 1, 0))
    assert affordable_epochs(QUICK, seconds, 5.5 * cost) == 5
    assert affordable_epochs(QUICK, seconds, 0.1 * cost) == 2


def test_an_interrupted_run_goes_on_with_its_own_plan(tmp_path: Path) -> None:
    assert begun(tmp_path, QUICK, 0) == {}
    write_json(tmp_path / PLAN, {"plan": as_json(QUICK, 0), "epochs": 3, "seconds": {}, "spent": 1.0})
    assert begun(tmp_path, QUICK, 0)["epochs"] == 3
    with pytest.raises(DataError, match="another plan"):
        begun(tmp_path, QUICK, 1)
    drawn = [Outcome(name, "noise 0.2", 0.2, np.full((2, 3, 2), value, np.float32), 4.0, 0.1) for name, value in PAIRS]
    write_outcomes(tmp_path / "drawn" / "a.npz", drawn)
    for before, after in zip(drawn, read_outcomes(tmp_path / "drawn" / "a.npz"), strict=True):
        assert {**vars(before), "log_probs": 0} == {**vars(after), "log_probs": 0}
        assert np.array_equal(before.log_probs, after.log_probs)


PAIRS = (("x", -1.0), ("y", -2.0))


def test_scores_of_a_model_that_knows_its_doubt() -> None:
    """Draws agree on the test faces and contradict each other on all that is spoilt; the sweeps are perfect."""
    random = np.random.default_rng(0)
    count, classes = 300, 3
    truth = random.dirichlet(np.full(classes, 0.5), count)
    votes = random.multinomial(10, truth)
    majority = np.where(votes.max(1) > 5, votes.argmax(1), -1)
    few = np.arange(100)
    slices, start = {"test": slice(0, count)}, count
    for name in [*(f"{kind} {severity}" for kind in CORRUPTIONS for severity in SEVERITIES), "nonfaces"]:
        slices[name] = slice(start, start + 100)
        start += 100
    world = {"majority": majority, "votes": votes, "few": few, "slices": slices, "seed": 0, "classes": classes}
    torn = np.log(np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01]]))
    agreed = np.broadcast_to(np.log(truth + 1e-9), (2, count, classes))
    shown = np.concatenate([agreed, np.broadcast_to(torn[:, None], (2, start - count, classes))], axis=1)

    def outcome(use: str, noise: float, log_probs: np.ndarray) -> Outcome:
        return Outcome("x", use, noise, log_probs.astype(np.float32), 2.0, 0.001)

    order = random.permutation(count) / count

    def step(use: str, noise: float, doubt: float, flat: float) -> Outcome:
        """For a share of the examples, `doubt`, one draw is wrong, and a little surer than the right one."""
        right = np.eye(classes)[np.where(majority >= 0, majority, 0)]
        wrong = np.where(order[:, None] < doubt, np.roll(right, 1, axis=1), right)
        draws = np.stack([(1 - flat) * right, (1 - flat + 0.01 * (doubt > 0)) * wrong])
        return outcome(use, noise, np.log(draws + (1 - draws.sum(2, keepdims=True)) / classes))

    sweeps = [step(f"size {size}", 0.0, doubt, 0.2) for size, doubt in ((0.1, 0.5), (0.3, 0.3), (1.0, 0.02))]
    sweeps += [step(f"noise {noise}", noise, 0.0, 0.2 + 0.7 * noise) for noise in (0.0, 0.3, 0.6)]
    row = scores([outcome("main", 0.0, shown), *sweeps], "x", "main", world)
    assert row["accuracy"] > 0.85  # ten votes do not always say what the truth does
    assert row["corrupted_top"] == row["nonfaces"] == 1.0
    assert row["vote_spearman"] > 0.75
    assert row["train_seconds"] == 2.0
    assert row["disentanglement"] < 0.1
    assert scores([outcome("without", 0.0, shown)], "x", "without", world)["disentanglement"] is None
    together = answer([outcome("main", 0.0, shown[:1]), outcome("main", 0.0, shown[1:])])
    assert together.epistemic[slices["nonfaces"]] == pytest.approx(answer([outcome("main", 0.0, shown)]).epistemic[-1])
    assert np.exp(together.log_probs[-1]) == pytest.approx([0.495, 0.495, 0.01], abs=1e-6)


def test_a_ranking_has_the_best_on_top() -> None:
    measures = [
        Measure("error", [0.5, 0.2, 0.9], 0, 1, higher_is_better=False, mark=0.5),
        Measure("other", [1, 2, 9], 0, 4),
    ]
    root = ElementTree.fromstring(ranking(["a & b", "<c>", "d"], measures))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:3] == ["<c>", "a & b", "d"]
    assert texts[3:7] == ["error", "0.20", "0.50", "0.90"]
    widths = [float(bar.get("width", 0)) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[0] < widths[1] < widths[2]
    assert widths[5] == 2 * widths[3]  # 9 is beyond the end of its column


def test_a_figure_is_a_whole_svg_with_names_as_text() -> None:
    x = [1, 10, 100]
    series = [
        Series("<a & b>", x, [0.1, 0.01, 0.001]),
        Series("band", x, [[0.01] * 3, [0.1] * 3], 1, "band"),
        Series("", x, [0.5] * 3, 2, "points"),
        Series("", x, [0.2] * 3, 9, "dashed"),
    ]
    panel = Panel("title", Axis("draws", 1, 100, log=True), Axis("KL", 1e-3, 1, log=True), series)
    heat = Panel("heat", Axis("", 0, 1), Axis("", -20, 25), [], heat=np.array([[0.0, 0.5], [1.0, 0.2]]))
    root = ElementTree.fromstring(figure([panel, heat]))
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<a & b>" in texts
    assert {"1", "10", "100", "0.001", "-20", "20"} <= set(texts)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 3
    assert all(math.isfinite(float(node.get("cx", "nan"))) for node in root.iter("{http://www.w3.org/2000/svg}circle"))
