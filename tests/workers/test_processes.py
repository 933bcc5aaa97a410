"""Pieces in processes of their own on this machine."""

from pathlib import Path

import numpy as np
import pytest

from aleator.errors import AleatorError
from aleator.workers import HERE, Piece
from aleator.workers.processes import SENT, Processes
from aleator.workers.sent import read_sent, write_sent
from tests.workers.pieces import dies_at_first, fails, refuses, told_squares


def test_large_arrays_are_sent_as_files_and_others_as_they_are(tmp_path: Path) -> None:
    large = np.arange(300_000).reshape(2, -1)
    np.save(tmp_path / "mapped.npy", large)
    mapped = np.load(tmp_path / "mapped.npy", mmap_mode="r")
    sent = tmp_path / "sent"
    sent.mkdir()
    write_sent((large, mapped, mapped[1:], np.arange(3), {"a": None}), sent / "value")
    whole, again, part, small, other = read_sent(sent / "value")
    assert isinstance(whole, np.memmap)
    assert Path(again.filename).name == "mapped.npy", "what is mapped from a file is not written again"
    for found, wanted in ((whole, large), (again, large), (part, large[1:]), (small, np.arange(3))):
        assert np.array_equal(found, wanted)
    assert other == {"a": None}
    assert len(list(sent.iterdir())) == 3


@pytest.mark.slow
def test_processes_give_what_this_one_gives_and_say_what_failed(tmp_path: Path) -> None:
    told: list[int] = []
    shared = (np.arange(400_000),)
    pieces = [Piece(f"{number}", told_squares, (number,), shared, on_step=told.append) for number in (2, 3)]
    on = Processes(2, tmp_path)
    found = {piece.name: np.array(made["squares"]) for piece, made in on.results(pieces)}
    wanted = {piece.name: made["squares"] for piece, made in HERE.results(pieces)}
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
    assert sorted(told) == [2, 2, 3, 3]
    assert not (tmp_path / SENT).exists()
    for piece, message in (
        (Piece("one", fails, ("it is so",)), r"^one failed \(ValueError: it is so\).*goes on"),
        (Piece("one", refuses, ("it is so",)), r"^it is so$"),
        (Piece("one", dies_at_first, (str(tmp_path / "mark"),)), r"process of one was ended by the system.*goes on"),
    ):
        with pytest.raises(AleatorError, match=message):
            list(on.results([piece]))
