"""Class folders of text files, with or without split folders: one text a file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.class_folders import labels_of_folders, layout_of, names_below
from aleator.data.readers.encodings import broken_utf8
from aleator.data.readers.guessing import GUESSED_FROM, likeliest_encoding
from aleator.data.readers.labels import labelled
from aleator.data.readers.rows import EMPTY
from aleator.data.sources import TextArray
from aleator.data.texts import Texts
from aleator.errors import DataError

SUFFIXES = (".txt", ".text")
NO_TEXT = "no texts"
LOOKED_AT = 1 << 12


def read_texts(path: Path, options: ReadOptions) -> LabelledDataset | None:
    """The data set of a folder of text files; None where there are none in class folders."""
    layout = layout_of(path, options.split_folders, why_not=why_no_text, noun="text")
    if not layout.found:
        return None
    split_of, class_of, files = zip(*layout.found, strict=True)
    names = names_below(path, files)
    texts, guessed = texts_of_files(files, options.encoding, path)
    said = ""
    if guessed:
        first = min(guessed)
        read_as = f"{names[first]} is read as {guessed[first]}"
        said = f"{len(guessed):,} files are not UTF-8 ({read_as}); --encoding names another."
    labels = labels_of_folders(class_of, path, options)
    empty = [name for name, text in zip(names, texts, strict=True) if not text.strip()]
    how = HowRead(f"text files in {layout.form}").with_said(*layout.said, said, *labels.said)
    dataset = labelled(
        TextArray(Texts(texts)),
        labels,
        path,
        how.with_passed_over(layout.passed),
        ids=np.array(names),
        split=np.array(split_of) if any(split_of) else None,
    )
    return replace(dataset, skipped=tuple(Skipped(name, name, EMPTY) for name in empty))


def texts_of_files(files: Sequence[Path], encoding: str | None, where: Path) -> tuple[list[str], dict[int, str]]:
    """The texts of files, in UTF-8 unless another encoding is asked for, and by its number the encoding of each file
    where it had to be guessed: those that are not UTF-8 are taken to be in one.

    Raises DataError where nothing tells which.
    """
    texts, others, guessed = [""] * len(files), dict[int, bytes](), dict[int, str]()
    for number, file in enumerate(files):
        try:
            texts[number] = file.read_text(encoding=encoding or "utf-8-sig")
        except UnicodeDecodeError as error:
            if encoding is not None:
                raise DataError(f"{file} is not in {encoding} ({error.reason}); leave --encoding out.") from error
            others[number] = file.read_bytes()
    for number in [number for number, content in others.items() if broken_utf8(content) is not None]:
        texts[number] = others.pop(number).decode("utf-8", errors="replace")
        guessed[number] = "UTF-8 but for single bytes, shown as \ufffd"
    if others:
        found = likeliest_encoding(b"\n".join(others.values())[:GUESSED_FROM], where, "replace")
        texts_found = {number: content.decode(found, errors="replace") for number, content in others.items()}
        for number, text in texts_found.items():
            texts[number], guessed[number] = text, found
    return texts, guessed


def why_no_text(file: Path) -> str | None:
    """Why a file is no text; None where it is one: by its ending, or, where it has none, by what it holds."""
    suffix = file.suffix.lower()
    if suffix in SUFFIXES:
        return None
    if suffix and not suffix[1:].isdecimal():
        return NO_TEXT
    with file.open("rb") as content:
        start = content.read(LOOKED_AT)
    return NO_TEXT if b"\0" in start else None
