"""Predictions on disk: a table, JSON lines, or a page with the pictures. The ending says which."""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from aleator.data.images import thumbnail
from aleator.data.sources import ImageSource, TableRows, TextArray
from aleator.errors import DataError
from aleator.files import check_target, write_whole
from aleator.html import template
from aleator.locks import only_one
from aleator.training.abstention import ANSWERS
from aleator.training.model import Model
from aleator.training.predict import Predicted, class_columns

MOST_PICTURES, PICTURE_SIDE = 200, 96
"""Of each answer on the page; the tables hold all."""


def write_predictions(predicted: Predicted, model: Model, path: Path, *, force: bool = False) -> None:
    """Write the predictions as CSV, Parquet, JSON lines or HTML. `force` replaces a file that is there.

    Raises DataError for another ending, or where a file must not be replaced.
    """
    check_ending(path)
    write = WRITERS[path.suffix.lower()]
    with only_one(path, DataError):
        check_target(path, force=force)
        write_whole(path, lambda beside: write(predicted, model, beside))


def check_ending(path: Path) -> None:
    """Raise DataError unless the ending names a form that is written."""
    if path.suffix.lower() not in WRITERS:
        raise DataError(f"{path}: predictions are written as {', '.join(WRITERS)}; choose one of these endings.")


def _csv(predicted: Predicted, model: Model, path: Path) -> None:
    sets = ["|".join(names) for names in predicted.table["conformal_set"].to_pylist()]
    place = predicted.table.column_names.index("conformal_set")
    csv.write_csv(predicted.table.set_column(place, "conformal_set", pa.array(sets, pa.string())), path)


def _parquet(predicted: Predicted, model: Model, path: Path) -> None:
    parquet.write_table(predicted.table, path, compression="zstd")


def _json_lines(predicted: Predicted, model: Model, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in predicted.table.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _html(predicted: Predicted, model: Model, path: Path) -> None:
    rows = predicted.table.to_pylist()
    groups = []
    for answer in ANSWERS:
        numbers = [number for number, row in enumerate(rows) if row["answer"] == answer]
        cards = [_card(predicted, model, number, rows[number]) for number in numbers[:MOST_PICTURES]]
        groups.append((answer, MEANING[answer], len(numbers), cards))
    page = template("predictions.html").render(
        groups=groups,
        total=len(rows),
        model=model.card,
        classes=len(model.class_names),
        largest=math.log(len(model.class_names)),
        skipped=predicted.skipped,
    )
    path.write_text(page, encoding="utf-8")


LONGEST_TEXT = 300
"""Characters of a text, or a row, that are shown."""
MEANING = {
    "answer": "the networks agree, and the answer is clear",
    "ambiguous": "careful people would differ; the two likeliest answers are named",
    "unfamiliar": "unlike what the networks know, so no answer is given",
}


def _card(predicted: Predicted, model: Model, number: int, row: dict[str, Any]) -> dict[str, Any]:
    columns = zip(model.class_names, class_columns(model.class_names), strict=True)
    shares = sorted(((row[column], name) for name, column in columns), reverse=True)
    source = predicted.sources[predicted.place[number, 0]]
    place = int(predicted.place[number, 1])
    picture, text = None, ""
    if isinstance(source, ImageSource):
        data = thumbnail(source, place, PICTURE_SIDE)
        picture = "data:image/png;base64," + base64.b64encode(data).decode("ascii")
    elif isinstance(source, TextArray):
        text = source.load(place)
    elif isinstance(source, TableRows):
        text = ", ".join(f"{name} {value}" for name, value in source.cells(place).items())
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]} …"
    title = " or ".join(name for name in (row["predicted_label"], row["second_label"]) if name) or "no answer"
    return {"row": row, "title": title, "shares": shares[:3], "picture": picture, "text": text}


WRITERS: dict[str, Callable[[Predicted, Model, Path], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _json_lines,
    ".html": _html,
}
