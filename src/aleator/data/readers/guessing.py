"""Which encoding a text is written in that is not UTF-8: told by its letters, or not at all."""

import codecs
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import chardet

from aleator.data.wording import listed, short
from aleator.errors import DataError

ENCODINGS = (
    *("cp1252", "mac-roman", "cp850", "cp1250", "iso8859-2", "cp1254", "cp1257", "cp1251", "koi8-r", "cp866", "cp1253"),
    *("cp1255", "cp1256", "cp874", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""That tables come in."""
CHARDETS_NAMES = [name.replace("_", "-") for name in ENCODINGS]
USUAL, TIMES_USUAL = "cp1252", 1.25
"""What most tables are in that are not UTF-8, and how much likelier that makes it."""
CLEARLY, ENOUGH, GUESSED_FROM, LINES_TRIED, MOST_SHOWN = 0.9, 0.02, 1 << 22, 1000, 4
"""An encoding is told where no other reading is nearly as likely, and enough letters speak for it. (Of 78 small tables
in 19 languages and 26 of their encodings, of texts, class names or a single text that is not ASCII, 71 are read, 5
refused and two misread; of chardet's own answers 18 are wrong.)"""
BEFORE_WORDS = "°µ©§¿¡«„“‘‚‹—–…’·"
"""Signs that letters follow."""
BEHIND_WORDS = "°®™©"
"""Signs of no writing that follow letters."""
FIRST_EAST_ASIAN_SIGN = "\u3000"
COMMON_SIGNS = {"cp949": (0xB0, 0xC8), "gb18030": (0xB0, 0xD7), "cp932": (0x82, 0x97), "big5": (0xA4, 0xC6)}
"""The first bytes of the common signs of Korean, Chinese and Japanese."""
LATIN, LETTER = ("cp1252", "cp1250"), re.compile("[A-Za-z]")
WORD = re.compile(r"""[^\s!-&(-/:-@\[-`{-~]+""")
"""Between spaces and the signs of ASCII, but for the apostrophe."""


def likeliest_encoding(content: bytes, path: Path, errors: str = "strict") -> str:
    """The encoding in which a text is by far the likeliest: by its letters (chardet), and by whether words hold what no
    word does. With `errors` "replace" also one in which single bytes mean nothing.

    Raises DataError where there is none, or several are as likely.
    """
    readings = sorted(_readings(content, errors), key=lambda one: -one.likely)
    if not readings:
        raise DataError(f"{path} is no text in an encoding that is known; save it in UTF-8, or name --encoding.")
    best = readings[0]
    shown = [one for one in readings if one.likely > CLEARLY * best.likely]
    if best.likely < ENOUGH:
        shown = _of_few_words(readings)
    if len(shown) == 1:
        return shown[0].encoding
    if best.likely < ENOUGH:
        shown = [*shown, *(one for one in readings if one not in shown)][:MOST_SHOWN]
    differing = next((each for each in zip(*(one.words for one in shown), strict=False) if len({*each}) > 1), ())
    named = (f"{one.encoding} ({short(word)!r})" for one, word in zip(shown, differing, strict=False))
    raise DataError(
        f"{path} is not UTF-8, and may be in several encodings: {listed(named)}. Name the right one with --encoding, "
        "or save it in UTF-8."
    )


@dataclass(frozen=True)
class _Reading:
    """A text as it reads in one encoding."""

    encoding: str
    words: list[str]
    """Those that are not ASCII, in their order."""
    likely: float


def _readings(content: bytes, errors: str) -> list[_Reading]:
    """The content in each encoding in which it can be read; of several in which it reads alike the likeliest."""
    lines = _some_lines(content)
    confidence = dict.fromkeys(ENCODINGS, 0.0)
    for one in chardet.detect_all(lines, ignore_threshold=True, include_encodings=CHARDETS_NAMES):
        confidence[codecs.lookup(one["encoding"] or USUAL).name] = one["confidence"]
    confidence[USUAL] *= TIMES_USUAL
    found: dict[str, _Reading] = {}
    for encoding, sure in confidence.items():
        if errors == "strict" and not _reads(content, encoding):
            continue
        text = lines.decode(encoding, "replace")
        words = [word for word in dict.fromkeys(WORD.findall(text)) if not word.isascii()]
        likely = sure * (1 - sum(map(_is_odd, words)) / max(len(words), 1))
        before = found.get(text)
        found[text] = (
            _Reading(encoding, words, likely) if before is None else replace(before, likely=max(before.likely, likely))
        )
    return list(found.values())


def _of_few_words(readings: list[_Reading]) -> list[_Reading]:
    """How a few words may be read: in the encoding of Western, else Central Europe where they are such as Latin writing
    has, else in those of East Asia in which all signs are common ones."""
    by_encoding = {one.encoding: one for one in readings}
    for one in (by_encoding[name] for name in LATIN if name in by_encoding):
        if not any(map(_is_odd, one.words)) and all(map(_is_latin, one.words)):
            return [one]
    return [by_encoding[name] for name in COMMON_SIGNS if name in by_encoding and _are_common(by_encoding[name])]


def _is_latin(word: str) -> bool:
    return len(word) < 3 or LETTER.search(word) is not None


def _are_common(reading: _Reading) -> bool:
    first, last = COMMON_SIGNS[reading.encoding]
    signs = "".join(reading.words)
    codes = [sign.encode(reading.encoding) for sign in signs if not sign.isascii()]
    return not LETTER.search(signs) and all(len(code) == 2 and first <= code[0] <= last for code in codes)


def _is_odd(word: str) -> bool:
    """Whether it holds what no word does: a sign before a letter, a capital behind a small letter, a control code."""
    for before, sign, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if sign.isascii() or sign >= FIRST_EAST_ASIAN_SIGN:
            continue
        if "\x80" <= sign <= "\x9f" or (sign.isupper() and before.islower()):
            return True
        kind = unicodedata.category(sign)
        if kind[0] not in "LM" and after.isalpha() and sign not in BEFORE_WORDS:
            return True
        if kind == "So" and before.isalpha() and sign not in BEHIND_WORDS:
            return True
    return False


def _some_lines(content: bytes) -> bytes:
    """Lines that are not ASCII, spread over the whole: no byte of a sign of several is the end of a line."""
    lines = [line for line in dict.fromkeys(content.split(b"\n")) if not line.isascii()]
    return b"\n".join(lines[:: max(1, len(lines) // LINES_TRIED)])


def _reads(content: bytes, encoding: str) -> bool:
    """Whether all of it can be read, but for a sign that the end cuts."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(content) - 4 and len(content) >= GUESSED_FROM
    return True
