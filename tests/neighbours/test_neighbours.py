"""Neighbours are the nearest that are no copies, whoever looks for them."""

import ast
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aleator.errors import AleatorError
from aleator.neighbours import approximate, exact, search
from aleator.neighbours.exact import directions_of, exact_neighbours
from aleator.neighbours.found import Neighbours
from aleator.neighbours.search import nearest_neighbours

Vectors = NDArray[np.float32]


def alone(count: int) -> NDArray[np.int64]:
    return np.full(count, -1)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Clusters with variances that fall as features' do, along their axes as learners get them."""
    random = np.random.default_rng(0)
    scale = 1 / np.sqrt(np.arange(1, 34))
    centres = random.standard_normal((50, 33)) * scale
    return (centres[random.integers(0, 50, 6000)] + random.standard_normal((6000, 33)) * scale).astype(np.float32)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand count as many."""
    monkeypatch.setattr(search, "MOST_EXACT", 1000)


def test_neighbours_are_the_nearest_without_copies() -> None:
    angles = np.array([0.0, 0.1, 0.3, 3.0, 0.0])
    embedding = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    embedding = np.concatenate([embedding, -embedding])  # the mean is zero, so centring changes nothing
    group = alone(10)
    group[[0, 4]] = 0
    found = nearest_neighbours(embedding, group, count=2)
    assert found.rows[0].tolist() == [1, 8]  # row 8 is the opposite of row 3; the copy 4 is left out
    assert found.rows[1, 0] in (0, 4)
    assert found.farthest[0] == pytest.approx(1 - np.cos(3.0 - np.pi), abs=1e-5)
    assert found.first(1).rows[0].tolist() == [1]


def test_fewer_examples_than_neighbours_wanted() -> None:
    found = nearest_neighbours(np.eye(3, dtype=np.float32), np.array([0, 0, -1]), count=5)
    assert found.rows[2, :2].tolist() in ([0, 1], [1, 0])
    assert found.rows[0].tolist() == [2, -1, -1, -1, -1]
    assert np.isfinite(found.farthest).all()
    assert nearest_neighbours(np.ones((2, 3), np.float32), np.array([0, 0])).farthest.tolist() == [2, 2]


def test_approximate_neighbours_are_nearly_the_exact_ones_and_always_the_same(vectors: Vectors, many: None) -> None:
    group = alone(6000)
    group[:40] = 0  # more copies than are allowed for
    group[100:103] = 1
    exact = _exact(vectors, group, 20)
    told: list[tuple[int, int]] = []
    found = nearest_neighbours(vectors, group, count=20, on_block=lambda done, total: told.append((done, total)))
    shared = [len(np.intersect1d(one, other)) for one, other in zip(found.rows, exact.rows, strict=True)]
    assert np.mean(shared) >= 0.97 * 20
    assert not np.isin(found.rows[:40], np.arange(40)).any()
    assert (found.rows >= 0).all()
    assert not np.isin(found.rows[100:103], [100, 101, 102]).any()
    assert (found.rows != np.arange(6000)[:, None]).all()
    assert (np.diff(found.distance, axis=1) >= -1e-3).all()
    assert found.farthest == pytest.approx(exact.farthest, abs=0.05)
    assert told
    assert all(0 <= done <= total for done, total in told)
    assert np.array_equal(found.rows, nearest_neighbours(vectors, group, count=20).rows)


def test_a_search_in_pieces_finds_the_same_and_goes_on_where_it_was(
    vectors: Vectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, told = vectors[:600], list[tuple[int, int]]()
    whole = nearest_neighbours(some, alone(600), count=4)
    monkeypatch.setattr(exact, "BLOCK_CELLS", 60_000)  # a hundred rows at once
    monkeypatch.setattr(exact, "PIECE_PRODUCTS", 1)

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nearest_neighbours(some, alone(600), count=4, folder=tmp_path / "kept", on_block=stop)
    found = nearest_neighbours(
        some, alone(600), count=4, folder=tmp_path / "kept", on_block=lambda *done: told.append(done)
    )
    assert told == [(done, 6) for done in (0, 1, 2, 2, 3, 4, 5, 6)]
    assert np.array_equal(found.rows, whole.rows)
    assert found.distance == pytest.approx(whole.distance, abs=1e-6)


def test_an_index_is_asked_in_pieces(
    vectors: Vectors, many: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = vectors[:1500]
    whole = nearest_neighbours(some, alone(1500), count=4)
    monkeypatch.setattr(approximate, "ROWS_IN_PIECE", 800)
    built: list[object] = []
    run = approximate._run
    monkeypatch.setattr(
        approximate, "_run", lambda arguments, *more: (built.append(arguments[0]), run(arguments, *more))
    )
    for _ in range(2):
        found = nearest_neighbours(some, alone(1500), count=4, folder=tmp_path / "kept")
        assert np.array_equal(found.rows, whole.rows)
        assert np.array_equal(found.distance, whole.distance)
    assert built == ["build", "search", "search"]  # and nothing the second time


def test_without_faiss_every_pair_is_compared_and_the_extra_is_named(
    vectors: Vectors, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faiss" else find_spec(name))
    with pytest.warns(UserWarning, match=r"6,000 examples.*aleator\[ann\]"):
        found = nearest_neighbours(vectors, alone(6000), count=3)
    assert np.array_equal(found.rows, _exact(vectors, alone(6000), 3).rows)


def test_a_search_that_fails_says_why(
    vectors: Vectors, many: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise MemoryError('no room for 9 GB')")
    monkeypatch.setattr(approximate, "PROGRAM", program)
    with pytest.raises(AleatorError, match="no room for 9 GB"):
        nearest_neighbours(vectors, alone(6000))


def test_the_program_loads_neither_torch_nor_the_project() -> None:
    """Two OpenMP libraries in one process end it on some systems."""
    tree = ast.parse(approximate.PROGRAM.read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {"mmap", "sys", "pathlib", "typing", "faiss", "numpy", "numpy.typing"}
    assert "faiss" not in sys.modules


def _exact(vectors: Vectors, group: NDArray[np.int64], count: int) -> Neighbours:
    own = np.where(group >= 0, group, -1 - np.arange(len(vectors)))
    return exact_neighbours(directions_of(vectors), own, count)
