"""Distances from the training examples, for the length that an embedding has."""

from pathlib import Path

import numpy as np
import pytest

from aleator.training.familiarity import Familiarity, learn_familiarity, read_familiarity


def test_distances_by_hand(tmp_path: Path) -> None:
    whitening = np.array([[0.5, 0.0], [0.0, 2.0]], dtype=np.float32)
    known = Familiarity(np.array([[1.0, 0.0]], dtype=np.float32), whitening[None])
    inputs = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]], dtype=np.float32)
    distance = known.distance([inputs])
    assert distance[0, :2] == pytest.approx([np.hypot(1, 8) / 5, 0])
    assert np.isfinite(distance).all()
    assert distance[0, 2] > 1e5  # an embedding that excites nothing
    known.save(tmp_path / "known.safetensors")
    assert np.array_equal(read_familiarity(tmp_path / "known.safetensors").distance([inputs]), distance)


def test_what_is_learned_is_the_covariance_and_new_directions_are_far() -> None:
    random = np.random.default_rng(0)
    root = np.tril(random.normal(size=(6, 6))) + 2 * np.eye(6)
    seen = (5 + random.normal(size=(20_000, 6)) @ root.T).astype(np.float32)
    known = learn_familiarity([seen, seen[:, ::-1].copy()])
    white = (seen - known.centre[0]) @ known.whitening[0]
    assert np.cov(white.T) == pytest.approx(np.eye(6), abs=0.02)
    # Both members know the same, in another order of the features; as far, but in a direction that nobody saw.
    low_dimensional = np.pad(seen[:, :3], ((0, 0), (0, 3))) + random.normal(0, 0.01, seen.shape)
    flat = learn_familiarity([low_dimensional.astype(np.float32)])
    along = flat.distance([low_dimensional[:500].astype(np.float32)])[0]
    across = flat.distance([np.roll(low_dimensional[:500], 3, axis=1).astype(np.float32)])[0]
    assert across.min() > 10 * along.max()
    assert known.distance([seen, seen[:, ::-1]]).std(axis=0).max() < 1e-3


def test_fewer_examples_than_features_are_enough() -> None:
    few = np.random.default_rng(1).normal(size=(12, 64)).astype(np.float32)
    assert np.isfinite(learn_familiarity([few]).distance([few])).all()
