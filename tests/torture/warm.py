"""Work in forks of this process, which has loaded all that is needed: it begins in a moment, where a new interpreter
takes seconds. A fork that crashes or hangs is seen from outside, and what it changes is gone with it."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path


def load() -> None:
    """What commands and readers import, before anything starts a thread."""
    import onnxruntime  # noqa: F401
    import onnxscript  # noqa: F401
    import openpyxl  # noqa: F401

    import aleator.auditing.audit
    import aleator.auditing.choosing
    import aleator.auditing.predictions
    import aleator.cli
    import aleator.data.objects
    import aleator.embedding.families.onnx
    import aleator.export.onnx
    import aleator.review.serve
    import aleator.testing.made_up_audit
    import aleator.training.predict
    import aleator.training.train  # noqa: F401


class Fork:
    """A function in a fork of this process, which works in `place`; used as a `subprocess.Popen` is."""

    def __init__(self, work: Callable[[], int], place: Path) -> None:
        self.returncode: int | None = None  # below zero: by which signal
        self._said = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (`communicate` closes it)
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            self._child(work, place)
        self._end = os.pidfd_open(self.pid)

    def _child(self, work: Callable[[], int], place: Path) -> None:
        code = 1
        try:
            os.setsid()
            os.chdir(place)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for own, other in ((0, nothing), (1, self._said.fileno()), (2, self._said.fileno())):
                os.dup2(other, own)
            # pytest has put others in their place
            sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def ended(self, within: float) -> bool:
        """Wait so many seconds at most for its end."""
        if self.returncode is None and select.select([self._end], [], [], within)[0]:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._end)
        return self.returncode is not None

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait until it ends; what it said, in one. Raises TimeoutExpired, and the fork is killed then."""
        if not self.ended(timeout):
            self.send_signal(signal.SIGKILL)
            self.ended(60)
            raise subprocess.TimeoutExpired("a fork", timeout)
        self._said.seek(0)
        with self._said:
            return self._said.read(), ""
