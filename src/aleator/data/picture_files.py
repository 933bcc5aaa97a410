"""Which files are pictures: by their ending, else by what they hold; and what is passed over, with the reason."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import Image

IMAGE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".gif", ".webp", ".avif", ".jp2", ".j2k"),
        *(".jpx", ".jpf", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".heic", ".heif"),
        *(".hif", ".mpo"),
    )
)
USUAL = frozenset((".jpg", ".jpeg", ".png"))
HEIF_SUFFIXES = frozenset((".heic", ".heif", ".hif"))
PICTURE_FORMATS = ("JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "AVIF", "JPEG2000", "TIFF", "PPM")
"""What Pillow may take a file for, whatever it is called: of the others one (EPS) starts Ghostscript."""
NO_PICTURES = frozenset(
    (
        *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml", ".md", ".rst", ".html", ".py"),
        *(".ipynb", ".parquet", ".arrow", ".npy", ".npz", ".h5", ".hdf5", ".mat", ".pkl", ".pickle", ".pt", ".pth"),
        *(".zip", ".tar", ".gz", ".7z", ".rar", ".db", ".ini", ".log", ".pdf", ".doc", ".docx", ".xls", ".xlsx"),
        *(".mp4", ".avi", ".mov", ".mkv", ".mp3", ".wav", ".lock", ".sha256", ".md5"),
    )
)
"""Endings of files that nobody means to be examples; they are counted, and not looked into."""
OTHER_KINDS = {
    ".svg": "are drawings of lines; save them as PNG",
    ".dcm": "are DICOM files; save them as PNG or TIFF",
    ".nii": "are NIfTI volumes; save their slices as PNG or TIFF",
    **dict.fromkeys(
        (".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".raf", ".rw2"), "are raw photographs; develop them"
    ),
    ".psd": "are layered drawings; save them as PNG",
    ".eps": "are drawings of lines; save them as PNG",
    **dict.fromkeys(
        (
            *(".ico", ".icns", ".cur", ".pcx", ".sgi", ".xcf", ".exr", ".hdr", ".dds", ".xbm", ".xpm", ".wmf"),
            *(".emf", ".jxl"),
        ),
        "are pictures in a format that is not read; save them as PNG",
    ),
}
NO_PICTURE, HEIF_MISSING = "no pictures", "in HEIF, which needs the extra: pip install 'aleator[heic]'"
OUTSIDE_LINK = "links to folders outside of the data, which are not followed; copy them into it"
LINK_AS_TEXT = "links to folders that were saved as text, as git does on Windows; copy the folders to their places"
LONGEST_LINK = 256
READ_ITSELF = "links to folders that are read themselves"
HIDDEN_FOLDER = "hidden folders, whose names begin with a dot; rename them if they hold examples"
MAC_FOLDER = "__MACOSX"
CACHES = frozenset(
    (".git", ".svn", ".cache", ".ipynb_checkpoints", ".thumbnails", ".Trashes", ".dvc", ".idea", ".vscode")
)
"""Hidden folders that nobody means to hold examples."""
RESOURCE_FOLDERS = frozenset((MAC_FOLDER, "@eadir", "$recycle.bin"))
OnPassed = Callable[[str, str], None]
"""Called with the name and the reason of what is passed over."""


def bare_suffix(name: str) -> str:
    """The ending in small letters, without what addresses append (`.jpg?w=300`)."""
    if "?" in name or "#" in name:
        name = re.split(r"[?#]", name, maxsplit=1)[0]
    return os.path.splitext(name)[1].lower()


def has_picture_ending(name: str) -> bool:
    return bare_suffix(name.strip()) in IMAGE_SUFFIXES


def formats_of(file: object) -> tuple[str, ...]:
    """What Pillow may take this file for. TGA has no head to be known by, so only its ending says it."""
    is_tga = isinstance(file, Path) and bare_suffix(file.name) == ".tga"
    return ("TGA",) if is_tga else PICTURE_FORMATS


def heif_is_read() -> bool:
    """Whether HEIC can be decoded; it is then registered with Pillow."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def why_no_picture(file: Path) -> str | None:
    """None for a picture; else why the file is passed over. Files with other endings are looked into."""
    suffix = bare_suffix(file.name)
    if suffix in USUAL:
        return None
    if suffix in HEIF_SUFFIXES:
        return None if heif_is_read() else HEIF_MISSING
    if suffix in IMAGE_SUFFIXES:
        return None
    if suffix in OTHER_KINDS:
        return OTHER_KINDS[suffix]
    if suffix in NO_PICTURES:
        return NO_PICTURE
    if not suffix and _is_link_as_text(file):
        return LINK_AS_TEXT
    try:
        if is_heif(file):
            return None if heif_is_read() else HEIF_MISSING
        with Image.open(file, formats=PICTURE_FORMATS):
            return None
    except Exception:  # whatever a decoder raises, it is no picture
        return NO_PICTURE


def _is_link_as_text(file: Path) -> bool:
    """Whether a file holds nothing but the path of a folder that is there, as git writes links where there are none."""
    try:
        if file.stat().st_size > LONGEST_LINK:
            return False
        return (file.parent / file.read_text(encoding="utf-8").strip()).is_dir()
    except (OSError, ValueError):
        return False


def is_heif(file: Path | BinaryIO) -> bool:
    """Whether the file's head says HEIF."""
    if isinstance(file, Path):
        with file.open("rb") as content:
            return is_heif(content)
    head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def find_files(
    folder: Path, root: Path, passed: OnPassed, why_not: Callable[[Path], str | None] = why_no_picture
) -> Iterator[Path]:
    """All files of a folder that `why_not` has nothing against, at any depth, in order; by default pictures.

    A linked folder is followed where it stays inside of `root` and is not read anyway; hidden files and folders are
    passed over.
    """
    top, start = os.path.realpath(root), os.path.realpath(folder)

    def walk(parent: str, above: tuple[str, ...]) -> Iterator[Path]:
        with os.scandir(parent) as entries:
            content = sorted(entries, key=lambda entry: entry.name)
        files = [entry for entry in content if not entry.is_dir()]
        folders = [entry for entry in content if entry.is_dir()]
        for entry in files:
            if entry.name.startswith("."):
                continue
            file = Path(parent, entry.name)
            if not entry.is_file():
                passed(_relative(file, root), "links that lead nowhere")
            elif reason := why_not(file):
                passed(_relative(file, root), reason)
            else:
                yield file
        for entry in folders:
            if skipped_folder(entry.name):
                if entry.name.startswith(".") and entry.name not in CACHES:
                    passed(_relative(Path(entry.path), root), HIDDEN_FOLDER)
                continue
            real = os.path.realpath(entry.path)
            if entry.is_symlink() and (reason := _why_not_followed(real, top, start, above)):
                passed(_relative(Path(entry.path), root), reason)
            else:
                yield from walk(entry.path, (*above, real))

    yield from walk(str(folder), (start,))


def length_of_root(root: Path) -> int:
    """How many characters of a found file's path are its root's: pathlib takes ten times as long to tell."""
    return 0 if root == Path() else len(os.path.join(root, ""))


def skipped_folder(name: str) -> bool:
    return name.startswith(".") or name.lower() in {one.lower() for one in RESOURCE_FOLDERS}


def _why_not_followed(real: str, top: str, start: str, above: tuple[str, ...]) -> str | None:
    if not _below(real, top):
        return OUTSIDE_LINK
    if any(_below(one, real) for one in above) or _is_visible_below(real, top):
        return READ_ITSELF
    return None


def _is_visible_below(real: str, top: str) -> bool:
    """Whether the walk from the top comes there without the link."""
    parts = os.path.relpath(real, top).split(os.sep)
    return not any(skipped_folder(part) for part in parts)


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(os.path.join(top, ""))


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.name
