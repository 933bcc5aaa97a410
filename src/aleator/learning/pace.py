"""How long trainings will take, by trying one step."""

import copy
import time
from collections.abc import Sequence

import torch
from torch import nn

from aleator.learning.augment import random_views
from aleator.learning.job import Task, TrainingJob
from aleator.learning.prediction import batch_of
from aleator.learning.steps.batch import mixed_precision
from aleator.models.network import Network, on_device

FORWARD = 3.0
"""A step takes about so many times as long as a prediction."""


def expected_seconds(job: TrainingJob, tasks: Sequence[Task]) -> float:
    """About how long they take one after another here, pictures being predicted afterwards; the second of two steps on
    a copy of the network is what is timed."""
    rows = torch.from_numpy(tasks[0].rows[: job.settings.batch_size])
    network = on_device(Network(job.spec, copy.deepcopy(job.backbone)), job.device).train()
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        _step(network, job, rows)
        if job.device.type == "cuda":
            torch.cuda.synchronize(job.device)
        seconds = time.perf_counter() - start
    views = 2 if job.settings.augmentation.flip and len(job.spec.shape) == 3 else 1
    predicted = views * len(job.examples) * len(tasks) / len(rows) / FORWARD
    return seconds * (sum(job.settings.steps(len(task.rows)) for task in tasks) + predicted)


def _step(network: nn.Module, job: TrainingJob, rows: torch.Tensor) -> None:
    inputs = batch_of(job.examples, rows, job.device)
    if inputs.ndim == 4:
        inputs = random_views(inputs, job.settings.augmentation, torch.Generator().manual_seed(0))
    with mixed_precision(job.device):
        output = network(inputs)
    (output.mean.float().square().mean() + output.spread.float().mean()).backward()


def in_words(seconds: float) -> str:
    """As `12 minutes`."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
