"""What the system refuses: a full disk, a folder that may not be written or is gone, an output that is full."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.commands import COMMANDS, Command, content, difference, prepare, prepared
from tests.torture.result import Result

SMALL = (
    *("audit of vectors", "audit with a pretrained network", "train", "train on a pretrained network"),
    *("judge into a new folder", "judge by the likeliest classes", "embed", "predict", "predict, a page"),
    *("inspect, a page", "export csv", "export imagefolder"),
)


def full_disk() -> Result:
    """On file systems of ever more room: what does not fit says so, and with room the same command goes through."""
    name = "a full disk"
    tried, failures = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        good, place = Path(temporary) / "good", Path(temporary) / "place"
        prepare(good)
        for kind in SMALL:
            code, said = COMMANDS[kind].finish(prepared(good, place))
            assert not code, said
            wanted = content(place)
            for free in (0, 8, 64):
                try:
                    with _disk(Path(temporary) / "disk", good, free) as disk:
                        tried += 1
                        code, said = COMMANDS[kind].finish(disk)
                        if code not in (0, 2) or "Traceback" in said or (code == 2 and "no space is left" not in said):
                            failures.append(f"{kind}, {free} kB: ended with {code}: {said[-300:]}")
                            continue
                        _grow(disk)
                        code, said = COMMANDS[kind].finish(disk) if code else (0, "")
                        wrong = difference(content(disk), wanted)
                        if code or wrong:
                            failures.append(f"{kind}, {free} kB, then room: ended with {code} ({said[-200:]}); {wrong}")
                except PermissionError as error:
                    return Result(name, 0, 0, left_out=str(error))
    return Result(name, tried, tried - len(failures), tuple(failures))


@contextmanager
def _disk(disk: Path, good: Path, free: int) -> Iterator[Path]:
    """A small file system with the data on it and so many kilobytes left. Raises PermissionError where none is had."""
    disk.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        raise PermissionError("no file system may be mounted here")
    try:
        shutil.copytree(good, disk, dirs_exist_ok=True)
        used = shutil.disk_usage(disk).used // 1024
        _grow(disk, f"{used + free}k")
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _grow(disk: Path, size: str = "64m") -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def read_only() -> Result:
    """A file system that nothing can be written to."""
    name, failures = "a folder that may not be written", []
    with tempfile.TemporaryDirectory() as temporary:
        disk = Path(temporary) / "disk"
        prepare(Path(temporary) / "good")
        try:
            with _disk(disk, Path(temporary) / "good", 4096):
                before = content(disk)
                subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
                for kind, command in COMMANDS.items():
                    code, said = command.finish(disk)
                    if code != 2 or "Traceback" in said or os.strerror(errno.EROFS) not in said:
                        failures.append(f"{kind}: ended with {code}: {said[-300:]}")
                if content(disk) != before:
                    failures.append("something was written")
        except PermissionError as error:
            return Result(name, 0, 0, left_out=str(error))
    return Result(name, len(COMMANDS), len(COMMANDS) - len(failures), tuple(failures))


def removed() -> Result:
    """The folder is removed while it is worked on; the same command makes it anew."""
    failures = []
    kinds = ("audit of pictures, in processes", "train")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        good, place = Path(temporary) / "good", Path(temporary) / "place"
        prepare(good)
        for kind in kinds:
            command = Command(COMMANDS[kind].arguments, COMMANDS[kind].processes, steps=20_000)
            prepared(good, place)
            work = place / (".out.unfinished" if kind == "train" else "out")
            process = command.start(place)
            end = time.monotonic() + 600
            while not [*work.rglob("sent/0"), *work.rglob("fitted")] and time.monotonic() < end:
                time.sleep(0.05)
            gone = Path(temporary) / f"gone-{len(failures)}-{kind}"  # at once, as no deletion of a full folder is
            work.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
            said = "".join(process.communicate(timeout=1200))
            if process.returncode != 2 or "was removed or renamed" not in said:
                failures.append(f"{kind}: ended with {process.returncode}: {said[-300:]}")
            elif work.exists():
                failures.append(f"{kind}: something was written again")
    return Result("the folder is removed meanwhile", len(kinds), len(kinds) - len(failures), tuple(failures))


def full_output() -> Result:
    """Standard output takes nothing more; what was to be written is there."""
    failures = []
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "place"
        prepare(place)
        for number, end in enumerate(("", " --json")):
            script = (
                f"exec python -m aleator judge --pred-probs p.npy --label-file y.npy -o out{number}{end} > /dev/full"
            )
            done = subprocess.run(["sh", "-c", script], cwd=place, capture_output=True, text=True, env=_with_python())
            if done.returncode != 2 or "could not be printed" not in done.stderr or "Traceback" in done.stderr:
                failures.append(f"ended with {done.returncode}: {done.stderr[-300:]}")
            if not (place / f"out{number}" / "audit.json").exists():
                failures.append("the audit is not there")
    return Result("standard output is full", 2, 2 - len(failures), tuple(failures))


def _with_python() -> dict[str, str]:
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
