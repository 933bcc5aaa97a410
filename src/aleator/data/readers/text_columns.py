"""Which column of a table holds texts."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from aleator.data.readers.kinds import decoded, is_number, is_text
from aleator.data.wording import listed

TEXT_COLUMNS = (
    *("text", "sentence", "review", "review_text", "comment", "content", "body", "message", "utterance", "tweet"),
    *("headline", "title", "question", "document", "description", "sms", "email", "news", "query", "prompt"),
)
WORDS, DISTINCT = 3.0, 0.5
"""A column is one of texts if its cells have so many words in the mean and so large a share of them differ."""
FEATURES_BESIDE, WORDS_BESIDE = 2, 8.0
"""Beside so many columns of numbers a column of fewer words than this is one of names or addresses, and no text."""
ADDRESS = r"^\s*(\S+@\S+\.\S+|\w+://\S+)\s*$"
MOST_NAMES = 0.9
"""A column whose cells differ so often is one of names."""
WORD = r"(^|\s)[^\s\d]*\pL"
"""Where a word begins: a number, or a place in a vector, is none, even as 1e-05."""
LOOKED_AT = 2000


def text_column(table: pa.Table, taken: Collection[str | None]) -> tuple[str | None, str]:
    """The column that holds texts, and on what evidence; None where there is none. `taken` hold something else."""
    free = {name: table[name] for name in table.column_names if name not in taken and is_text(table[name].type)}
    for wanted in TEXT_COLUMNS:
        for name, column in free.items():
            if name.strip().lower() == wanted and _holds_texts(column):
                return name, f"The texts are in {name!r}; --text-column names another column."
    numbers = [
        field.name
        for field in table.schema
        if field.name not in taken and (is_number(field.type) or pa.types.is_boolean(field.type))
    ]
    fewest = WORDS if len(numbers) < FEATURES_BESIDE else WORDS_BESIDE
    long = {name: words for name, column in free.items() if (words := _words(column))[0] >= fewest}
    long = {name: words for name, words in long.items() if words[1] >= DISTINCT}
    if not long:
        return None, ""
    name = max(long, key=lambda one: long[one][0])
    others = [other for other in long if other != name]
    beside = f"; {listed(map(repr, others))} would be too" if others else ""
    return (
        name,
        f"{name!r} is taken as the texts: {long[name][0]:.0f} words a row{beside}. --text-column names another.",
    )


def _holds_texts(column: pa.ChunkedArray) -> bool:
    """Whether the cells of a column that is called as texts are: words, and more than a few that come again and again
    (the title of a person, Mr or Mrs)."""
    words, distinct = _words(column)
    return words >= WORDS or (words >= 1 and distinct >= DISTINCT and not _holds_addresses(column))


def _holds_addresses(column: pa.ChunkedArray) -> bool:
    some = decoded(column).slice(0, LOOKED_AT).drop_null().cast(pa.string())
    return (pc.mean(pc.match_substring_regex(some, ADDRESS).cast(pa.float64())).as_py() or 0) > MOST_NAMES


def _words(column: pa.ChunkedArray) -> tuple[float, float]:
    """Words in the mean, and the share of cells that differ; characters without spaces count as half a word each."""
    column = decoded(column)
    some = column.slice(0, LOOKED_AT).drop_null()
    if not len(some):
        return 0.0, 0.0
    trimmed = pc.utf8_trim_whitespace(some.cast(pa.string()))
    words = pc.count_substring_regex(trimmed, WORD)
    characters = pc.divide(pc.count_substring_regex(trimmed, r"[\x{0e00}-\x{0fff}\x{3040}-\x{9fff}]"), 2)
    return float(pc.mean(pc.max_element_wise(words, characters)).as_py()), len(pc.unique(trimmed)) / len(some)
