"""The one training loop, and the prediction that goes with it."""

import copy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from aleator.errors import AleatorError
from aleator.learning.augment import Augmentation, cosine_one_cycle, random_views
from aleator.learning.averaging import WeightAverage
from aleator.learning.checkpoints import TrainingState, load_network, load_state, save_state
from aleator.learning.loss_mixture import mixture_weights
from aleator.learning.objectives import OBJECTIVES
from aleator.learning.optimizers import OptimizerName, make_optimizers, start_step
from aleator.learning.steps import STEPS, Batch, log_probs_of, mixed_precision
from aleator.learning.team import ALONE, Team
from aleator.models.backbones import StandardizeFeatures
from aleator.models.network import Network, NetworkSpec, Output, on_device
from aleator.models.posteriors import POSTERIORS, DeepEnsemble, Posterior
from aleator.threads import one_thread
from aleator.uncertainty.gaussian_logits import log_likelihood

PREDICTION_BATCH = 96  # small enough for the cache: half as fast again as 512
THREAD_WORTH = 256
"""Examples that are worth a thread of their own."""
Follow = Callable[..., Tensor]
Targets = NDArray[np.int64] | NDArray[np.float32]
"""Labels `(example,)`, or soft labels or vote counts `(example, class)`."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained. The defaults were measured on FER2013, by the benchmarks `detect` and `train`."""

    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    optimizer: OptimizerName = "adamw"
    objective: str = "early_learning"
    augmentation: Augmentation = field(default_factory=Augmentation)
    step: str = "plain"
    """How a batch becomes losses: one of STEPS."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the objective, such as `{"strength": 2.0}`."""
    step_options: Mapping[str, Any] = field(default_factory=dict)
    average: float = 0.0
    """Decay of the running mean of the weights that is kept instead of the last ones; 0 keeps the last ones."""
    loss_mixture: bool = False
    """Weigh each example by how its loss lies among all others, after a third of the epochs."""

    def steps(self, examples: int) -> int:
        """Steps of a training on so many examples."""
        return self.epochs * max(1, examples // self.batch_size)


@dataclass(frozen=True)
class Predictions:
    """What one network says of every example."""

    mean: NDArray[np.float32]
    """Mean of each logit, `(example, class)`."""
    spread: NDArray[np.float32]
    """Standard deviation of each logit, `(example, class)`."""
    embedding: NDArray[np.float32]
    """`(example, feature)`."""


def train(
    spec: NetworkSpec,
    examples: NDArray[np.generic],
    targets: Targets,
    rows: NDArray[np.int64],
    settings: TrainingSettings,
    *,
    seed: int,
    device: torch.device,
    weights: NDArray[np.float32] | None = None,
    backbone: nn.Module | None = None,
    start: Path | None = None,
    checkpoint: Path | None = None,
    on_step: Callable[[int], None] = lambda step: None,
    team: Team = ALONE,
) -> tuple[Network, NDArray[np.float32]]:
    """Train a network on `rows` of `examples`: a new one, or one that begins with the weights in the file `start`.

    `weights`, `(example,)`, multiply the losses. A copy of `backbone` is trained if one is given. With `checkpoint`, a
    file, an interrupted training goes on from its last finished epoch, on a CPU to the same result. A `team` of
    processes shares each batch; the first one's result is the whole training's.

    Returns the network and the log-odds margin of the target (its first choice, where it is soft), `log p(target) -
    max log p(other)`, each time the example was seen: `(epoch, example)`, NaN where an example was not seen in that
    epoch.
    """
    # All that torch draws inside (initial weights, dropout) comes from this seed, and the caller's own random
    # state is left as it was.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        begun = _new_network(spec, examples, rows, backbone) if start is None else _begun(start, spec, backbone)
        network = on_device(begun, device)
        posterior = POSTERIORS[spec.posterior]()
        objectives = nn.ModuleList(
            OBJECTIVES[settings.objective](len(examples), spec.classes, **settings.options)
            for _ in range(posterior.learners)
        ).to(device)
        take_step = STEPS[settings.step](**settings.step_options)
        if settings.step != "plain" and type(posterior).loss is not Posterior.loss:
            raise AleatorError(
                f"The posterior {spec.posterior!r} has a loss of its own and cannot be trained by the step "
                f"{settings.step!r}: choose the step 'plain', or another posterior such as deep_ensemble."
            )
        average = WeightAverage(network, settings.average) if settings.average else None
        optimizers = make_optimizers(
            network,
            settings.optimizer,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
        )
        steps = settings.steps(len(rows))
        batches_per_epoch = steps // settings.epochs
        margins = np.full((settings.epochs, len(examples)), np.nan, dtype=np.float32)
        losses = np.full(len(examples), np.nan, dtype=np.float32)
        state = TrainingState(network, objectives, optimizers, generator, average, margins, losses)
        first_epoch = load_state(checkpoint, state)
        all_targets = torch.from_numpy(targets)
        of_examples = [values for one in objectives for values in getattr(one, "per_example", ())]
        views = generator if team.size == 1 else torch.Generator()
        network.train()
        for epoch in range(first_epoch, settings.epochs):
            trust = _trust(settings, weights, losses, epoch, seed)
            order = torch.from_numpy(rows)[torch.randperm(len(rows), generator=generator)]
            if team.size > 1:  # all draw the same order, and each its own views and dropout
                own = team.seed_of(seed, epoch)
                views.manual_seed(own)
                torch.manual_seed(own)
            for number in range(batches_per_epoch):
                step = epoch * batches_per_epoch + number
                whole = order[number * settings.batch_size : (number + 1) * settings.batch_size]
                batch = team.share(whole)
                start_step(optimizers, max(cosine_one_cycle(step, steps), posterior.least_rate))
                inputs = batch_of(examples, batch, device)
                if inputs.ndim == 4:
                    inputs = random_views(inputs, settings.augmentation, views)
                seen = Batch(inputs, all_targets[batch].to(device), batch.to(device))
                follow = partial(_follow, settings, seen, trust, margins[epoch], losses)
                if settings.step == "plain":
                    loss_of = partial(_loss_of, objectives, seen, follow)
                    with mixed_precision(device):
                        loss = posterior.loss(network, seen.inputs, seen.targets, loss_of, len(rows))
                else:
                    loss = follow(*take_step(network, objectives[0], seen, views))
                torch.autograd.backward(loss)
                team.average_gradients(network, len(batch) / len(whole))
                for optimizer in optimizers:
                    optimizer.step()
                posterior.after_step(network, step + 1, steps)
                if average is not None:
                    average.update(network)
                on_step(step + 1)
            written = [*of_examples, torch.from_numpy(margins[epoch]), torch.from_numpy(losses)]
            team.gather_rows(written, order[: batches_per_epoch * settings.batch_size], settings.batch_size)
            for objective in objectives:
                getattr(objective, "after_epoch", lambda done: None)((epoch + 1) / settings.epochs)
            if team.rank == 0:
                save_state(checkpoint, state, epoch + 1, settings.epochs)
        if average is not None:
            network.load_state_dict(average.state)
        network.eval()
        if team.rank == 0:
            with mixed_precision(device):
                posterior.after_training(network, partial(in_batches, examples, rows, device))
    return network, margins


def predict(network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device) -> Predictions:
    """Gaussian logits and embeddings of all examples; with `flip`, the mean over a picture and its mirror image.

    On a processor each of PyTorch's threads takes a part of the examples: they need not wait for each other then. A
    network that is `folded` takes less time.
    """
    network = on_device(network.eval(), device)

    def said_of(part: NDArray[np.generic]) -> Predictions:
        return _predict(network, part, DeepEnsemble(), flip=flip, device=device, seed=0)[0]

    threads = min(torch.get_num_threads(), len(examples) // THREAD_WORTH) if device.type == "cpu" else 1
    if threads < 2:
        return said_of(examples)
    with one_thread(), ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        parts = list(pool.map(said_of, np.array_split(examples, threads)))
    return Predictions(*(np.concatenate(values) for values in zip(*(vars(one).values() for one in parts), strict=True)))


def predict_draws(
    network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device, seed: int
) -> tuple[Predictions, NDArray[np.float32]]:
    """The same, and draws from the network's own posterior: mean and spread, `(2, draw, example, class)`.

    Every batch and view meets the same drawn networks: they follow from the seed.
    """
    posterior = POSTERIORS[network.spec.posterior]()
    network = on_device(network.eval(), device)
    return _predict(network, examples, posterior, flip=flip, device=device, seed=seed)


@torch.inference_mode()
def _predict(
    network: Network,
    examples: NDArray[np.generic],
    posterior: Posterior,
    *,
    flip: bool,
    device: torch.device,
    seed: int,
) -> tuple[Predictions, NDArray[np.float32]]:
    parts = []
    for inputs in in_batches(examples, np.arange(len(examples)), device):
        views = [inputs, inputs.flip(3)] if flip and inputs.ndim == 4 else [inputs]
        with mixed_precision(device):
            drawn = [posterior.draw(network, view, generator=Generator().manual_seed(seed)) for view in views]
        plain = [one.plain for one in drawn]
        per_view = (
            [output.mean for output in plain],
            [output.spread for output in plain],
            [output.embedding.float() for output in plain],
            [torch.stack([one.mean, one.spread]) for one in drawn],
        )
        parts.append([torch.stack(each).mean(0).cpu() for each in per_view])
    mean, spread, embedding, draws = zip(*parts, strict=True)
    predictions = Predictions(torch.cat(mean).numpy(), torch.cat(spread).numpy(), torch.cat(embedding).numpy())
    return predictions, torch.cat(draws, dim=2).numpy()


def log_odds_margin(log_probs: Tensor, labels: Tensor) -> Tensor:
    """`log p(label) - max over the other classes of log p`, `(example,)`; negative where another class leads."""
    given = log_probs.gather(1, labels[:, None])
    others = log_probs.scatter(1, labels[:, None], -torch.inf)
    return given.squeeze(1) - others.amax(1)


def first_choice(targets: Tensor) -> Tensor:
    """Labels `(example,)` of targets of either form."""
    return targets if targets.ndim == 1 else targets.argmax(1)


def _trust(
    settings: TrainingSettings,
    weights: NDArray[np.float32] | None,
    losses: NDArray[np.float32],
    epoch: int,
    seed: int,
) -> Tensor | None:
    """How much the loss of each example counts in this epoch, `(example,)`; None where all count alike."""
    trust = None if weights is None else weights.astype(np.float32)
    if settings.loss_mixture and 3 * epoch >= settings.epochs and epoch > 0:
        mixture = mixture_weights(losses, seed=seed % 2**32)
        trust = mixture if trust is None else trust * mixture
    return None if trust is None else torch.from_numpy(trust)


def _loss_of(objectives: nn.ModuleList, seen: Batch, follow: Follow, output: Output, learner: int) -> Tensor:
    """The loss of a network's output; the first learner's is followed."""
    with torch.autocast(seen.inputs.device.type, enabled=False):
        log_probs = log_probs_of(output)
        objective = objectives[learner]
        each = objective(log_probs, seen.targets, seen.rows)
        of_logits = getattr(objective, "of_logits", None)
        if of_logits is not None:
            each = each + of_logits(output.mean, output.spread, seen.targets)
        return follow(each, log_probs, learner)


def _follow(
    settings: TrainingSettings,
    seen: Batch,
    trust: Tensor | None,
    margins: NDArray[np.float32],
    losses: NDArray[np.float32],
    each: Tensor,
    log_probs: Tensor,
    learner: int = 0,
) -> Tensor:
    """The mean of a batch's losses; what the first learner said of each example is written down."""
    rows = seen.rows.cpu()
    if learner == 0:
        said = log_probs.detach()
        margins[rows.numpy()] = log_odds_margin(said, first_choice(seen.targets)).cpu().numpy()
        if settings.loss_mixture:
            losses[rows.numpy()] = -log_likelihood(said, seen.targets).cpu().numpy()
    return each.mean() if trust is None else (each * trust[rows].to(each.device)).mean()


def in_batches(examples: NDArray[np.generic], rows: NDArray[np.int64], device: torch.device) -> Iterator[Tensor]:
    """The rows of the examples on the device, in order, as they are."""
    for part in torch.split(torch.from_numpy(rows), PREDICTION_BATCH):
        yield batch_of(examples, part, device)


def batch_of(examples: NDArray[np.generic], rows: Tensor, device: torch.device) -> Tensor:
    """The rows of the examples on the device; pictures as floats, channels last as in the networks."""
    batch = torch.from_numpy(examples[rows.numpy()]).to(device)
    return batch.float().contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch


def _new_network(
    spec: NetworkSpec, examples: NDArray[np.generic], rows: NDArray[np.int64], backbone: nn.Module | None
) -> Network:
    network = Network(spec, copy.deepcopy(backbone))
    for module in network.modules():
        if isinstance(module, StandardizeFeatures):
            module.fit(torch.from_numpy(np.asarray(examples[rows], dtype=np.float32)))
    return network


def _begun(start: Path, spec: NetworkSpec, backbone: nn.Module | None) -> Network:
    network = load_network(start, backbone)
    if network.spec != spec:
        raise AleatorError(f"{start} does not hold the weights of such a network: {network.spec}, not {spec}.")
    return network
