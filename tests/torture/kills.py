"""Commands that are killed, at any moment and at every single file operation; then the same command is given again."""

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.commands import COMMANDS, content, difference, prepare, prepared, processes_of, run
from tests.torture.result import Result
from tests.torture.warm import Fork

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
"""In turn."""
ORPHAN_SECONDS = 60.0
WRITES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")


def at_random_moments(name: str, kills: int, seed: int = 0) -> Result:
    """A signal after a random time; no process is left, and the same command ends as if nothing had been.

    The first of them in a new interpreter, as users have it, the others in forks.
    """
    failures = []
    command, chance = COMMANDS[name], random.Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as temporary:
        good, place = Path(temporary) / "good", Path(temporary) / "place"
        prepare(good)
        wanted: dict[bool, dict[str, object]] = {}
        seconds: dict[bool, float] = {}
        for number in range(kills):
            anew = number == 0 or command.processes
            if anew not in wanted:
                begun = time.monotonic()
                code, said = command.finish(prepared(good, place), anew=anew)
                seconds[anew], wanted[anew] = time.monotonic() - begun, content(place)
                if code:
                    raise RuntimeError(f"{name}: {said}")
            sent, after = SIGNALS[number % len(SIGNALS)], chance.uniform(0.05, 1) * seconds[anew]
            prepared(good, place)
            process = command.start(place, anew=anew)
            time.sleep(after)
            process.send_signal(sent)
            said = "".join(process.communicate(timeout=1200))
            assert process.returncode is not None
            failure = _survived(name, place, process.returncode, said, sent, wanted[anew], anew=anew)
            if failure:
                failures.append(f"{name}, seed {seed}, kill {number} ({sent.name} after {after:.1f} s): {failure}")
        if len(wanted) == 2 and (wrong := difference(wanted[True], wanted[False])):
            failures.append(f"{name}: a fork and a new interpreter differ: {wrong}")
    return Result(f"killed at any moment: {name}", kills, kills - len(failures), tuple(failures))


def _survived(
    name: str, place: Path, code: int, said: str, sent: signal.Signals, wanted: dict[str, object], *, anew: bool
) -> str:
    end = time.monotonic() + ORPHAN_SECONDS
    while (left := processes_of(place)) and time.monotonic() < end:
        time.sleep(0.1)
    if left:
        return f"processes live on: {left}"
    if "Traceback" in said and sent is not signal.SIGKILL and "aleator:" not in said and code not in (-sent, 1):
        return f"a traceback: {said[-300:]}"
    if code == 0 or not difference(content(place), wanted):
        return difference(content(place), wanted)
    again, said = COMMANDS[name].finish(place, anew=anew)
    if again:
        return f"the same command ended with {again}: {said[-300:]}"
    return difference(content(place), wanted)


def at_every_operation(name: str, *, step: int = 1) -> Result:
    """Killed just before the n-th file operation, for every n (or each `step`-th); then the same command ends as if
    nothing had been."""
    failures: list[str] = []
    tried = 0
    with tempfile.TemporaryDirectory() as temporary:
        good, place = Path(temporary).resolve() / "good", Path(temporary).resolve() / "place"
        prepare(good)
        prepared(good, place)
        code, operations = _forked(name, place, None)
        if code:
            raise RuntimeError(f"{name} ended with {code}")
        wanted = content(place)
        for number in range(1, operations + 1, step):
            tried += 1
            prepared(good, place)
            code, _ = _forked(name, place, number)
            if code != 9:
                failures.append(f"{name}, operation {number}: ended with {code}")
                continue
            # All may have been done but the tidying up: what makes something new then says that it is there.
            code, _ = _forked(name, place, None)
            wrong = difference(content(place), wanted)
            if wrong or code not in (0, 2) or (code == 2 and not wrong and number < operations // 2):
                failures.append(f"{name}, operation {number} of {operations}: ended with {code}; {wrong}")
    return Result(f"killed at every operation: {name}", tried, tried - len(failures), tuple(failures))


def _forked(name: str, place: Path, fatal: int | None) -> tuple[int, int]:
    """Exit status of the command in a fork of this process, and how many file operations it did."""
    out, into = os.pipe()

    def work() -> int:
        count = _count_operations(place, fatal)
        code = run(COMMANDS[name].arguments, 10, False)
        os.write(into, str(count()).encode())
        return code

    fork = Fork(work, place)
    os.close(into)
    fork.communicate(timeout=600)
    with os.fdopen(out) as pipe:
        told = pipe.read()
    assert fork.returncode is not None
    return fork.returncode, int(told or 0)


def _count_operations(place: Path, fatal: int | None) -> Callable[[], int]:
    """Count what changes files below the place, and end before the fatal one as a kill does."""
    done = 0
    root = f"{place}{os.sep}"

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal done
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if not (opens or event in WRITES) or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if os.path.abspath(os.fsdecode(arguments[0])).startswith(root):
            done += 1
            if done == fatal:
                os._exit(9)

    sys.addaudithook(watch)
    return lambda: done
