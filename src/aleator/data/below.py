"""Files that lie below a folder, links followed."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from aleator.data.texts import Texts
from aleator.errors import DataError


def check_names(root: Path, names: Sequence[str]) -> None:
    """Raise DataError naming the first file or folder whose name is not UTF-8: no table could hold it."""
    if isinstance(names, Texts):
        return
    for name in names:
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            raise DataError(f"{name!r} in {root} has a name that is not UTF-8; rename it.")


def inside(root: Path, path: Path) -> bool:
    """Whether the path, links followed, lies below the root."""
    return path.resolve().is_relative_to(root.resolve())


def first_outside(root: Path, paths: Sequence[str]) -> int | None:
    """The first of `rows_outside`."""
    return next(rows_outside(root, paths), None)


def rows_outside(root: Path, paths: Sequence[str]) -> Iterator[int]:
    """The rows of paths (relative to `root`) that, links followed, do not lie below the root.

    Folders are resolved once each, so that this costs one look at each file's own entry.
    """
    top = os.path.realpath(root)
    folder_is_inside: dict[str, bool] = {}
    for row, path in enumerate(paths):
        folder, name = os.path.split(os.path.join(top, path))
        if folder not in folder_is_inside:
            real = os.path.realpath(folder.replace("\0", ""))
            folder_is_inside[folder] = real == top or real.startswith(os.path.join(top, ""))
        if (
            not folder_is_inside[folder]
            or name in ("", ".", "..")
            or "\0" in path
            or (os.path.islink(os.path.join(folder, name)) and not inside(root, root / path))
        ):
            yield row
