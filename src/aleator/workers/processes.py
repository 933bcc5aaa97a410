"""Pieces of work in processes of their own on this machine, which end with this one."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import numpy as np

from aleator.errors import AleatorError
from aleator.files import read_array
from aleator.workers.piece import GOES_ON, Arrays, Piece
from aleator.workers.sent import read_sent, write_sent

KEEP_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296"
"""For the C library of Linux: memory that a step frees is kept for the next one, in large pages. Given back and asked
for anew, as it is otherwise, it costs an eighth of the time of a training's step. Others do not read it."""
PROGRAM = "from aleator.workers.processes import serve; serve()"
TELL_SECONDS = 0.2
REFUSED = 3
"""The exit status of a process that says what is wrong in words."""
SENT = "sent"


class Processes:
    """So many processes at a time, each for one piece. They see this machine's files."""

    apart = False

    def __init__(self, count: int, folder: Path) -> None:
        """Meanwhile `folder` holds what processes are sent and send back."""
        self.count, self.folder = count, folder / SENT
        self._running: set[subprocess.Popen[str]] = set()
        self._stopping = Event()

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """As `Workers.results`. Raises AleatorError with what a process said last, if it fails, and FileNotFoundError
        where the folder is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)  # a kill may have left it
        self.folder.mkdir()
        self._running.clear()
        self._stopping.clear()
        waiting, running = iter(pieces), dict[Future[Arrays], Piece]()
        sent: dict[int, tuple[tuple[object, ...], Path]] = {}
        number = 0
        with ThreadPoolExecutor(self.count) as pool:
            try:
                while True:
                    while len(running) < self.count and (piece := next(waiting, None)) is not None:
                        if id(piece.shared) not in sent:
                            sent[id(piece.shared)] = piece.shared, self.folder / f"shared-{len(sent)}"
                            write_sent(*sent[id(piece.shared)])
                        place, number = self.folder / f"{number}", number + 1
                        running[pool.submit(self._compute, piece, sent[id(piece.shared)][1], place)] = piece
                    if not running:
                        break
                    for one in wait(running, return_when=FIRST_COMPLETED).done:
                        piece = running.pop(one)
                        yield piece, one.result()
            finally:
                self._stopping.set()
                for process in list(self._running):
                    process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _compute(self, piece: Piece, shared: Path, place: Path) -> Arrays:
        place.mkdir()
        aside = piece.aside(tell)
        write_sent((piece.function_name, shared, piece.arguments, piece.threads, aside), place / "piece")
        # Its standard input stays open as long as this process lives: the other ends with it.
        with (
            (place / "errors.txt").open("w+", encoding="utf-8") as errors,
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(place)],
                env={"GLIBC_TUNABLES": KEEP_MEMORY, **os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            self._running.add(process)
            if self._stopping.is_set():  # it was being started while the others were ended
                process.kill()
            assert process.stdout is not None
            for line in process.stdout:
                if piece.on_step is not None:
                    piece.on_step(int(line))
            if process.wait():
                if not place.exists():
                    raise FileNotFoundError(errno.ENOENT, "its folder is gone", str(place.resolve()))
                errors.seek(0)
                raise AleatorError(_what_failed(piece, process.returncode, errors.read().strip()))
            self._running.discard(process)
        return {path.stem: read_array(path, mapped=True) for path in sorted((place / "made").iterdir())}


def _what_failed(piece: Piece, code: int, errors: str) -> str:
    if code == REFUSED:
        return errors
    if code == -signal.SIGKILL:
        return (
            f"The process of {piece.name} was ended by the system, most likely because the memory ran out: close other "
            f"programs, or use --effort quick. {GOES_ON}"
        )
    return f"{piece.name} failed ({(errors or 'it said nothing').splitlines()[-1]}). {GOES_ON}"


def serve() -> None:
    """What such a process does: the piece in the folder that it is called with, whose result it leaves there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from aleator.workers.apart import compute  # loads PyTorch

    place = Path(sys.argv[1])
    function_name, shared, arguments, threads, aside = read_sent(place / "piece")
    try:
        made = compute(function_name, read_sent(shared), arguments, threads, **aside)
    except AleatorError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    (place / "made").mkdir()
    for name, array in made.items():
        np.save(place / "made" / f"{name}.npy", array, allow_pickle=False)


_told = 0.0


def tell(step: int) -> None:
    """Tell the parent how far the piece is, unless it was told a moment ago."""
    global _told
    if time.monotonic() - _told >= TELL_SECONDS:
        _told = time.monotonic()
        print(step, flush=True)


def _end_with_parent() -> None:
    os.read(0, 1)  # returns when the other end of the pipe is closed
    os._exit(1)
