"""Names are listed without torch, and a new objective, step, posterior or backbone is one file and one line."""

import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.objectives import OBJECTIVES
from aleator.learning.objectives.base import Objective
from aleator.learning.settings import TrainingSettings
from aleator.learning.steps import STEPS
from aleator.learning.steps.batch import Batch, Step, log_probs_of
from aleator.models.backbones import BACKBONES
from aleator.models.network import Network, NetworkSpec
from aleator.models.posteriors import POSTERIORS
from aleator.models.posteriors.deep_ensemble import DeepEnsemble
from aleator.registry import Registry

REGISTRIES = {"objective": OBJECTIVES, "step": STEPS, "posterior": POSTERIORS, "backbone": BACKBONES}
LABELS = np.arange(48) % 3
EXAMPLES = (3 * np.eye(3, 4)[LABELS] + np.random.default_rng(0).normal(size=(48, 4))).astype(np.float32)


class BrierScore(Objective):
    """The squared distance of the prediction from the label."""

    def forward(self, log_probs: Tensor, targets: Tensor, rows: Tensor) -> Tensor:
        return (log_probs.exp() - torch.nn.functional.one_hot(targets, log_probs.shape[1])).square().sum(1)


def noisy_inputs(scale: float = 0.1) -> Step:
    def step(network: Network, objective: Objective, batch: Batch, generator: Generator) -> tuple[Tensor, Tensor]:
        noise = torch.randn(batch.inputs.shape, generator=generator)
        log_probs = log_probs_of(network(batch.inputs + scale * noise))
        return objective(log_probs, batch.targets, batch.rows), log_probs

    return step


@dataclass(frozen=True)
class Certain(DeepEnsemble):
    """One network, never in doubt about itself."""


def one_layer(shape: tuple[int, ...]) -> nn.Sequential:
    return nn.Sequential(nn.Linear(*shape, 16), nn.ReLU())


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_name_stands_for_something_and_another_is_an_error_that_lists_them(kind: str) -> None:
    registry: Registry[object] = REGISTRIES[kind]
    assert len(registry) == len(list(registry)) > 2
    for name in registry:
        assert name in registry
        assert callable(registry[name])
    assert "magic" not in registry
    assert registry.get("magic") is None
    with pytest.raises(AleatorError, match=f"^There is no {kind} 'magic'; choose one of {', '.join(registry)}.$"):
        registry["magic"]
    with pytest.raises(KeyError):
        registry["magic"]


@pytest.mark.parametrize(
    "module",
    [
        "aleator.learning.objectives",
        "aleator.learning.steps",
        "aleator.learning.settings",
        "aleator.learning.effort",
        "aleator.models",
        "aleator.models.backbones",
        "aleator.models.posteriors",
        "aleator.auditing.settings",
        "aleator.training.settings",
    ],
)
def test_names_and_settings_load_no_torch(module: str) -> None:
    code = f"import sys, {module} as module; print(*(list(vars(module)))); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize(
    ("kind", "place"),
    [("objective", "BrierScore"), ("step", "noisy_inputs"), ("posterior", "Certain"), ("backbone", "one_layer")],
)
def test_a_new_one_is_one_line(kind: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is put in here; the file is this one."""
    monkeypatch.setitem(REGISTRIES[kind].places, "mine", f"{__name__}:{place}")
    assert "mine" in REGISTRIES[kind]
    named = {"objective": "cross_entropy", "step": "plain", "posterior": "deep_ensemble", "backbone": "mlp"}
    named[kind] = "mine"
    spec = NetworkSpec(named["backbone"], (4,), 3, posterior=named["posterior"])
    settings = TrainingSettings(epochs=20, batch_size=12, objective=named["objective"], step=named["step"])
    job = TrainingJob(spec, EXAMPLES, LABELS, settings, torch.device("cpu"))
    network, margins = train_network(job, Task(0, np.arange(48)))
    assert (margins[-1] > 0).mean() > 0.8
    with torch.no_grad():
        drawn = POSTERIORS[named["posterior"]]().draw(network, torch.from_numpy(EXAMPLES), generator=Generator())
    assert (drawn.mean[0].argmax(1).numpy() == LABELS).mean() > 0.8


@pytest.mark.parametrize(
    ("registry", "settings", "field"),
    [
        ("aleator.learning.objectives:OBJECTIVES", "aleator.training.settings:TrainSettings", "objective"),
        ("aleator.learning.steps:STEPS", "aleator.training.settings:TrainSettings", "step"),
        ("aleator.models.backbones:BACKBONES", "aleator.training.settings:TrainSettings", "backbone"),
        ("aleator.models.posteriors:POSTERIORS", "aleator.auditing.settings:AuditSettings", "posterior"),
    ],
)
def test_the_choices_of_the_settings_are_the_names(registry: str, settings: str, field: str) -> None:
    """What the command line shows is made from these types; in a fresh process the line comes before them."""
    table, _, attribute = registry.partition(":")
    home, _, name = settings.partition(":")
    code = (
        f"import {table} as table, typing\n"
        f"table.{attribute}.places['mine'] = 'nowhere:Mine'\n"
        f"from {home} import {name}\n"
        f"print(typing.get_type_hints({name}, include_extras=True)[{field!r}])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for choice in (*getattr(import_module(table), attribute), "mine"):
        assert choice in told
