"""Pictures as vectors of what their small patches show."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from aleator.vectors import patches
from aleator.vectors.patches import patch_features

RANDOM = np.random.default_rng(0)


def stripes(count: int, side: int = 24, channels: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of stripes that lie (0) or stand (1), at a random phase, width and brightness, with noise."""
    label = np.arange(count) % 2
    place = np.arange(side)
    wave = np.sin(place[None] / RANDOM.uniform(0.8, 1.6, count)[:, None] + RANDOM.uniform(0, 6, count)[:, None])
    lying = np.broadcast_to(wave[:, :, None], (count, side, side))
    pictures = np.where(label[:, None, None] == 0, lying, lying.transpose(0, 2, 1)) * 40
    pictures = pictures + RANDOM.normal(0, 15, pictures.shape) + RANDOM.uniform(60, 190, (count, 1, 1))
    return np.repeat(np.clip(pictures, 0, 255).astype(np.uint8)[:, None], channels, axis=1), label


@pytest.mark.parametrize("channels", [1, 3])
def test_a_nearest_centre_tells_what_pixels_do_not(channels: int) -> None:
    pictures, label = stripes(200, channels=channels)

    def right(vectors: NDArray[np.floating]) -> float:
        centres = np.stack([vectors[:100][label[:100] == one].mean(axis=0) for one in (0, 1)])
        distance = ((vectors[100:, None] - centres) ** 2).sum(axis=2)
        return float((distance.argmin(axis=1) == label[100:]).mean())

    assert right(pictures.reshape(200, -1).astype(float)) < 0.7
    assert right(patch_features(pictures, flip=True)) > 0.95


def test_brightness_and_contrast_change_little_and_the_mirror_image_nothing() -> None:
    pictures, _ = stripes(60)
    features = patch_features(pictures, flip=True)
    several = np.concatenate([pictures, pictures[..., ::-1]])
    both = patch_features(several, flip=True)
    assert np.allclose(both[:60], both[60:], atol=1e-3)
    assert not np.allclose(*np.split(patch_features(several, flip=False), 2), atol=0.05)
    dimmed = patch_features((pictures * 0.5 + 20).astype(np.float32), flip=True)
    assert np.corrcoef(features.ravel(), dimmed.ravel())[0, 1] > 0.99


def test_a_response_is_what_a_whitened_patch_has_of_a_detector() -> None:
    """By convolutions, as by cutting every patch out."""
    pictures, _ = stripes(30)
    detectors = patches._detectors(pictures, torch.Generator().manual_seed(0))
    picture = torch.from_numpy(pictures[:1]).float()
    side = detectors.kernels.shape[2]
    cut = F.unfold(picture, side)[0].T
    cut = cut - cut.mean(1, keepdim=True)
    cut = cut / (cut.square().mean(1, keepdim=True) + detectors.flat).sqrt()
    response = cut @ detectors.kernels.flatten(1).T + detectors.offset
    places = 24 - side + 1
    strong = F.relu(response - detectors.threshold).T.reshape(1, -1, places, places)
    wanted = F.avg_pool2d(strong, -(-places // 2), ceil_mode=True).flatten(1)
    assert torch.allclose(patches._responses(picture, detectors)[:, : wanted.shape[1]], wanted, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 1, 1, 1), (4, 3, 2, 5), (5, 1, 8, 8), (2, 1, 100, 3), (2, 1, 40, 1000)])
def test_any_size_of_picture_has_features(shape: tuple[int, ...]) -> None:
    some = RANDOM.integers(0, 256, shape).astype(np.uint8)
    assert np.isfinite(patch_features(some, flip=True)).all()
    assert np.isfinite(patch_features(np.zeros(shape, np.uint8), flip=False)).all()


@pytest.mark.parametrize("shape", [(4, 4), (5, 7), (40, 2), (1, 24)])
def test_small_and_narrow_pictures_are_told_apart_by_their_contrast(shape: tuple[int, int]) -> None:
    """Patches of a single pixel would have none."""
    strong = np.arange(80) % 2 == 0
    contrast = np.where(strong, 40, 4)[:, None, None, None]
    pictures = np.clip(RANDOM.normal(128, contrast, (80, 1, *shape)), 0, 255).astype(np.uint8)
    features = patch_features(pictures, flip=False)
    assert features[strong].mean() > 1.5 * features[~strong].mean()


def test_the_same_seed_gives_the_same_features_and_all_are_told_of() -> None:
    pictures, _ = stripes(10)
    told: list[tuple[int, int]] = []
    first = patch_features(pictures, flip=True, seed=3, on_block=lambda done, total: told.append((done, total)))
    assert np.array_equal(first, patch_features(pictures, flip=True, seed=3))
    assert not np.array_equal(first, patch_features(pictures, flip=True, seed=4))
    assert told[-1] == (10, 10)
