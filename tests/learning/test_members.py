"""Members in processes of their own: the same results, told in words when one fails, gone when the parent is gone."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load

from aleator.errors import AleatorError
from aleator.learning import members
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import Member, fit_member, fit_members, member_seed
from aleator.learning.settings import TrainingSettings
from aleator.models.network import NetworkSpec
from aleator.threads import one_thread
from aleator.workers import Arrays, Piece, processes, sent

SPEC = NetworkSpec("mlp", (6,), 3)


def kept(folder: Path, member: int) -> Path:
    """Where a member's result is kept."""
    (place,) = folder.glob(f"member-{member}-*")
    return place


def fit(
    folder: Path,
    *,
    epochs: int = 2,
    steps: list[tuple[int, int]] | None = None,
    after: list[Member] | None = None,
    learning_rate: float = 3e-3,
) -> list[Member]:
    """Two members; new ones, or those of `after` once more."""
    random = np.random.default_rng(0)
    labels = np.arange(96) % 3
    examples = (random.normal(size=(96, 6)) + labels[:, None]).astype(np.float32)
    tasks = [Task(member_seed(1, member), np.arange(len(labels))) for member in range(2)]
    if after is not None:
        tasks = [Task(task.seed, task.rows, member.weights) for task, member in zip(tasks, after, strict=True)]
    settings = TrainingSettings(epochs=epochs, batch_size=16, learning_rate=learning_rate)
    return fit_members(
        TrainingJob(SPEC, examples, labels, settings, torch.device("cpu")),
        tasks,
        folder,
        on_step=lambda step, total: None if steps is None else steps.append((step, total)),
    )


@pytest.fixture
def always_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has one thread, and so has this process: in bfloat16 the number of threads shows in the fourth digit."""
    monkeypatch.setattr(members, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(members, "available_cores", lambda: 2)


def test_small_networks_are_trained_with_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def watched(*task: Any, **options: Any) -> Arrays:
        threads.append(torch.get_num_threads())
        return fit_member(*task, **options)

    monkeypatch.setattr(members, "fit_member", watched)
    with one_thread():  # as before, afterwards
        torch.set_num_threads(2)
        fit(tmp_path)
        assert threads == [1, 1]
        assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("worth_processes", "used"), [(10**9, 1), (0, 2)])
def test_a_short_training_of_pictures_takes_one_thread_and_a_long_one_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth_processes: int, used: int
) -> None:
    monkeypatch.setattr(members, "WORTH_PROCESSES", worth_processes)
    monkeypatch.setattr(members, "available_cores", lambda: 2)
    pictures = np.random.default_rng(0).integers(0, 256, (12, 1, 16, 16), dtype=np.uint8)
    spec, settings = NetworkSpec("small_vgg", (1, 16, 16), 3), TrainingSettings(epochs=1, batch_size=6)
    job = TrainingJob(spec, pictures, np.arange(12) % 3, settings, torch.device("cpu"))
    threads: list[int] = []
    with one_thread():  # as before, afterwards
        torch.set_num_threads(2)
        fit_members(job, [Task(0, np.arange(12))], tmp_path, lambda *_: threads.append(torch.get_num_threads()))
        assert threads == [used, used]
        assert torch.get_num_threads() == 2


@pytest.mark.slow
def test_a_process_gives_what_the_same_training_gives_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always_in_processes: None
) -> None:
    steps: list[tuple[int, int]] = []
    apart = fit(tmp_path / "apart", steps=steps)
    assert {total for _, total in steps} == {24}
    assert not (tmp_path / "apart" / processes.SENT).exists()
    monkeypatch.setattr(members, "WORTH_PROCESSES", 10**9)
    here = fit(tmp_path / "here")
    for one, other in zip(apart, here, strict=True):
        assert np.allclose(one.predictions.mean, other.predictions.mean, atol=1e-4)
        assert np.allclose(one.margin_history, other.margin_history, atol=1e-4, equal_nan=True)


def test_a_member_of_another_task_is_never_taken_for_ones_own(tmp_path: Path) -> None:
    """Left by a kill while old work was removed: the seed, the rows, the settings or the data were others."""
    fit(tmp_path / "a")
    other = fit(tmp_path / "a", learning_rate=1e-4)
    alone = fit(tmp_path / "b", learning_rate=1e-4)
    assert all(np.array_equal(a.draws, b.draws) for a, b in zip(other, alone, strict=True))
    first = kept(tmp_path / "b", 0)
    shutil.copytree(first, tmp_path / "a" / first.name.replace("member-0", "member-1"))
    again = fit(tmp_path / "a", learning_rate=1e-4)
    assert np.array_equal(again[1].draws, alone[1].draws)


@pytest.mark.parametrize("name", ["draws.npy", "margins.npy", "weights.npy", "mean.npy"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_member_that_is_not_whole_is_trained_again(tmp_path: Path, name: str, damage: str) -> None:
    first = fit(tmp_path)
    file = kept(tmp_path, 1) / name
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    again = fit(tmp_path)
    assert np.array_equal(first[1].draws, again[1].draws)
    assert file.read_bytes() == content


@pytest.mark.slow
def test_a_folder_that_is_removed_under_a_process_is_named(tmp_path: Path, always_in_processes: None) -> None:
    folder = tmp_path / "work"

    def remove() -> None:
        while not (
            folder / processes.SENT / "0" / "errors.txt"
        ).exists():  # its process has begun, and loads PyTorch first
            pass
        folder.rename(tmp_path / "elsewhere")

    remover = Thread(target=remove)
    remover.start()
    with pytest.raises(FileNotFoundError) as gone:
        fit(folder, epochs=2000)
    remover.join()
    assert str(folder.resolve()) in str(gone.value)
    assert not folder.exists()


def test_a_finished_member_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always_in_processes: None
) -> None:
    threads: list[int] = []

    class Watched(processes.Processes):
        def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
            some = list(pieces)
            threads.extend(piece.threads for piece in some)
            return super().results(some)

    monkeypatch.setattr(members, "Processes", Watched)
    first = fit(tmp_path)
    written = (kept(tmp_path, 0) / "weights.npy").stat().st_mtime_ns
    (kept(tmp_path, 1) / "margins.npy").unlink()
    steps: list[tuple[int, int]] = []
    second = fit(tmp_path, steps=steps)
    assert min(step for step, _ in steps) > 12
    assert (kept(tmp_path, 0) / "weights.npy").stat().st_mtime_ns == written
    assert np.array_equal(first[1].predictions.mean, second[1].predictions.mean)
    assert threads == [1] * 3, "as before, though it is alone now: in bfloat16 a picture's training would show it"


@pytest.mark.slow
@pytest.mark.parametrize("worth_processes", [0, 10**9])
def test_a_training_begins_with_the_weights_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always_in_processes: None, worth_processes: int
) -> None:
    monkeypatch.setattr(members, "WORTH_PROCESSES", worth_processes)
    before = fit(tmp_path / "before")
    after = fit(tmp_path / "after", after=before, learning_rate=1e-9, epochs=1)
    (one, other), again = ([load(member.weights.tobytes()) for member in fitted] for fitted in (before, after))
    learned = [name for name in one if "running" not in name and "num_batches" not in name]
    assert not all(torch.allclose(one[name], other[name], atol=1e-5) for name in learned)
    for name in learned:
        assert torch.allclose(one[name], again[0][name], atol=1e-5)
        assert torch.allclose(other[name], again[1][name], atol=1e-5)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    before = fit(tmp_path / "before")
    other = NetworkSpec("mlp", (6,), 4)
    rows = np.arange(96)
    with pytest.raises(AleatorError, match="does not hold the weights of such a network"):
        fit_members(
            TrainingJob(other, np.zeros((96, 6), np.float32), rows % 4, TrainingSettings(), torch.device("cpu")),
            [Task(0, rows, before[0].weights)],
            tmp_path / "after",
        )


@pytest.mark.slow
def test_a_training_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always_in_processes: None
) -> None:
    monkeypatch.setattr(sent._Pickler, "_file_of", lambda *_: str(tmp_path / "gone.npy"))
    monkeypatch.setattr(sent, "MAPPED_FROM", 1)
    with pytest.raises(AleatorError, match=r"member-. failed .*gone\.npy.*goes on after the last finished piece"):
        fit(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        # Started in the background, a shell's children ignore an interruption.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from aleator.learning import members\n"
        "members.WORTH_PROCESSES, members.available_cores = 0, lambda: 2\n"
        "from tests.learning.test_members import fit\n"
        "from pathlib import Path\n"
        "class Tell(list):\n"
        "    def append(self, step): print(step, flush=True)\n"
        f"fit(Path({str(tmp_path)!r}), epochs=100_000, steps=Tell())\n"
    )
    # A Ctrl-C goes to all of a terminal's processes, a kill to one.
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)
    else:
        parent.kill()
    # The pipe is closed when nobody holds it any more: the parent and both workers are gone.
    try:
        _, errors = parent.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
    assert (b"KeyboardInterrupt" in errors) == (number == signal.SIGINT)
