"""Damaged files: each is the project's own error or a right result, within 20 seconds of a processor and a gigabyte.

They are read in forks, so that a crash or a hang is seen from outside.
"""

import json
import random
import shutil
import signal
import tempfile
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from tests.torture.mutate import any_damage
from tests.torture.readers import READERS
from tests.torture.result import Result
from tests.torture.unfinished import WHOLE
from tests.torture.warm import Fork

SECONDS, HANGS, MEMORY = 20, 300, 1 << 30
"""Of a processor, of the clock (what waits for something uses no processor), and bytes."""
Work = tuple[str, int, int]
"""A reader, the number of its first file, and that after its last."""


def campaign(readers: Sequence[str], files: int, seed: int = 0) -> Result:
    """Damage the files of each of these readers so often, or less often where each takes long."""
    failures: list[str] = []
    left = [(name, 0, max(1, round(files * READERS[name].of_all))) for name in readers]
    tried = sum(last for _, _, last in left)
    with tempfile.TemporaryDirectory() as temporary:
        while left:
            answers = Path(temporary) / "answers"
            fork = Fork(partial(_read_all, seed, left, answers), Path(temporary))
            size = -1
            while not fork.ended(within=HANGS + 60):
                if answers.exists() and answers.stat().st_size == size:  # hangs where no signal is heard
                    fork.send_signal(signal.SIGKILL)
                size = answers.stat().st_size if answers.exists() else size
            said, _ = fork.communicate(timeout=60)
            for line in answers.read_text().splitlines():
                name, number, failure = json.loads(line)
                left = left[next(place for place, one in enumerate(left) if one[0] == name) :]
                left[0] = (name, number + 1, left[0][2])
                if failure:
                    failures.append(f"{name}, seed {seed}, file {number}: {failure}")
            if fork.returncode == 0:
                break
            if fork.returncode > 0:  # not by a signal: the campaign itself is at fault
                raise RuntimeError(said[-3000:])
            if left[0][1] == left[0][2]:
                left.pop(0)
            name, number, last = left[0]
            failures.append(f"{name}, seed {seed}, file {number}: the process ended with {fork.returncode}")
            left[0] = (name, number + 1, last)
    return Result(f"damaged files: {', '.join(readers)}", tried, tried - len(failures), tuple(failures))


def _read_all(seed: int, work: list[Work], answers: Path) -> int:
    """Of each reader read the damaged files, and write a line of JSON for each."""
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _too_slow)
    with answers.open("w") as told:
        for name, first, last in work:
            with tempfile.TemporaryDirectory() as temporary:
                _read_damaged(name, seed, range(first, last), Path(temporary), told)
    return 0


def _read_damaged(name: str, seed: int, numbers: range, temporary: Path, told: TextIO) -> None:
    reader, good, place = READERS[name], temporary / "good", temporary / "place"
    place.mkdir()
    reader.make(place)  # where it is read, as unfinished work goes on with the same paths only
    shutil.copytree(place, good)
    reader.read(place)  # what is not damaged is read
    files = sorted(path.relative_to(good) for path in good.rglob("*") if path.is_file())
    tables = [file for file in files if not {"pictures", WHOLE} & set(file.parts)] or files
    for number in numbers:
        chance = random.Random(f"{name} {seed} {number}")
        shutil.rmtree(place)
        shutil.copytree(good, place)
        for file in chance.sample(tables, 1 if chance.random() < 0.9 else min(2, len(tables))):
            (place / file).write_bytes(any_damage((good / file).read_bytes(), file.name, chance))
        print(json.dumps([name, number, _failure(name, place)]), file=told, flush=True)


def _failure(name: str, place: Path) -> str:
    """What went wrong; empty where the project's own error or a result came."""
    from aleator.errors import AleatorError

    Path("/proc/self/clear_refs").write_text("5")  # the highest memory is counted anew
    before = _memory("VmRSS")
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(HANGS)
    try:
        READERS[name].read(place)
    except AleatorError:
        pass
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({Path(last.filename).name}:{last.lineno})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    grown = _memory("VmHWM") - before
    return f"{grown >> 20} MB of memory" if grown > MEMORY else ""


def _memory(name: str) -> int:
    """Bytes of this process (Linux)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) * 1024


def _too_slow(number: int, frame: object) -> None:
    raise KeyboardInterrupt("too slow")
