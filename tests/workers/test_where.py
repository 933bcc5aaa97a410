"""Where pieces are done is said in the options; what cannot be is told at once."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from aleator.errors import AleatorError, MissingExtraError
from aleator.workers import HERE, Arrays, Piece, Where, Workers, workers_at
from aleator.workers.kept import results_of
from tests.workers.pieces import counted, squares, summed


def test_ray_is_imported_by_nobody_who_has_not_asked_for_it() -> None:
    code = (
        "import sys, aleator.auditing.audit, aleator.embedding.embed, aleator.training.train, aleator.cli\n"
        "from aleator.workers import Where, workers_at\n"
        "with workers_at(Where()): assert 'ray' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_address_alone_is_refused() -> None:
    with pytest.raises(AleatorError, match="--on ray"):
        Where(ray_address="127.0.0.1:6379")
    with pytest.raises(AleatorError, match="here or ray"):
        Where("there")  # type: ignore[arg-type]


def test_without_ray_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"aleator\[ray\]"), workers_at(Where("ray")):
        pass


def test_an_address_where_nobody_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AleatorError, match=f"answers at {address}.*refused"), workers_at(Where("ray", address)):
            pass


def test_an_address_that_does_not_answer_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from aleator.workers import on_ray

    monkeypatch.setattr(on_ray, "ANSWER_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AleatorError, match="nothing was heard for 2 seconds"), workers_at(Where("ray", address)):
            pass


def test_an_address_where_something_else_answers_is_told() -> None:
    pytest.importorskip("ray")
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        told = f"answers at {address}.*something else"
        with pytest.raises(AleatorError, match=told), workers_at(Where("ray", address)):
            pass


def test_results_are_kept_by_what_they_follow_from(tmp_path: Path) -> None:
    kept, marks = tmp_path / "kept", tmp_path / "marks"
    marks.mkdir()

    def done(numbers: list[int]) -> list[int]:
        pieces = [Piece("piece", counted, (str(marks), number)) for number in numbers]
        return [int(arrays["number"]) for arrays in results_of(pieces, kept)]

    assert done([3, 1]) == [3, 1]
    assert done([1, 2, 3]) == [1, 2, 3]
    assert {path.name: path.read_text() for path in marks.iterdir()} == {"1": "x", "2": "x", "3": "x"}
    files = sorted(kept.rglob("number.npy"))
    np.save(files[0], np.int64(7))  # damaged: it would be read as another result
    files[1].unlink()
    (files[2].parent / "more.npy").write_bytes(files[2].read_bytes())
    assert done([1, 2, 3]) == [1, 2, 3]
    assert {path.name: path.read_text() for path in marks.iterdir()} == {"1": "xx", "2": "xx", "3": "xx"}


def test_a_result_of_other_arguments_is_another(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    for shared in (3, 4):
        pieces = [Piece("piece", squares, (2,), (shared,))]
        (found,) = results_of(pieces, tmp_path, HERE, lambda *done: told.append(done))
        assert np.array_equal(found["squares"], (np.arange(shared) + 2) ** 2)
    assert told == [(0, 1), (1, 1)] * 2


def test_interrupted_work_goes_on_from_its_checkpoint_and_who_has_all_results_asks_nobody(tmp_path: Path) -> None:
    told: list[int] = []

    def stop(step: int) -> None:
        told.append(step)
        if step == 2:
            raise KeyboardInterrupt

    def sums(on_step: Callable[[int], None], on: Workers = HERE) -> list[int]:
        pieces = [Piece("sum", summed, (4,), on_step=on_step, steps=4, resumes=True)]
        return [int(arrays["sum"]) for arrays in results_of(pieces, tmp_path, on)]

    with pytest.raises(KeyboardInterrupt):
        sums(stop)
    assert sums(told.append) == [10]
    assert told == [1, 2, 3, 4, 4], "the last step once more, when the result is there"
    assert not list(tmp_path.glob("*.checkpoint"))

    class Nobody:
        apart = False

        def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
            raise AssertionError("somebody is asked")

    told.clear()
    assert sums(told.append, Nobody()) == [10]
    assert told == [4]
