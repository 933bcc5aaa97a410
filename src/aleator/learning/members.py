"""Members of an ensemble, and folds of a cross-validation: trainings that do not depend on each other.

Each leaves its results in a folder of its own, so that interrupted work goes on after the last finished one. Where
several are worth it, each runs in a process of its own. Short trainings run in this one, on a processor with one
thread: a second thread gains them little, and threads that wait for each other stand still when another program needs
the processor.
"""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
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
from aleator.learning.team import ALONE, Team, check_devices
from aleator.records import IDENTITY, begin_work, read_json
from aleator.threads import at_most_threads
from aleator.workers import HERE, Arrays, Piece, Workers
from aleator.workers.identity import digest
from aleator.workers.piece import as_bytes

WORTH_PROCESSES, VECTORS = 20_000, 10
"""Pictures seen in all trainings and epochs together, from which on processes of their own save time; of vectors, so
many times more."""
KEEP_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296"
"""For the C library of Linux: memory that a step frees is kept for the next one, in large pages. Given back and asked
for anew, as it is otherwise, it costs an eighth of the time of a step. Others do not read it."""
WEIGHTS, DONE = "weights.safetensors", "done.json"
"""The trained network, and the digest of each file that its member left: written last."""
OnStep = Callable[[int, int], None]


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


ARRAYS = tuple(f"{name}.npy" for name in (*(field.name for field in fields(Predictions)), "draws", "margins"))
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
    after another, each by so many processes together. Workers that are elsewhere (`on`) do whole members.
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
    work = [_Work(tasks[number], places[number], partial(tell, number)) for number in waiting]
    if work and on.apart:
        share = max(1, available_cores() // processes) if several else torch.get_num_threads()
        _fit_elsewhere(work, job, on, share if worth_it else 1)
    elif work and (several or devices > 1):
        _fit_in_processes(work, job, folder, processes, devices)
    else:
        with at_most_threads(available_cores() if worth_it else 1) if on_cpu else nullcontext():
            for one in work:
                fit_member(job, one.task, one.place, one.on_step)
    return [_read_member(place) for place in places]


def fit_member(
    job: TrainingJob,
    task: Task,
    place: Path,
    on_step: Callable[[int], None] = lambda step: None,
    *,
    team: Team = ALONE,
) -> None:
    """Train one network here, predict every example with it, and leave both in `place`; of a team, the first does."""
    checkpoint = place / "checkpoint.safetensors"
    told = on_step if team.rank == 0 else lambda step: None
    network, margins = train_network(job, task, checkpoint=checkpoint, on_step=told, team=team)
    if team.rank:
        return
    flip = job.settings.augmentation.flip
    predictions, draws = predict_draws(network, job.examples, flip=flip, device=job.device, seed=task.seed)
    save_network(network.cpu(), place / WEIGHTS)
    for name, array in zip(ARRAYS, (*vars(predictions).values(), draws, margins), strict=True):
        write_array(place / name, array)
    _mark_done(place)
    checkpoint.unlink(missing_ok=True)


def member_apart(job: TrainingJob, task: Task, start: NDArray[np.uint8] | None) -> Arrays:
    """What `fit_member` leaves in a place, as arrays by the names of the files, for who does not see the place.

    `start` is the content of the task's file of weights to begin with.
    """
    with TemporaryDirectory() as name:
        place = Path(name)
        if start is not None:
            (place / "start").write_bytes(start.tobytes())
            task = replace(task, start=place / "start")
        fit_member(job, task, place)
        made = {path.stem: read_array(path) for path in place.glob("*.npy")}
        return made | {WEIGHTS: as_bytes((place / WEIGHTS).read_bytes())}


def _fit_elsewhere(work: list["_Work"], job: TrainingJob, on: Workers, threads: int) -> None:
    """Let workers that do not see the folder do the members, and put what they made in its place."""
    shared = (replace(job, examples=np.asarray(job.examples)),)
    gpus = int(job.device.type == "cuda")
    pieces = {}
    for one in work:
        start = None if one.task.start is None else as_bytes(one.task.start.read_bytes())
        arguments = (replace(one.task, start=None), start)
        pieces[Piece(one.place.name, member_apart, arguments, shared, threads, gpus)] = one
    for piece, arrays in on.results(pieces):
        one = pieces[piece]
        for name, array in arrays.items():
            if name == WEIGHTS:
                write_whole(one.place / name, partial(_write_bytes, array))
            else:
                write_array(one.place / f"{name}.npy", array)
        _mark_done(one.place)
        one.on_step(job.settings.steps(len(one.task.rows)))


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


def _mark_done(place: Path) -> None:
    """Say what the files of a member hold, the last thing that is written of it."""
    write_json(place / DONE, _digests(place))


def _digests(place: Path) -> dict[str, str]:
    return {name: file_digest(place / name) for name in (*ARRAYS, WEIGHTS)}


def _is_finished(place: Path) -> bool:
    """Whether all of it is there, and as it was written."""
    try:
        return bool(read_json(place / DONE) == _digests(place))
    except (OSError, ValueError):
        return False


def _read_member(place: Path) -> Member:
    *said, draws, margins = (read_array(place / name) for name in ARRAYS)
    return Member(Predictions(*said), draws, margins, place / WEIGHTS)


@dataclass(frozen=True)
class _Work:
    """A member that is not there yet."""

    task: Task
    place: Path
    on_step: Callable[[int], None]


def _fit_in_processes(work: list[_Work], job: TrainingJob, folder: Path, processes: int, devices: int) -> None:
    """Run `worker.py` once for each member, `processes` of them at a time, each on so many `devices`."""
    arrays = {"examples": _path_of(job.examples, folder / "examples.npy"), "targets": str(folder / "targets.npy")}
    write_array(folder / "targets.npy", job.targets)
    if job.weights is not None:
        arrays["weights"] = str(folder / "weights.npy")
        write_array(folder / "weights.npy", job.weights)
    shared = {
        **arrays,
        "spec": asdict(job.spec),
        "settings": asdict(job.settings),
        "threads": max(1, available_cores() // (processes * devices)),
        "devices": devices,
        "device": str(job.device),
    }
    workers = _Workers()
    with ThreadPoolExecutor(processes) as pool:
        futures = [pool.submit(workers.run, one, shared) for one in work]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workers.stop()
            raise
    (folder / "examples.npy").unlink(missing_ok=True)


class _Workers:
    """Processes that train a member each, and end together."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._stopping = Event()

    def run(self, work: _Work, shared: dict[str, Any]) -> None:
        """Train one member in a process of its own, by what all have in common; returns when it is done.

        Raises AleatorError with what the process said last, if it fails, and FileNotFoundError where the place is gone.
        """
        task, place = work.task, work.place
        write_array(place / "rows.npy", task.rows)
        start = None if task.start is None else str(task.start)
        write_json(place / "task.json", {**shared, "seed": task.seed, "start": start})
        # Its standard input stays open as long as this process lives: the worker ends with it.
        with (
            (place / "errors.txt").open("w+", encoding="utf-8") as errors,
            subprocess.Popen(
                [sys.executable, "-m", "aleator.learning.worker", str(place)],
                env={"GLIBC_TUNABLES": KEEP_MEMORY, **os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as worker,
        ):
            self._running.add(worker)
            if self._stopping.is_set():  # it was being started while the others were ended
                worker.kill()
            assert worker.stdout is not None
            for line in worker.stdout:
                work.on_step(int(line))
            if worker.wait():
                if not place.exists():
                    raise FileNotFoundError(errno.ENOENT, "its folder is gone", str(place.resolve() / "task.json"))
                errors.seek(0)
                raise AleatorError(_what_failed(worker.returncode, errors.read()))

    def stop(self) -> None:
        """End all that are running or about to be started."""
        self._stopping.set()
        for worker in list(self._running):
            worker.kill()


def _path_of(examples: NDArray[np.generic], path: Path) -> str:
    """Where workers can map the examples from: the file they are mapped from whole already, or a new one at `path`."""
    buffer: Any = examples.base
    if isinstance(examples, np.memmap) and isinstance(buffer, mmap):
        return str(examples.filename)
    write_array(path, examples)
    return str(path)


def _what_failed(code: int, errors: str) -> str:
    if code == -signal.SIGKILL:
        return (
            "A training was ended by the system, most likely because the memory ran out: close other programs, or use "
            "--effort quick. The same command goes on from the last finished member."
        )
    last = (errors.strip() or "it said nothing").splitlines()[-1]
    return f"A training failed ({last}). The same command goes on from the last finished member."


def member_seed(seed: int, member: int) -> int:
    """The seed of one member, apart from those of all others."""
    return int(np.random.SeedSequence([seed, member]).generate_state(1)[0])
