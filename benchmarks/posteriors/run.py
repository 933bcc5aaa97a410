"""Every posterior, with and without the sampling softmax, on FER+.

Trained on the majority labels of Training, tested on PublicTest and its votes. Methods that leave the training alone
share one: MC-dropout, last-layer Laplace and gradient confidence draw from the first network of the deep ensemble, and
all of its networks with a Laplace approximation each make a mixture of them (Eschenhagen et al. 2021, arXiv
2111.03577). Trainings are jobs for processes of one thread each. A short calibration measures what each method's
training costs, and the number of epochs is what fits into the time. What is finished is kept, and read back when the
same command is given again.
"""

import copy
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.cores import available_cores
from aleator.data import LabelledDataset
from aleator.data.images import Geometry, load_pixels
from aleator.files import read_array, write_array, write_json
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.prediction import in_batches, predict_draws
from aleator.learning.settings import TrainingSettings
from aleator.models.network import Network, NetworkSpec
from aleator.models.posteriors import POSTERIORS
from aleator.progress import Progress, silent
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from aleator.uncertainty.metrics import DISENTANGLEMENT_OF_A_CONSTANT
from benchmarks.corruptions import CORRUPTIONS, SEVERITIES
from benchmarks.fer2013 import fer2013
from benchmarks.figures import Measure, ranking
from benchmarks.posteriors.plan import (
    FAMILIES,
    FULL,
    MIXTURE,
    PLAN,
    QUICK,
    SHARE_FOR_TRAINING,
    Job,
    Plan,
    affordable_epochs,
    as_json,
    begun,
    jobs_of,
)
from benchmarks.posteriors.scores import Outcome, read_outcomes, scores, write_outcomes

SWEEP_FACES = 1200
"""The first test faces, on which the steps of a sweep are measured."""


def run(
    data: Path,
    *,
    quick: bool = False,
    seed: int = 0,
    minutes: float | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train, draw and score; see the module. With a `folder`, what is drawn is kept there until all is."""
    start = time.perf_counter()
    plan = QUICK if quick else FULL
    plan = replace(plan, minutes=minutes or plan.minutes)
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        world = _prepare(data, place, plan, seed)
        plan = replace(plan, examples=min(plan.examples, world["training"]))
        began, outcomes = _draw_all(place, plan, seed, start, progress)
    rows = [
        {"posterior": name, "training": use, **scores(outcomes, name, use, world)}
        for name in (*POSTERIORS, MIXTURE)
        for use in ("main", "votes", "without")
        if any(one.name == name and one.use == use for one in outcomes)
    ]
    return {
        "data": "FER+",
        "quick": quick,
        "seed": seed,
        "cores": available_cores(),
        "examples": plan.examples,
        "test": world["test"],
        "epochs": began["epochs"],
        "members": plan.members,
        "nonfaces": world["nonfaces"],
        "seconds_per_1000_examples": {name: round(1000 * value, 3) for name, value in began["seconds"].items()},
        "seconds": round(began["spent"], 1),
        "ceiling": rows[0]["vote_ceiling"],
        "class_mean": rows[0]["vote_class_mean"],
        "rows": rows,
    }


def _draw_all(
    place: Path, plan: Plan, seed: int, start: float, progress: Progress
) -> tuple[dict[str, Any], list[Outcome]]:
    """Do all jobs of the plan, and return what was decided (as `begun`) and drawn; `start` is when the run began."""
    with ProcessPoolExecutor(
        available_cores(), mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        began = begun(place, plan, seed)
        earlier = began.get("spent", 0.0)  # seconds of the interrupted run
        began = began or _begin(pool, place, plan, seed, start)
        jobs = list(jobs_of(plan, began["epochs"], seed))
        # The longest first, so that no process is left with one at the end.
        jobs.sort(key=lambda job: -began["seconds"][job.family] * job.examples * job.epochs)
        running = {pool.submit(_work, place, job): job for job in jobs}
        outcomes: list[Outcome] = []
        try:
            for done, future in enumerate(as_completed(running)):
                outcomes += future.result()
                progress("training and drawing", done + 1, len(jobs))
                began["spent"] = earlier + time.perf_counter() - start
                write_json(place / PLAN, began)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return began, outcomes


def _begin(pool: ProcessPoolExecutor, place: Path, plan: Plan, seed: int, start: float) -> dict[str, Any]:
    """Measure what each family's training costs, decide how many epochs fit into the time, and keep that."""
    seconds = dict(pool.map(partial(_calibrate, place), FAMILIES))
    left = plan.minutes * 60 * SHARE_FOR_TRAINING - (time.perf_counter() - start)
    began = {
        "plan": as_json(plan, seed),
        "seconds": seconds,
        "epochs": affordable_epochs(plan, seconds, left * available_cores()),
        "spent": time.perf_counter() - start,
    }
    write_json(place / PLAN, began)
    return began


def _prepare(data: Path, folder: Path, plan: Plan, seed: int) -> dict[str, Any]:
    """Write the arrays that the jobs map, and return what the scores need."""
    training, test = fer2013(data), fer2013(data, "PublicTest")
    assert training.votes is not None
    assert test.votes is not None
    random = np.random.default_rng(seed)
    majority, pixels = training.votes.majority(), _pixels(training)
    labelled = random.permutation(np.flatnonzero(majority >= 0))
    write_array(folder / "examples.npy", pixels[labelled])
    write_array(folder / "labels.npy", majority[labelled])
    counts = training.votes.class_counts(len(training.class_names))[labelled]
    write_array(folder / "votes.npy", counts / counts.sum(axis=1, keepdims=True))
    faces = _pixels(test)
    few = random.permutation(np.flatnonzero(test.votes.majority() >= 0))[: plan.faces]
    sets = {"test": faces}
    for name, corrupt in CORRUPTIONS.items():
        for severity in SEVERITIES:
            sets[f"{name} {severity}"] = corrupt(faces[few], severity, random)
    sets["nonfaces"] = np.concatenate([pixels[_not_a_face(training)], faces[_not_a_face(test)]])
    ends = np.cumsum([len(part) for part in sets.values()])
    write_array(folder / "shown.npy", np.concatenate(list(sets.values())))
    return {
        "training": len(labelled),
        "test": len(test),
        "classes": len(training.class_names),
        "majority": test.votes.majority(),
        "votes": test.votes.class_counts(len(test.class_names)),
        "few": few,
        "nonfaces": len(sets["nonfaces"]),
        "slices": {
            name: slice(int(end) - len(part), int(end)) for (name, part), end in zip(sets.items(), ends, strict=True)
        },
        "seed": seed,
    }


def _pixels(dataset: LabelledDataset) -> NDArray[np.uint8]:
    pixels, _ = load_pixels(dataset.source, Geometry(48, 48, 1, "FER2013"))  # type: ignore[arg-type]
    return np.asarray(pixels)


def _not_a_face(dataset: LabelledDataset) -> NDArray[np.bool_]:
    """Most votes say that there is no face, or none to judge; such rows are never trained on."""
    assert dataset.votes is not None
    counts = dataset.votes.counts
    return np.asarray(counts[:, dataset.votes.unusable].sum(1) > 0.5 * counts.sum(1))


def _settings(epochs: int) -> TrainingSettings:
    return TrainingSettings(epochs=epochs, batch_size=64, objective="cross_entropy")


def _calibrate(folder: Path, family: str) -> tuple[str, float]:
    """Seconds that one example costs in one epoch."""
    job = Job(family, "main", 0, 1280, 0.0, 1, 0)
    _train(folder, replace(job, examples=64))  # the first step of a process is slow
    return family, _train(folder, job)[1] / 1280


def _train(folder: Path, job: Job) -> tuple[Network, float, NDArray[np.int64]]:
    examples, labels = read_array(folder / "examples.npy", mapped=True), read_array(folder / "labels.npy")
    votes = read_array(folder / "votes.npy")
    rows, classes = np.arange(job.examples), votes.shape[1]
    random = np.random.default_rng([job.seed, 7])  # the same wrong labels for every family
    shuffled = rows[random.random(job.examples) < job.noise]
    labels[shuffled] = random.integers(0, classes, len(shuffled))
    spec = NetworkSpec(
        "small_vgg", tuple(examples.shape[1:]), classes, posterior=job.family, spread=job.use != "without"
    )
    start = time.perf_counter()
    targets = votes if job.use == "votes" else labels
    whole = TrainingJob(spec, examples, targets, _settings(job.epochs), torch.device("cpu"))
    network, _ = train_network(whole, Task(1000 * job.seed + job.member, rows))
    return network, time.perf_counter() - start, rows


def _work(folder: Path, job: Job) -> list[Outcome]:
    """Train, and draw from every posterior that shares the training; what was drawn before is read back."""
    kept = folder / "drawn" / f"{job.slug}.npz"
    if kept.exists():
        return read_outcomes(kept)
    network, seconds, rows = _train(folder, job)
    shown = read_array(folder / "shown.npy", mapped=True)
    if job.use not in ("main", "votes", "without"):
        shown = shown[:SWEEP_FACES]
    drawn: dict[str, Outcome] = {}
    for posterior in dict.fromkeys(job.draws_from.values()):
        start = time.perf_counter()
        drawing = network if posterior == job.family else _adopted(network, posterior, folder, rows)
        fitting = time.perf_counter() - start
        start = time.perf_counter()
        _, draws = predict_draws(drawing, shown, flip=False, device=torch.device("cpu"), seed=job.member)
        log_probs = log_expected_softmax(*torch.from_numpy(draws)).numpy()
        predicting = (time.perf_counter() - start) / len(shown)
        drawn[posterior] = Outcome(posterior, job.use, job.noise, log_probs, seconds + fitting, predicting)
    outcomes = [replace(drawn[posterior], name=name) for name, posterior in job.draws_from.items()]
    write_outcomes(kept, outcomes)
    return outcomes


def _adopted(network: Network, name: str, folder: Path, rows: NDArray[np.int64]) -> Network:
    """The trained network with another posterior."""
    posterior, adopted = POSTERIORS[name](), copy.deepcopy(network)
    adopted.spec = replace(network.spec, posterior=name)
    posterior.prepare(adopted)
    adopted.eval()
    examples = read_array(folder / "examples.npy", mapped=True)
    posterior.after_training(adopted, partial(in_batches, examples, rows, torch.device("cpu")))
    return adopted


TRAININGS = {"main": "on majorities", "votes": "on votes", "without": "plain softmax"}


def format_table(result: dict[str, Any]) -> str:
    """The table as text."""
    lines = [
        f"FER+ majority labels: {result['examples']:,} examples, {result['epochs']} epochs, tested on "
        f"{result['test']:,} faces of PublicTest; deep ensemble of {result['members']}, seed {result['seed']}, "
        f"{result['cores']} cores, {result['seconds']:.0f} seconds" + (" (quick)" if result["quick"] else ""),
        f"votes: Spearman's ceiling {result['ceiling']:.2f}, class mean {result['class_mean']:.2f}; disentanglement "
        f"error of a constant {DISENTANGLEMENT_OF_A_CONSTANT}; {result['nonfaces']} non-faces",
        "",
        f"{'posterior':30} {'trained':15} {'accuracy':>8} {'NLL':>6} {'ECE':>6} {'AURC':>6} {'votes':>6} "
        f"{'corrupt':>8} {'nonface':>8} {'disent.':>8} {'train s':>8} {'ms/face':>8}",
    ]
    for row in result["rows"]:
        error = "" if row["disentanglement"] is None else f"{row['disentanglement']:.2f}"
        lines.append(
            f"{row['posterior']:30} {TRAININGS[row['training']]:15} {row['accuracy']:8.3f} "
            f"{row['nll']:6.3f} {row['ece']:6.3f} {row['aurc']:6.3f} {row['vote_spearman']:6.3f} "
            f"{row['corrupted_top']:8.3f} {row['nonfaces']:8.3f} {error:>8} {row['train_seconds']:8.0f} "
            f"{row['predict_seconds_1000']:8.2f}"
        )
    return "\n".join(lines)


def draw_figure(result: dict[str, Any]) -> str:
    """Who finds corrupted faces and what is no face, takes the uncertainties apart, and is right; an SVG."""
    rows = [row for row in result["rows"] if row["training"] == "main"]

    def of(column: str) -> list[float]:
        return [row[column] for row in rows]

    return ranking(
        [row["posterior"] for row in rows],
        [
            Measure("spoilt faces (AUROC)", of("corrupted_top"), 0.5, 1.0),
            Measure("no face (AUROC)", of("nonfaces"), 0.5, 1.0),
            Measure("Disentanglement Error", of("disentanglement"), 0, 1, False, DISENTANGLEMENT_OF_A_CONSTANT),
            Measure("accuracy", of("accuracy"), 0.6, 0.9),
        ],
    )
