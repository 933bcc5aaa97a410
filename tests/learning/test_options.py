"""Steps, averages, mixtures and checkpoints: each does what it says, and a training goes on as if never stopped."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aleator.data.drawn_faces import drawn_faces
from aleator.errors import AleatorError
from aleator.learning import checkpoints
from aleator.learning.augment import random_views
from aleator.learning.averaging import WeightAverage
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.loss_mixture import mixture_weights
from aleator.learning.objectives.cross_entropy import CrossEntropy
from aleator.learning.prediction import predict_examples
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.learning.steps import PLAIN, STEPS
from aleator.learning.steps.batch import Batch
from aleator.learning.steps.flip_consistency import flip_consistency
from aleator.models.network import Network, NetworkSpec

CPU = torch.device("cpu")
SPEC = NetworkSpec("mlp", (6,), 3)


def features(count: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centres = 3 * np.eye(3, 6)
    return (random.normal(size=(count, 6)) + centres[labels]).astype(np.float32), labels


@pytest.mark.parametrize("name", sorted({PLAIN, *STEPS} - {"flip_consistency"}))
def test_every_step_learns_labels_and_their_distributions(name: str) -> None:
    examples, labels = features()
    rows = np.arange(160)
    settings = TrainingSettings(epochs=25, batch_size=16, objective="cross_entropy", step=name)
    soft = (0.9 * np.eye(3) + 0.1 / 3)[labels].astype(np.float32)
    for targets in (labels, soft):
        network, margins = train_network(TrainingJob(SPEC, examples, targets, settings, CPU), Task(1, rows))
        right = predict_examples(network, examples, flip=False, device=CPU).mean.argmax(1) == labels
        assert right[160:].mean() > 0.8
        assert np.isfinite(margins[-1, rows]).any()


def test_flip_consistency_is_nothing_for_a_symmetric_network_and_needs_a_mean_over_places() -> None:
    network = Network(NetworkSpec("small_vgg", (1, 16, 16), 2)).eval()
    objective = CrossEntropy(4, 2)
    random = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (4, 1, 16, 16), generator=random).float()
    symmetric = (pictures + pictures.flip(3)) / 2
    step = flip_consistency(weight=1e4)  # an untrained network's maps are faint
    labels, rows = torch.zeros(4, dtype=torch.int64), torch.arange(4)

    def added(inputs: torch.Tensor) -> torch.Tensor:
        losses, log_probs = step(network, objective, Batch(inputs, labels, rows), random)
        return losses - objective(log_probs, labels, rows)

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            with torch.no_grad():
                module.weight.copy_((module.weight + module.weight.flip(3)) / 2)
    assert added(symmetric).abs().max() < 1e-5
    assert added(pictures).abs().max() < 1e-5  # a network of symmetric filters sees a mirrored picture mirrored
    with torch.no_grad():
        next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d)).weight[..., 0] *= 3
    assert (added(pictures) > 1e-4).all()
    with pytest.raises(AleatorError, match="choose another step"):
        step(Network(SPEC), objective, Batch(torch.zeros(4, 6), labels, rows), random)


def test_erasing_paints_over_a_part() -> None:
    pictures = torch.zeros(64, 1, 20, 20)
    pictures[:, :, ::2] = 200
    still = Augmentation(rotation=0, zoom=0, shift=0, flip=False, erase=0.5)
    views = random_views(pictures, still, torch.Generator().manual_seed(0))
    changed = ((views - pictures).abs() > 50).float().mean((1, 2, 3))
    assert 0.02 < changed.mean() < 0.15
    assert changed.max() <= 0.25 + 1e-6


def test_the_average_of_weights_is_their_running_mean() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 0.5)  # near -1, what follows would be lost in single precision
    average = WeightAverage(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(float(average.state["weight"]) + 1)
    start = float(average.state["weight"])
    average.update(network)
    assert float(average.state["weight"]) == pytest.approx(start + 0.9)  # the decay starts at a tenth
    for _ in range(20):
        average.update(network)
    assert float(average.state["weight"]) == pytest.approx(start + 1)
    examples, labels = features()
    settings = TrainingSettings(epochs=8, batch_size=16, objective="cross_entropy", average=0.9)
    averaged, _ = train_network(TrainingJob(SPEC, examples, labels, settings, CPU), Task(1, np.arange(240)))
    assert (predict_examples(averaged, examples, flip=False, device=CPU).mean.argmax(1) == labels).mean() > 0.8


def test_a_loss_mixture_believes_the_low_losses() -> None:
    random = np.random.default_rng(0)
    low, high = random.normal(0.2, 0.05, 300), random.normal(3.0, 0.5, 100)
    weights = mixture_weights(np.concatenate([low, high, [np.nan]]), seed=0)
    assert weights[:300].min() > 0.95
    assert weights[300:400].max() < 0.05
    assert weights[400] == 1
    assert (mixture_weights(np.ones(5), seed=0) == 1).all()


def test_weights_take_examples_out() -> None:
    examples, labels = features()
    wrong = labels.copy()
    wrong[::2] = (labels[::2] + 1) % 3
    weights = np.where(np.arange(240) % 2 == 0, 0, 1).astype(np.float32)
    settings = TrainingSettings(epochs=25, batch_size=16, objective="cross_entropy")
    right = {}
    for name, weight in (("weighted", weights), ("not", None)):
        job = TrainingJob(SPEC, examples, wrong, settings, CPU, weight)
        network, _ = train_network(job, Task(1, np.arange(240)))
        right[name] = (predict_examples(network, examples, flip=False, device=CPU).mean.argmax(1) == labels).mean()
    assert right["weighted"] > 0.85
    assert right["not"] < 0.75


@pytest.mark.parametrize(
    "options", [{}, {"average": 0.9, "step": "mixup"}, {"loss_mixture": True}, {"objective": "forward_correction"}]
)
def test_an_interrupted_training_goes_on_to_the_same_result(
    options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SAVE_SECONDS", 0.0)
    examples, labels = features()
    settings = TrainingSettings(epochs=6, batch_size=16, **options)
    rows = np.arange(240)

    def run(checkpoint: Path | None, stop: int = 10**9) -> tuple[np.ndarray, np.ndarray]:
        def on_step(step: int) -> None:
            if step == stop:
                raise KeyboardInterrupt

        job = TrainingJob(SPEC, examples, labels, settings, CPU)
        network, margins = train_network(job, Task(1, rows), checkpoint=checkpoint, on_step=on_step)
        return predict_examples(network, examples, flip=False, device=CPU).mean, margins

    whole = run(None)
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(path, stop=50)  # in the fourth epoch
    assert path.exists()
    resumed = run(path)
    assert np.array_equal(whole[0], resumed[0])
    assert np.array_equal(whole[1], resumed[1], equal_nan=True)
    path.write_bytes(path.read_bytes()[:1000])
    assert np.array_equal(whole[0], run(path)[0])  # a damaged one is not believed


def test_blends_go_through_the_memory_of_early_learning() -> None:
    pictures = drawn_faces(40, seed=0).dataset.source.pixels[:, None]
    labels = np.arange(40) % 2
    spec = NetworkSpec("small_vgg", pictures.shape[1:], 2)
    for step in (PLAIN, *STEPS):
        settings = TrainingSettings(epochs=1, batch_size=8, step=step, augmentation=Augmentation(erase=0.3))
        _, margins = train_network(TrainingJob(spec, pictures, labels, settings, CPU), Task(0, np.arange(40)))
        assert np.isfinite(margins).all()
