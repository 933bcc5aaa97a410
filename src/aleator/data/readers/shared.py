"""The steps that all readers share."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aleator.errors import DataError

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""FER2013's classes 0 to 6."""
LARGEST_LABEL = 2.0**53
"""Above it floats skip whole numbers, and infinity is none."""


def encode_labels(
    values: "Sequence[object] | NDArray[np.generic] | pa.Array",
    where: str,
    class_names: tuple[str, ...] | None,
    number_names: tuple[str, ...] | None = None,
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels as integers against class names; missing ones (None, NaN, empty text, -1) become -1.

    Whole numbers index `class_names` when these are given, else `number_names`; without either each number, in
    order, is a class. Text is matched against `class_names`, or the names are those that occur, sorted.
    """
    try:
        if isinstance(values, np.ndarray):
            values = values.tolist()
        array = values if isinstance(values, pa.Array) else pa.array(list(values), from_pandas=True)
    except pa.ArrowException as error:
        raise DataError(f"{where}: labels are of mixed kinds ({error}); wanted are numbers or text.") from error
    if pc.all(array.is_null(nan_is_null=True), min_count=0).as_py():
        raise DataError(f"{where}: every label is missing.")
    if pa.types.is_binary(array.type):
        array = array.cast(pa.string())
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.string())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        texts = pc.utf8_trim_whitespace(array.cast(pa.string()))
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        numbers = _as_numbers(texts)
        if numbers is None:
            return _encode_texts(texts, where, class_names)
        array = numbers
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        raise DataError(f"{where}: labels are {array.type}; wanted are numbers or text.")
    return _encode_numbers(array.cast(pa.float64()).to_numpy(zero_copy_only=False), where, class_names or number_names)


def _as_numbers(texts: pa.Array) -> pa.Array | None:
    """Text that is all whole numbers ("0", "3") as numbers; None if any is not."""
    if texts.null_count == len(texts) or not pc.all(pc.match_substring_regex(texts, r"^-?\d+(\.0*)?$")).as_py():
        return None
    return texts.cast(pa.float64())


def _encode_texts(
    texts: pa.Array, where: str, class_names: tuple[str, ...] | None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names = class_names or tuple(sorted(pc.unique(texts.drop_null()).to_pylist()))
    found = pc.index_in(texts, value_set=pa.array(names, pa.string()))
    unknown = np.flatnonzero(pc.and_(pc.is_null(found), pc.is_valid(texts)).to_numpy(zero_copy_only=False))
    if len(unknown):
        row = int(unknown[0])
        raise DataError(
            f"{where}: the label {texts[row].as_py()!r} in row {row} is none of the classes {', '.join(names)}."
        )
    return found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64), names


def _encode_numbers(
    numbers: NDArray[np.float64], where: str, class_names: tuple[str, ...] | None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    missing = np.isnan(numbers) | (numbers == -1)
    broken = np.flatnonzero(~missing & ((numbers != np.floor(numbers)) | (np.abs(numbers) > LARGEST_LABEL)))
    if len(broken):
        row = int(broken[0])
        raise DataError(f"{where}: the label {numbers[row]} in row {row} is not a whole number that a class can have.")
    labels = np.where(missing, -1, numbers).astype(np.int64)
    if class_names is None:
        values = np.unique(labels[~missing])
        if len(values) > max(1000, len(labels) // 2):
            raise DataError(f"{where}: {len(values)} different numbers are no class labels; name the label column.")
        return np.where(missing, -1, np.searchsorted(values, labels)), tuple(str(value) for value in values)
    outside = np.flatnonzero(~missing & ((labels < 0) | (labels >= len(class_names))))
    if len(outside):
        row = int(outside[0])
        raise DataError(
            f"{where}: the label {labels[row]} in row {row} is out of range; there are {len(class_names)} classes, "
            f"0 to {len(class_names) - 1} ({', '.join(class_names)}). Correct it, or name all with --class-names."
        )
    return labels, class_names


def select_split(splits: NDArray[np.str_] | None, wanted: str | None, where: str) -> NDArray[np.int64] | None:
    """Rows of the wanted split; None means all rows."""
    if wanted is None:
        return None
    if splits is None:
        raise DataError(f"{where} has no splits; leave --split out.")
    rows = np.flatnonzero(np.char.lower(splits) == wanted.lower())
    if not len(rows):
        raise DataError(f"{where} has no split {wanted!r}; there are {', '.join(sorted(set(splits.tolist())))}.")
    return rows


def find_column(
    columns: Iterable[str], candidates: Sequence[str], asked: str | None, where: str, flag: str = ""
) -> str | None:
    """The column that the user named by a flag, or the first whose name is a candidate, compared loosely."""
    names = list(columns)
    if asked is not None:
        if asked not in names:
            remedy = f" Give {flag} one of these." if flag else ""
            raise DataError(f"{where} has no column {asked!r}; it has {', '.join(names)}.{remedy}")
        return asked
    loose = {_loosely(name): name for name in reversed(names)}
    return next((loose[_loosely(candidate)] for candidate in candidates if _loosely(candidate) in loose), None)


def _loosely(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
