"""Pieces on a Ray cluster of several nodes: the same bytes as here, done again where a worker or a node is lost."""

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

import aleator
from aleator.data import near_pictures
from aleator.data.duplicates import find_duplicates
from aleator.embedding import EmbedSettings, OwnBackbone, shards
from aleator.embedding.embed import embed
from aleator.errors import AleatorError
from aleator.learners import LabelledFolds, Material, draw_folds, hear
from aleator.learning import members
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import fit_members
from aleator.learning.settings import TrainingSettings
from aleator.models.network import NetworkSpec
from aleator.neighbours import approximate, exact, search
from aleator.neighbours.found import Neighbours
from aleator.neighbours.search import nearest_neighbours
from aleator.verdicts import Observations, weigh_sources
from aleator.workers import HERE, Piece, Workers, by_rows
from aleator.workers.kept import results_of
from tests.embedding.cases import SMALL, network, picture_files
from tests.workers.pieces import begun_once, counted, dies_at_first, fails, refuses, squares

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
AddNodes = Callable[..., list[Any]]
BLOCKS = {"nearest": 3, "index": 1, "found": 2, "copies": 2, "distribution": 2}


def content(folder: Path) -> dict[str, bytes]:
    """All files of a folder, without what says where in the house of a process something was."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def all_kinds(folder: Path, on: Workers) -> dict[str, bytes]:
    """Members, learners, shards, and blocks of neighbours, copies and judging: what each leaves."""
    folder.mkdir()
    random = np.random.default_rng(0)
    labels = np.arange(96) % 3
    vectors = (random.normal(size=(96, 6)) + labels[:, None]).astype(np.float32)
    settings = TrainingSettings(epochs=2, batch_size=16)
    job = TrainingJob(NetworkSpec("mlp", (6,), 3), vectors, labels, settings, torch.device("cpu"))
    fit_members(job, [Task(seed, np.arange(96)) for seed in range(3)], folder / "members", on=on)
    alone = np.full(96, -1)
    folds = draw_folds(labels, alone, 2, 0)
    heard = hear(Material(vectors), LabelledFolds(labels, 3, folds, alone), folder=folder / "learners", on=on)
    np.save(folder / "heard.npy", heard.log_probs)
    backbone = OwnBackbone(network(), preprocessing=SMALL)
    embed(picture_files(folder.parent / "pictures"), backbone, folder / "features", EmbedSettings(batch_size=2), on=on)
    many = random.normal(size=(300, 8)).astype(np.float32)
    nearest_neighbours(many, np.full(300, -1), count=3, folder=folder / "exact", on=on)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "MOST_EXACT", 100)
        nearest_neighbours(many, np.full(300, -1), count=3, folder=folder / "approximate", on=on)
    pictures = random.integers(0, 256, (40, 1, 12, 12), dtype=np.uint8)
    pictures[30:] = pictures[:10] // 2
    find_duplicates(pictures, folder=folder / "copies", on=on)
    seen = Observations(log_softmax(vectors[:, :3], axis=1), labels)
    np.save(folder / "judged.npy", weigh_sources(seen, folder=folder / "judging", on=on).distribution)
    return content(folder)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few examples are many."""
    monkeypatch.setattr(shards, "BATCHES_IN_SHARD", 2)
    monkeypatch.setattr(exact, "BLOCK_CELLS", 30_000)
    monkeypatch.setattr(exact, "PIECE_PRODUCTS", 1)
    monkeypatch.setattr(approximate, "ROWS_IN_PIECE", 160)
    monkeypatch.setattr(near_pictures, "LEAF", 8)
    monkeypatch.setattr(near_pictures, "PICTURES_IN_PIECE", 20)
    monkeypatch.setattr(by_rows, "PIECE_CELLS", 150)
    monkeypatch.setattr(import_module("aleator.learners.hear"), "WORTH_THREADS", 0)
    monkeypatch.setattr(members, "WORTH_PROCESSES", 1)


def test_results_are_the_same_bytes_with_none_one_two_and_four_workers(
    tmp_path: Path, on: Workers, add_nodes: AddNodes, small_pieces: None
) -> None:
    here = all_kinds(tmp_path / "none", HERE)
    pieces = Counter(Path(path).parent.name.partition("-")[0] for path in here if path.endswith("digests.json"))
    assert {name: pieces[name] for name in BLOCKS} == BLOCKS
    for workers, more in ((1, 0), (2, 1), (4, 2)):
        add_nodes(more)
        assert all_kinds(tmp_path / f"{workers}", on) == here


def test_what_a_worker_cannot_read_is_told_as_here(tmp_path: Path, on: Workers) -> None:
    dataset = picture_files(tmp_path / "pictures", 24)
    source: Any = dataset.source
    paths = [source.root / path for path in source.paths]
    paths[1].write_bytes(b"no picture")
    paths[5].unlink()
    backbone = OwnBackbone(network(), preprocessing=SMALL)
    there = embed(dataset, backbone, tmp_path / "there", EmbedSettings(batch_size=2), on=on)
    here = embed(dataset, backbone, tmp_path / "here", EmbedSettings(batch_size=2))
    assert len(here.dataset.skipped) == 2
    assert there.dataset.skipped == here.dataset.skipped
    assert np.array_equal(there.features, here.features)


def test_a_piece_whose_worker_is_killed_is_done_again(tmp_path: Path, on: Workers) -> None:
    pieces = [Piece("killed", dies_at_first, (str(tmp_path / "mark"),)), Piece("other", squares, (1,), (3,))]
    done = {piece.name: arrays for piece, arrays in on.results(pieces)}
    assert done["killed"]["done"] == [1]
    assert done["other"]["squares"].tolist() == [1, 4, 9]


def test_a_piece_that_fails_says_why(on: Workers) -> None:
    with pytest.raises(AleatorError, match=r"failed on a Ray worker.*it is so.*goes on"):
        list(on.results([Piece("one", fails, ("it is so",))]))
    with pytest.raises(AleatorError, match=r"^it is so$"):
        list(on.results([Piece("one", refuses, ("it is so",))]))


def test_what_no_node_can_do_is_told(on: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    from aleator.workers import on_ray

    monkeypatch.setattr(on_ray, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(on_ray, "LOST_SECONDS", 0.5)
    with pytest.raises(AleatorError, match=r"No node of the Ray cluster is left.*goes on"):
        list(on.results([Piece("one", squares, (1,), (3,), gpus=1)]))


@pytest.mark.slow
def test_a_worker_with_another_version_is_refused(tmp_path: Path, on: Workers, add_nodes: AddNodes) -> None:
    package = Path(str(aleator.__file__)).parent
    shutil.copytree(package, tmp_path / "other" / "aleator", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "other" / "aleator" / "__init__.py").write_text('__version__ = "0.0.9"\n', encoding="utf-8")
    (tmp_path / "hold").touch()

    def pieces() -> Iterator[Piece]:
        yield four_pieces(str(tmp_path))[3]  # keeps the first node busy
        wait_for(tmp_path / "3")
        add_nodes(1, PYTHONPATH=str(tmp_path / "other"))
        yield Piece("one", squares, (1,), (3,))

    told = r"other versions \(aleator .* here, 0\.0\.9 .* there\).*install the same"
    with pytest.raises(AleatorError, match=told):
        list(on.results(pieces()))


@pytest.mark.slow
def test_pieces_of_a_lost_node_are_done_by_another(
    tmp_path: Path, on: Workers, cluster: "Cluster", add_nodes: AddNodes
) -> None:
    hold, marks = tmp_path / "hold", [tmp_path / "a", tmp_path / "b"]
    hold.touch()

    def pieces() -> Iterator[Piece]:
        yield four_pieces(str(tmp_path))[3]  # keeps the first node busy
        wait_for(tmp_path / "3")
        nodes = add_nodes(2)
        yield from (Piece(mark.name, begun_once, (str(mark),)) for mark in marks)
        for mark in marks:
            wait_for(mark)
        for node in nodes:
            cluster.remove_node(node, allow_graceful=False)
        hold.unlink()

    assert sorted(piece.name for piece, _ in on.results(pieces())) == ["3", "a", "b"]


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, path
        time.sleep(0.05)


@pytest.mark.slow
def test_a_driver_that_was_killed_goes_on_after_the_last_finished_piece(
    tmp_path: Path, on: Workers, cluster: "Cluster"
) -> None:
    marks, kept = tmp_path / "marks", tmp_path / "kept"
    marks.mkdir()
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from aleator.workers import Where, workers_at\n"
        "from aleator.workers.kept import results_of\n"
        "from tests.workers.test_on_ray import four_pieces\n"
        "address, marks, kept = sys.argv[1:]\n"
        "with workers_at(Where('ray', address)) as on:\n"
        "    results_of(four_pieces(marks), Path(kept), on, lambda done, total: print(done, flush=True))\n"
    )
    hold = marks / "hold"
    hold.touch()
    driver = subprocess.Popen(
        [sys.executable, "-c", code, cluster.address, str(marks), str(kept)], stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    for line in driver.stdout:
        if line.strip() == "3":  # the last one waits
            break
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    hold.unlink()
    found = results_of(four_pieces(str(marks)), kept, on)
    assert [int(arrays["number"]) for arrays in found] == [0, 1, 2, 3]
    times = {path.name: len(path.read_text()) for path in marks.iterdir()}
    # The last one is begun again, if it had begun.
    assert times.pop("3") in (1, 2)
    assert times == {"0": 1, "1": 1, "2": 1}


@pytest.mark.slow
def test_a_search_whose_driver_was_killed_goes_on_after_its_last_piece(
    tmp_path: Path, on: Workers, cluster: "Cluster", monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from aleator.workers import Where, workers_at\n"
        "from tests.workers.test_on_ray import divided_search\n"
        "address, folder = sys.argv[1:]\n"
        "with workers_at(Where('ray', address)) as on:\n"
        "    divided_search(Path(folder), on, lambda done, total: print(done, flush=True))\n"
    )
    driver = subprocess.Popen(
        [sys.executable, "-c", code, cluster.address, str(tmp_path / "kept")], stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    for line in driver.stdout:
        if line.strip() == "2":
            break
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    told: list[int] = []
    found = divided_search(tmp_path / "kept", on, lambda done, total: told.append(done))
    assert 2 <= told[0] < 30
    assert told[-1] == 30
    here = divided_search(tmp_path / "here", HERE, lambda done, total: None)
    assert np.array_equal(found.rows, here.rows)
    assert np.array_equal(found.distance, here.distance)
    assert content(tmp_path / "kept") == content(tmp_path / "here")


def divided_search(folder: Path, on: Workers, on_block: Callable[[int, int], None]) -> Neighbours:
    """In thirty pieces."""
    many = np.random.default_rng(0).normal(size=(900, 8)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "BLOCK_CELLS", 27_000)
        patch.setattr(exact, "PIECE_PRODUCTS", 1)
        return nearest_neighbours(many, np.full(900, -1), count=3, folder=folder, on=on, on_block=on_block)


def four_pieces(marks: str) -> list[Piece]:
    return [Piece(f"{number}", counted, (marks, number)) for number in range(4)]
