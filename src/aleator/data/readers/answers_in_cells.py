"""Cells that hold several people's answers: `happy;sad;happy`, `["happy", "sad"]`, `{"happy": 2, "sad": 1}`."""

import json
import re
from ast import literal_eval
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.column_names import is_exported
from aleator.data.readers.kinds import CELLS_TRIED, decoded, is_list, is_text, trimmed
from aleator.data.wording import listed

SEPARATORS = ("|", ";", ",", "/", " ")
ANSWER_FIELDS = ("label", "value", "answer", "choice", "class", "category", "response", "annotation", "vote", "name")
"""Which field of a record in a list is the answer."""
ENCLOSED = re.compile(r"\s*(\[.*\]|\(.*\)|\{.*\}|Counter\(\{.*\}\))\s*", re.DOTALL)
COUNTED = re.compile(r"\s*(.+?)\s*[:=]\s*(\d+)\s*")
QUOTED_OR_NUMBER = r"""'[^']*'|"[^"]*"|-?\d+\.?\d*"""
NUMPY = re.compile(rf"\[\s*(?:{QUOTED_OR_NUMBER})(?:\s+(?:{QUOTED_OR_NUMBER}))+\s*\]")
"""A list without commas."""
FEWEST_REPEATS, FEWEST_SEVERAL = 0.25, 0.5
"""People agree: of the cells with several names so many hold one twice, and so many of all cells hold several."""
NAMES_HOLD = ("/", " ", ",")
"""Signs that names and numbers hold themselves, as 5/5."""
FEWEST_WITH_SPACES = 0.9
"""With spaces between them only where nearly every cell holds several: names have spaces themselves."""
CELLS_PER_NAME = 3


@dataclass(frozen=True)
class AnswersInCells:
    """How often each name stands in each cell."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    """`(row, name)`."""

    @property
    def told(self) -> str:
        """In words."""
        given = self.counts.sum(axis=1)
        people = given[given > 0]
        return (
            f"{int(people.sum()):,} answers of several people ({people.min()} to {people.max()} in a cell, of "
            f"{listed(self.names)})"
        )


def answers_in_cells(column: pa.ChunkedArray | pa.Array) -> AnswersInCells | None:
    """The answers in the cells of a column; None where they are no such cells.

    That several names in a cell are people's answers, and not labels of which an example may have several, is told by
    names that stand in a cell twice.
    """
    found = _read(column.slice(0, CELLS_TRIED).to_pylist())
    return found if found is None or len(column) <= CELLS_TRIED else _read(column.to_pylist())


def answers_in_column(table: pa.Table, name: str, classes: Collection[str] | None = None) -> AnswersInCells | None:
    """Several people's answers in each cell of a column; None where it holds anything else: classes of these names, or
    a label for each word of a text."""
    column = decoded(table[name])
    if not (is_text(column.type) or pa.types.is_nested(column.type)) or is_exported(table.column_names):
        return None
    if _words_beside(table, name):
        return None
    if classes is not None and is_text(column.type) and set(pc.unique(trimmed(column)).to_pylist()) <= {*classes}:
        return None
    return answers_in_cells(column)


def _words_beside(table: pa.Table, name: str) -> bool:
    """Whether each cell is a list as long as one of words beside it, whose lengths differ."""
    lists = {one: pc.list_value_length(table[one]) for one in table.column_names if is_list(table[one].type)}
    if name not in lists or len(pc.unique(lists[name])) < 2:
        return False
    others = [one for one, lengths in lists.items() if one != name and lengths.equals(lists[name])]
    return any(2 * len(pc.unique(pc.list_flatten(table[one]))) > len(table) for one in others)


def lists_in(texts: Sequence[str | None]) -> list[Any] | None:
    """What cells hold that are written as lists or as counts, a value for each; None where one is something else."""
    found = [None if text is None or not text.strip() else _enclosed(text) for text in texts]
    return None if any(one is _NOTHING for one in found) or all(one is None for one in found) else found


_NOTHING = object()


def _enclosed(text: str) -> Any:
    if not ENCLOSED.fullmatch(text):
        return _NOTHING
    bare = text.strip()
    if bare.startswith("Counter("):
        bare = bare[len("Counter(") : -1]
    if NUMPY.fullmatch(bare):
        return [one.strip("'\"") for one in re.findall(QUOTED_OR_NUMBER, bare)]
    for read in (json.loads, literal_eval):
        try:
            found = read(bare)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list | tuple | dict | set):
            return sorted(map(str, found)) if isinstance(found, set) else found
    return _NOTHING


def _read(cells: list[Any]) -> AnswersInCells | None:
    texts = [cell for cell in cells if isinstance(cell, str)]
    if not texts:
        return _counted([_as_counter(cell) for cell in cells], FEWEST_SEVERAL)
    if len(texts) < sum(cell is not None for cell in cells):
        return None
    written = lists_in(cells)
    if written is not None:
        return _counted([_as_counter(cell) for cell in written], FEWEST_SEVERAL)
    for sign in SEPARATORS:
        if not any(sign in text.strip() for text in texts):
            continue
        split = [_split(cell, sign) for cell in cells]
        found = _counted(split, FEWEST_WITH_SPACES if sign == " " else FEWEST_SEVERAL)
        if found is None or _may_be_one_name(found, cells, sign):
            continue
        if _agreed(found) > (sign in ("/", " ")):
            return found
    return None


def _split(cell: str | None, sign: str) -> Counter[str]:
    parts = [part.strip() for part in (cell or "").split(sign if sign != " " else None)]
    counted = [COUNTED.fullmatch(part) for part in parts if part]
    if counted and all(counted):
        return Counter({match[1]: int(match[2]) for match in counted if match})
    return Counter(part for part in parts if part)


def _as_counter(cell: Any) -> Counter[str] | None:
    """The names in a cell, each as often as it stands there; None where it holds something else."""
    if cell is None:
        return Counter()
    if isinstance(cell, dict):
        if cell and all(isinstance(value, int) and not isinstance(value, bool) for value in cell.values()):
            return Counter({str(name): value for name, value in cell.items() if value >= 0})
        cell = list(cell.values())
    if not isinstance(cell, list | tuple):
        return None
    names = [_answer(one) for one in cell]
    return None if any(name is None for name in names) else Counter(name for name in names if name)


def _answer(one: Any) -> str | None:
    """The name of an answer, empty where it is missing; None where it is none."""
    if isinstance(one, dict):
        one = next((one[name] for name in ANSWER_FIELDS if name in one), _NOTHING)
    if one is None:
        return ""
    if isinstance(one, float) and one.is_integer():
        one = int(one)
    return str(one).strip() if isinstance(one, str | int) else None


def _counted(cells: Sequence[Counter[str] | None], several: float) -> AnswersInCells | None:
    """The answers, where names recur within cells and few names in all."""
    counters = [cell for cell in cells if cell is not None]
    if len(counters) < len(cells):
        return None
    filled = [cell for cell in counters if cell]
    many = [cell for cell in filled if cell.total() > 1]
    names = sorted({name for cell in filled for name in cell})
    repeats = sum(max(cell.values()) > 1 for cell in many)
    if not many or len(many) < several * len(filled) or repeats < FEWEST_REPEATS * len(many):
        return None
    if len(names) < 2 or CELLS_PER_NAME * len(names) > max(len(filled), CELLS_PER_NAME * 2):
        return None
    if all(name in ("0", "1") for name in names) and _are_one_hot(filled):
        return None
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(counters), len(names)), dtype=np.int64)
    for row, cell in enumerate(counters):
        for name, count in cell.items():
            counts[row, place[name]] = count
    return AnswersInCells(tuple(names), counts)


def _are_one_hot(cells: list[Counter[str]]) -> bool:
    """Whether lists of 0 and 1 may as well be a place for each class: all are of one length."""
    return len({cell.total() for cell in cells}) == 1


def _may_be_one_name(found: AnswersInCells, cells: Sequence[str | None], sign: str) -> bool:
    """Whether each cell may as well be one name: two parts, always in one order, as those of genes (`A/A`, `A/T`) and
    of numbers with decimal commas."""
    if sign not in NAMES_HOLD or (found.counts.sum(axis=1) > 2).any():
        return False
    if sign == "," and all(map(str.isdecimal, found.names)):
        return True
    pairs = {tuple(part.strip() for part in cell.split(sign if sign != " " else None)) for cell in cells if cell}
    return not any(pair[0] != pair[-1] and pair[::-1] in pairs for pair in pairs)


def _agreed(found: AnswersInCells) -> int:
    """How many names stand alone in a cell, several times."""
    alone = (found.counts > 0).sum(axis=1) == 1
    return int((found.counts[alone & (found.counts.sum(axis=1) > 1)] > 0).any(axis=0).sum())


def labels_of_one_hot(column: pa.ChunkedArray | pa.Array) -> NDArray[np.int64] | None:
    """The place of the 1 in lists of 0 and 1 of one length, `(row,)`, -1 for a missing list; None where they are no
    such lists."""
    cells = column.to_pylist()
    lists = lists_in(cells) if any(isinstance(cell, str) for cell in cells) else cells
    if lists is None or not all(one is None or isinstance(one, list) for one in lists):
        return None
    filled = [[str(value) for value in one] for one in lists if one]
    lengths = {len(one) for one in filled}
    if len(lengths) != 1 or lengths == {1} or not all(set(one) <= {"0", "1", "0.0", "1.0"} for one in filled):
        return None
    values = iter(np.array(filled, dtype=np.float64))
    rows = [next(values) if one else None for one in lists]
    if any(row is not None and row.sum() != 1 for row in rows):
        return None
    return np.array([-1 if row is None else int(row.argmax()) for row in rows])
