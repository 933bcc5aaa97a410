"""Muon steps kernels where they lie, AdamW all else, and an interrupted training with both goes on."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from aleator.learning import checkpoints
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.optimizers import (
    ITERATIONS,
    NEWTON_SCHULZ,
    AdamW,
    KernelMuon,
    make_optimizers,
    orthogonal,
    start_step,
)
from aleator.learning.prediction import predict_examples
from aleator.learning.settings import TrainingSettings
from aleator.learning.steps.batch import bfloat16_is_faster
from aleator.models.network import Network, NetworkSpec

CPU = torch.device("cpu")
SPEC = NetworkSpec("small_vgg", (1, 16, 16), 3)


def test_every_parameter_is_learned_by_one_optimizer() -> None:
    network = Network(SPEC)
    optimizers = make_optimizers(network, "muon", learning_rate=1e-3, weight_decay=0.1)
    assert [type(one) for one in optimizers] == [KernelMuon, AdamW]
    kernels = [one for one in network.parameters() if one.ndim == 4]
    # The first kernel has a single input channel.
    assert [id(one) for one in optimizers[0].param_groups[0]["params"]] == [id(one) for one in kernels[1:]]
    assert len(kernels[1:]) + len(optimizers[1].param_groups[0]["params"]) == len(list(network.parameters()))
    perceptron = Network(NetworkSpec("mlp", (5,), 3))
    assert [type(one) for one in make_optimizers(perceptron, "muon", learning_rate=1e-3, weight_decay=0)] == [AdamW]


def test_a_kernel_moves_in_all_directions_alike_however_it_lies_in_memory() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(8, 4, 3, 3, generator=generator)
    gradient = torch.randn(8, 4, 3, 3, generator=generator) * torch.logspace(-1, 1, 8)[:, None, None, None]
    moved = []
    for layout in (torch.contiguous_format, torch.channels_last):
        for gradient_layout in (torch.contiguous_format, torch.channels_last):
            layer = nn.Conv2d(4, 8, 3, bias=False)
            layer.weight = nn.Parameter(start.clone(memory_format=layout))
            (optimizer,) = make_optimizers(layer, "muon", learning_rate=1e-3, weight_decay=0)
            start_step([optimizer], 0.5)
            assert layer.weight.grad is None
            layer.weight.grad = gradient.clone(memory_format=gradient_layout)
            optimizer.step()
            moved.append((layer.weight.detach() - start).flatten(1))
    # A permutation of the columns changes nothing but the rounding.
    assert all(torch.allclose(one, moved[0], atol=2e-5) for one in moved)
    scale = 0.5 * 5 * 1e-3 * 0.2 * 36**0.5
    sizes = torch.linalg.svdvals(moved[0]) / scale
    assert 0.5 < sizes.min() < sizes.max() < 1.5  # the gradient's own differ by a factor of 100
    assert (moved[0] * gradient.flatten(1)).sum() < 0


@pytest.mark.parametrize("shape", [(32, 150), (150, 32), (64, 64), (1, 9)])
@pytest.mark.parametrize("decades", [0, 3, 8])
def test_the_direction_is_what_iterating_on_singular_values_gives(shape: tuple[int, int], decades: int) -> None:
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    sizes = 10 ** torch.linspace(0, -decades, min(shape), dtype=torch.float64)
    matrix = left * sizes @ right
    a, b, c = NEWTON_SCHULZ
    sizes = sizes / sizes.norm()
    for _ in range(ITERATIONS):
        sizes = a * sizes + b * sizes**3 + c * sizes**5
    found = orthogonal(matrix.float()).double()
    assert torch.linalg.matrix_norm(found - left * sizes @ right, 2) < 2e-3


def test_without_a_gradient_there_is_no_direction() -> None:
    assert torch.equal(orthogonal(torch.zeros(4, 9)), torch.zeros(4, 9))


def test_an_interrupted_training_of_pictures_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SAVE_SECONDS", 0.0)
    random = np.random.default_rng(0)
    pictures, labels = random.integers(0, 255, (48, 1, 16, 16)).astype(np.uint8), np.arange(48) % 3
    settings = TrainingSettings(epochs=4, batch_size=16, optimizer="muon", objective="forward_correction", average=0.9)

    def run(checkpoint: Path | None, stop: int = 10**9) -> np.ndarray:
        def on_step(step: int) -> None:
            if step == stop:
                raise KeyboardInterrupt

        job = TrainingJob(SPEC, pictures, labels, settings, CPU)
        network, _ = train_network(job, Task(1, np.arange(48)), checkpoint=checkpoint, on_step=on_step)
        return predict_examples(network, pictures, flip=False, device=CPU).mean

    whole = run(None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "checkpoint", stop=10)  # in the fourth epoch
    assert np.array_equal(whole, run(tmp_path / "checkpoint"))


def test_bfloat16_is_not_used_where_it_is_slower() -> None:
    seconds = {}
    for precision in (torch.float32, torch.bfloat16):
        matrix = torch.ones(768, 768, dtype=precision)
        each = []
        for _ in range(7):
            start = time.perf_counter()
            matrix @ matrix
            each.append(time.perf_counter() - start)
        seconds[precision] = min(each)
    assert not bfloat16_is_faster(CPU) or seconds[torch.bfloat16] < seconds[torch.float32]
