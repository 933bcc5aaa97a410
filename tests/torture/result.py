"""What a row of the campaign says."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Result:
    """How often something was tried, and how often Aleator survived it."""

    name: str
    tried: int
    survived: int
    failures: tuple[str, ...] = ()
    """What happened where it did not."""
    left_out: str = ""
    """Why it could not be tried here."""


def summary(results: Iterable[Result]) -> str:
    """A table with one row for each kind: results whose names begin alike, up to a colon, are added up."""
    lines = ["| what | tried | survived |", "|---|---|---|"]
    for kind, group in groupby(results, lambda one: one.name.partition(":")[0]):
        rows = list(group)
        name = rows[0].name if len(rows) == 1 else f"{kind}: {len(rows)} kinds"
        said = rows[0].left_out or f"{sum(one.survived for one in rows):,}"
        lines.append(f"| {name} | {sum(one.tried for one in rows):,} | {said} |")
    return "\n".join(lines)
