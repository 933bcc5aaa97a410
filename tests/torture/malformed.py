"""Damaged files: each is the project's own error or a right result, within 20 seconds of a processor and a gigabyte.

Run as a program it is the process that reads them, so that one that crashes or hangs is seen from outside.
"""

import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.torture.mutate import any_damage
from tests.torture.readers import READERS
from tests.torture.result import Result
from tests.torture.unfinished import WHOLE

SECONDS, HANGS, MEMORY = 20, 300, 1 << 30
"""Of a processor, of the clock (what waits for something uses no processor), and bytes."""


def campaign(reader: str, files: int, seed: int = 0) -> Result:
    """Damage the files of one reader so often, or less often where each takes long."""
    files = max(1, round(files * READERS[reader].of_all))
    failures: list[str] = []
    done = 0
    while done < files:
        command = [sys.executable, "-m", "tests.torture.malformed", reader, str(seed), str(done), str(files)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                number, failure = json.loads(line)
                done = number + 1
                if failure:
                    failures.append(f"{reader}, seed {seed}, file {number}: {failure}")
            code = child.wait()
            if code and code > 0:  # not by a signal: the campaign itself is at fault
                assert child.stderr is not None
                raise RuntimeError(child.stderr.read())
        if code:
            failures.append(f"{reader}, seed {seed}, file {done}: the process ended with {code}")
            done += 1
    return Result(f"malformed {reader}", files, files - len(failures), tuple(failures))


def main(name: str, seed: int, first: int, last: int) -> None:
    """Read the damaged files from `first` to before `last`, and print a line of JSON for each."""
    reader = READERS[name]
    with tempfile.TemporaryDirectory() as temporary:
        good = Path(temporary) / "good"
        good.mkdir()
        reader.make(good)
        reader.read(good)  # what is not damaged is read
        files = sorted(path.relative_to(good) for path in good.rglob("*") if path.is_file())
        tables = [file for file in files if not {"pictures", WHOLE} & set(file.parts)] or files
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, _too_slow)
        for number in range(first, last):
            chance = random.Random(f"{name} {seed} {number}")
            place = Path(temporary) / "bad"
            shutil.copytree(good, place)
            for file in chance.sample(tables, 1 if chance.random() < 0.9 else min(2, len(tables))):
                (place / file).write_bytes(any_damage((good / file).read_bytes(), file.name, chance))
            print(json.dumps([number, _failure(name, place)]), flush=True)
            shutil.rmtree(place)


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
    main(sys.argv[1], *map(int, sys.argv[2:5]))
