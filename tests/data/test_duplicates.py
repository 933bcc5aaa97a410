"""Copies are found, and only copies."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse.csgraph import connected_components

from aleator.data import near_pictures, read_dataset
from aleator.data.drawn_faces import drawn_faces
from aleator.data.duplicates import find_duplicates


def test_exact_and_near_copies_form_groups() -> None:
    pictures = drawn_faces(200, seed=3).dataset.source.pixels.copy()
    faces = find_duplicates(pictures[:, None]).group
    alone = np.flatnonzero(faces < 0)[:8]
    pictures[alone[1]] = pictures[alone[0]]
    pictures[alone[3]] = np.clip(pictures[alone[2]].astype(int) * 0.9 + 20, 0, 255)
    found = find_duplicates(pictures[:, None])
    assert found.group[alone[0]] == found.group[alone[1]] >= 0
    assert found.group[alone[2]] == found.group[alone[3]] >= 0
    assert found.exact[alone[:4]].tolist() == [True, True, False, False]
    assert (found.group[alone[4:]] == -1).all()


def test_copies_in_pieces_are_the_same_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = smooth_pictures(120, 24)
    for one in range(0, 40, 4):
        pictures[one + 40] = pictures[one] * 0.8
        pictures[119 - one] = pictures[one] * 0.9
    monkeypatch.setattr(near_pictures, "LEAF", 8)
    whole = find_duplicates(pictures)
    assert len(np.unique(whole.group)) == 1 + 10
    monkeypatch.setattr(near_pictures, "PICTURES_IN_PIECE", 30)
    told: list[tuple[int, int]] = []
    for _ in range(2):
        found = find_duplicates(pictures, folder=tmp_path / "kept", on_block=lambda *done: told.append(done))
        assert np.array_equal(found.group, whole.group)
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4), (4, 4)]


def test_blank_pictures_equal_only_their_exact_copies() -> None:
    pictures = np.full((4, 1, 16, 16), 100, dtype=np.uint8)
    pictures[2:] = 101
    pictures[3, 0, 0, 0] = 102
    assert find_duplicates(pictures).group.tolist() == [0, 0, -1, -1]


def test_features_have_exact_copies_only() -> None:
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    values[4] = values[1]
    assert find_duplicates(values).group.tolist() == [-1, 0, -1, -1, 0]


def test_fer2013_has_the_known_exact_copies(fer2013: Path) -> None:
    dataset = read_dataset(fer2013)
    pictures = dataset.source.pixels
    not_blank = np.flatnonzero(pictures.std(axis=(1, 2)) > 0)
    group = find_duplicates(pictures[not_blank][:, None], near=False).group
    groups = len(np.unique(group[group >= 0]))
    assert groups == 1513
    assert (group >= 0).sum() - groups == 1840


def smooth_pictures(count: int, side: int, seed: int = 0) -> np.ndarray:
    """Different soft patterns, `(example, 1, side, side)`: as alike as photographs are."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (count, 6, 6), dtype=np.uint8)
    grown = [np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC)) for one in small]
    return np.stack(grown)[:, None]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    gain=st.floats(0.5, 0.9),
    offset=st.integers(0, 25),
    noise=st.floats(0, 3),
    channels=st.sampled_from([1, 3]),
)
def test_a_brighter_or_noisier_copy_is_found(seed: int, gain: float, offset: int, noise: float, channels: int) -> None:
    pictures = smooth_pictures(30, 40, seed).repeat(channels, axis=1)
    changed = pictures[4] * gain + offset + np.random.default_rng(seed).normal(0, noise, pictures[4].shape)
    pictures[21] = np.clip(changed, 0, 255).astype(np.uint8)
    found = find_duplicates(pictures)
    assert np.flatnonzero(found.group >= 0).tolist() == [4, 21]
    assert not found.exact.any()
    assert (find_duplicates(pictures, near=False).group == -1).all()


@pytest.mark.parametrize("side", [24, 48])
def test_copies_are_those_that_a_comparison_of_all_pairs_finds(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pieces the work is done in; with copies, copies of copies, and pictures that are nearly copies."""
    monkeypatch.setattr(near_pictures, "MOST_WAITING", 100)
    monkeypatch.setattr(near_pictures, "BLOCK_CELLS", 3000)
    monkeypatch.setattr(near_pictures, "LEAF", 20)
    random = np.random.default_rng(0)
    originals = drawn_faces(150, seed=1).dataset.source.pixels[:, None, :side, :side].astype(np.float64)
    changed = originals[random.integers(0, 150, 150)] * random.uniform(0.6, 1, (150, 1, 1, 1))
    changed += random.normal(size=changed.shape) * random.uniform(0, 14, (150, 1, 1, 1))
    pictures = np.concatenate([originals, np.clip(changed, 0, 255)]).astype(np.uint8)
    group = find_duplicates(pictures).group

    def correlations(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.corrcoef(values.reshape(len(values), -1))

    cells = pictures.astype(np.float64).reshape(len(pictures), 12, side // 12, 12, side // 12).mean(axis=(2, 4))
    alike = (correlations(cells) >= 0.975) & (
        correlations(pictures.astype(np.float64)) >= (0.97 if side >= 32 else 0.99)
    )
    _, component = connected_components(alike, directed=False)
    together = component[:, None] == component
    assert 60 < (together.sum(axis=1) > 1).sum() < 290
    assert np.array_equal((group[:, None] == group) & (group >= 0), together & (together.sum(axis=1) > 1))


def test_a_mirrored_picture_is_no_copy() -> None:
    pictures = smooth_pictures(10, 40)
    pictures[7] = pictures[2, :, :, ::-1]
    assert (find_duplicates(pictures).group == -1).all()


def test_copies_of_copies_are_one_group_and_order_does_not_matter() -> None:
    pictures = smooth_pictures(40, 40)
    for copy, original in ((11, 3), (30, 3), (31, 30), (8, 25)):
        pictures[copy] = np.clip(pictures[original] * 0.95 + 4, 0, 255).astype(np.uint8)
    group = find_duplicates(pictures).group
    assert [set(np.flatnonzero(group == number)) for number in range(group.max() + 1)] == [{3, 11, 30, 31}, {8, 25}]
    order = np.random.default_rng(0).permutation(40)
    shuffled = find_duplicates(pictures[order]).group
    assert np.array_equal(shuffled[:, None] == shuffled, (group[:, None] == group)[np.ix_(order, order)])


def test_different_small_pictures_with_little_detail_are_no_copies() -> None:
    strokes = np.zeros((2, 1, 16, 16), dtype=np.uint8)
    strokes[:, 0, 2:14, 6:9] = 255
    strokes[1, 0, 2, 9] = 255
    strokes[1, 0, 13, 9] = 120
    assert (find_duplicates(strokes).group == -1).all()


def test_pictures_that_are_all_alike_are_one_group_within_seconds() -> None:
    random = np.random.default_rng(0)
    frame = random.integers(0, 200, (1, 1, 32, 32))
    film = (frame + random.integers(0, 9, (4000, 1, 32, 32))).astype(np.uint8)
    assert (find_duplicates(film).group == 0).all()
