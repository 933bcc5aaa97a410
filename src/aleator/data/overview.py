"""What a data set looks like once it is read, before anything is computed: `aleator inspect`."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aleator.data.dataset import FEWEST_EXAMPLES, LabelledDataset, Skipped
from aleator.data.decoding import UnreadableImage
from aleator.data.how_read import HowRead
from aleator.data.readers.synonyms import meaning
from aleator.data.sources import ExampleSource, FeatureArray, ImageSource, TableRows, TextArray
from aleator.errors import DataError
from aleator.files import check_target, write_whole

ROWS_SHOWN, EXAMPLES_OF_A_CLASS, MOST_CLASSES, SIDE, GAP, LINE = 5, 10, 40, 64, 4, 14

LONGEST_TEXT, NUMBERS = 240, 8


@dataclass(frozen=True)
class ShownRow:
    """One example, in words."""

    id: str
    source: str
    label: str | None
    split: str | None
    size: tuple[int, int] | None
    """Width and height of its picture in pixels; None for vectors, and where it cannot be read."""
    content: str = ""
    """A text, the cells of a row, the first numbers of a vector; of a picture, why it cannot be read."""


@dataclass(frozen=True)
class Overview:
    """How a data set was read."""

    name: str
    path: str
    kind: str
    """`images`, `features`, `texts` or `table`."""
    examples: int
    without_label: int
    classes: dict[str, int]
    """Examples of each class."""
    splits: dict[str, int]
    how_read: HowRead
    alike: tuple[tuple[str, ...], ...]
    """Names of classes that may be one: they differ in case, signs or spelling only."""
    rare: tuple[str, ...]
    """Classes with too few examples to be audited."""
    rows: tuple[ShownRow, ...]
    """A few examples, evenly spread."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def examples_are(self) -> str:
        """What the examples are called in a sentence."""
        return {"table": "rows of a table", "features": "vectors"}.get(self.kind, self.kind)


def overview_of(dataset: LabelledDataset) -> Overview:
    """What there is to know of a data set without computing anything on it."""
    labels, names = dataset.given_labels, dataset.class_names
    counts = np.bincount(labels[labels >= 0], minlength=len(names)).tolist()
    splits = {} if dataset.split is None else dict(zip(*np.unique(dataset.split, return_counts=True), strict=True))
    shown = np.unique(np.linspace(0, len(dataset) - 1, ROWS_SHOWN).astype(int)).tolist()
    return Overview(
        name=dataset.name,
        path=dataset.path,
        kind=dataset.source.kind,
        examples=len(dataset),
        without_label=int((labels < 0).sum()),
        classes=dict(zip(names, counts, strict=True)),
        splits={str(name): int(count) for name, count in splits.items()},
        how_read=dataset.how_read,
        alike=names_alike(names),
        rare=tuple(name for name, count in zip(names, counts, strict=True) if 0 < count < FEWEST_EXAMPLES),
        rows=tuple(_shown(dataset, row) for row in shown),
        skipped=dataset.skipped,
    )


def names_alike(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of names that differ in case, signs, a plural s or a synonym only."""
    groups: dict[str, list[str]] = {}
    for name in names:
        if name.lstrip("+-").isdecimal():
            continue
        plain = "".join(char for char in meaning(normalize("NFKC", name)).casefold() if char.isalnum())
        plain = plain[:-1] if len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss") else plain
        groups.setdefault(plain or name, []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _shown(dataset: LabelledDataset, row: int) -> ShownRow:
    label = int(dataset.given_labels[row])
    size, content = None, in_words(dataset.source, row)
    if isinstance(dataset.source, ImageSource):
        try:
            size = dataset.source.load(row).size
        except UnreadableImage as error:
            content = str(error)
    return ShownRow(
        id=str(dataset.ids[row]),
        source=dataset.source.describe(row),
        label=None if label < 0 else dataset.class_names[label],
        split=None if dataset.split is None else str(dataset.split[row]),
        size=size,
        content=content,
    )


def in_words(source: ExampleSource, row: int) -> str:
    """A text, the cells of a row, or the first numbers of a vector, at a length to look at; empty for pictures."""
    text = ""
    if isinstance(source, TextArray):
        text = source.load(row)
    elif isinstance(source, TableRows):
        text = ", ".join(f"{name} {value}" for name, value in source.cells(row).items() if value)
    elif isinstance(source, FeatureArray):
        values = source.values[row]
        text = ", ".join(f"{value:.4g}" for value in values[:NUMBERS].tolist())
        text += f", ... ({len(values):,})" if len(values) > NUMBERS else ""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ..."


def write_contact_sheet(dataset: LabelledDataset, path: Path, *, force: bool = False) -> None:
    """A sheet of a few pictures of each class, a line for each, as PNG, JPEG or WebP by the ending. `force` replaces a
    file that is there.

    Raises DataError for vectors, for another ending, and where a file must not be replaced.
    """
    if not isinstance(dataset.source, ImageSource):
        raise DataError(
            f"{dataset.path} holds no pictures ({dataset.source.kind}), and only they are shown on a sheet."
        )
    kind = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"{path}: a contact sheet is written as .png, .jpg, .webp or .html.")
    check_target(path, force=force)
    sheet = contact_sheet(dataset)
    file = io.BytesIO()
    sheet.save(file, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda beside: beside.write_bytes(file.getvalue()))


def contact_sheet(dataset: LabelledDataset) -> Image.Image:
    """The sheet as a picture."""
    assert isinstance(dataset.source, ImageSource)
    present = np.unique(dataset.given_labels[dataset.given_labels >= 0]).tolist()[:MOST_CLASSES]
    line = LINE + SIDE + 2 * GAP
    sheet = Image.new("RGB", (GAP + EXAMPLES_OF_A_CLASS * (SIDE + GAP), max(len(present), 1) * line + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11)
    for place, label in enumerate(present):
        count = int((dataset.given_labels == label).sum())
        draw.text((GAP, place * line + GAP), f"{dataset.class_names[label]}  {count:,}", fill="black", font=font)
        for column, row in enumerate(some_of(dataset, label)):
            corner = GAP + column * (SIDE + GAP), place * line + GAP + LINE
            sheet.paste(_tile(dataset.source, row), corner)
    return sheet


def some_of(dataset: LabelledDataset, label: int) -> list[int]:
    """The rows of a few examples of a class, evenly spread."""
    rows = np.flatnonzero(dataset.given_labels == label)
    return rows[np.unique(np.linspace(0, len(rows) - 1, EXAMPLES_OF_A_CLASS).astype(int))].tolist()  # type: ignore[no-any-return]


def _tile(source: ImageSource, row: int) -> Image.Image:
    tile = Image.new("RGB", (SIDE, SIDE), "#eeeeee")
    try:
        image = source.load(row, 2 * SIDE).convert("RGB")
    except UnreadableImage:
        ImageDraw.Draw(tile).line((0, 0, SIDE, SIDE), fill="#999999")
        return tile
    scale = SIDE / max(image.size)
    image = image.resize((max(1, math.floor(image.width * scale)), max(1, math.floor(image.height * scale))))
    tile.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return tile
