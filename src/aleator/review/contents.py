"""What of an example is shown beside its answers, by the kind of data. The page's own table is in `static/views.js`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.sources import FeatureArray, TableRows, TextArray
from aleator.data.texts import Texts
from aleator.review.examples import Examples

FEATURES = 12
"""Numbers of a feature vector that are shown."""
CELLS, LONGEST_CELL = 200, 1000
"""Of a table's row: columns that are shown, and characters of each."""
LONGEST_TEXT = 20_000
"""Characters of a text that are sent; the rest is cut off, and said to be."""


def content(examples: Examples, row: int) -> dict[str, Any]:
    """The kind of the example, and what the page needs to show it."""
    kind = examples.source.kind
    return {"kind": kind, **CONTENTS[kind](examples.source, int(examples.source_row[row]))}


def marks(examples: Examples, row: int) -> dict[str, Any]:
    """What speaks against the given label: words of a text, or columns with unusual values."""
    if examples.audit is None or "marked" not in examples.audit.labels.column_names:
        return {}
    return {"marked": examples.audit.labels["marked"][row].as_py() or []}


def _picture(source: Any, place: int) -> dict[str, Any]:
    return {}  # the page asks for it by its address


def _features(source: FeatureArray, place: int) -> dict[str, Any]:
    return {"values": [round(float(value), 3) for value in source.values[place][:FEATURES]]}


def _text(source: TextArray, place: int) -> dict[str, Any]:
    text = source.load(place)
    return {"text": text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " … (cut off)"}


def _table_row(source: TableRows, place: int) -> dict[str, Any]:
    return {"cells": [[name, value[:LONGEST_CELL]] for name, value in source.cells(place).items()][:CELLS]}


def holds(examples: Examples, text: str) -> NDArray[np.bool_]:
    """Which examples have this in their text or in one of their cells, whatever its case."""
    source, found = examples.source, np.zeros(len(examples.source), dtype=bool)
    if isinstance(source, TextArray):
        found = _match(Texts(source.texts).array, text)
    elif isinstance(source, TableRows):
        for column in source.table.columns:
            found |= _match(column, text)
    return found[examples.source_row]


def _match(values: pa.Array | pa.ChunkedArray, text: str) -> NDArray[np.bool_]:
    try:
        words = values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists and the like, as they are shown
        words = pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    return np.asarray(pc.fill_null(pc.match_substring(words, text, ignore_case=True), False))


CONTENTS: dict[str, Callable[[Any, int], dict[str, Any]]] = {
    "images": _picture,
    "features": _features,
    "texts": _text,
    "table": _table_row,
}
"""By the `kind` of the source: texts are loaded as strings, a row of a table is its cells by column."""
