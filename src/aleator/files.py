"""Files that appear whole or not at all: written beside their place, then renamed."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then rename it: readers see the old file or the new one, whole."""
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, lambda beside: beside.write_text(text + "\n", encoding="utf-8"))


def write_text(path: Path, text: str) -> None:
    write_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def write_array(path: Path, array: NDArray[Any]) -> None:
    def write(beside: Path) -> None:
        with beside.open("wb") as file:  # np.save would append .npy to the name
            np.save(file, array, allow_pickle=False)

    write_whole(path, write)


def read_array(path: Path, *, mapped: bool = False) -> NDArray[Any]:
    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)  # type: ignore[no-any-return]


def lock(path: Path) -> IO[bytes] | None:
    """Hold a lock file until it is closed or the process ends, in whatever way; None where another process holds it."""
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
