"""The one training loop, and the prediction that goes with it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aleator.learning.augment import Augmentation, cosine_one_cycle, random_views
from aleator.learning.objectives import OBJECTIVES
from aleator.models.backbones import StandardizeFeatures
from aleator.models.network import Network, NetworkSpec
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
        objective = OBJECTIVES[settings.objective](len(examples), spec.classes).to(device)
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
                    group["lr"] = settings.learning_rate * cosine_one_cycle(step, steps)
                inputs = _on_device(examples, batch, device)
                if inputs.ndim == 4:
                    inputs = random_views(inputs, settings.augmentation, generator)
                targets = all_labels[batch].to(device)
                with mixed_precision(device):
                    output = network(inputs)
                log_probs = log_expected_softmax(output.mean, output.spread)
                loss = objective(log_probs, targets, batch.to(device)).mean()
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                margins[epoch, batch.numpy()] = log_odds_margin(log_probs.detach(), targets).cpu().numpy()
                on_step(step + 1)
    return network.eval(), margins


@torch.inference_mode()
def predict(network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device) -> Predictions:
    """Gaussian logits and embeddings of all examples; with `flip`, the mean over a picture and its mirror image."""
    network.eval().to(device)
    means, spreads, embeddings = [], [], []
    for rows in torch.split(torch.arange(len(examples)), PREDICTION_BATCH):
        inputs = _on_device(examples, rows, device)
        views = [inputs, inputs.flip(3)] if flip and inputs.ndim == 4 else [inputs]
        with mixed_precision(device):
            outputs = [network(view) for view in views]
        means.append(torch.stack([output.mean for output in outputs]).mean(0).cpu())
        spreads.append(torch.stack([output.spread for output in outputs]).mean(0).cpu())
        embeddings.append(torch.stack([output.embedding.float() for output in outputs]).mean(0).cpu())
    return Predictions(torch.cat(means).numpy(), torch.cat(spreads).numpy(), torch.cat(embeddings).numpy())


def log_odds_margin(log_probs: Tensor, labels: Tensor) -> Tensor:
    """`log p(label) - max over the other classes of log p`, `(example,)`; negative where another class leads."""
    given = log_probs.gather(1, labels[:, None])
    others = log_probs.scatter(1, labels[:, None], -torch.inf)
    return given.squeeze(1) - others.amax(1)


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the processor computes it natively, single precision elsewhere."""
    native = device.type == "cuda" or (device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=native)


def _on_device(examples: NDArray[np.generic], rows: Tensor, device: torch.device) -> Tensor:
    batch = torch.from_numpy(examples[rows.numpy()]).to(device)
    return batch.contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch


def _new_network(spec: NetworkSpec, examples: NDArray[np.generic], rows: NDArray[np.int64]) -> Network:
    network = Network(spec)
    for module in network.modules():
        if isinstance(module, StandardizeFeatures):
            module.fit(torch.from_numpy(np.asarray(examples[rows], dtype=np.float32)))
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
