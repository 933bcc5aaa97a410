"""Whether the first line of a text table names its columns, and what they are called where it does not."""

import re
from collections.abc import Sequence

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.split_names import has_split_word

WHOLE, FRACTION = re.compile(r"[+-]?\d+(\.0*)?"), re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
FEWEST_ROWS = 4


def has_no_header(rows: Sequence[Sequence[str]], *, a_list: bool = False) -> bool:
    """Whether the first row is one like the others: it names a picture, or holds what no header does.

    That is a text that stands in its column again, beside others; or nothing but numbers, of which one is a fraction;
    in a list (`path label`) any number.
    """
    cells = [[cell.strip() for cell in row] for row in rows]
    if not cells:
        return False
    first, others = cells[0], [row for row in cells[1:] if len(row) == len(cells[0])]
    if any(has_picture_ending(cell) for cell in first):
        return True
    if a_list and len(first) == 2 and any(map(WHOLE.fullmatch, first)):
        return True
    if len(others) < FEWEST_ROWS or first in others:
        return False
    if all(map(_is_number, first)) and not all(map(WHOLE.fullmatch, filter(None, first))):
        return all(map(_is_number, (cell for row in others for cell in row)))
    columns = list(zip(*others, strict=True))
    return any(
        not _is_number(cell) and cell in column and bool(set(column) - {cell, ""})
        for cell, column in zip(first, columns, strict=True)
    )


def _is_number(cell: str) -> bool:
    return not cell or bool(WHOLE.fullmatch(cell) or FRACTION.fullmatch(cell))


def names_without_header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names for the columns of a table without a header: the path, the split and the label as far as they are plain."""
    first = [cell.strip() for cell in rows[0]]
    columns = [[row[place].strip() for row in rows if place < len(row)] for place in range(len(first))]
    names = [f"column {number + 1}" for number in range(len(first))]
    places = list(range(len(first)))
    path = next((place for place in places if has_picture_ending(first[place])), None)
    if path is None and len(first) == 2:
        path = max(places, key=lambda place: len(set(columns[place])))
    if path is not None:
        names[path] = "path"
    others = [place for place in places if place != path]
    split = [place for place in others if len(others) > 1 and all(map(has_split_word, columns[place]))]
    if len(split) == 1:
        names[split[0]] = "split"
        others.remove(split[0])
    if path is not None and len(others) == 1:
        names[others[0]] = "label"
    return tuple(names)
