"""The one training loop, and the prediction that goes with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from aleator.learning.augment import Augmentation, cosine_one_cycle, random_views
from aleator.learning.objectives import OBJECTIVES
from aleator.models.backbones import StandardizeFeatures
from aleator.models.network import Network, NetworkSpec, Output
from aleator.models.posteriors import POSTERIORS, DeepEnsemble, Posterior
from aleator.models.posteriors.base import LossOf
from aleator.uncertainty.gaussian_logits import log_expected_softmax

PREDICTION_BATCH = 512


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained. The defaults were measured on FER2013; see `aleator bench detect`."""

    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    objective: str = "early_learning"
    augmentation: Augmentation = field(default_factory=Augmentation)

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
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    settings: TrainingSettings,
    *,
    seed: int,
    device: torch.device,
    on_step: Callable[[int], None] = lambda step: None,
) -> tuple[Network, NDArray[np.float32]]:
    """Train a new network on `rows` of `examples`.

    Returns the network and the log-odds margin of the given label, `log p(given) - max log p(other)`, each time
    the example was seen: `(epoch, example)`, NaN where an example was not seen in that epoch.
    """
    # All that torch draws inside (initial weights, dropout) comes from this seed, and the caller's own random
    # state is left as it was.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        network = _new_network(spec, examples, rows).to(device)
        posterior = POSTERIORS[spec.posterior]()
        objectives = [
            OBJECTIVES[settings.objective](len(examples), spec.classes).to(device) for _ in range(posterior.learners)
        ]
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        steps = settings.steps(len(rows))
        batches_per_epoch = steps // settings.epochs
        margins = np.full((settings.epochs, len(examples)), np.nan, dtype=np.float32)
        all_labels = torch.from_numpy(labels)
        network.train()
        for epoch in range(settings.epochs):
            order = torch.from_numpy(rows)[torch.randperm(len(rows), generator=generator)]
            for number in range(batches_per_epoch):
                step = epoch * batches_per_epoch + number
                batch = order[number * settings.batch_size : (number + 1) * settings.batch_size]
                for group in optimizer.param_groups:
                    group["lr"] = settings.learning_rate * max(cosine_one_cycle(step, steps), posterior.least_rate)
                inputs = _on_device(examples, batch, device)
                if inputs.ndim == 4:
                    inputs = random_views(inputs, settings.augmentation, generator)
                targets = all_labels[batch].to(device)
                loss_of = _loss_of(objectives, targets, batch, margins[epoch])
                with mixed_precision(device):
                    loss = posterior.loss(network, inputs, targets, loss_of, len(rows))
                optimizer.zero_grad(set_to_none=True)
                torch.autograd.backward(loss)
                optimizer.step()
                posterior.after_step(network, step + 1, steps)
                on_step(step + 1)
        network.eval()
        with mixed_precision(device):
            posterior.after_training(network, partial(in_batches, examples, rows, device))
    return network, margins


def predict(network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device) -> Predictions:
    """Gaussian logits and embeddings of all examples; with `flip`, the mean over a picture and its mirror image."""
    return _predict(network, examples, DeepEnsemble(), flip=flip, device=device, seed=0)[0]


def predict_draws(
    network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device, seed: int
) -> tuple[Predictions, NDArray[np.float32]]:
    """The same, and draws from the network's own posterior: mean and spread, `(2, draw, example, class)`.

    Every batch and view meets the same drawn networks: they follow from the seed.
    """
    posterior = POSTERIORS[network.spec.posterior]()
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
    network.eval().to(device)
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


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the processor computes it natively, single precision elsewhere."""
    native = device.type == "cuda" or (device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=native)


def _loss_of(objectives: list[nn.Module], targets: Tensor, rows: Tensor, margins: NDArray[np.float32]) -> LossOf:
    """The loss of a batch as a function of a network's output; the first learner's margins are written down."""

    def loss_of(output: Output, learner: int) -> Tensor:
        with torch.autocast(targets.device.type, enabled=False):
            log_probs = log_expected_softmax(output.mean, output.spread)
            if learner == 0:
                margins[rows.numpy()] = log_odds_margin(log_probs.detach(), targets).cpu().numpy()
            value: Tensor = objectives[learner](log_probs, targets, rows.to(targets.device)).mean()
            return value

    return loss_of


def in_batches(examples: NDArray[np.generic], rows: NDArray[np.int64], device: torch.device) -> Iterator[Tensor]:
    """The rows of the examples on the device, in order, as they are."""
    for part in torch.split(torch.from_numpy(rows), PREDICTION_BATCH):
        yield _on_device(examples, part, device)


def _on_device(examples: NDArray[np.generic], rows: Tensor, device: torch.device) -> Tensor:
    batch = torch.from_numpy(examples[rows.numpy()]).to(device)
    return batch.contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch


def _new_network(spec: NetworkSpec, examples: NDArray[np.generic], rows: NDArray[np.int64]) -> Network:
    network = Network(spec)
    for module in network.modules():
        if isinstance(module, StandardizeFeatures):
            module.fit(torch.from_numpy(np.asarray(examples[rows], dtype=np.float32)))
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
