"""Compressed tables, as they are downloaded."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from tests.data.forms import TABLES, TWO, Form, paths_and_labels, pixels_without_names

Write = Callable[[Path], Path]
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}


def packed(write: Write, suffix: str, *, cut: int | None = None) -> Write:
    """The same, compressed, the first `cut` bytes of it; what it names stays beside it."""

    def write_packed(root: Path) -> Path:
        file = write(root)
        other = file.with_name(file.name + suffix)
        other.write_bytes(PACK[suffix](file.read_bytes())[:cut])
        file.unlink()
        return other

    return write_packed


def zipped(root: Path) -> Path:
    file = paths_and_labels()(root)
    with zipfile.ZipFile(root / "labels.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, "download/labels.csv")
        archive.writestr("__MACOSX/download/._labels.csv", b"\0\5\x16\7")
    file.unlink()
    return root / "labels.zip"


def tarred(root: Path) -> Path:
    file = paths_and_labels()(root)
    with tarfile.open(root / "labels.tar.gz", "w:gz") as archive:
        archive.add(file, "labels.csv")
    return root / "labels.tar.gz"


FORMS = (
    Form(TABLES, "`.csv.gz`, its pictures beside it", packed(paths_and_labels(), ".gz"), TWO, "a table with paths"),
    Form(TABLES, "`.csv.bz2`", packed(paths_and_labels(by=";"), ".bz2"), TWO, "separated by semicolons"),
    Form(TABLES, "`.tsv.xz`", packed(paths_and_labels(by="\t", name="t.tsv"), ".xz"), TWO, "a table with paths"),
    Form(TABLES, "`.csv.zst`", packed(paths_and_labels(), ".zst"), TWO, "a table with paths"),
    Form(TABLES, "a `.zip` of one table", zipped, TWO, "a table with paths"),
    Form(TABLES, "pixels in `.csv.gz`", packed(pixels_without_names, ".gz"), {"0": 6, "1": 6}, "pictures of 16x16"),
    Form(TABLES, "half of a `.csv.gz`", packed(paths_and_labels(), ".gz", cut=60), None, "t.csv.gz cannot be read"),
    Form(TABLES, "a table in `.tar.gz`", tarred, None, "is an archive; unpack it"),
)
