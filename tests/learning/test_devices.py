"""A device that is absent, and batches that it has no memory for."""

import numpy as np
import pytest
import torch
from torch import Tensor

from aleator.errors import AleatorError
from aleator.learning import loop
from aleator.learning.devices import PartsThatFit, pick_device, placed
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.settings import TrainingSettings
from aleator.models.network import NetworkSpec


def test_a_device_that_is_absent_is_told_in_words() -> None:
    assert pick_device("cpu").type == "cpu"
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(AleatorError, match=r"--device auto or cpu"):
        pick_device(absent)


def test_a_batch_is_done_in_parts_that_the_device_has_memory_for() -> None:
    done: list[list[int]] = []
    tried: list[int] = []

    def work(parts: tuple[Tensor, ...]) -> None:
        tried.append(len(parts))
        if max(len(part) for part in parts) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        done.append([row for part in parts for row in part.tolist()])

    fitting = PartsThatFit()
    fitting(work, torch.arange(10))
    fitting(work, torch.arange(5))
    assert done == [list(range(10)), list(range(5))]
    assert tried == [1, 2, 4, 3], "what was learned of the first batch holds for the second"


def test_where_one_example_is_too_many_the_remedy_is_told() -> None:
    def work(parts: tuple[Tensor, ...]) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(AleatorError, match="--device cpu"):
        PartsThatFit()(work, torch.arange(6))


def test_a_training_in_parts_learns_what_a_whole_one_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a perceptron whose batch normalisation is switched off: with it, each part is normalised by itself."""
    random = np.random.default_rng(0)
    labels = np.arange(64) % 2
    examples = (random.normal(size=(64, 3)) + labels[:, None]).astype(np.float32)
    settings = TrainingSettings(epochs=2, batch_size=16, objective="cross_entropy")
    job = TrainingJob(NetworkSpec("mlp", (3,), 2, dropout=0.0), examples, labels, settings, torch.device("cpu"))
    found = []
    for most in (16, 5):
        real = loop._loss

        def loss(training: object, epoch: object, seen: object, most: int = most, real: object = real) -> Tensor:
            if len(seen.rows) > most:  # type: ignore[attr-defined]
                raise torch.OutOfMemoryError("CUDA out of memory")
            for module in training.state.network.modules():  # type: ignore[attr-defined]
                if isinstance(module, torch.nn.BatchNorm1d):
                    module.eval()
            return real(training, epoch, seen)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(loop, "_loss", loss)
            network, margins = train_network(job, Task(0, np.arange(64)))
        found.append((torch.cat([value.flatten() for value in network.state_dict().values()]), margins))
    (one, said), (other, also_said) = found
    assert torch.allclose(one, other, atol=0.01)  # AdamW makes whole steps of what rounding leaves of tiny slopes
    assert np.allclose(said, also_said, atol=0.01)


def test_a_processor_reads_examples_where_they_are() -> None:
    examples = np.zeros((3, 2), dtype=np.float32)
    assert placed(examples, torch.device("cpu")) is examples
