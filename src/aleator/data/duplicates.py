"""Copies: examples that are the same picture, exactly or nearly."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aleator.data.examples import Examples
from aleator.data.groups import connected
from aleator.data.near_pictures import near_links
from aleator.data.near_texts import near_pairs, plain
from aleator.data.sources import TableRows, TextArray
from aleator.workers.piece import HERE, Workers


@dataclass(frozen=True)
class Duplicates:
    """Which examples are copies of each other."""

    group: NDArray[np.int64]
    """Number of the group of copies, `(example,)`; -1 stands alone."""
    exact: NDArray[np.bool_]
    """The example has a copy that is the same to the last bit, `(example,)`."""


def find_duplicates(
    examples: Examples,
    *,
    near: bool = True,
    folder: Path | None = None,
    on: Workers = HERE,
    on_block: Callable[[int, int], None] = lambda completed, total: None,
) -> Duplicates:
    """Groups of copies among pictures `(example, channel, height, width)`, feature vectors `(example, feature)`, texts
    or rows of a table.

    Exact copies are found by hash. Near copies (pictures only: brighter, recompressed, slightly cropped) are those
    whose pixels correlate by .97 or more (.99 below 32 pixels a side), found by a sketch of 12x12 pixels first.
    Near copies of a text are those that differ in case, signs and spaces, or share most of their runs of three words.
    Near copies among very many pictures are looked for in pieces: `on` does them, and `folder` keeps what each finds.
    Copies of copies are one group. A mirrored picture is no copy: mirrored letters and digits mean something else.
    """
    exact_of = _exact(examples)
    _, first, count = np.unique(exact_of, return_index=True, return_counts=True)
    pairs = [np.stack([np.arange(len(examples)), first[exact_of]])]
    if near and isinstance(examples, TextArray):
        pairs += _near_texts(examples, first)
    elif near and isinstance(examples, np.ndarray) and examples.ndim == 4:
        pairs.append(near_links(examples.astype(np.uint8, copy=False), first, folder=folder, on=on, on_block=on_block))
    component = connected(len(examples), np.concatenate(pairs, axis=1))
    size = np.bincount(component)
    grouped = size[component] > 1
    group = np.full(len(examples), -1, dtype=np.int64)
    group[grouped] = np.unique(component[grouped], return_inverse=True)[1]
    return Duplicates(group, count[exact_of] > 1)


def _exact(examples: Examples) -> NDArray[np.int64]:
    """A number for each distinct example, `(example,)`."""
    if isinstance(examples, TextArray):
        return _numbered(text.encode(errors="surrogatepass") for text in examples.texts)
    if isinstance(examples, TableRows):
        columns = [column.combine_chunks() for column in examples.table.itercolumns()]
        codes = [_numbered(repr(value).encode(errors="surrogatepass") for value in one.to_pylist()) for one in columns]
        return _numbered(row.tobytes() for row in np.stack(codes, axis=1))
    return _numbered(example.tobytes() for example in examples)


def _numbered(contents: Iterable[bytes]) -> NDArray[np.int64]:
    """A number for each distinct content."""
    numbers: dict[bytes, int] = {}
    digests = (hashlib.blake2b(content, digest_size=16).digest() for content in contents)
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=np.int64)


def _near_texts(examples: TextArray, first: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Links among the first of each text: those that are the same but for case, signs and spaces, and those alike."""
    texts = [examples.texts[row] for row in first.tolist()]
    plainly = [plain(text) for text in texts]
    number = _numbered(text.encode(errors="surrogatepass") for text in plainly)
    worded = np.array([bool(text) for text in plainly])
    _, leader = np.unique(number, return_index=True)
    same = np.stack([np.arange(len(texts)), leader[number]])[:, worded]
    leaders = leader[worded[leader]]
    alike = near_pairs([plainly[row] for row in leaders.tolist()])
    return [first[same], first[leaders[alike]]]
