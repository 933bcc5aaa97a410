"""What of an example is shown beside its answers, by the kind of data. The page's own table is in `static/views.js`."""

from collections.abc import Callable
from typing import Any

from aleator.review.examples import Examples

FEATURES = 12
"""Numbers of a feature vector that are shown."""
LONGEST_TEXT = 20_000
"""Characters of a text that are sent; the rest is cut off, and said to be."""


def content(examples: Examples, row: int) -> dict[str, Any]:
    """The kind of the example, and what the page needs to show it."""
    kind = examples.source.kind
    return {"kind": kind, **CONTENTS[kind](examples.source, int(examples.source_row[row]))}


def _picture(source: Any, place: int) -> dict[str, Any]:
    return {}  # the page asks for it by its address


def _features(source: Any, place: int) -> dict[str, Any]:
    return {"values": [round(float(value), 3) for value in source.values[place][:FEATURES]]}


def _text(source: Any, place: int) -> dict[str, Any]:
    text = str(source.load(place))
    return {"text": text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " … (cut off)"}


def _table_row(source: Any, place: int) -> dict[str, Any]:
    return {"cells": [[str(name), str(value)] for name, value in source.cells(place).items()]}


CONTENTS: dict[str, Callable[[Any, int], dict[str, Any]]] = {
    "images": _picture,
    "features": _features,
    "texts": _text,
    "table": _table_row,
}
"""By the `kind` of the source: texts are loaded as strings, a row of a table is its cells by column."""
