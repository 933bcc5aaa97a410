"""The steps that all readers share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.readers.answers_in_cells import ANSWER_FIELDS, labels_of_one_hot, lists_in
from aleator.data.readers.kinds import is_list, is_number, is_text
from aleator.data.readers.numbers import NO_VALUES
from aleator.data.readers.split_names import is_split_name
from aleator.data.wording import listed, short
from aleator.errors import DataError

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""FER2013's classes 0 to 6."""


@dataclass(frozen=True)
class EncodedLabels:
    """Labels as integers against class names, and what was decided on the way."""

    labels: NDArray[np.int64]
    """`(example,)`, -1 is no label."""
    names: tuple[str, ...]
    said: tuple[str, ...] = ()


WHOLE_NUMBERS = (r"^-?(0|[1-9]\d{0,14})$", r"^-?(0|[1-9]\d{0,14})\.0*$", r"^-?(0|[1-9]\d{0,14})(\.0*)?$")
"""Text that is a number and nothing else: 007, 1e5 and 0x1F are names, and so is what has more digits. A column
with gaps is often written as 1.0, 2.0."""
BROKEN_NUMBER = r"^-?\d*\.\d+$"
ONE_LABEL = (
    "One label for an example is what is audited: keep one, or leave such rows out "
    "(aleator.cleanlab.multilabel_classification judges several)."
)
OF_PEOPLE = "If they are several people's answers, write a row for each: id, annotator, label."
SEPARATORS = ("|", ";", ",")
WRITTEN_LIST = r"^\s*(\[.*\]|\(.*\)|\{.*\}|Counter\(.*\))\s*$"
RECORD = r"\s*(\{.*:.*\}|\[\s*[\[{'\"].*\])\s*"
SHARE = r"-?\d*\.?\d+(e-?\d+)?"
NO_LABELS = (
    *("?", "unknown", "unlabeled", "unlabelled", "undefined", "missing", "todo", "tbd", "n.a.", "no label"),
    *("unsorted", "to_sort", "ignore", "skip", "not labeled", "not labelled"),
    *("#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#error!", "#n/a!", "#calc!", "#getting_data"),
)
"""Names of classes that may mean that there is none; it is told."""
MISSING_CODES = (-9, -99, -999, -9999, -1000, 9, 99, 999, 9999)
"""What stands for a missing number in surveys."""
LARGEST_LABEL = 2.0**53
"""Above it floats skip whole numbers, and infinity is none."""


def encode_labels(
    values: "Sequence[object] | NDArray[np.generic] | pa.Array",
    where: str,
    class_names: tuple[str, ...] | None,
    number_names: tuple[str, ...] | None = None,
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """`encoded`, without what it says."""
    result = encoded(values, where, class_names, number_names)
    return result.labels, result.names


def encoded(
    values: "Sequence[object] | NDArray[np.generic] | pa.Array",
    where: str,
    class_names: tuple[str, ...] | None,
    number_names: tuple[str, ...] | None = None,
    missing: str | None = None,
    names_only: bool = False,
) -> EncodedLabels:
    """Labels as integers against class names; missing ones (None, NaN, empty text, and what `missing` names) become -1.

    Whole numbers index `class_names` when these are given, else `number_names`; without either each number, in
    order, is a class. Text is matched against `class_names`, or the names are those that occur, sorted. The number -1
    is no label unless it is as frequent as a class and nothing was said of it. With `names_only` text is a name,
    whatever it looks like.

    Raises DataError naming the row, and where two readings are equally plausible.
    """
    try:
        if isinstance(values, np.ndarray):
            values = values.tolist()
        array = values if isinstance(values, pa.Array) else pa.array(list(values), from_pandas=True)
    except (pa.ArrowException, OverflowError) as error:
        raise DataError(f"{where}: labels are of mixed kinds ({error}); wanted are numbers or text.") from error
    if pc.all(array.is_null(nan_is_null=True), min_count=0).as_py():
        raise DataError(f"{where}: every label is missing.")
    if not names_only and not _are_named(array, class_names):
        array = _without_written_lists(array, where)
    array, said_of_lists = _without_lists(array, where)
    array = _as_text_where_no_number(_answer_in_records(array))
    if pa.types.is_string(array.type):
        texts, merged = _trimmed(array, where)
        nothing = pc.equal(texts, "") if not missing else pc.or_(pc.equal(texts, ""), pc.equal(texts, missing.strip()))
        texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
        if names_only:
            return _encode_texts(texts, where, class_names or names_in_order(texts), ask=False)
        numbers, said = _as_numbers(texts, where, missing)
        if numbers is None:
            result = _encode_texts(texts, where, class_names, ask=missing is None)
            return replace(result, said=(*merged, *said, *result.said))
        result = _encode_numbers(numbers.to_numpy(zero_copy_only=False), where, class_names or number_names, missing)
        return replace(result, said=(*merged, *said, *result.said))
    if not is_number(array.type):
        raise DataError(f"{where}: labels are {array.type}; wanted are numbers or text.")
    numbers = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    result = _encode_numbers(numbers, where, class_names or number_names, missing)
    return replace(result, said=(*said_of_lists, *result.said))


def _answer_in_records(array: pa.Array) -> pa.Array:
    """Records that hold a label as that label; any other array as it is."""
    fields = {array.type.field(number).name for number in range(array.type.num_fields)} if _is_record(array) else set()
    name = next((name for name in ANSWER_FIELDS if name in fields), None)
    return array if name is None else pc.struct_field(array, name)


def _is_record(array: pa.Array) -> bool:
    return bool(pa.types.is_struct(array.type))


def _as_text_where_no_number(array: pa.Array) -> pa.Array:
    """Text of any kind as plain text, and with it numbers that are too long to be exact as such."""
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        array = array.cast(pa.string())
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_boolean(array.type) or pa.types.is_temporal(array.type) or pa.types.is_decimal(array.type):
        return array.cast(pa.string())
    if pa.types.is_integer(array.type):
        largest = pc.max(pc.abs(array.cast(pa.float64(), safe=False))).as_py()
        return array.cast(pa.string()) if largest is not None and largest >= LARGEST_LABEL else array
    if is_text(array.type) or pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    return array


def _without_lists(array: pa.Array, where: str) -> tuple[pa.Array, tuple[str, ...]]:
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


def _are_named(array: pa.Array, class_names: tuple[str, ...] | None) -> bool:
    """Whether the cells are names of classes as they stand."""
    return class_names is not None and any(name.startswith(("[", "(", "{")) for name in class_names)


def _without_written_lists(array: pa.Array, where: str) -> pa.Array:
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


def _name(one: object) -> str:
    """The name of a class in a list, that of a class within others with strokes: `Animal/Cat`."""
    return "/".join(map(str, one)) if isinstance(one, list | tuple) else str(one)


def _trimmed(texts: pa.Array, where: str) -> tuple[pa.Array, tuple[str, ...]]:
    """Texts without spaces around them, and a sentence where two became one by it."""
    trimmed = pc.utf8_trim_whitespace(texts)
    lost = len(pc.unique(texts)) - len(pc.unique(trimmed))
    if not lost:
        return trimmed, ()
    changed = pc.filter(texts, pc.fill_null(pc.not_equal(texts, trimmed), False))
    names = [repr(name) for name in pc.unique(changed).to_pylist() if name.strip()]
    if not names:
        return trimmed, ()
    return trimmed, (f"{where}: {listed(names)} ({len(changed):,} rows) are read without the spaces around them.",)


def _check_single(names: Sequence[str], where: str) -> None:
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


def _as_numbers(texts: pa.Array, where: str, missing: str | None) -> tuple[pa.Array | None, tuple[str, ...]]:
    """Text that is all whole numbers ("0", "3") as numbers, but for what stands for a missing one; None if it is no
    such text. Says so where it took a word for a missing number."""
    gaps = pc.fill_null(pc.is_in(pc.utf8_lower(texts), value_set=pa.array(NO_VALUES)), False)
    told = pc.if_else(gaps, pa.scalar(None, pa.string()), texts) if missing is None else texts
    if told.null_count == len(told):
        return None, ()
    fits = [bool(pc.all(pc.match_substring_regex(told, pattern)).as_py()) for pattern in WHOLE_NUMBERS]
    if not any(fits):
        rest = told.drop_null()
        few = len(pc.unique(rest)) > len(rest) / 2
        if few and pc.all(pc.match_substring_regex(rest, BROKEN_NUMBER)).as_py():
            row = pc.index(pc.is_valid(told), True).as_py()
            raise DataError(f"{where}: the label {told[row]} in row {row} is not a whole number.")
        broken = pc.match_substring_regex(rest, BROKEN_NUMBER)
        whole = pc.match_substring_regex(rest, WHOLE_NUMBERS[0])
        if pc.any(broken).as_py() and pc.all(pc.or_(broken, whole)).as_py():
            classes = pc.unique(rest).sort().to_pylist()
            return None, (f"{where}: numbers with fractions are read as names of classes ({listed(classes)}).",)
        return None, ()
    words = pc.unique(texts.filter(gaps)).to_pylist() if missing is None else []
    said = tuple(
        f"{where}: {word!r} among numbers is read as no label ({pc.sum(pc.equal(texts, word)).as_py()} rows); "
        "--missing-label '' reads it as a class."
        for word in words
    )
    if not any(fits[:2]):  # 1 and 1.0
        mixed = pc.unique(told.filter(pc.match_substring_regex(told, WHOLE_NUMBERS[1]))).to_pylist()
        said += (f"{where}: {listed(mixed)} are read as whole numbers, as others are written.",)
    return told.cast(pa.float64()), said


def names_in_order(texts: pa.Array) -> tuple[str, ...]:
    """The names that occur, sorted; whole numbers as numbers are."""
    names = sorted(pc.unique(texts.drop_null()).to_pylist())
    return tuple(sorted(names, key=int) if all(map(re.compile(WHOLE_NUMBERS[0]).match, names)) else names)


def _encode_texts(texts: pa.Array, where: str, class_names: tuple[str, ...] | None, *, ask: bool) -> EncodedLabels:
    names = class_names or tuple(sorted(pc.unique(texts.drop_null()).to_pylist()))
    if class_names is None:
        _check_single(names, where)
    found = pc.index_in(texts, value_set=pa.array(names, pa.string()))
    unknown = np.flatnonzero(pc.and_(pc.is_null(found), pc.is_valid(texts)).to_numpy(zero_copy_only=False))
    if len(unknown):
        row = int(unknown[0])
        raise DataError(
            f"{where}: the label {short(texts[row].as_py())!r} in row {row} is none of the classes {listed(names)}."
        )
    said = [
        f"{where}: {name!r} is read as a class ({pc.sum(pc.equal(texts, name)).as_py()} rows); "
        f"--missing-label {name} reads it as no label."
        for name in names
        if class_names is None and ask and name.lower() in (*NO_VALUES, *NO_LABELS)
    ]
    labels = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return EncodedLabels(labels, names, tuple(said))


def _encode_numbers(
    numbers: NDArray[np.float64], where: str, class_names: tuple[str, ...] | None, missing_label: str | None
) -> EncodedLabels:
    there = ~np.isnan(numbers)
    broken = np.flatnonzero(there & ((numbers != np.floor(numbers)) | (np.abs(numbers) > LARGEST_LABEL)))
    if len(broken):
        row = int(broken[0])
        raise DataError(f"{where}: the label {numbers[row]} in row {row} is not a whole number that a class can have.")
    missing, said = _missing_numbers(numbers, where, class_names, missing_label)
    if missing.all():
        raise DataError(f"{where}: every label is missing.")
    labels = np.where(missing, -1, np.nan_to_num(numbers)).astype(np.int64)
    values = np.unique(labels[~missing])
    if class_names is None:
        if len(values) > max(1000, len(labels) // 2):
            raise DataError(f"{where}: {len(values)} different numbers are no class labels; name the label column.")
        names = tuple(str(value) for value in values)
        codes = [_code_of_missing(values.tolist(), where, labels[~missing])] if missing_label is None else []
        return EncodedLabels(
            np.where(missing, -1, np.searchsorted(values, labels)), names, (*said, *filter(None, codes))
        )
    first = int(values[0])
    if first in (-1, 1) and values[-1] - first == len(class_names) - 1:
        labels = np.where(missing, -1, labels - first)
        said = (*said, f"{where}: the labels run from {first} to {values[-1]} and name {class_names[0]!r} to "
                f"{class_names[-1]!r}: they are counted from {first}.")  # fmt: skip
    outside = np.flatnonzero(~missing & ((labels < 0) | (labels >= len(class_names))))
    if len(outside):
        row = int(outside[0])
        raise DataError(
            f"{where}: the label {labels[row]} in row {row} is out of range; there are {len(class_names)} classes, "
            f"0 to {len(class_names) - 1} ({listed(class_names)}). Correct it, or name all with --class-names."
        )
    return EncodedLabels(labels, class_names, said)


def _code_of_missing(values: list[int], where: str, labels: NDArray[np.int64]) -> str:
    """What is said where one of the numbers is far from the others and may mean that there is none; else empty."""
    for code, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        if others and code in MISSING_CODES and min(abs(code - other) for other in others) > 2 * len(others):
            return (
                f"{where}: {code} is read as a class ({int((labels == code).sum()):,} rows); --missing-label {code} "
                "reads it as no label."
            )
    return ""


def _missing_numbers(
    numbers: NDArray[np.float64], where: str, class_names: tuple[str, ...] | None, missing_label: str | None
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Where there is no label. The number -1 may be none or a class: how frequent it is says which, or asks."""
    empty = np.isnan(numbers)
    if missing_label is not None:
        try:
            return empty | (numbers == float(missing_label or "nan")), ()
        except ValueError:
            return empty, ()
    minus = numbers == -1
    count, rows = int(minus.sum()), f"{int(minus.sum()):,} rows"
    others, counts = np.unique(numbers[~empty & ~minus], return_counts=True)
    if not count or not len(others):
        return empty, ()
    a_class = f"{where}: -1 is read as a class ({rows}), since "
    no_label = f"{where}: -1 is read as no label ({rows}); --missing-label '' reads it as a class."
    if others[0] < -1:
        return empty, (f"{a_class}there are other negative labels; --missing-label -1 reads it as no label.",)
    if class_names is not None:
        if others[-1] == len(class_names) - 2 and len(others) == len(class_names) - 1:
            return empty, (f"{a_class}there are {len(class_names)} names for it and the others.",)
        return empty | minus, (no_label,)
    frequent = counts.min() / 4 <= count <= counts.max() * 4
    if set(others.tolist()) <= {0.0, 1.0}:
        if frequent:
            return empty, (f"{a_class}it is as frequent as one; --missing-label -1 reads it as no label.",)
    elif frequent and counts.min() / 2 <= count <= counts.max() * 2:
        raise DataError(
            f"{where}: -1 ({rows}) is as frequent as a class ({counts.min():,} to {counts.max():,}), and may as well "
            "mean no label. Say which: --missing-label -1 for no label, --missing-label '' for a class."
        )
    return empty | minus, (no_label,)


def labels_of_folders(
    class_of: Sequence[str], path: Path, names: tuple[str, ...] | None, missing: str | None
) -> EncodedLabels:
    """The names of the folders, as they are; numbers where there are names for them."""
    apart = sorted({name for name in class_of if name != name.strip()})
    said = [f"Spaces around the folders' names are left out: {listed(map(repr, apart))}."] if apart else []
    if missing is None:
        said += [
            f"The folder {name!r} is read as a class; --missing-label {name} reads it as no label."
            for name in sorted(set(class_of))
            if name.strip().lower().strip("_") in NO_LABELS
        ]
        splits = [name for name in sorted(set(class_of)) if is_split_name(name)]
        said += [
            f"The folder {name!r} is called as a split is, and read as a class; --missing-label {name} reads it as "
            "no label."
            for name in splits
        ]
    labels = encoded(np.array(class_of), str(path), names, missing=missing or "", names_only=names is None)
    return replace(labels, said=(*labels.said, *said))
