"""Files that are not quite where a table says: without their ending, in a folder below, under another root."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

from aleator.data.picture_files import has_picture_ending, skipped_folder
from aleator.data.texts import Texts
from aleator.errors import DataError

NOT_NAMED = "pictures that lie beside those of the table and are not in it"
MOST_FOLDERS = 10_000


class FilesBelow:
    """The pictures below a folder, by each end of their path, with and without the file's ending."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, list[str]] = {}
        for parent, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not skipped_folder(name))
            below = os.path.relpath(parent, root).replace(os.sep, "/")
            for name in sorted(names):
                if not name.startswith(".") and has_picture_ending(name):
                    self._add(name if below == "." else f"{below}/{name}")

    def _add(self, file: str) -> None:
        whole, bare = file.split("/"), os.path.splitext(file)[0].split("/")
        for parts in (whole, bare):
            for start in range(len(parts)):
                self.files.setdefault(_as_compared("/".join(parts[start:])), []).append(file)
        if bare[-1].isdecimal() and bare[-1] != str(int(bare[-1])):
            self.files.setdefault(str(int(bare[-1])), []).append(file)  # 7 may mean 0007.png

    def find(self, written: str, where: str) -> str | None:
        """The one file that is meant; None where there is none. Raises DataError where there are several."""
        for name in _readings(written):
            parts = [part for part in name.split("/") if part not in ("", ".", "..")]
            for start in range(len(parts)):
                end = "/".join(parts[start:])
                found = self._one(end, written, where) or self._one(os.path.splitext(end)[0], written, where)
                if found is not None:
                    return found
        return None

    def _one(self, end: str, written: str, where: str) -> str | None:
        found = self.files.get(_as_compared(end), [])
        if len(found) > 1:
            found = list(dict.fromkeys(found))
            found = [file for file in found if file.endswith(end) or os.path.splitext(file)[0].endswith(end)] or found
        if len(found) > 1:
            raise DataError(
                f"{where}: {written!r} may be {found[0]} or {found[1]}; write which, with folder and ending, or name "
                "the folder with --image-root."
            )
        return found[0] if found else None

    def common_addition(self, written: str) -> str | None:
        """What the one file that begins with this name has in addition (`_aligned`)."""
        stem = os.path.splitext(os.path.basename(written))[0].lower()
        pattern = re.compile(re.escape(stem) + r"([^a-z0-9/][^/]*)")
        found = {match[1] for key in self.files if (match := pattern.fullmatch(os.path.splitext(key)[0]))}
        return found.pop() if stem and len(found) == 1 else None


def _as_compared(path: str) -> str:
    """A path without case, its accented letters in one sign each: macOS writes them in two."""
    return path.lower() if path.isascii() else normalize("NFC", path).lower()


def _readings(written: str) -> list[str]:
    """A path as it stands, without what addresses append, and without what Label Studio puts before a name."""
    bare = re.split(r"[?#]", written, maxsplit=1)[0]
    local = written.partition("?d=")[2]
    folder, _, name = unquote(bare).rpartition("/")
    uploaded = re.fullmatch(r"[0-9a-f]{8}-(.+)", name)
    readings = [written, local, bare, unquote(bare), *([f"{folder}/{uploaded[1]}"] if uploaded else [])]
    return list(dict.fromkeys(reading for reading in readings if reading))


def locate(written: Sequence[str], rows: Sequence[int], root: Path, where: str) -> tuple[dict[int, str], str]:
    """Where the files of these rows are, as far as they are found below `root`, and a sentence that says so.

    Raises DataError where a name means several files.
    """
    below = FilesBelow(root)
    found = {row: file for row in rows if (file := below.find(written[row], where)) is not None}
    lost = [row for row in rows if row not in found]
    if len(lost) > len(rows) / 10 and (more := below.common_addition(written[lost[0]])):
        for row in lost:
            path, _ = os.path.splitext(written[row])
            if (file := below.find(path + more, where)) is not None:
                found[row] = file
    if not found:
        return {}, ""
    first = next(iter(found))
    return found, (
        f"{len(found):,} files are not where {os.path.basename(where)} says and were found by their names: "
        f"{written[first]} is {found[first]}."
    )


def not_named(root: Path, files: Texts) -> list[tuple[str, str]]:
    """The pictures that lie beside those that a table names and that it does not name, each with the reason."""
    named = set(files)
    folders = {os.path.dirname(file) for file in named}
    if len(folders) > MOST_FOLDERS:
        return []
    found = []
    for folder in sorted(folders):
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                names = sorted(entry.name for entry in entries if entry.is_file() and has_picture_ending(entry.name))
        except OSError:
            continue
        found += [file for name in names if (file := f"{folder}/{name}" if folder else name) not in named]
    return [(file, NOT_NAMED) for file in found]
