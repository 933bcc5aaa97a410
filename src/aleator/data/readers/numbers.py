"""Numbers that are written as text: with gaps between them, separators of thousands, decimal commas, units."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

NO_VALUES = ("na", "n/a", "nan", "null", "none", "#n/a", "<na>", "nil", "-")
"""What stands for a missing number, compared in small letters. Text keeps them: a class may be called NA."""
MORE_GAPS = (*NO_VALUES, "?", ".", "..", "--")
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
THOUSANDS_COMMA = r"[+-]?\d{1,3}((,\d{2})*,\d{3})+(\.\d+)?"
"""India separates lakhs, as 1,23,456."""
THOUSANDS_POINT = r"[+-]?\d{1,3}(\.\d{3}){2,}|[+-]?\d{1,3}(\.\d{3})+,\d+"
THOUSANDS_SPACE = r"[+-]?\d{1,3}([ '’\x{00a0}\x{202f}]\d{3})+([.,]\d+)?"
DECIMAL_COMMA = r"[+-]?\d*,\d+([eE][+-]?\d+)?"
UNIT = r"^(?:USD|EUR|GBP|CHF|JPY|US\$|Rs\.?|[$€£¥])\s*|\s*[%$€£¥]$"
LETTERS = r"[A-Za-zµμ°²³/]{1,6}"
OTHER_DIGITS = {0x660: "Arabic", 0x6F0: "Persian", 0x966: "Indian", 0xFF10: "wide"}
"""The zeros of other digits."""
MINUS = (
    (r"[\x{2212}\x{2013}]\s*(\d.*)", r"-\1", "a longer sign is the minus"),
    (r"(\d[\d.,]*)-", r"-\1", "a minus behind the number is its own"),
    (r"\(([$€£¥]?\d[\d.,]*)\)", r"-\1", "numbers in parentheses are negative"),
)
UNITS_LEFT_OUT = "signs of units (%, $, €) are left out"
SAMPLE = 1000


@dataclass(frozen=True)
class Numbers:
    """A column of text as numbers."""

    values: pa.ChunkedArray
    how: str = ""
    """How it was read where it is no plain number; empty otherwise."""


def numbers_of(column: pa.ChunkedArray, *, comma_is_decimal: bool) -> Numbers | None:
    """The column as float64; None where it holds anything but numbers and gaps.

    `comma_is_decimal` says what 1,234 is where the column does not: 1.234, else 1234.
    """
    for part in (column.slice(0, SAMPLE), column):
        found = _numbers_of(part, comma_is_decimal)
        if found is None:
            return None
    return found


def _numbers_of(column: pa.ChunkedArray, comma_is_decimal: bool) -> Numbers | None:
    texts = pc.utf8_trim_whitespace(column)
    gaps = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MORE_GAPS))
    texts = pc.if_else(gaps, pa.scalar(None, pa.string()), texts)
    if texts.null_count == len(texts):
        return None
    if _all(texts, NUMBER):
        return Numbers(texts.cast(pa.float64()))
    how = []
    texts, signs = _with_plain_signs(texts)
    how.extend(signs)
    bare = pc.replace_substring_regex(texts, UNIT, "")
    if (unit := _same_unit(bare)) is not None:
        bare = pc.replace_substring_regex(bare, r"\s*[^\d\s]+$", "")
        how.append(f"the unit {unit!r} is left out")
    if not _all(bare, rf"{NUMBER}|{THOUSANDS_COMMA}|{THOUSANDS_POINT}|{THOUSANDS_SPACE}|{DECIMAL_COMMA}"):
        return None
    if unit is None and not pc.all(pc.equal(bare, texts)).as_py():
        how.append(UNITS_LEFT_OUT)
    whole = r"[+-]?\d+"
    with_points = _any(bare, r"[+-]?\d*\.\d+|.*[eE].*") and not _any(bare, THOUSANDS_POINT)
    if not _any(bare, r".*,.*"):
        decimal = "."
    elif _all(bare, rf"{whole}|{THOUSANDS_COMMA}|{NUMBER}") and (with_points or not comma_is_decimal):
        decimal = "."
        how.append("commas separate thousands")
    elif _all(bare, rf"{whole}|{DECIMAL_COMMA}|{THOUSANDS_POINT}|[+-]?\d{{1,3}}\.\d{{3}}|{THOUSANDS_SPACE}"):
        decimal = ","
        how.append("commas are decimal ones")
    else:
        return None
    if decimal == "," and _any(bare, r".*\..*"):
        how.append("points separate thousands")
    if _any(bare, THOUSANDS_SPACE):
        how.append("spaces and apostrophes separate thousands")
    elif decimal == "." and _any(bare, THOUSANDS_POINT):
        how.append("points separate thousands")
        decimal = ","
    plain = pc.replace_substring_regex(bare, r"[ '’\x{00a0}\x{202f}]", "")
    plain = pc.replace_substring(plain, "." if decimal == "," else ",", "")
    plain = pc.replace_substring(plain, ",", ".")
    if not _all(plain, NUMBER):
        return None
    return Numbers(plain.cast(pa.float64()), ", ".join(how))


def plain_number(text: str) -> str:
    """A column of numbers with gaps is read as floats: 3.0 means 3."""
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdecimal() else text


def _with_plain_signs(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[str]]:
    """The numbers with the digits and the minus of ASCII, and what they had in their place: other digits, a longer
    minus, one behind the number, or parentheses."""
    how = []
    for zero, name in OTHER_DIGITS.items():
        if _any(texts, rf".*[\x{{{zero:x}}}-\x{{{zero + 9:x}}}].*"):
            for digit in range(10):
                texts = pc.replace_substring(texts, chr(zero + digit), str(digit))
            how.append(f"digits are {name}")
    for pattern, bare, what in MINUS:
        if _any(texts, pattern):
            texts = pc.replace_substring_regex(texts, rf"^{pattern}$", bare)
            how.append(what)
    return texts, how


def _same_unit(texts: pa.ChunkedArray) -> str | None:
    """The unit that stands after every number of a column (`12 mm`); None where there is none, or another."""
    if not _all(texts, rf"({NUMBER}|{DECIMAL_COMMA})\s*{LETTERS}"):
        return None
    units = pc.unique(pc.replace_substring_regex(texts.drop_null(), r"^.*\d\.?\s*", "")).to_pylist()
    return units[0] if len(units) == 1 and len(texts) > 1 else None


def _all(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, f"^({pattern})$")).as_py())


def _any(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, f"^({pattern})$")).as_py())
