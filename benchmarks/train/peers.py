"""What others do about wrong labels, with the same network and the same number of epochs.

- *cleanlab*: out-of-fold cross-entropy predictions, confident learning (the library itself) finds issues, the rest is
  trained on again.
- *co-teaching* (Han et al. 2018, arXiv 1804.06872): two networks; in each batch either learns from the examples on
  which the other has the least loss. Its share forgets as many as are wrong, which it is told.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from aleator.errors import MissingExtraError
from aleator.learning.augment import cosine_one_cycle, random_views
from aleator.learning.job import TrainingJob
from aleator.learning.members import fit_members, fold_tasks
from aleator.learning.objectives.cross_entropy import CrossEntropy
from aleator.learning.optimizers import make_optimizers, start_step
from aleator.learning.prediction import batch_of
from aleator.learning.settings import TrainingSettings
from aleator.learning.steps.batch import mixed_precision
from aleator.models.network import Network, NetworkSpec, on_device
from aleator.uncertainty.gaussian_logits import log_expected_softmax

OnStep = Callable[[int, int], None]
FOLDS = 3


def cleanlab_keeps(
    spec: NetworkSpec,
    examples: NDArray[np.generic],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    on_step: OnStep,
) -> NDArray[np.bool_]:
    """Which examples cleanlab's `find_label_issues` does not call an issue, `(example,)`."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise MissingExtraError(
            "The row 'cleanlab' needs cleanlab, which is not installed; run: pip install 'aleator[bench]'"
        ) from error
    tasks, fold = fold_tasks(labels, groups, FOLDS, seed)
    with tempfile.TemporaryDirectory() as folder:
        members = fit_members(TrainingJob(spec, examples, labels, settings, device), tasks, Path(folder), on_step)
    probs = np.zeros((len(labels), spec.classes))
    for number, member in enumerate(members):
        mean, spread = (torch.from_numpy(values) for values in (member.predictions.mean, member.predictions.spread))
        probs[fold == number] = log_expected_softmax(mean, spread).exp().numpy()[fold == number]
    return ~np.asarray(find_label_issues(labels, probs), dtype=bool)


def co_teaching(
    spec: NetworkSpec,
    examples: NDArray[np.generic],
    labels: NDArray[np.int64],
    settings: TrainingSettings,
    forget: float,
    seed: int,
    device: torch.device,
    on_step: OnStep,
) -> tuple[Network, ...]:
    """Two networks that teach each other.

    `forget` is the share of each batch that is left out from a fifth of the epochs on; it rises to that.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        networks = [on_device(Network(spec), device).train() for _ in range(2)]
        optimizers = [
            make_optimizers(
                one, settings.optimizer, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
            )
            for one in networks
        ]
        objective, steps = CrossEntropy(len(labels), spec.classes), settings.steps(len(labels))
        per_epoch = steps // settings.epochs
        for step in range(steps):
            if step % per_epoch == 0:
                order = torch.randperm(len(labels), generator=generator)
            batch = order[(step % per_epoch) * settings.batch_size :][: settings.batch_size]
            inputs = random_views(batch_of(examples, batch, device), settings.augmentation, generator)
            targets = torch.from_numpy(labels)[batch].to(device)
            losses = []
            for network in networks:
                with mixed_precision(device):
                    output = network(inputs)
                losses.append(objective(log_expected_softmax(output.mean, output.spread), targets, batch))
            rate = forget * min(1.0, 5 * step / steps)
            kept = len(batch) - round(rate * len(batch))
            chosen = [loss.detach().argsort()[:kept] for loss in losses]
            for own, loss, taught in zip(optimizers, losses, reversed(chosen), strict=True):
                start_step(own, cosine_one_cycle(step, steps))
                loss[taught].mean().backward()  # a mean over what is kept: the rate of learning stays
                for optimizer in own:
                    optimizer.step()
            on_step(step + 1, steps)
    return tuple(network.eval() for network in networks)
