"""Files that appear whole or not at all, also where the power fails: written beside their place, then renamed."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.errors import DataError

PLACED = "complete.sha256"
"""In a folder of unfinished work: the digest of the file that is about to be put in its place."""
OURS = ("audit.json", "model.json")
"""A folder with one of these is an audit's or a model's, and its files are nobody else's to replace."""
OUR_FILES = (
    *OURS, "labels.parquet", "report.html", "logits.npy", "embeddings.npy", "examples.npz", "map.npy", "referee.npz",
    "review.sqlite", "README.md", "familiarity.safetensors", "vectors.npz",
)  # fmt: skip
OUR_FOLDERS = ("models", "features", "unfinished")
"""What there is in such a folder, or will be."""


def as_folder(folder: Any, example: str) -> Path:
    """Where a result is left. Raises DataError for what is no path; `example` is a call as it should be."""
    if not isinstance(folder, str | os.PathLike):
        raise DataError(
            f"The folder for the result is a path, not {type(folder).__name__}; data in memory are one object: "
            f"{example}."
        )
    return Path(folder)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then rename it: readers see the old file or the new one, whole."""
    beside = unfinished_beside(path)
    try:
        write(beside)
        sync(beside)
        os.replace(beside, path)
        sync(path.parent)
    except OSError as error:
        raise named(error, path) from error
    finally:
        beside.unlink(missing_ok=True)


def named(error: OSError, path: Path) -> OSError:
    """The system's error with the file or folder that it is about, where it does not say: of a file that is open it
    never does, NumPy says only how many bytes it could not write, and Arrow not where."""
    if error.filename is not None or not (error.errno or "requested and" in str(error)):
        return error
    number = error.errno or errno.ENOSPC
    return OSError(number, os.strerror(number), str(path))


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


def check_target(path: Path, *, force: bool, folder: bool = False) -> None:
    """Raise DataError unless a file, or a new folder, may be written here: where there is a file, only with `force`,
    where there is a folder never, nor in the place of what belongs to an audit or a model."""
    if path.is_dir() or (folder and path.exists()):
        raise DataError(
            f"{path} is there already; name a new folder." if folder else f"{path} is a folder; name a file."
        )
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is no file but a device or a pipe, which would be replaced; name a file.")
    parent = path.absolute().parent
    in_ours, below = (any((place / name).exists() for name in OURS) for place in (parent, parent.parent))
    meant = path.name in (*OUR_FILES, *OUR_FOLDERS) or path.suffix == ".safetensors"
    if (in_ours and (path.exists() or meant)) or (below and parent.name in OUR_FOLDERS):
        raise DataError(f"{path} is a file of an audit or a model, which nothing else replaces; name another place.")
    if path.exists() and not force:
        raise DataError(f"{path} is there already; name another file, or use --force to replace it.")


def sync(path: Path) -> None:
    """What was written into a file, or renamed in a folder, is on the disk when this returns."""
    if os.name != "posix" and path.is_dir():
        return  # elsewhere folders cannot be opened
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems of networks have no such call
            raise
    finally:
        os.close(descriptor)


def sync_all(folder: Path) -> None:
    """The same for all that a folder holds, and the folder."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def discard(path: Path) -> None:
    """Delete a file or a folder: first renamed, so that no half of it is ever taken for the whole."""
    leaving = discarded(path)
    if leaving.exists():
        shutil.rmtree(leaving)
    if path.is_dir() and not path.is_symlink():
        path.rename(leaving)
        shutil.rmtree(leaving)
    else:
        path.unlink(missing_ok=True)


def tidy(path: Path) -> None:
    """Remove what a kill left beside `path`: a half that was being deleted, or was not yet begun."""
    for left in (discarded(path), unfinished_beside(path)):
        if left.is_dir():
            shutil.rmtree(left)


def about_to_place(made: Path, work: Path) -> None:
    """Write down in the folder `work` which file is put in its place next."""
    write_text(work / PLACED, file_digest(made))


def is_in_its_place(target: Path, work: Path) -> bool:
    """Whether that happened: all that is left of the work then is the tidying up."""
    try:
        return (work / PLACED).read_text(encoding="utf-8") == file_digest(target)
    except (OSError, ValueError):
        return False


def unfinished_beside(path: Path) -> Path:
    """What a file or a folder is called until it is whole."""
    return path.with_name(f".{path.name}.unfinished")


def discarded(path: Path) -> Path:
    """What a folder is called while it is deleted."""
    return path.with_name(f".{path.name}.discarded")
