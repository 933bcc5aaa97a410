"""Class folders of text files, with or without split folders: one text a file."""

from pathlib import Path

import numpy as np

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.options import ReadOptions
from aleator.data.readers.class_folders import layout_of, names_below
from aleator.data.readers.encodings import broken_utf8, guessed_encoding
from aleator.data.readers.rows import EMPTY
from aleator.data.readers.shared import labels_of_folders
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
    texts, guessed = [], {}
    for file, name in zip(files, names, strict=True):
        text, encoding = read_text(file, options.encoding)
        texts.append(text)
        if encoding is not None:
            guessed[name] = encoding
    said = ""
    if guessed:
        first, encoding = next(iter(guessed.items()))
        said = f"{len(guessed):,} files are not UTF-8 ({first} is read as {encoding}); --encoding names another."
    labels = labels_of_folders(class_of, path, options.names, options.missing_label)
    empty = [name for name, text in zip(names, texts, strict=True) if not text.strip()]
    return LabelledDataset(
        name=path.resolve().name,
        path=str(path),
        ids=np.array(names),
        source=TextArray(Texts(texts)),
        given_labels=labels.labels,
        class_names=labels.names,
        split=np.array(split_of) if any(split_of) else None,
        skipped=tuple(Skipped(name, name, EMPTY) for name in empty),
        how_read=HowRead(f"text files in {layout.form}")
        .with_said(*layout.said, said, *labels.said)
        .with_passed_over(layout.passed),
    )


def read_text(file: Path, encoding: str | None) -> tuple[str, str | None]:
    """A file's text, in UTF-8 unless another encoding is asked for, and the encoding where it had to be guessed."""
    try:
        return file.read_text(encoding=encoding or "utf-8-sig"), None
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise DataError(f"{file} is not in {encoding} ({error.reason}); leave --encoding out.") from error
    content = file.read_bytes()
    if broken_utf8(content) is not None:
        return content.decode("utf-8", errors="replace"), "UTF-8 but for single bytes, shown as \ufffd"
    guessed = guessed_encoding(file)
    return file.read_text(encoding=guessed, errors="replace"), guessed


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
