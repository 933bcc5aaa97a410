"""Copies are found, and only copies."""

from pathlib import Path

import numpy as np

from aleator.data import read_dataset
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
