"""Whether the first line of a text table names its columns, and what they are called where it does not."""

import re
from collections.abc import Sequence

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.split_names import has_split_word

WHOLE, FRACTION = re.compile(r"[+-]?\d+(\.0*)?"), re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
FEWEST_ROWS, MANY_ROWS = 4, 10
SENTENCE = 5
"""Words of a cell that no header has."""
UNSPACED = "[\u0e00-\u0fff\u3040-\u9fff\uac00-\ud7af]"
"""Writing without spaces between words."""
MEAN_WORDS = 3
"""A column is one of texts if its cells have so many words in the mean."""


def has_no_header(rows: Sequence[Sequence[str]], *, a_list: bool = False) -> bool:
    """Whether the first row is one like the others: it names a picture, or holds what no header does.

    That is a text that stands in its column again, beside others or all the way down; a sentence beside a number; or
    nothing but numbers, of which one is a fraction; in a list (`path label`) any number.
    """
    cells = [[cell.strip() for cell in row] for row in rows]
    if not cells:
        return False
    first, others = cells[0], [row for row in cells[1:] if len(row) == len(cells[0])]
    if any(has_picture_ending(cell) for cell in first):
        return True
    if a_list and len(first) > 1 and any(map(WHOLE.fullmatch, first)):
        return True
    if len(first) > 1:
        others = [row for row in others if row != first]  # a header may stand again within a table
    if len(others) < FEWEST_ROWS:
        return False
    if all(map(_is_number, first)) and not all(map(WHOLE.fullmatch, filter(None, first))):
        return all(map(_is_number, (cell for row in others for cell in row)))
    columns = list(zip(*others, strict=True))
    if any(map(_is_sentence, first)):
        for cell, column in zip(first, columns, strict=True):
            if cell and _is_number(cell) and all(map(_is_number, column)):
                return True
    return any(_comes_again(cell, column) for cell, column in zip(first, columns, strict=True))


def _comes_again(cell: str, column: Sequence[str]) -> bool:
    """Whether the text is a value of the column: beside others, or the only one of many rows, sorted by it."""
    if _is_number(cell) or cell not in column:
        return False
    return bool(set(column) - {cell, ""}) or (set(column) == {cell} and len(column) >= MANY_ROWS)


def _is_sentence(cell: str) -> bool:
    return len(cell.split()) >= SENTENCE or len(re.findall(UNSPACED, cell)) >= 2 * SENTENCE


def _is_number(cell: str) -> bool:
    return not cell or bool(WHOLE.fullmatch(cell) or FRACTION.fullmatch(cell))


def names_without_header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names for the columns of a table without a header: the path, or the text beside a label, the split and the
    label as far as they are plain."""
    first = [cell.strip() for cell in rows[0]]
    columns = [[row[place].strip() for row in rows if place < len(row)] for place in range(len(first))]
    names = [column_name(place) for place in range(len(first))]
    places = list(range(len(first)))
    path = next((place for place in places if has_picture_ending(first[place])), None)
    text = None
    if path is None and len(first) == 2:
        path = max(places, key=lambda place: len(set(columns[place])))
        text = path if _are_texts(columns[path]) else None
    if path is not None:
        names[path] = "path" if text is None else "text"
    others = [place for place in places if place != path]
    split = [place for place in others if len(others) > 1 and all(map(has_split_word, columns[place]))]
    if len(split) == 1:
        names[split[0]] = "split"
        others.remove(split[0])
    if path is not None and len(others) == 1:
        names[others[0]] = "label"
    return tuple(names)


def column_name(place: int) -> str:
    """What the column at this place, from 0, is called in a table without a header."""
    return f"column {place + 1}"


def _are_texts(cells: Sequence[str]) -> bool:
    words = [len(cell.split()) + len(re.findall(UNSPACED, cell)) / 2 for cell in cells]
    return not any(map(has_picture_ending, cells)) and sum(words) >= MEAN_WORDS * len(words)
