"""Which numbers and names among labels mean that there is none."""

import numpy as np
from numpy.typing import NDArray

from aleator.errors import DataError

NO_LABELS = (
    *("?", "unknown", "unlabeled", "unlabelled", "undefined", "missing", "todo", "tbd", "n.a.", "no label"),
    *("unsorted", "to_sort", "ignore", "skip", "not labeled", "not labelled", "unsup", "unsupervised"),
    *("#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#error!", "#n/a!", "#calc!", "#getting_data"),
)
"""Names of classes that may mean that there is none; it is told."""
MISSING_CODES = (-9, -99, -999, -9999, -1000, 9, 99, 999, 9999)
"""What stands for a missing number in surveys."""


def missing_numbers(
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


def code_of_missing(values: list[int], where: str, labels: NDArray[np.int64]) -> str:
    """What is said where one of the numbers is far from the others and may mean that there is none; else empty."""
    for code, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        if others and code in MISSING_CODES and min(abs(code - other) for other in others) > 2 * len(others):
            return (
                f"{where}: {code} is read as a class ({int((labels == code).sum()):,} rows); --missing-label {code} "
                "reads it as no label."
            )
    return ""
