"""Features along their principal axes, in memory or from block to block on disk."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from aleator import rows
from aleator.data.readers import array_files
from aleator.errors import DataError
from aleator.vectors import dense
from aleator.vectors.dense import principal, whitened

RANDOM = np.random.default_rng(0)
FEATURES = (RANDOM.normal(size=(300, 6)) @ RANDOM.normal(size=(6, 6)) + 3).astype(np.float32)


def test_they_are_those_of_scikit_learn() -> None:
    wanted = PCA().fit_transform(StandardScaler().fit_transform(FEATURES))
    assert np.allclose(np.abs(principal(FEATURES)), np.abs(wanted), atol=1e-4)


def test_few_examples_of_many_features_keep_their_distances() -> None:
    many = (RANDOM.normal(size=(40, 500)) * RANDOM.uniform(0.5, 5, 500)).astype(np.float32)
    axes, standardised = principal(many), StandardScaler().fit_transform(many)
    assert axes.shape == (40, 39)
    assert np.allclose(axes @ axes.T, standardised @ standardised.T, atol=0.01)
    assert (np.diff(axes.var(axis=0)) < 1e-4).all()


def test_a_feature_that_never_changes_is_left_out() -> None:
    assert principal(np.concatenate([FEATURES, np.full((300, 1), 7, np.float32)], axis=1)).shape == (300, 6)


def test_many_are_written_to_a_file_and_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = principal(FEATURES)
    monkeypatch.setattr(dense, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(rows, "BLOCK_CELLS", 70)
    found = principal(FEATURES, path=tmp_path / "axes.npy")
    assert np.allclose(np.abs(found), np.abs(wanted), atol=1e-4)
    assert np.array_equal(np.load(tmp_path / "axes.npy"), found)


def test_whitened_axes_vary_alike_and_many_of_them_are_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = FEATURES - FEATURES.mean(axis=0)
    wanted = axes / np.sqrt(axes.var(axis=0) + 0.1 * axes.var(axis=0).mean())
    assert np.allclose(whitened(axes), wanted, atol=1e-5)
    monkeypatch.setattr(dense, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(rows, "BLOCK_CELLS", 70)
    assert np.allclose(whitened(axes, path=tmp_path / "whitened.npy"), wanted, atol=1e-5)
    assert np.allclose(np.load(tmp_path / "whitened.npy"), wanted, atol=1e-5)


def test_a_large_file_is_mapped_and_a_cut_one_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "LARGE", 100)
    np.save(tmp_path / "x.npy", FEATURES)
    (found,) = array_files.read_arrays(tmp_path / "x.npy").values()
    assert not found.flags.writeable
    assert np.array_equal(found, FEATURES)
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-50])
    with pytest.raises(DataError, match=r"x\.npy cannot be read as NumPy arrays"):
        array_files.read_arrays(tmp_path / "x.npy")


def test_what_was_written_and_let_go_is_in_the_file(tmp_path: Path) -> None:
    written = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, FEATURES.shape).view(np.ndarray)
    written[:] = FEATURES
    rows.let_go(written)
    rows.let_go(FEATURES)
    assert np.array_equal(written, FEATURES)
    assert np.array_equal(np.load(tmp_path / "x.npy"), FEATURES)
