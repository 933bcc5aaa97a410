"""What is trained: which jobs, for how many epochs, and what an interrupted run decided."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from aleator.errors import DataError
from aleator.models.posteriors import POSTERIORS

DEEP = "deep_ensemble"
SHARED = ("mc_dropout", "last_layer_laplace", "gradient_confidence")
"""Methods that take a network of the deep ensemble as it is."""
LAPLACE, MIXTURE = "last_layer_laplace", "ensemble of last_layer_laplace"
FAMILIES = (DEEP, *(name for name in POSTERIORS if name != DEEP and name not in SHARED))


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    minutes: float
    examples: int
    """Of Training, for the comparison; the sweeps take a part of them."""
    sweep_share: float
    members: int
    sizes: tuple[float, ...]
    noises: tuple[float, ...]
    without_for: tuple[str, ...]
    """Families that are trained without the sampling softmax too."""
    faces: int
    """Test faces that are corrupted."""
    most_epochs: int


FULL = Plan(90, 10**9, 0.2, 3, (0.05, 0.1, 0.25, 0.5, 1.0), (0.0, 0.2, 0.4, 0.6, 0.8), FAMILIES, 1500, 12)
QUICK = Plan(10, 5000, 0.3, 2, (0.1, 0.3, 1.0), (0.0, 0.3, 0.6), (DEEP,), 400, 8)
SHARE_FOR_TRAINING = 0.7
"""Of the time; prediction, start-up and scores take the rest."""
PLAN = "plan.json"


@dataclass(frozen=True)
class Job:
    """One training and what is drawn from it."""

    family: str
    use: str
    """What it is for: `main`, `votes`, `without`, `size 0.1`, `noise 0.3`."""
    member: int
    examples: int
    noise: float
    epochs: int
    seed: int

    @property
    def draws_from(self) -> dict[str, str]:
        """The rows of the table that this training is for, and the posterior that each draws from."""
        if self.family != DEEP:
            return {self.family: self.family}
        shared = {name: name for name in SHARED} if self.member == 0 else {}
        return {DEEP: DEEP, MIXTURE: LAPLACE, **shared}

    @property
    def slug(self) -> str:
        return f"{self.family}-{self.use}-{self.member}".replace(" ", "-")


def jobs_of(plan: Plan, epochs: int, seed: int) -> Iterator[Job]:
    part = int(plan.examples * plan.sweep_share)
    for family in FAMILIES:
        for member in range(plan.members if family == DEEP else 1):
            job = Job(family, "main", member, plan.examples, 0.0, epochs, seed)
            yield job
            if family == DEEP:
                yield replace(job, use="votes")
            if family in plan.without_for:
                yield replace(job, use="without")
            for size in plan.sizes:
                # Fewer examples are passed more often, or a small set would be one that is hardly trained on.
                passes = round(epochs * min(3, 1 / size))
                yield replace(job, use=f"size {size:g}", examples=int(part * size), epochs=passes)
            for noise in plan.noises:
                yield replace(job, use=f"noise {noise:g}", examples=part, noise=noise)


def affordable_epochs(plan: Plan, seconds: dict[str, float], budget: float) -> int:
    """Epochs that fit into a budget of processor seconds, by what an example costs each family."""
    one = sum(seconds[job.family] * job.examples * job.epochs for job in jobs_of(plan, 1, 0))
    return max(2, min(plan.most_epochs, int(budget / one)))


def begun(folder: Path, plan: Plan, seed: int) -> dict[str, Any]:
    """What an interrupted run of the same plan measured and decided; empty where there is none.

    Raises DataError where the folder holds a run of another plan.
    """
    if not (folder / PLAN).exists():
        return {}
    began: dict[str, Any] = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    if began["plan"] != as_json(plan, seed):
        raise DataError(f"{folder} holds a run with another plan or seed; name a new folder.")
    return began


def as_json(plan: Plan, seed: int) -> dict[str, Any]:
    return dict(json.loads(json.dumps({**asdict(plan), "seed": seed})))
