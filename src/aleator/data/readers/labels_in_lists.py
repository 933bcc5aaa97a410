"""Labels that are lists: of one label each, of 0 and 1, or of several, which are refused."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.answers_in_cells import labels_of_one_hot, lists_in
from aleator.data.readers.kinds import is_list, is_text
from aleator.data.wording import listed, short
from aleator.errors import DataError

ONE_LABEL = (
    "One label for an example is what is audited: keep one, or leave such rows out "
    "(aleator.cleanlab.multilabel_classification judges several)."
)
OF_PEOPLE = "If they are several people's answers, write a row for each: id, annotator, label."
SEPARATORS = ("|", ";", ",")
WRITTEN_LIST = r"^\s*(\[.*\]|\(.*\)|\{.*\}|Counter\(.*\))\s*$"
RECORD = r"\s*(\{.*:.*\}|\[\s*[\[{'\"].*\])\s*"
SHARE = r"-?\d*\.?\d+(e-?\d+)?"


def are_written_lists(class_names: Sequence[str] | None) -> bool:
    """Whether classes are called as lists are written, so that cells are names as they stand."""
    return class_names is not None and any(name.startswith(("[", "(", "{")) for name in class_names)


def with_written_lists(array: pa.Array, where: str) -> pa.Array:
    """Lists that a table holds as text (`['cat']`, `["cat", "dog"]`) as lists; any other array as it is."""
    if not is_text(array.type):
        return array
    if not pc.all(pc.match_substring_regex(array, WRITTEN_LIST)).as_py():
        return array
    written = lists_in(array.to_pylist())
    if written is None:
        return array
    if any(isinstance(one, dict) for one in written):
        row = next(row for row, one in enumerate(written) if isinstance(one, dict))
        raise DataError(
            f"{where}: row {row} holds {short(array[row].as_py())!r}, which is no class. Write the name of the class "
            "alone; and how often people gave each answer as a table for --votes."
        )
    return pa.array([None if one is None else [_name(each) for each in one] for one in written], pa.list_(pa.string()))


def without_lists(array: pa.Array, where: str) -> tuple[pa.Array, tuple[str, ...]]:
    """Lists of one label each as labels, an empty one is none; and lists of 0 and 1, one 1 in each, as its place, which
    is said."""
    if not is_list(array.type):
        return array, ()
    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    if (lengths > 1).any():
        places = labels_of_one_hot(array)
        if places is None:
            raise _several(array, lengths, where)
        said = f"{where}: each cell is a list of 0 and 1, and the class is the place of its 1, counted from 0."
        return pa.array(places, mask=places < 0), (said,)
    places = np.where(lengths == 1, lengths.cumsum() - 1, 0)
    return array.flatten().take(pa.array(places, mask=lengths == 0)), ()


def _several(lists: pa.Array, lengths: NDArray[np.int64], where: str) -> DataError:
    """The error of lists of several labels, or of shares of classes."""
    row = int(np.argmax(lengths > 1))
    first = lists[row].as_py()
    if all(re.fullmatch(SHARE, str(one)) for one in first) and any("." in str(one) for one in first):
        return DataError(
            f"{where}: row {row} holds numbers with fractions ({listed(first)}), which may be shares of several "
            "classes. One label for an example is what is audited: write the name of the class with the largest, and "
            "how often people gave each answer as a table for --votes."
        )
    return DataError(f"{where}: row {row} has {lengths[row]} labels ({listed(first)}). {ONE_LABEL} {OF_PEOPLE}")


def _name(one: object) -> str:
    """The name of a class in a list, that of a class within others with strokes: `Animal/Cat`."""
    return "/".join(map(str, one)) if isinstance(one, list | tuple) else str(one)


def check_single(names: Sequence[str], where: str) -> None:
    """Raise DataError where names are several others, joined: `a|b` beside `a` and `b`."""
    written = next((name for name in names if re.fullmatch(RECORD, name) and lists_in([name])), None)
    if written is not None:
        raise DataError(
            f"{where}: {short(written)!r} stands among its classes, and is a list or a record. Write the name of one "
            f"class in its place. If it is a class, name all classes with --class-names. {OF_PEOPLE}"
        )
    known = set(names)
    for sign in SEPARATORS:
        joined = [name for name in names if sign in name.strip(sign)]
        parts = {part.strip() for name in joined for part in name.split(sign)}
        if joined and (parts - {""} <= known or _are_sets(joined, sign, len(names))):
            raise DataError(
                f"{where}: {len(joined):,} of its {len(names):,} classes are others joined by {sign!r} "
                f"({listed(joined, 3)}), so an example may have several labels. {ONE_LABEL} If they are classes "
                f"of their own, name all classes with --class-names. {OF_PEOPLE}"
            )


def _are_sets(joined: Sequence[str], sign: str, names: int) -> bool:
    """Whether most names are others, joined in any number and order, as those of sets are: `a|b`, `a|b|c`, `b|c`. The
    parts of a name that is one (`Tomato, healthy`) keep their places."""
    split = [[part.strip() for part in name.split(sign)] for name in joined]
    places: dict[str, set[int]] = {}
    for parts in split:
        for place, part in enumerate(parts):
            places.setdefault(part, set()).add(place)
    if sign == "," and all(len(parts) == 2 and all(map(str.isdecimal, parts)) for parts in split):  # decimal commas
        return False
    moved = sum(len(at) > 1 for at in places.values())
    return 2 * len(joined) > names and len(places) <= len(joined) and 2 * moved >= len(places) and moved > 1
