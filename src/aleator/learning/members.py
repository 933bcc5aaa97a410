"""Members of an ensemble, and folds of a cross-validation: trainings that do not depend on each other.

Each leaves its results in a folder of its own, so that interrupted work goes on after the last finished one. Where
several are worth it, each runs in a process of its own. Short trainings run in this one, on a processor with one
thread: a second thread gains them little, and threads that wait for each other stand still when another program needs
the processor.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator import __version__
from aleator.cores import available_cores
from aleator.errors import AleatorError
from aleator.files import file_digest, read_array, write_array, write_json, write_whole
from aleator.learning.checkpoints import save_network
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.prediction import Predictions, predict_draws
from aleator.learning.team import ALONE, Team, check_devices, launch
from aleator.records import IDENTITY, begin_work, read_json
from aleator.threads import at_most_threads
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.identity import digest
from aleator.workers.piece import as_bytes
from aleator.workers.processes import Processes
from aleator.workers.sent import read_sent, write_sent

WORTH_PROCESSES, VECTORS = 20_000, 10
"""Pictures seen in all trainings and epochs together, from which on processes of their own save time; of vectors, so
many times more."""
WEIGHTS, DONE = "weights.safetensors", "done.json"
"""The trained network, and the digest of each file that its member left: written last."""
CHECKPOINT = "checkpoint.safetensors"
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
    weights: Path
    """The file with the network itself."""


ARRAYS = (*(field.name for field in fields(Predictions)), "draws", "margins")
"""What a member leaves beside its weights, in the order in which it is read."""


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
    `folder` receives `member-0`, `member-1`, ...; a member that is there already is read back, not trained again, if it
    is of the same job and task.
    `on_step` is told the steps done by all members together, and how many there are.
    """
    folder.mkdir(exist_ok=True)  # its parent is there, or somebody removed it
    steps = [job.settings.steps(len(task.rows)) for task in tasks]
    places = [folder / f"member-{number}" for number in range(len(tasks))]
    for place, what in zip(places, _identities(job, tasks), strict=True):
        begin_work(place, what, go_on=_work_of(place) == what)
    waiting = [number for number, place in enumerate(places) if not _is_finished(place)]
    done = [0 if number in waiting else count for number, count in enumerate(steps)]

    def tell(number: int, step: int) -> None:
        done[number] = step
        on_step(sum(done), sum(steps))

    if devices > 1:
        check_devices(devices, job.device)
        if job.backbone is not None:
            raise AleatorError("A module of your own is trained in this process: leave --devices out.")
    # From all tasks, not from those that wait: a training that goes on has as many threads as before, which in bfloat16
    # shows in its results.
    processes = _at_once(len(tasks), available_cores()) if devices == 1 else 1
    on_cpu = job.device.type == "cpu"
    worth = WORTH_PROCESSES * (1 if len(job.spec.shape) > 1 else VECTORS)
    worth_it = sum(steps) * job.settings.batch_size >= worth
    several = on_cpu and processes > 1 and worth_it and job.backbone is None
    share = max(1, available_cores() // (processes * devices))
    if not worth_it and job.backbone is None:
        on = HERE  # workers elsewhere take as long to begin
    if on.apart:
        threads = share if several else torch.get_num_threads() if worth_it else 1
    elif several or devices > 1:
        on, threads = Processes(processes, folder), share
    else:
        threads = available_cores() if worth_it else 1
    team = (devices,) if devices > 1 else ()
    shared = (replace(job, examples=np.asarray(job.examples)) if on.apart else job,)
    pieces = {
        Piece(
            places[number].name,
            fit_member_by_team if team else fit_member,
            _sent(tasks[number]) if on.apart else (tasks[number], places[number] / CHECKPOINT, *team),
            shared,
            threads,
            int(on.apart and job.device.type == "cuda"),
            partial(tell, number),
        ): number
        for number in waiting
    }
    with at_most_threads(threads) if on is HERE and on_cpu else nullcontext():
        for piece, made in on.results(pieces) if pieces else ():
            _leave(made, places[pieces[piece]])
            if done[pieces[piece]] < steps[pieces[piece]]:  # by workers that tell nothing, or not each step
                tell(pieces[piece], steps[pieces[piece]])
    return [_read_member(place) for place in places]


def fit_member(
    job: TrainingJob,
    task: Task,
    checkpoint: Path | None = None,
    start: NDArray[np.uint8] | None = None,
    on_step: Callable[[int], None] = _silent,
    *,
    team: Team = ALONE,
) -> Arrays:
    """Train one network and predict every example with it: what is left in its place, by the names of the files.

    Of a team, the first has it, and the others nothing.

    Args:
        checkpoint: a file from which an interrupted training goes on.
        start: the content of the task's file of weights to begin with, for who does not see that file.
        on_step: told the number of each step.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        if start is not None:
            (folder / "start").write_bytes(start.data)
            task = replace(task, start=folder / "start")
        told = _silent if team.rank else on_step
        network, margins = train_network(job, task, checkpoint=checkpoint, on_step=told, team=team)
        if team.rank:
            return {}
        flip = job.settings.augmentation.flip
        predictions, draws = predict_draws(network, job.examples, flip=flip, device=job.device, seed=task.seed)
        save_network(network.cpu(), folder / WEIGHTS)
        made = dict(zip(ARRAYS, (*vars(predictions).values(), draws, margins), strict=True))
        return made | {WEIGHTS: as_bytes((folder / WEIGHTS).read_bytes())}


def fit_member_by_team(
    job: TrainingJob, task: Task, checkpoint: Path, devices: int, on_step: Callable[[int], None] = _silent
) -> Arrays:
    """The same by so many processes or GPUs together; `on_step` is a function of a module."""
    with TemporaryDirectory(dir=checkpoint.parent) as name:
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
    for name, array in fit_member(job, task, checkpoint, None, on_step, team=team).items():
        write_array(folder / "made" / f"{name}.npy", array)


def _sent(task: Task) -> tuple[Any, ...]:
    """What `fit_member` is called with where this machine's files are not seen."""
    start = None if task.start is None else as_bytes(task.start.read_bytes())
    return replace(task, start=None), None, start


def _leave(made: Arrays, place: Path) -> None:
    """Write what a member left, and that it is done."""
    for name, array in made.items():
        if name == WEIGHTS:
            write_whole(place / name, partial(_write_bytes, array))
        else:
            write_array(place / f"{name}.npy", array)
    write_json(place / DONE, _digests(place))
    (place / CHECKPOINT).unlink(missing_ok=True)


def _write_bytes(content: NDArray[np.uint8], path: Path) -> None:
    path.write_bytes(content.data)


def _at_once(tasks: int, cores: int) -> int:
    """How many trainings run beside each other: as many as there are cores, or all where the last one would run alone
    (three on two cores: sharing them takes two thirds of the time)."""
    return tasks if tasks < 2 * cores else cores


def _identities(job: TrainingJob, tasks: list[Task]) -> list[str]:
    """For each task a digest of all that its result follows from, but the machine."""
    backbone: tuple[Any, ...] = ()
    if job.backbone is not None:
        tensors = (tensor.detach().cpu().contiguous().reshape(-1) for tensor in job.backbone.state_dict().values())
        backbone = repr(job.backbone), *(tensor.view(torch.uint8).numpy() for tensor in tensors)
    said = repr((job.spec, job.settings))
    shared = digest((__version__, said, job.device.type, backbone, job.examples, job.targets, job.weights))
    starts = [None if task.start is None else file_digest(task.start) for task in tasks]
    return [
        digest((shared, repr(task.seed), task.rows, start)).hex() for task, start in zip(tasks, starts, strict=True)
    ]


def _work_of(place: Path) -> object:
    """What the member in this place is of; None where nothing says so."""
    try:
        return read_json(place / IDENTITY)
    except (OSError, ValueError):
        return None


def _digests(place: Path) -> dict[str, str]:
    return {name: file_digest(place / name) for name in (*(f"{name}.npy" for name in ARRAYS), WEIGHTS)}


def _is_finished(place: Path) -> bool:
    """Whether all of it is there, and as it was written."""
    try:
        return bool(read_json(place / DONE) == _digests(place))
    except (OSError, ValueError):
        return False


def _read_member(place: Path) -> Member:
    *said, draws, margins = (read_array(place / f"{name}.npy") for name in ARRAYS)
    return Member(Predictions(*said), draws, margins, place / WEIGHTS)


def member_seed(seed: int, member: int) -> int:
    """The seed of one member, apart from those of all others."""
    return int(np.random.SeedSequence([seed, member]).generate_state(1)[0])
