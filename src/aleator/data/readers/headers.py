"""Whether the first line of a text table names its columns, and what they are called where it does not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aleator.data.picture_files import has_picture_ending
from aleator.data.readers.split_names import has_split_word

WHOLE, FRACTION = re.compile(r"[+-]?\d+(\.0*)?"), re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
FEWEST_ROWS, MANY_ROWS = 4, 10
QUALTRICS = '{"ImportId"'
"""What the third line of Qualtrics' tables begins with in each cell; the second holds the questions."""
USUAL = frozenset(
    ("label", "class", "target", "category", "path", "image", "file", "filename", "file_name", "text", "id")
)
"""How columns are called, in the line that names them where there are two."""
GAPS = frozenset(("na", "n/a", "nan", "null", "none", "missing", "unknown", "-", "?", "."))
SENTENCE = 5
"""Words of a cell that no header has."""
UNSPACED = "[\u0e00-\u0fff\u3040-\u9fff\uac00-\ud7af]"
"""Writing without spaces between words."""
MEAN_WORDS = 3
"""A column is one of texts if its cells have so many words in the mean."""


def has_no_header(rows: Sequence[Sequence[str]], *, a_list: bool = False) -> bool:
    """Whether the first row is one like the others: it names a picture, or holds what no header does.

    That is a text that stands in its column again, beside others or all the way down; a sentence beside a number; or
    nothing but numbers, of which one is a fraction or stands twice; in a list (`path label`) any number.
    """
    cells = [[cell.strip() for cell in row] for row in rows]
    if not cells:
        return False
    first, others = cells[0], [row for row in cells[1:] if len(row) == len(cells[0])]
    if any(has_picture_ending(cell) for cell in first) and not _names_columns_by_pictures(first, others):
        return True
    if a_list and len(first) > 1 and any(map(WHOLE.fullmatch, first)):
        return True
    if len(first) > 1:
        others = [row for row in others if row != first]  # a header may stand again within a table
    if len(others) < FEWEST_ROWS:
        return False
    if all(map(_is_number, first)):
        numbers = [cell for cell in first if cell]
        if len(set(numbers)) < len(numbers) or not all(map(WHOLE.fullmatch, numbers)):
            return all(map(_is_number, (cell for row in others for cell in row)))
    columns = list(zip(*others, strict=True))
    if any(map(_is_sentence, first)):
        for cell, column in zip(first, columns, strict=True):
            if cell and _is_number(cell) and all(map(_is_number, column)):
                return True
    return any(_comes_again(cell, column) for cell, column in zip(first, columns, strict=True))


def _names_columns_by_pictures(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the columns are called as pictures are, and their cells are not: each column is a picture, each row a
    person who answered."""
    places = [place for place, cell in enumerate(first) if has_picture_ending(cell)]
    return (
        len(places) > 1
        and bool(others)
        and not any(has_picture_ending(row[place]) for row in others for place in places)
    )


@dataclass(frozen=True)
class TwoHeaders:
    """The names of columns that two lines have."""

    names: tuple[str, ...]
    left_out: tuple[str, ...]
    """The line that names nothing more: units, headings of several columns."""
    lines: int = 2


def two_headers(rows: Sequence[Sequence[str]]) -> TwoHeaders | None:
    """What the columns are called where the second row names them too: units, or what is below headings that span
    several columns. It holds no number, and no picture's name, where all rows below do, and no cell that comes again.
    None where there is no such row."""
    cells = [[cell.strip() for cell in row] for row in rows]
    width = len(cells[0]) if cells else 0
    if width < 2 or len(cells) < 2 + FEWEST_ROWS or any(len(row) != width for row in cells):
        return None
    first, second, columns = cells[0], cells[1], list(zip(*cells[2:], strict=True))
    if all(cell.startswith(QUALTRICS) for cell in cells[2]):
        return TwoHeaders(tuple(first), tuple(second), 3)
    # columns with one name, or several without: headings that span columns
    broken = len({cell for cell in first if cell}) < sum(map(bool, first)) or first.count("") > 1
    strict = [place for place in range(width) if _all_of_a_kind(columns[place])]
    if any(_is_number_of_any_locale(second[place]) or has_picture_ending(second[place]) for place in strict):
        return None
    if any(second[place].lower() in GAPS for place in range(width)):
        return None
    others = [place for place in range(width) if place not in strict]
    if any(second[place] and second[place] in columns[place] for place in others):
        return None
    if not strict or not any(second) or not _are_names(second):
        return None
    if not broken and not (others and all(second[place] for place in strict)):
        return None
    joined = [f"{one} {other}".strip() if one != other else one for one, other in zip(first, second, strict=True)]
    below = [other or one for one, other in zip(first, second, strict=True)]
    if broken or (_are_usual(second) and not _are_usual(first)):
        names = below if len(set(below)) == width else joined
    else:
        names = first
    return TwoHeaders(tuple(names), tuple(second if names == first else first)) if len(set(names)) == width else None


def _all_of_a_kind(column: Sequence[str]) -> bool:
    """Whether all cells are numbers, with gaps, or names of pictures."""
    filled = [cell for cell in column if cell]
    return bool(filled) and (all(map(_is_number_of_any_locale, filled)) or all(map(has_picture_ending, filled)))


def _is_number_of_any_locale(cell: str) -> bool:
    return bool(cell) and (_is_number(cell) or bool(re.fullmatch(r"[+-]?\d{1,3}([.,' ]\d+)*", cell)))


def _are_names(cells: Sequence[str]) -> bool:
    """Whether they are as names and units are: short, and not longer than a few words."""
    return all(len(cell.split()) <= 2 * SENTENCE for cell in cells)


def _are_usual(cells: Sequence[str]) -> bool:
    return bool({cell.lower() for cell in cells} & USUAL)


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
