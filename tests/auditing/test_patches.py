"""Networks and simple learners of patches, pooled."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from aleator.auditing.hearing import Hearing
from aleator.auditing.patches import Pooled, hear_patches, with_patches
from aleator.auditing.settings import AuditSettings
from aleator.data import ImageArray, LabelledDataset
from aleator.learners import LabelledFolds, draw_folds
from aleator.progress import silent
from aleator.workers import HERE

RANDOM = np.random.default_rng(0)
LABEL = np.arange(120) % 2
LYING = np.sin(np.arange(16)[None] * RANDOM.uniform(0.8, 1.6, 120)[:, None] + RANDOM.uniform(0, 6, 120)[:, None])
STRIPES = np.broadcast_to(LYING[:, :, None], (120, 16, 16))
PICTURES = np.where(LABEL[:, None, None] == 0, STRIPES, STRIPES.transpose(0, 2, 1))
PICTURES = np.clip(PICTURES * 60 + 128 + RANDOM.normal(0, 20, PICTURES.shape), 0, 255).astype(np.uint8)
"""Stripes that lie or stand."""
WRONG = RANDOM.random(120) < 0.1
GIVEN = np.where(WRONG, 1 - LABEL, LABEL)


def pooled_with(mean: NDArray[np.float32], folder: Path, pictures: NDArray[np.uint8] = PICTURES) -> Pooled:
    dataset = LabelledDataset(
        name="stripes", path="stripes", ids=np.arange(120).astype(np.str_), source=ImageArray(pictures),
        given_labels=GIVEN, class_names=("lying", "standing"),
    )  # fmt: skip
    alone = np.full(120, -1)
    hearing = Hearing(dataset, alone, alone, AuditSettings(), folder, HERE, silent)
    return with_patches(hearing, pictures[:, None], mean, np.ones_like(mean), unseen=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("levels", "counts"),
    [(256, (5,) * 100), (2, (30, 30)), (256, (57, 3))],
    ids=["a hundred classes of five", "black and white", "three of one class"],
)
def test_whatever_is_heard_is_said_in_numbers(levels: int, counts: tuple[int, ...]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    alone = np.full(len(labels), -1)
    pictures = RANDOM.integers(0, levels, (len(labels), 1, 12, 12)).astype(np.uint8)
    asked = LabelledFolds(labels, len(counts), draw_folds(labels, alone, 2, 0), alone, 0)
    said = hear_patches(pictures, asked, flip=False, device=torch.device("cpu"))
    assert said.shape == (2, len(labels), len(counts))
    assert np.allclose(np.exp(said).sum(axis=2), 1, atol=1e-3)


def right(mean: NDArray[np.float32]) -> float:
    return float((mean[0].argmax(axis=1) == LABEL).mean())


def test_patches_tell_what_networks_do_not_know(tmp_path: Path) -> None:
    pooled = pooled_with(np.zeros((3, 120, 2), np.float32), tmp_path)
    assert right(pooled.mean) > 0.95
    said = softmax(pooled.mean[0], axis=1)[np.arange(120), GIVEN]
    assert said[WRONG].max() < 0.5 < said[~WRONG].mean(), "who has seen no wrong label does not know it by heart"


def test_networks_that_know_all_are_hardly_changed(tmp_path: Path) -> None:
    known = np.log(np.where(np.eye(2)[GIVEN], 0.98, 0.02)).astype(np.float32)[None].repeat(3, axis=0)
    pooled = pooled_with(known, tmp_path)
    assert (pooled.mean.argmax(axis=2) == GIVEN).all()
    assert pooled.mean.shape == pooled.spread.shape == (3, 120, 2)
    networks, patches = (float(part.split()[-1]) for part in pooled.counted.split(", "))
    assert networks > 3 * patches
    assert np.allclose(pooled.spread, networks, atol=0.01), "a spread is scaled as the mean is"


def test_pictures_in_one_colour_each_are_judged_by_networks_alone(tmp_path: Path) -> None:
    said = RANDOM.normal(size=(3, 120, 2)).astype(np.float32)
    flat = np.broadcast_to(RANDOM.integers(0, 256, (120, 1, 1)), (120, 16, 16)).astype(np.uint8)
    pooled = pooled_with(said, tmp_path, flat)
    assert np.array_equal(pooled.mean, said)
    assert pooled.counted == "networks 1.00, simple learners of patches 0.00"


def test_patches_count_less_beside_networks_that_know_more_together(tmp_path: Path) -> None:
    """They are judged together: those that have seen an example, too, once what they memorised is taken back."""
    random = np.random.default_rng(1)
    faint = np.clip((PICTURES - 128.0) / 4 + 128 + random.normal(0, 45, PICTURES.shape), 0, 255).astype(np.uint8)
    guessed = np.where(random.random((7, 120)) < 0.75, LABEL, 1 - LABEL)
    several = np.log(np.where(np.eye(2)[guessed] > 0, 0.7, 0.3)).astype(np.float32)

    def share(said: NDArray[np.float32], name: str) -> float:
        (tmp_path / name).mkdir()
        counted = pooled_with(said, tmp_path / name, faint).counted
        networks, patches = (float(part.split()[-1]) for part in counted.split(", "))
        return patches / (networks + patches)

    one_alone = share(several[:1].repeat(7, axis=0), "one")
    assert one_alone > 0.2
    assert share(several, "several") < 0.9 * one_alone
