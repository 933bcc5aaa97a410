"""Labels as integers against class names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Skipped
from aleator.data.how_read import HowRead
from aleator.data.readers.answers_in_cells import ANSWER_FIELDS
from aleator.data.readers.kinds import is_number, is_text
from aleator.data.readers.labels_in_lists import are_written_lists, check_single, with_written_lists, without_lists
from aleator.data.readers.missing_labels import NO_LABELS, code_of_missing, missing_numbers
from aleator.data.readers.numbers import NO_VALUES
from aleator.data.sources import ExampleSource
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

    def after(self, *said: str) -> "EncodedLabels":
        """The same, with what is said before that of the labels."""
        return replace(self, said=(*said, *self.said))


WHOLE_NUMBERS = (r"^-?(0|[1-9]\d{0,14})$", r"^-?(0|[1-9]\d{0,14})\.0*$", r"^-?(0|[1-9]\d{0,14})(\.0*)?$")
"""Text that is a number and nothing else: 007, 1e5 and 0x1F are names, and so is what has more digits. A column
with gaps is often written as 1.0, 2.0."""
BROKEN_NUMBER = r"^-?\d*\.\d+$"
LARGEST_LABEL = 2.0**53
"""Above it floats skip whole numbers, and infinity is none."""


def labelled(
    source: ExampleSource,
    labels: EncodedLabels,
    path: Path,
    how: HowRead,
    *,
    ids: NDArray[np.str_] | None = None,
    split: NDArray[np.str_] | None = None,
    group: NDArray[np.str_] | None = None,
    left_out: Mapping[int, str] | None = None,
) -> LabelledDataset:
    """The data set of a file or folder: examples with labels, numbered where they have no ids. Of rows `left_out` it is
    said why they are no examples."""
    ids = np.arange(len(source)).astype(str) if ids is None else ids
    return LabelledDataset(
        name=path.stem if path.is_file() else path.resolve().name,
        path=str(path),
        ids=ids,
        source=source,
        given_labels=labels.labels,
        class_names=labels.names,
        split=split,
        group=group,
        skipped=tuple(Skipped(str(ids[row]), source.describe(row), why) for row, why in (left_out or {}).items()),
        how_read=how,
    )


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
    array = _as_array(values, where)
    if pc.all(array.is_null(nan_is_null=True), min_count=0).as_py():
        raise DataError(f"{where}: every label is missing.")
    if not names_only and not are_written_lists(class_names):
        array = with_written_lists(array, where)
    array, said = without_lists(array, where)
    array = _as_text_where_no_number(_answer_in_records(array))
    if is_number(array.type):
        numbers = array.cast(pa.float64(), safe=False)
    elif pa.types.is_string(array.type):
        texts, said = _trimmed(array, where)
        nothing = pc.is_in(texts, value_set=pa.array(["", (missing or "").strip()]))
        texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
        if names_only:
            return _encode_texts(texts, where, class_names or names_in_order(texts), ask=False)
        numbers, said_of_numbers = _as_numbers(texts, where, missing)
        said = (*said, *said_of_numbers)
        if numbers is None:
            return _encode_texts(texts, where, class_names, ask=missing is None).after(*said)
    else:
        raise DataError(f"{where}: labels are {array.type}; wanted are numbers or text.")
    values_of_rows = numbers.to_numpy(zero_copy_only=False)
    return _encode_numbers(values_of_rows, where, class_names or number_names, missing).after(*said)


def _as_array(values: "Sequence[object] | NDArray[np.generic] | pa.Array", where: str) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    try:
        plain = values.tolist() if isinstance(values, np.ndarray) else list(values)
        return pa.array(plain, from_pandas=True)
    except (pa.ArrowException, OverflowError) as error:
        raise DataError(f"{where}: labels are of mixed kinds ({error}); wanted are numbers or text.") from error


def _answer_in_records(array: pa.Array) -> pa.Array:
    """Records that hold a label as that label; any other array as it is."""
    fields = [field.name for field in array.type.fields] if pa.types.is_struct(array.type) else []
    name = next((name for name in ANSWER_FIELDS if name in fields), None)
    return array if name is None else pc.struct_field(array, name)


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
        check_single(names, where)
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
    missing, said = missing_numbers(numbers, where, class_names, missing_label)
    if missing.all():
        raise DataError(f"{where}: every label is missing.")
    labels = np.where(missing, -1, np.nan_to_num(numbers)).astype(np.int64)
    values = np.unique(labels[~missing])
    if class_names is None:
        if len(values) > max(1000, len(labels) // 2):
            raise DataError(f"{where}: {len(values)} different numbers are no class labels; name the label column.")
        names = tuple(str(value) for value in values)
        if missing_label is None and (code := code_of_missing(values.tolist(), where, labels[~missing])):
            said = (*said, code)
        return EncodedLabels(np.where(missing, -1, np.searchsorted(values, labels)), names, said)
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
