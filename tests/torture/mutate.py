"""Damage to files: as a disk, a careless program or somebody with bad intentions would do it."""

import io
import json
import random
import zipfile
from typing import Any

NASTY_TEXT = (
    *("", " ", "\0", "\ufeff", "\ud800", "a" * 5000, "../../etc/passwd", "=1+1", "NaN", "inf", "-inf", "1e300", "-1"),
    *("9" * 400, "1e99999", "null", "true", "é", "\u202e", "|", "||", '"', '""', "'", ",", "\t", "\r", "\n", "\\"),
    *("2026-01-31T12:00:00+99:00", "0000-00-00", "0x10", "1_000", "١٢", "𝟙", "[", "{", "[[[[", "%s", "{{7*7}}"),
)
NASTY_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, -(2**31), 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, float("nan")),
    *(float("inf"), float("-inf"), [], {}, [[]], [None], {"a": {}}, "x", "", "\ud800", "a" * 5000, [0] * 3000),
    [[[[[[]]]]]],
)
NASTY_BYTES = (b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\n", b"\r", b'"', b",", b"[" * 200, b"{" * 200)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes with one to four faults."""
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(BYTE_FAULTS)(content, chance)
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content or b"x")
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _drop(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.choice((1, 4, 16, 256)) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.choice((1, 8, 64, 1024))]
    return content[:start] + piece * chance.choice((2, 3, 50)) + content[start:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(NASTY_BYTES) + content[at:]


def _number(content: bytes, chance: random.Random) -> bytes:
    """A length or an offset that lies."""
    if len(content) < 8:
        return content
    at = chance.randrange(len(content) - 7)
    width = chance.choice((2, 4, 8))
    value = chance.choice((0, 1, 2 ** (8 * width - 1) - 1, 2 ** (8 * width) - 1))
    return content[:at] + value.to_bytes(width, "little") + content[at + width :]


def _digits(content: bytes, chance: random.Random) -> bytes:
    """A number in a text that is another: also the shape in the head of an array."""
    places = [at for at, byte in enumerate(content[:4096]) if 48 <= byte < 58]
    if not places:
        return content
    at = chance.choice(places)
    text = chance.choice((b"0", b"-1", b"999999999999", b"1e300", b"18446744073709551616", b"7"))
    return content[:at] + text + content[at + 1 :]


BYTE_FAULTS = (_flip, _flip, _cut, _drop, _repeat, _insert, _number, _digits)


def damaged_table(text: str, chance: random.Random) -> bytes:
    """CSV whose cells, rows or columns are wrong."""
    separator = "\t" if "\t" in text.split("\n", 1)[0] else ","
    rows = [line.split(separator) for line in text.rstrip("\n").split("\n")]
    for _ in range(chance.randint(1, 4)):
        what, row = chance.randrange(7), chance.randrange(len(rows))
        cells = rows[row]
        place = chance.randrange(len(cells)) if cells else 0
        if what < 3 and cells:
            cells[place] = chance.choice(NASTY_TEXT)
        elif what == 3:
            cells.insert(place, chance.choice(NASTY_TEXT))
        elif what == 4 and cells:
            cells.pop(place)
        elif what == 5:
            rows.insert(row, list(rows[chance.randrange(len(rows))]))
        elif len(rows) > 1:
            rows.pop(row)
    joined = "\n".join(separator.join(cells) for cells in rows)
    return joined.encode(chance.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig")), "surrogatepass")


def damaged_json(text: str, chance: random.Random) -> bytes:
    """JSON, or JSON lines, with values of the wrong kind in one to three places."""
    lines = text.rstrip("\n").split("\n") if "}\n{" in text else [text]
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        try:
            holder = {"": json.loads(lines[at])}
        except ValueError:
            continue
        _spoil(holder, chance)
        lines[at] = json.dumps(holder.get(""), ensure_ascii=chance.random() < 0.5)
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _spoil(value: Any, chance: random.Random) -> None:
    """Change one value somewhere below, in place."""
    places = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not places:
        return
    place = chance.choice(places)
    inner = value[place]
    if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
        _spoil(inner, chance)
    elif chance.random() < 0.2:
        del value[place]
    else:
        value[place] = chance.choice(NASTY_VALUES)


def damaged_archive(content: bytes, chance: random.Random) -> bytes:
    """A zip archive (.npz, .xlsx, .pth) that is whole, with one damaged file in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(files))
    files[name] = damaged(files[name], chance)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, inner in files.items():
            archive.writestr(one, inner)
    return made.getvalue()


def any_damage(content: bytes, name: str, chance: random.Random) -> bytes:
    """Damage that suits the file: half of it to the bytes, half to what they mean."""
    if chance.random() < 0.5:
        try:
            if name.endswith((".csv", ".tsv")):
                return damaged_table(content.decode(), chance)
            if name.endswith((".json", ".jsonl")):
                return damaged_json(content.decode(), chance)
            if name.endswith((".npz", ".xlsx", ".pth")):
                return damaged_archive(content, chance)
        except UnicodeDecodeError:
            pass
    return damaged(content, chance)
