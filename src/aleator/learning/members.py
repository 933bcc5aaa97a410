"""Members of an ensemble, and folds of a cross-validation: trainings that do not depend on each other.

Each is a piece of work, whose result is kept, so that interrupted work goes on after the last finished one. Where
several are worth it, each runs in a process of its own. Short trainings run in this one, on a processor with one
thread: a second thread gains them little, and threads that wait for each other stand still when another program needs
the processor.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.cores import available_cores
from aleator.errors import AleatorError
from aleator.files import read_array, write_array
from aleator.learning.checkpoints import network_as_bytes
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.prediction import Predictions, predict_draws
from aleator.learning.team import ALONE, Team, check_devices, launch
from aleator.threads import at_most_threads
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.kept import results_of
from aleator.workers.processes import Processes
from aleator.workers.sent import read_sent, write_sent

WORTH_PROCESSES, VECTORS = 20_000, 10
"""Pictures seen in all trainings and epochs together, from which on processes of their own save time; of vectors, so
many times more."""
DRAWS, MARGINS, WEIGHTS = "draws", "margins", "weights"
"""Of what a member leaves, beside its predictions."""
OnStep = Callable[[int, int], None]


def _silent(step: int) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Member:
    """What one trained network said of every example."""

    predictions: Predictions
    draws: NDArray[np.float32]
    """Mean and spread of the logits in each draw from the network's posterior, `(2, draw, example, class)`."""
    margin_history: NDArray[np.float32]
    """Log-odds margin of the given label in each epoch, `(epoch, example)`, NaN where not seen."""
    weights: NDArray[np.uint8]
    """The network itself: the content of a file of safetensors."""


def balanced_folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: int | list[int]
) -> NDArray[np.int64]:
    """The fold of each example, `(example,)`; see `fold_tasks`."""
    generator = np.random.default_rng(seed)
    alone = groups < 0
    unit = np.where(alone, np.arange(len(groups)) + groups.max(initial=-1) + 1, groups)
    _, first, unit = np.unique(unit, return_index=True, return_inverse=True)
    shuffled = generator.permutation(len(first))
    by_class = shuffled[np.argsort(labels[first[shuffled]], kind="stable")]
    fold_of = np.empty(len(first), dtype=np.int64)
    fold_of[by_class] = np.arange(len(first)) % folds
    return fold_of[unit]


def fold_tasks(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: int
) -> tuple[list[Task], NDArray[np.int64]]:
    """Cross-validation tasks, and the fold `(example,)` whose network has not seen the example.

    Examples of one group (copies of one picture) share a fold; `groups` is -1 where an example stands alone. Each fold
    holds as much of each class as another, as far as that goes.
    """
    fold = balanced_folds(labels, groups, folds, seed)
    tasks = [
        Task(member_seed(seed, number), np.flatnonzero((labels >= 0) & (fold != number))) for number in range(folds)
    ]
    return tasks, fold


def fit_members(
    job: TrainingJob,
    tasks: list[Task],
    folder: Path,
    on_step: OnStep = lambda step, steps: None,
    *,
    devices: int = 1,
    on: Workers = HERE,
) -> list[Member]:
    """Train one network for each task and predict every example with each.

    With a backbone of the user's own all is done in this process. With several `devices` the members are trained one
    after another, each by so many processes together. Workers that are elsewhere (`on`) do whole members; trainings of
    some seconds are left to this process.
    `folder` keeps what each leaves: a member that is there already is not trained again.
    `on_step` is told the steps done by all members together, and how many there are.
    """
    steps = [job.settings.steps(len(task.rows)) for task in tasks]
    done, begun = [0] * len(tasks), False

    def begin(kept: int, of: int) -> None:
        nonlocal begun
        begun = True

    def tell(number: int, step: int) -> None:
        if step > done[number]:
            done[number] = step
            if begun:  # of those that are kept nobody is told
                on_step(sum(done), sum(steps))

    team = _team(job, devices)
    on, threads = _who_trains(job, sum(steps), len(tasks), devices, on, folder)
    shared = (replace(job, examples=np.asarray(job.examples)) if on.apart else job,)
    pieces = [
        Piece(
            f"member-{number}",
            fit_member_by_team if team else fit_member,
            (task, *team),
            shared,
            threads,
            gpus=int(on.apart and job.device.type == "cuda"),
            on_step=partial(tell, number),
            steps=steps[number],
            resumes=True,
        )
        for number, task in enumerate(tasks)
    ]
    with at_most_threads(threads) if on is HERE and job.device.type == "cpu" else nullcontext():
        return [_member_of(made) for made in results_of(pieces, folder, on, begin)]


def _team(job: TrainingJob, devices: int) -> tuple[int, ...]:
    """How many train each network together; nothing where that is one."""
    if devices == 1:
        return ()
    check_devices(devices, job.device)
    if job.backbone is not None:
        raise AleatorError("A module of your own is trained in this process: leave --devices out.")
    return (devices,)


def _who_trains(
    job: TrainingJob, steps: int, tasks: int, devices: int, on: Workers, folder: Path
) -> tuple[Workers, int]:
    """Who does the members, and with how many threads each.

    From all tasks, not from those that wait: a training that goes on has as many threads as before, which in bfloat16
    shows in its results.
    """
    cores = available_cores()
    worth = WORTH_PROCESSES * (1 if len(job.spec.shape) > 1 else VECTORS)
    worth_it = steps * job.settings.batch_size >= worth
    processes = _at_once(tasks, cores) if devices == 1 else 1
    several = job.device.type == "cpu" and processes > 1 and worth_it and job.backbone is None
    share = max(1, cores // (processes * devices))
    if on.apart and (worth_it or job.backbone is not None):  # workers elsewhere take as long to begin
        return on, share if several else torch.get_num_threads() if worth_it else 1
    if several or devices > 1:
        return Processes(processes, folder), share
    return HERE, cores if worth_it else 1


def fit_member(
    job: TrainingJob,
    task: Task,
    *,
    checkpoint: Path | None = None,
    on_step: Callable[[int], None] = _silent,
    team: Team = ALONE,
) -> Arrays:
    """Train one network and predict every example with it: what a `Member` is made of, by name.

    Of a team, the first has it, and the others nothing.

    Args:
        checkpoint: a file from which an interrupted training goes on.
        on_step: told the number of each step.
    """
    told = _silent if team.rank else on_step
    network, margins = train_network(job, task, checkpoint=checkpoint, on_step=told, team=team)
    if team.rank:
        return {}
    flip = job.settings.augmentation.flip
    predictions, draws = predict_draws(network, job.examples, flip=flip, device=job.device, seed=task.seed)
    return {**vars(predictions), DRAWS: draws, MARGINS: margins, WEIGHTS: network_as_bytes(network.cpu())}


def _member_of(made: Arrays) -> Member:
    own = {name: np.array(array) for name, array in made.items()}  # the files may go
    draws, margins, weights = (own.pop(name) for name in (DRAWS, MARGINS, WEIGHTS))
    return Member(Predictions(**own), draws, margins, weights)


def fit_member_by_team(
    job: TrainingJob,
    task: Task,
    devices: int,
    *,
    checkpoint: Path | None = None,
    on_step: Callable[[int], None] = _silent,
) -> Arrays:
    """The same by so many processes or GPUs together; `on_step` is a function of a module."""
    with TemporaryDirectory(dir=None if checkpoint is None else checkpoint.parent) as name:
        folder = Path(name)
        (folder / "made").mkdir()
        write_sent((job, task, checkpoint, on_step), folder / "job")
        launch(_fit_in_team, devices, job.device, folder)
        return {path.stem: read_array(path) for path in (folder / "made").iterdir()}


def _fit_in_team(team: Team, folder: Path) -> None:
    """What each process of the team does."""
    job, task, checkpoint, on_step = read_sent(folder / "job")
    if team.fabric is not None:
        job = replace(job, device=team.fabric.device)
    made = fit_member(job, task, checkpoint=checkpoint, on_step=on_step, team=team)
    for name, array in made.items():
        write_array(folder / "made" / f"{name}.npy", array)


def _at_once(tasks: int, cores: int) -> int:
    """How many trainings run beside each other: as many as there are cores, or all where the last one would run alone
    (three on two cores: sharing them takes two thirds of the time)."""
    return tasks if tasks < 2 * cores else cores


def member_seed(seed: int, member: int) -> int:
    """The seed of one member, apart from those of all others."""
    return int(np.random.SeedSequence([seed, member]).generate_state(1)[0])
