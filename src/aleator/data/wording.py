"""Names in messages, at a length that people read."""

from collections.abc import Iterable

MOST_NAMED, LONGEST_NAME = 12, 60


def listed(names: Iterable[object], most: int = MOST_NAMED) -> str:
    """The names with commas, the first `most` of them, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(short(name) for name in every[:most]) + more


def short(name: object) -> str:
    """The name, its middle left out where it is long."""
    text = str(name)
    half = LONGEST_NAME // 2
    return text if len(text) <= LONGEST_NAME else f"{text[: half - 2]} ... {text[-half + 2 :]}"
