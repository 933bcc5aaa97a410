"""Several processes train one network: real processes, on this machine's processor."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from aleator.errors import AleatorError, MissingExtraError
from aleator.files import read_array, write_array
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import fit_members
from aleator.learning.objectives.early_learning import EarlyLearning
from aleator.learning.settings import TrainingSettings
from aleator.learning.team import ALONE, Team, check_devices, launch
from aleator.models.network import NetworkSpec
from aleator.uncertainty.gaussian_logits import log_expected_softmax

BATCH = 7  # not a multiple of the processes
CPU = torch.device("cpu")


def blobs() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 600)
    return (random.normal(0, 1, (600, 8)) + 2 * np.eye(8)[labels]).astype(np.float32), labels


def average_and_gather(team: Team, place: Path) -> None:
    """One step of a linear model on a batch, and the memory of an objective; each process writes down what it has."""
    torch.manual_seed(0)
    inputs, model = torch.randn(BATCH, 4), nn.Linear(4, 3)
    rows = torch.tensor([5, 0, 9, 3, 8, 1, 4])
    own = team.share(torch.arange(BATCH))
    objective = EarlyLearning(10, 3)
    log_probs = torch.log_softmax(model(inputs[own]), dim=1)
    loss = objective(log_probs, own % 3, rows[own]).mean()
    loss.backward()
    team.average_gradients(model, len(own) / BATCH)
    team.gather_rows([objective.memory], rows, BATCH)
    assert model.weight.grad is not None
    write_array(place / f"gradient-{team.rank}.npy", model.weight.grad.numpy())
    write_array(place / f"memory-{team.rank}.npy", objective.memory.numpy())


@pytest.mark.slow
def test_gradients_and_memories_are_those_of_one_process(tmp_path: Path) -> None:
    average_and_gather(ALONE, tmp_path)
    alone = [read_array(tmp_path / f"{name}-0.npy") for name in ("gradient", "memory")]
    launch(average_and_gather, 2, CPU, tmp_path)
    for rank in range(2):
        for name, wanted in zip(("gradient", "memory"), alone, strict=True):
            assert read_array(tmp_path / f"{name}-{rank}.npy") == pytest.approx(wanted, abs=1e-6)
    untouched = [2, 6, 7]
    assert alone[1][untouched] == pytest.approx(1 / 3)
    assert (np.abs(alone[1][[5, 0, 9, 3, 8, 1, 4]] - 1 / 3).max(axis=1) > 1e-3).all()


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    examples, labels = blobs()
    spec, rows = NetworkSpec("mlp", (8,), 3), np.arange(500)
    settings = TrainingSettings(epochs=4, batch_size=25, average=0.9, loss_mixture=True)
    told: list[int] = []
    job, tasks = TrainingJob(spec, examples, labels, settings, CPU), [Task(3, rows)]
    (member,) = fit_members(job, tasks, tmp_path / "two", lambda step, steps: told.append(step), devices=2)
    (alone,) = fit_members(job, tasks, tmp_path / "one")
    assert told[-1] <= settings.steps(500)
    assert told == sorted(told)
    for one in (member, alone):
        mean, spread = (torch.from_numpy(part) for part in (one.predictions.mean, one.predictions.spread))
        held_out = (log_expected_softmax(mean, spread).argmax(1).numpy() == labels)[500:]
        assert held_out.mean() > 0.85
        # What either process saw of an example is in the history.
        assert np.isfinite(one.margin_history[:, rows]).all()
        assert np.isnan(one.margin_history[:, 500:]).all()
    margins = [one.margin_history[-2:, rows].mean(axis=0) for one in (member, alone)]
    assert np.corrcoef(margins)[0, 1] > 0.85  # the same examples are hard; batch statistics are those of a share
    with pytest.raises(AleatorError, match="leave --devices out"):
        fit_members(replace(job, backbone=nn.Identity()), tasks, tmp_path / "own", devices=2)


def test_a_machine_without_the_devices_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AleatorError, match="1000 devices were asked for"):
        check_devices(1000, CPU)
    if not torch.cuda.is_available():
        with pytest.raises(AleatorError, match="there are 0 of the kind 'cuda'"):
            check_devices(2, torch.device("cuda"))
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(MissingExtraError, match=r"aleator\[fabric\]"):
        check_devices(2, CPU)
