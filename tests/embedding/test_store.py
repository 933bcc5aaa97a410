"""What is kept of features: found by key, cut off cleanly, written by one process at a time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aleator.embedding.extractor import NetworkRecord
from aleator.embedding.store import FeatureStore, Writer
from aleator.errors import AleatorError

RECORD = NetworkRecord("timm:resnet18", "images", "weights", "224 pixels", 2)
KEYS = np.array([5, 3, 9], dtype=np.uint64)
VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_vectors_are_found_by_their_keys(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, RECORD)
    assert store.rows(KEYS).tolist() == [-1, -1, -1]
    with Writer(store) as writer:
        writer.append(KEYS[:2], VECTORS[:2])
        writer.append(KEYS[2:], VECTORS[2:])
    again = FeatureStore(tmp_path, RECORD)
    assert again.rows(np.array([9, 4, 5], dtype=np.uint64)).tolist() == [2, -1, 0]
    np.testing.assert_array_equal(again.vectors(), VECTORS)


@pytest.mark.parametrize("lost", [1, 4, 9])
def test_what_is_cut_off_is_not_found_and_is_overwritten(tmp_path: Path, lost: int) -> None:
    store = FeatureStore(tmp_path, RECORD)
    with Writer(store) as writer:
        writer.append(KEYS, VECTORS)
    vectors = store.folder / "vectors.float32"
    vectors.write_bytes(vectors.read_bytes()[:-lost])
    left = 2 if lost <= 8 else 1
    np.testing.assert_array_equal(store.vectors(), VECTORS[:left])
    with Writer(store) as writer:
        writer.append(KEYS[left:], VECTORS[left:])
    np.testing.assert_array_equal(store.vectors(), VECTORS)
    assert store.rows(KEYS).tolist() == [0, 1, 2]


def test_what_was_damaged_and_all_behind_it_is_made_again(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, RECORD)
    with Writer(store) as writer:
        writer.append(KEYS, VECTORS)
    vectors = store.folder / "vectors.float32"
    content = bytearray(vectors.read_bytes())
    content[9] ^= 1  # of the second vector
    vectors.write_bytes(content)
    again = FeatureStore(tmp_path, RECORD)
    assert again.rows(KEYS).tolist() == [0, -1, -1]
    with Writer(again) as writer:
        writer.append(KEYS[1:], VECTORS[1:])
    np.testing.assert_array_equal(FeatureStore(tmp_path, RECORD).vectors(), VECTORS)


def test_networks_do_not_mix(tmp_path: Path) -> None:
    with Writer(FeatureStore(tmp_path, RECORD)) as writer:
        writer.append(KEYS, VECTORS)
    for other in (replace(RECORD, weights="others"), replace(RECORD, preprocessing="256 pixels")):
        assert FeatureStore(tmp_path, other).rows(KEYS).tolist() == [-1, -1, -1]


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, RECORD)
    with Writer(store), ThreadPoolExecutor(1) as pool, pytest.raises(AleatorError, match="Another aleator is working"):
        pool.submit(Writer(FeatureStore(tmp_path, RECORD)).__enter__).result()
    with Writer(store) as writer:
        writer.append(KEYS, VECTORS)


def test_a_damaged_folder_says_what_to_do(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, RECORD)
    with Writer(store) as writer:
        writer.append(KEYS, VECTORS)
    (store.folder / "network.json").write_text("{")
    with pytest.raises(AleatorError, match="delete it"):
        FeatureStore(tmp_path, RECORD)
