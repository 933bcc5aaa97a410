"""How data were read, as a page that loads nothing: form, classes, splits, some examples of each class."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aleator.data.dataset import LabelledDataset
from aleator.data.decoding import UnreadableImage
from aleator.data.overview import EXAMPLES_OF_A_CLASS, MOST_CLASSES, Overview, in_words, some_of
from aleator.data.sources import ImageSource
from aleator.data.wording import listed, short
from aleator.files import check_target, write_text
from aleator.html import template
from aleator.report.pictures import Pictures

SIDE = 96


@dataclass(frozen=True)
class Shown:
    """One example on the page."""

    id: str
    picture: str | None
    text: str
    note: str
    """Its split and its size."""


def write_inspection(dataset: LabelledDataset, overview: Overview, path: Path, *, force: bool = False) -> None:
    """Write the page to this file; raises DataError where there is one, without `force`."""
    check_target(path, force=force)
    present = [label for label, count in enumerate(overview.classes.values()) if count]
    pictures = Pictures(dataset.source)
    classes = [
        (name, overview.classes[name], [_shown(dataset, pictures, row) for row in some_of(dataset, label)])
        for label in present[:MOST_CLASSES]
        for name in (dataset.class_names[label],)
    ]
    page = template("inspection.html").render(
        overview=overview,
        kind=overview.examples_are,
        lines=overview.how_read.lines(),
        most=max(overview.classes.values(), default=1) or 1,
        classes=classes,
        more=len(present) - len(classes),
        warnings=list(_warnings(overview)),
        each=EXAMPLES_OF_A_CLASS,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, page)


def _warnings(overview: Overview) -> Iterator[str]:
    if overview.rare:
        yield f"Too few examples to be audited: {listed(overview.rare)}."
    if overview.without_label:
        yield f"{overview.without_label:,} examples have no label."
    if overview.skipped:
        first = "; ".join(f"{one.source} {one.reason}" for one in overview.skipped[:3])
        yield f"{len(overview.skipped):,} examples are left out: {first}."


def _shown(dataset: LabelledDataset, pictures: Pictures, row: int) -> Shown:
    source = dataset.source
    notes = [] if dataset.split is None else [str(dataset.split[row])]
    text = in_words(source, row)
    if isinstance(source, ImageSource):
        try:
            notes.append(f"{source.longer_side(row)} pixels")
        except UnreadableImage as error:
            text = str(error)
    return Shown(short(dataset.ids[row]), pictures.of(row, SIDE), text, ", ".join(notes))
