"""How data were read, as a page that loads nothing: form, classes, splits, some examples of each class."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aleator.data.dataset import LabelledDataset
from aleator.data.overview import EXAMPLES_OF_A_CLASS, MOST_CLASSES, Overview, some_of
from aleator.data.sources import FeatureArray, ImageSource, TableRows, TextArray, UnreadableImage
from aleator.data.wording import listed, short
from aleator.files import check_target, write_text
from aleator.html import template
from aleator.report.pictures import Pictures

SIDE, LONGEST_TEXT, NUMBERS = 96, 240, 8


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
        kind={"table": "rows of a table", "features": "vectors"}.get(overview.kind, overview.kind),
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
    text = ""
    if isinstance(source, ImageSource):
        try:
            notes.append(f"{source.longer_side(row)} pixels")
        except UnreadableImage as error:
            text = str(error)
    elif isinstance(source, TextArray):
        text = source.load(row)
    elif isinstance(source, TableRows):
        text = ", ".join(f"{name} {value}" for name, value in source.cells(row).items() if value)
    elif isinstance(source, FeatureArray):
        values = source.values[row]
        text = ", ".join(f"{value:.4g}" for value in values[:NUMBERS].tolist())
        text += f", ... ({len(values):,})" if len(values) > NUMBERS else ""
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ..."
    return Shown(short(dataset.ids[row]), pictures.of(row, SIDE), text, ", ".join(notes))
