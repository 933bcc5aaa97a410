"""Text in tables that people open with a spreadsheet."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""What makes a spreadsheet calculate; the apostrophe itself too, so that escaping can be undone."""


def safe_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula: what starts like one gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` wrote."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


OURS = {"label_from", "given_label", "changed"}
"""Columns by which a table that `aleator export` wrote is known."""
ESCAPED = "^'[=+\\-@\t\r\n']"


def plain_cells(table: pa.Table, path: Path) -> pa.Table:
    """A table without the apostrophes of `safe_cell`, if it is one that `aleator export` wrote as text; any other as it
    is, whose apostrophes are its own."""
    if path.suffix.lower() not in (".csv", ".tsv") or not set(table.column_names) >= OURS:
        return table
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table[place]
            plain = pc.if_else(pc.match_substring_regex(texts, ESCAPED), pc.utf8_slice_codeunits(texts, 1), texts)
            table = table.set_column(place, field, plain)
    return table
