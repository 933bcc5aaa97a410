"""What trained networks say of examples."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from aleator.learning.steps.batch import mixed_precision
from aleator.models.network import Network, on_device
from aleator.models.posteriors import POSTERIORS
from aleator.models.posteriors.base import Posterior
from aleator.models.posteriors.deep_ensemble import DeepEnsemble
from aleator.threads import one_thread

PREDICTION_BATCH = 96  # small enough for the cache: half as fast again as 512
GPU_BATCH = 1024
THREAD_WORTH = 256
"""Examples that are worth a thread of their own."""


@dataclass(frozen=True)
class Predictions:
    """What one network says of every example."""

    mean: NDArray[np.float32]
    """Mean of each logit, `(example, class)`."""
    spread: NDArray[np.float32]
    """Standard deviation of each logit, `(example, class)`."""
    embedding: NDArray[np.float32]
    """`(example, feature)`."""


def predict_examples(
    network: Network, examples: NDArray[np.generic], *, flip: bool, device: torch.device
) -> Predictions:
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


def in_batches(examples: NDArray[np.generic], rows: NDArray[np.int64], device: torch.device) -> Iterator[Tensor]:
    """The rows of the examples on the device, in order, as they are."""
    for part in torch.split(torch.from_numpy(rows), GPU_BATCH if device.type == "cuda" else PREDICTION_BATCH):
        yield batch_of(examples, part, device)


def batch_of(examples: NDArray[np.generic] | Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """The rows of the examples, which may be there already, on the device; pictures as floats, channels last as in the
    networks."""
    if isinstance(examples, Tensor):
        batch = examples[rows.to(device)]
    else:
        batch = torch.from_numpy(examples[rows.numpy()]).to(device)
    return batch.float().contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch
