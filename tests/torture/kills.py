"""Commands that are killed, at any moment and at every single file operation; then the same command is given again."""

import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.torture.commands import COMMANDS, content, difference, prepare, prepared, processes_of
from tests.torture.result import Result

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ORPHAN_SECONDS = 60.0
IN_PROCESSES = tuple(name for name, command in COMMANDS.items() if command.processes)
"""Their file operations are those of several processes, in no fixed order."""
WRITES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")


def at_random_moments(name: str, kills: int, seed: int = 0) -> Result:
    """A signal after a random time; no process is left, and the same command ends as if nothing had been."""
    failures = []
    command, chance = COMMANDS[name], random.Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as temporary:
        good, place = Path(temporary) / "good", Path(temporary) / "place"
        prepare(good)
        begun = time.monotonic()
        code, said = command.finish(prepared(good, place))
        whole = time.monotonic() - begun
        if code:
            raise RuntimeError(said)
        wanted = content(place)
        for number in range(kills):
            sent, after = chance.choice(SIGNALS), chance.uniform(0.05, 1) * whole
            prepared(good, place)
            process = command.start(place)
            time.sleep(after)
            process.send_signal(sent)
            said = "".join(process.communicate(timeout=1200))
            failure = _survived(name, place, process.returncode, said, sent, wanted)
            if failure:
                failures.append(f"{name}, seed {seed}, kill {number} ({sent.name} after {after:.1f} s): {failure}")
    return Result(f"killed at any moment: {name}", kills, kills - len(failures), tuple(failures))


def _survived(name: str, place: Path, code: int, said: str, sent: signal.Signals, wanted: dict[str, object]) -> str:
    end = time.monotonic() + ORPHAN_SECONDS
    while (left := processes_of(place)) and time.monotonic() < end:
        time.sleep(0.1)
    if left:
        return f"processes live on: {left}"
    if "Traceback" in said and sent is not signal.SIGKILL and "aleator:" not in said and code not in (-sent, 1):
        return f"a traceback: {said[-300:]}"
    if code == 0 or not difference(content(place), wanted):
        return difference(content(place), wanted)
    again, said = COMMANDS[name].finish(place)
    if again:
        return f"the same command ended with {again}: {said[-300:]}"
    return difference(content(place), wanted)


def at_every_operation(name: str, *, most: int = 10**9, step: int = 1) -> Result:
    """Killed just before the n-th file operation, for every n; then the same command ends as if nothing had been.

    It runs in forks of one process, which has loaded all that is needed.
    """
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
        for number in list(range(1, operations + 1, step))[:most]:
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
    child = os.fork()
    if not child:
        os.close(out)
        code = 1
        try:
            os.chdir(place)
            devnull = os.open(os.devnull, os.O_RDWR)
            os.dup2(devnull, 1)
            os.dup2(devnull, 2)
            count = _count_operations(place, fatal)
            code = _run(COMMANDS[name].arguments)
            os.write(into, str(count()).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(told or 0)


def _run(arguments: tuple[str, ...]) -> int:
    from aleator.cli import main
    from aleator.learning import effort

    effort.FEWEST_STEPS = 10
    sys.argv = ["aleator", *arguments]
    try:
        main()
    except SystemExit as error:
        return int(error.code or 0)
    return 0


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
