"""What the report's grid knows of the examples: columns of numbers as base64, small enough for one page."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.audits.labels import dense_rows
from aleator.data.sources import ExampleSource, TableRows, TextArray
from aleator.html import script_json
from aleator.report.rows import ReportColumns
from aleator.report.sheets import ACROSS, sheets
from aleator.verdicts.names import VERDICTS

ROOM = 5_500_000
"""Bytes that rows and pictures may take together; with the rest the page stays below 6 MB."""
MOST_ROWS = 40_000
EACH_VERDICT = 300
"""So many examples of each rare verdict have their picture, whatever the others' probabilities are."""
NEIGHBOURS, LEADING = 5, 3
LONGEST_TEXT, LONGEST_CELL, MOST_COLUMNS = 2000, 60, 60
"""Characters of a text and of a cell, and columns of a table, that the report holds."""
NOT_KNOWN = 65_535


def chosen_rows(rows: ReportColumns, first: Sequence[int] = ()) -> NDArray[np.int64]:
    """The rows that the report holds, those whose picture matters most first: `first`, some of each rare verdict, then
    by the probability that the label is wrong."""
    order = np.argsort(-np.nan_to_num(rows.p_mislabelled, nan=-1.0), kind="stable")
    rare = [
        _most(rows, "conflict", rows.p_mislabelled),
        _most(rows, "unfamiliar", rows.epistemic),
        _most(rows, "ambiguous", rows.aleatoric),
    ]
    wanted = np.concatenate([np.asarray(first, dtype=np.int64), *rare, order])
    _, at = np.unique(wanted, return_index=True)
    return np.asarray(wanted[np.sort(at)][:MOST_ROWS])


def payload(
    rows: ReportColumns,
    names: Sequence[str],
    chosen: NDArray[np.int64],
    source: ExampleSource | None,
    flag_above: float,
) -> dict[str, Any]:
    """The examples of these rows, as the page's script reads them; flagged are those more probably wrong than that."""
    columns: dict[str, NDArray[Any]] = {
        "p": _scaled(rows.p_mislabelled[chosen], 10_000),
        "flagged": (rows.p_mislabelled[chosen] > flag_above).astype(np.uint8),
        "given": rows.given[chosen].astype(np.int16),
        "suggested": rows.suggested[chosen].astype(np.int16),
        "verdict": np.array([VERDICTS.index(one) if one else -1 for one in rows.verdict[chosen]], dtype=np.int8),
        "aleatoric": _scaled(rows.aleatoric[chosen], 1_000),
        "epistemic": _scaled(rows.epistemic[chosen], 1_000),
        "group": rows.duplicate_group[chosen].astype(np.int32),
        "neighbours": _neighbours(rows, chosen),
        **_leading(rows, chosen),
    }
    found: dict[str, Any] = {
        "ids": rows.table["id"].take(chosen).to_pylist(),
        "names": list(names),
        "verdicts": list(VERDICTS),
        "columns": {name: [values.dtype.str[1:], _text(values)] for name, values in columns.items()},
    }
    room = ROOM - _bytes(found)
    if isinstance(source, TextArray):
        return found | {"kind": "text", "pictures": 0, **_texts(source, rows, chosen, room)}
    if isinstance(source, TableRows):
        return found | {"kind": "row", "pictures": 0, **_cells(source, rows, chosen, room)}
    pictures = sheets(source, chosen, room)
    # Tiles are in the order of the rows, so that the n-th row's picture is the n-th tile.
    kind = "picture" if pictures.data else "plain"
    return found | {
        "kind": kind,
        "pictures": len(pictures.rows),
        "across": ACROSS,
        "sheets": pictures.data,
    }


def _texts(source: TextArray, rows: ReportColumns, chosen: NDArray[np.int64], room: int) -> dict[str, Any]:
    """The texts of the rows, cut off where they are long, as many as there is room for, and their marked words."""
    longest = int(np.clip(room // (2 * max(len(chosen), 1)), 60, LONGEST_TEXT))
    texts: list[str] = []
    for row in chosen.tolist():
        text = source.texts[row]
        texts.append(text if len(text) <= longest else f"{text[:longest]} …")
        room -= _bytes(texts[-1])
        if room < 0:
            break
    return {"texts": texts, "marked": _marked(rows, chosen[: len(texts)])}


def _cells(source: TableRows, rows: ReportColumns, chosen: NDArray[np.int64], room: int) -> dict[str, Any]:
    """The cells of the rows in the order of the columns, as many as there is room for, and the marked columns."""
    cells: list[list[str]] = []
    columns = source.table.column_names[:MOST_COLUMNS]
    for row in chosen.tolist():
        cells.append([value[:LONGEST_CELL] for value in list(source.cells(row).values())[:MOST_COLUMNS]])
        room -= _bytes(cells[-1])
        if room < 0:
            break
    return {"header": columns, "cells": cells, "marked": _marked(rows, chosen[: len(cells)])}


def _marked(rows: ReportColumns, chosen: NDArray[np.int64]) -> list[list[str]]:
    if "marked" not in rows.table.column_names:
        return [[] for _ in chosen]
    return [one or [] for one in rows.table["marked"].take(chosen).to_pylist()]


def _most(rows: ReportColumns, verdict: str, by: NDArray[np.float64]) -> NDArray[np.int64]:
    members = np.flatnonzero(rows.verdict == verdict)
    return members[np.argsort(-by[members], kind="stable")][:EACH_VERDICT]


def _scaled(values: NDArray[np.float64], scale: int) -> NDArray[np.uint16]:
    """As whole numbers; `NOT_KNOWN` where there is none."""
    whole = np.clip(np.round(np.nan_to_num(values) * scale), 0, NOT_KNOWN - 1)
    return np.where(np.isfinite(values), whole, NOT_KNOWN).astype(np.uint16)


def _neighbours(rows: ReportColumns, chosen: NDArray[np.int64]) -> NDArray[np.int32]:
    """Places among the chosen of the nearest neighbours, `(example, neighbour)`; -1 for one that is not chosen."""
    place = np.full(len(rows), -1, dtype=np.int32)
    place[chosen] = np.arange(len(chosen))
    found = np.full((len(chosen), NEIGHBOURS), -1, dtype=np.int32)
    for number, near in enumerate(rows.table["neighbours"].take(chosen).to_pylist()):
        some = place[(near or [])[:NEIGHBOURS]]
        found[number, : len(some)] = some
    return found


def _leading(rows: ReportColumns, chosen: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The likeliest classes of each example and their probabilities in per cent, `(example, LEADING)`."""
    distribution = dense_rows(rows.distribution, chosen)
    leading = np.argsort(-distribution, axis=1, kind="stable")[:, :LEADING]
    shares = np.take_along_axis(distribution, leading, axis=1)
    return {"leading": leading.astype(np.int16), "shares": np.round(100 * shares).astype(np.uint8)}


def _bytes(value: Any) -> int:
    """How much of the page it takes."""
    return len(script_json(value).encode()) + len(", ")


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()).decode()
