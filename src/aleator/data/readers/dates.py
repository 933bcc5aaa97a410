"""Dates in tables of text, as 31.12.2020 or 12/31/2020: which number is the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.readers.numbers import MORE_GAPS
from aleator.data.wording import listed

DATE = r"(?P<first>\d{1,2})(?P<sign>[./-])(?P<second>\d{1,2})[./-]\d{4}"
DAY_FIRST, MONTH_FIRST = "%d{0}%m{0}%Y", "%m{0}%d{0}%Y"
ORDERS = {DAY_FIRST: "the day stands first", MONTH_FIRST: "the month stands first"}
"""What is said of dates, by their order."""
SAMPLE = 1000
FEWEST_IN_ORDER = 10
"""Different dates from which on it is no accident that the rows are in their order."""


@dataclass(frozen=True)
class Dates:
    """A column of dates, read in each order that they can have."""

    sign: str
    values: Mapping[str, pa.ChunkedArray]
    """By the order, one of `ORDERS`."""

    @property
    def order_of_rows(self) -> str | None:
        """The one order by which the rows are sorted; None where both or none are."""
        found = [order for order, values in self.values.items() if _are_sorted(values)]
        return found[0] if len(found) == 1 else None


def dates_of(column: pa.ChunkedArray) -> Dates | None:
    """A column of dates with gaps between them; None where it holds anything else."""
    texts = pc.utf8_trim_whitespace(column)
    texts = pc.if_else(
        pc.is_in(pc.utf8_lower(texts), value_set=pa.array(("", *MORE_GAPS))), pa.scalar(None, pa.string()), texts
    )
    if texts.null_count == len(texts) or not _all(texts.slice(0, SAMPLE)) or not _all(texts):
        return None
    parts = pc.extract_regex(texts.drop_null(), rf"^{DATE}$")
    first, second = (pc.max(pc.struct_field(parts, name).cast(pa.int64())).as_py() for name in ("first", "second"))
    signs = pc.unique(pc.struct_field(parts, "sign")).to_pylist()
    if len(signs) > 1:
        return None
    possible = {DAY_FIRST: second <= 12, MONTH_FIRST: first <= 12 and signs != ["."]}
    values = {order: _parsed(texts, order.format(signs[0])) for order, fits in possible.items() if fits}
    found = {order: dates for order, dates in values.items() if dates is not None}
    return Dates(signs[0], found) if found else None


def with_dates(table: pa.Table, names: list[str]) -> tuple[pa.Table, list[str]]:
    """The table with these columns as dates, where they are such and something tells days from months: a number above
    12, another column with the same sign, or that the rows are sorted by them; and what is said of it."""
    found = {name: dates for name in names if (dates := dates_of(table[name])) is not None}
    certain = {name: next(iter(dates.values)) for name, dates in found.items() if len(dates.values) == 1}
    said: dict[str, list[str]] = {}
    for name, dates in found.items():
        others = {certain[one] for one in certain if found[one].sign == dates.sign}
        order, why = certain.get(name), ""
        if order is None and len(others) == 1:
            (order,), why = others, ", as in the other dates"
        elif order is None and not others:
            order, why = dates.order_of_rows, ", since the rows are then in their order"
        what = "nothing tells days from months, so they stay words; write them as 2020-12-31"
        if order is not None:
            table = table.set_column(table.column_names.index(name), name, dates.values[order])
            what = f"{ORDERS[order]}{why}"
        said.setdefault(what, []).append(name)
    return table, [f"in the dates of {listed(map(repr, names))} {what}." for what, names in said.items()]


def _parsed(texts: pa.ChunkedArray, form: str) -> pa.ChunkedArray | None:
    try:
        return pc.strptime(texts, format=form, unit="s").cast(pa.date32())
    except pa.ArrowInvalid:
        return None


def _are_sorted(dates: pa.ChunkedArray) -> bool:
    days = dates.cast(pa.int32()).drop_null().to_pylist()
    if len(set(days)) < FEWEST_IN_ORDER:
        return False
    steps = [later - earlier for earlier, later in pairwise(days)]
    return all(step >= 0 for step in steps) or all(step <= 0 for step in steps)


def _all(texts: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, f"^({DATE})$")).as_py())
