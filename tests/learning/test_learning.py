"""The loop on what can be learned, and members that are independent and repeatable."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aleator.data.drawn_faces import drawn_faces
from aleator.errors import AleatorError
from aleator.learning.augment import random_views
from aleator.learning.checkpoints import load_network, save_network
from aleator.learning.job import Task, TrainingJob
from aleator.learning.loop import train_network
from aleator.learning.members import fold_tasks
from aleator.learning.prediction import THREAD_WORTH, predict_examples
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.models.network import Network, NetworkSpec

CPU = torch.device("cpu")


def test_views_move_pictures_and_flips_can_be_left_out() -> None:
    images = torch.zeros(64, 1, 16, 16)
    images[..., :8] = 255
    still = Augmentation(rotation=0, zoom=0, shift=0, flip=False)
    assert torch.allclose(random_views(images, still, torch.Generator().manual_seed(0)), images, atol=1e-2)
    flips = random_views(images, Augmentation(0, 0, 0, flip=True), torch.Generator().manual_seed(0))
    mirrored = flips[:, 0, 8, 0] < 128
    assert 16 < int(mirrored.sum()) < 48


def test_pictures_grow_in_three_stages() -> None:
    settings = TrainingSettings(first_side=0.5)
    assert [settings.scale_at(progress) for progress in (0, 0.34, 0.36, 0.69, 0.71, 1)] == [0.5, 0.5, 0.75, 0.75, 1, 1]
    assert {TrainingSettings().scale_at(progress) for progress in (0, 0.5, 1)} == {1}


@pytest.mark.parametrize(("side", "scale", "smaller"), [(48, 0.67, 32), (32, 0.835, 28), (30, 1, 30), (3, 0.5, 3)])
def test_smaller_views_show_the_same(side: int, scale: float, smaller: int) -> None:
    images = torch.zeros(4, 2, side, side)
    images[:, 0, : side // 2] = 100
    images[:, 1, :, side // 2 :] = 100
    still = Augmentation(rotation=0, zoom=0, shift=0, flip=False)
    views = random_views(images, still, torch.Generator().manual_seed(0), scale=scale)
    assert views.shape == (4, 2, smaller, smaller)
    assert torch.allclose(views.mean((2, 3)), images.mean((2, 3)), atol=3)
    assert (views[:, 0, 0] > 99).all()
    assert (views[:, 1, :, -1] > 99).all()


@given(st.integers(2, 5), st.lists(st.integers(-1, 6), min_size=10, max_size=60), st.integers(0, 9))
def test_groups_never_straddle_folds(folds: int, groups: list[int], seed: int) -> None:
    group = np.array(groups)
    labels = np.arange(len(group)) % 2
    tasks, fold = fold_tasks(labels, group, folds, seed)
    for number in set(groups) - {-1}:
        assert len(set(fold[group == number])) == 1
    for number, task in enumerate(tasks):
        assert set(task.rows) == set(np.flatnonzero(fold != number))


def test_unlabelled_examples_are_not_trained_on_and_members_differ_in_their_seed() -> None:
    labels = np.array([0, -1, 1, 1, 0, -1, 0, 1, 0])
    tasks, fold = fold_tasks(labels, np.full(9, -1), 3, seed=5)
    assert all((labels[task.rows] >= 0).all() for task in tasks)
    assert len({task.seed for task in tasks}) == 3
    assert tasks[0].seed == fold_tasks(labels, np.full(9, -1), 2, seed=5)[0][0].seed
    for label in (0, 1):
        counts = np.bincount(fold[labels == label], minlength=3)
        assert counts.max() - counts.min() <= 1


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    drawn = drawn_faces(400, seed=1)
    clear = np.flatnonzero(np.isin(drawn.true_label, (3, 5)) & ~drawn.is_ambiguous)
    return drawn.dataset.source.pixels[clear][:, None], (drawn.true_label[clear] == 3).astype(np.int64)


def test_the_loop_learns_repeats_itself_and_predicts_rows_alone(faces: tuple[np.ndarray, np.ndarray], tmp_path) -> None:
    pictures, labels = faces
    spec = NetworkSpec("small_vgg", pictures.shape[1:], 2)
    settings = TrainingSettings(epochs=6, batch_size=16)
    rows = np.arange(0, len(labels), 2)
    before = torch.random.get_rng_state()
    job = TrainingJob(spec, pictures, labels, settings, CPU)
    network, margins = train_network(job, Task(3, rows))
    assert torch.equal(torch.random.get_rng_state(), before)
    buffers = {name: value.clone() for name, value in network.state_dict().items()}
    predictions = predict_examples(network, pictures, flip=True, device=CPU)
    held_out = np.setdiff1d(np.arange(len(labels)), rows)
    assert (predictions.mean.argmax(1) == labels)[held_out].mean() > 0.9
    assert np.isnan(margins[:, held_out]).all()
    assert np.isfinite(margins[:, rows]).mean() > 0.8
    for name, value in network.state_dict().items():
        assert torch.equal(value, buffers[name]), f"prediction changed {name}"
    alone = predict_examples(network, pictures[:1], flip=True, device=CPU)
    assert np.allclose(alone.mean, predictions.mean[:1], atol=0.05)

    again, _ = train_network(job, Task(3, rows))
    assert np.array_equal(predict_examples(again, pictures, flip=True, device=CPU).mean, predictions.mean)

    save_network(network, tmp_path / "network.safetensors")
    loaded = load_network(tmp_path / "network.safetensors")
    assert loaded.spec == spec
    assert np.array_equal(predict_examples(loaded, pictures, flip=True, device=CPU).mean, predictions.mean)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes((tmp_path / "network.safetensors").read_bytes()[:500])
    with pytest.raises(AleatorError, match="damaged"):
        load_network(damaged)


def test_threads_share_the_pictures_and_say_what_one_says() -> None:
    torch.manual_seed(0)
    network = Network(NetworkSpec("small_vgg", (1, 48, 48), 3))
    coarse = np.random.default_rng(0).integers(0, 256, (2 * THREAD_WORTH + 1, 1, 4, 4), dtype=np.uint8)
    pictures = coarse.repeat(12, axis=2).repeat(12, axis=3)
    alone = predict_examples(network, pictures, flip=True, device=CPU)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        shared = predict_examples(network, pictures, flip=True, device=CPU)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    for name, values in vars(alone).items():
        assert np.allclose(getattr(shared, name), values, rtol=0, atol=1e-6), name
    assert alone.mean.std(axis=0).min() > 1e-4, "all pictures look alike: their order was not tested"
