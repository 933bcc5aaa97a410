"""Damaged files: each is the project's own error or a right result, within 20 seconds of a processor and a gigabyte.

Run as a program it is the process that reads them, so that one that crashes or hangs is seen from outside.
"""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tests.torture.mutate import any_damage
from tests.torture.readers import READERS
from tests.torture.result import Result
from tests.torture.unfinished import WHOLE

SECONDS, HANGS, MEMORY = 20, 300, 1 << 30
"""Of a processor, of the clock (what waits for something uses no processor), and bytes."""


def campaign(readers: Sequence[str], files: int, seed: int = 0) -> Result:
    """Damage the files of each of these readers so often, or less often where each takes long."""
    failures: list[str] = []
    left = [[name, 0, max(1, round(files * READERS[name].of_all))] for name in readers]
    tried = sum(last for _, _, last in left)
    while left:
        command = [sys.executable, "-m", "tests.torture.malformed", str(seed), json.dumps(left)]
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as child,
        ):
            assert child.stdout is not None
            for line in child.stdout:
                name, number, failure = json.loads(line)
                while left[0][0] != name:
                    left.pop(0)
                left[0][1] = number + 1
                if failure:
                    failures.append(f"{name}, seed {seed}, file {number}: {failure}")
            code = child.wait()
            if code and code > 0:  # not by a signal: the campaign itself is at fault
                errors.seek(0)
                raise RuntimeError(errors.read()[-3000:])
        if not code:
            break
        if left[0][1] == left[0][2]:
            left.pop(0)
        failures.append(f"{left[0][0]}, seed {seed}, file {left[0][1]}: the process ended with {code}")
        left[0][1] += 1
    return Result(f"damaged files: {', '.join(readers)}", tried, tried - len(failures), tuple(failures))


def main(seed: int, work: list[tuple[str, int, int]]) -> None:
    """Of each reader read the damaged files from one number to before another, and print a line of JSON for each."""
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _too_slow)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    for name, first, last in work:
        with tempfile.TemporaryDirectory() as temporary:
            _read_damaged(name, seed, range(first, last), Path(temporary), told)


def _read_damaged(name: str, seed: int, numbers: range, temporary: Path, told: TextIO) -> None:
    reader, good, place = READERS[name], temporary / "good", temporary / "bad"
    good.mkdir()
    reader.make(good)
    shutil.copytree(good, place)
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

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
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
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return f"{grown >> 20} MB of memory" if grown > MEMORY else ""


def _too_slow(number: int, frame: object) -> None:
    raise KeyboardInterrupt("too slow")


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
