"""The one training loop."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.learning.augment import cosine_one_cycle, random_views
from aleator.learning.averaging import WeightAverage
from aleator.learning.begun_head import fit_head
from aleator.learning.checkpoints import TrainingState, load_state, network_of_bytes, save_state
from aleator.learning.devices import PartsThatFit, placed
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loss_mixture import mixture_weights
from aleator.learning.objectives import OBJECTIVES
from aleator.learning.objectives.base import Objective
from aleator.learning.optimizers import make_optimizers, start_step
from aleator.learning.prediction import batch_of, in_batches
from aleator.learning.steps import PLAIN, STEPS
from aleator.learning.steps.batch import Batch, Step, log_probs_of, mixed_precision
from aleator.learning.team import ALONE, Team
from aleator.models.backbones.layers import StandardizeFeatures
from aleator.models.network import Network, Output, on_device
from aleator.models.posteriors import POSTERIORS
from aleator.models.posteriors.base import Posterior
from aleator.uncertainty.gaussian_logits import log_likelihood


def train_network(
    job: TrainingJob,
    task: Task,
    *,
    checkpoint: Path | None = None,
    on_step: Callable[[int], None] = lambda step: None,
    team: Team = ALONE,
) -> tuple[Network, NDArray[np.float32]]:
    """Train a network on the task's rows: a new one, or one that begins with the weights that the task names.

    With `checkpoint`, a file, an interrupted training goes on from its last finished epoch, on a CPU to the same
    result. A `team` of processes shares each batch; the first one's result is the whole training's.

    Returns the network and the log-odds margin of the target (its first choice, where it is soft), `log p(target) -
    max log p(other)`, each time the example was seen: `(epoch, example)`, NaN where an example was not seen in that
    epoch.
    """
    epochs = job.settings.epochs
    # All that torch draws inside (initial weights, dropout) comes from this seed, and the caller's own random
    # state is left as it was.
    with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
        torch.manual_seed(task.seed)
        training = _begin(job, task, team)
        state = training.state
        first_epoch = load_state(checkpoint, state)
        state.network.train()
        for epoch in range(first_epoch, epochs):
            _pass_once(training, epoch, on_step)
            if team.rank == 0:
                save_state(checkpoint, state, epoch + 1, epochs)
        _finish(training)
    return state.network, state.margins


@dataclass(frozen=True)
class _Training:
    """One training under way."""

    job: TrainingJob
    task: Task
    team: Team
    posterior: Posterior
    take_step: Step | None
    """None: the plain step, in which the posterior says what the loss of a batch is."""
    objectives: list[Objective]
    """One for each of the posterior's learners; the state holds them too, to be saved."""
    state: TrainingState
    """All that the training changes."""
    views: Generator
    """For what this process draws of a batch: the state's own, where it trains alone."""
    examples: NDArray[np.generic] | Tensor
    """The job's, on the device where they fit."""
    parts: PartsThatFit = field(default_factory=PartsThatFit)

    @property
    def steps_per_epoch(self) -> int:
        return self.job.settings.steps_per_epoch(len(self.task.rows))

    @property
    def steps(self) -> int:
        return self.job.settings.steps(len(self.task.rows))

    def batch(self, rows: Tensor, step: int) -> Batch:
        """Random views of these examples, and what they are compared with."""
        device, settings = self.job.device, self.job.settings
        inputs = batch_of(self.examples, rows, device)
        if inputs.ndim == 4:
            scale = settings.scale_at(step / self.steps)
            inputs = random_views(inputs, settings.augmentation, self.views, scale=scale)
        targets = torch.from_numpy(self.job.targets[rows.numpy()]).to(device)
        return Batch(inputs, targets, rows.to(device))


@dataclass(frozen=True)
class _Epoch:
    """What is believed of the examples in one epoch, and what the network says of them."""

    trust: Tensor | None
    """How much each example's loss counts, `(example,)`; None where all count alike. All three are on the device."""
    margins: Tensor
    """`(example,)`, written."""
    losses: Tensor | None
    """`(example,)`, written where somebody asks for them."""

    def follow(self, seen: Batch, losses: Tensor, log_probs: Tensor) -> Tensor:
        """The mean of a batch's losses; what the network said of each example is written down."""
        said = log_probs.detach()
        self.margins[seen.rows] = log_odds_margin(said, first_choice(seen.targets)).float()
        if self.losses is not None:
            self.losses[seen.rows] = -log_likelihood(said, seen.targets).float()
        return self.mean(seen, losses)

    def mean(self, seen: Batch, losses: Tensor) -> Tensor:
        """The mean of a batch's losses `(example,)`, each as far as it is trusted."""
        return losses.mean() if self.trust is None else (losses * self.trust[seen.rows]).mean()


def _begin(job: TrainingJob, task: Task, team: Team) -> _Training:
    """All that a training needs, before its first step."""
    settings, spec = job.settings, job.spec
    generator = Generator().manual_seed(task.seed)
    network = on_device(_new_network(job, task) if task.start is None else _begun(job, task.start), job.device)
    if settings.fitted_head and task.start is None:
        _fit_head(network, job, task)
    posterior = POSTERIORS[spec.posterior]()
    objectives = [
        OBJECTIVES[settings.objective](len(job.examples), spec.classes, **settings.options)
        for _ in range(posterior.learners)
    ]
    take_step = None if settings.step == PLAIN else STEPS[settings.step](**settings.step_options)
    if take_step is not None and type(posterior).loss is not Posterior.loss:
        raise AleatorError(
            f"The posterior {spec.posterior!r} has a loss of its own and cannot be trained by the step "
            f"{settings.step!r}: choose the step {PLAIN!r}, or another posterior such as deep_ensemble."
        )
    state = TrainingState(
        network,
        nn.ModuleList(objectives).to(job.device),
        make_optimizers(
            network,
            settings.optimizer,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            backbone_rate=settings.backbone_rate,
        ),
        generator,
        WeightAverage(network, settings.average) if settings.average else None,
        margins=np.full((settings.epochs, len(job.examples)), np.nan, dtype=np.float32),
        losses=np.full(len(job.examples), np.nan, dtype=np.float32),
    )
    views = generator if team.size == 1 else Generator()
    examples = placed(job.examples, job.device)
    return _Training(job, task, team, posterior, take_step, objectives, state, views, examples)


def _pass_once(training: _Training, epoch: int, on_step: Callable[[int], None]) -> None:
    """One epoch: as many whole batches as the examples make, in an order of its own."""
    settings, task, team, state = training.job.settings, training.task, training.team, training.state
    # On a processor these are the state's own arrays; a GPU would wait for each batch that is written into them.
    margins, losses = (
        torch.from_numpy(array).to(training.job.device) for array in (state.margins[epoch], state.losses)
    )
    here = _Epoch(_trust(training, epoch), margins, losses if settings.loss_mixture else None)
    order = torch.from_numpy(task.rows)[torch.randperm(len(task.rows), generator=state.generator)]
    if team.size > 1:  # all draw the same order, and each its own views and dropout
        own = team.seed_of(task.seed, epoch)
        training.views.manual_seed(own)
        torch.manual_seed(own)
    used = order[: training.steps_per_epoch * settings.batch_size]
    for number, batch in enumerate(torch.split(used, settings.batch_size)):
        step = epoch * training.steps_per_epoch + number
        _take_step(training, here, batch, step)
        on_step(step + 1)
    of_examples = [buffer for objective in training.objectives for buffer in objective.per_example]
    team.gather_rows([*of_examples, margins, losses], used, settings.batch_size)
    state.margins[epoch], state.losses[:] = margins.cpu().numpy(), losses.cpu().numpy()
    for objective in training.objectives:
        objective.after_epoch((epoch + 1) / settings.epochs)


def _take_step(training: _Training, epoch: _Epoch, batch: Tensor, step: int) -> None:
    """One step of the optimizers on the examples with these row numbers, of which a team's process has a share."""
    state, posterior = training.state, training.posterior
    share = training.team.share(batch)

    def learn(parts: tuple[Tensor, ...]) -> None:
        start_step(state.optimizers, max(cosine_one_cycle(step, training.steps), posterior.least_rate))
        for rows in parts:
            loss = _loss(training, epoch, training.batch(rows, step))
            torch.autograd.backward(loss if len(parts) == 1 else loss * (len(rows) / len(share)))

    training.parts(learn, share)
    training.team.average_gradients(state.network, len(share) / len(batch))
    for optimizer in state.optimizers:
        optimizer.step()
    posterior.after_step(state.network, step + 1, training.steps)
    if state.average is not None:
        state.average.update(state.network)


def _loss(training: _Training, epoch: _Epoch, seen: Batch) -> Tensor:
    """What the step makes of a batch: one number."""
    network, objectives, device = training.state.network, training.objectives, training.job.device
    if training.take_step is not None:
        return epoch.follow(seen, *training.take_step(network, objectives[0], seen, training.views))

    def loss_of(output: Output, learner: int) -> Tensor:
        with torch.autocast(device.type, enabled=False):
            log_probs, objective = log_probs_of(output), objectives[learner]
            losses = objective(log_probs, seen.targets, seen.rows)
            losses = losses + objective.of_logits(output.mean, output.spread, seen.targets)
            # The first learner is the one that speaks for the network.
            return epoch.mean(seen, losses) if learner else epoch.follow(seen, losses, log_probs)

    with mixed_precision(device):
        return training.posterior.loss(network, seen.inputs, seen.targets, loss_of, len(training.task.rows))


def _trust(training: _Training, epoch: int) -> Tensor | None:
    """How much the loss of each example counts in this epoch, `(example,)`; None where all count alike."""
    job, settings = training.job, training.job.settings
    trust = None if job.weights is None else job.weights.astype(np.float32)
    if settings.loss_mixture and 3 * epoch >= settings.epochs and epoch > 0:
        mixture = mixture_weights(training.state.losses, seed=training.task.seed % 2**32)
        trust = mixture if trust is None else trust * mixture
    return None if trust is None else torch.from_numpy(trust).to(job.device)


def _finish(training: _Training) -> None:
    """The weights that are kept, and what the posterior learns after the training."""
    job, state = training.job, training.state
    if state.average is not None:
        state.network.load_state_dict(state.average.state)
    state.network.eval()
    if training.team.rank == 0:
        with mixed_precision(job.device):
            training.posterior.after_training(
                state.network, partial(in_batches, job.examples, training.task.rows, job.device)
            )


def log_odds_margin(log_probs: Tensor, labels: Tensor) -> Tensor:
    """`log p(label) - max over the other classes of log p`, `(example,)`; negative where another class leads."""
    given = log_probs.gather(1, labels[:, None])
    others = log_probs.scatter(1, labels[:, None], -torch.inf)
    return given.squeeze(1) - others.amax(1)


def first_choice(targets: Tensor) -> Tensor:
    """Labels `(example,)` of targets of either form."""
    return targets if targets.ndim == 1 else targets.argmax(1)


def _new_network(job: TrainingJob, task: Task) -> Network:
    network = Network(job.spec, copy.deepcopy(job.backbone))
    for module in network.modules():
        if isinstance(module, StandardizeFeatures):
            module.fit(torch.from_numpy(np.asarray(job.examples[task.rows], dtype=np.float32)))
    return network


@torch.no_grad()
def _fit_head(network: Network, job: TrainingJob, task: Task) -> None:
    """Let the head begin with what the backbone knows."""
    network.eval()
    with mixed_precision(job.device):
        made = [network.backbone(batch).float() for batch in in_batches(job.examples, task.rows, job.device)]
    fit_head(network, torch.cat(made), torch.from_numpy(job.targets[task.rows]).to(job.device))


def _begun(job: TrainingJob, start: NDArray[np.uint8]) -> Network:
    network = network_of_bytes(start, job.backbone)
    if network.spec != job.spec:
        raise AleatorError(f"The start does not hold the weights of such a network: {network.spec}, not {job.spec}.")
    return network
