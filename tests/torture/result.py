"""What a row of the campaign says."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path


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
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of the clock and of a processor, its processes included."""

    def line(self) -> str:
        """A row of the table."""
        said = self.left_out or f"{self.survived:,}"
        return f"| {self.name} | {self.tried:,} | {said} | {self.seconds:.0f} | {self.processor:.0f} |"


HEAD = "| what | tried | survived | seconds | of a processor |\n|---|---|---|---|---|"


def summary(results: Iterable[Result]) -> str:
    """A table with one row for each kind: results whose names begin alike, up to a colon, are added up."""
    lines = [HEAD]
    for kind, group in groupby(results, lambda one: one.name.partition(":")[0]):
        rows = list(group)
        name = rows[0].name if len(rows) == 1 else f"{kind}: {len(rows)} kinds"
        tried, survived = sum(one.tried for one in rows), sum(one.survived for one in rows)
        seconds, processor = sum(one.seconds for one in rows), sum(one.processor for one in rows)
        lines.append(Result(name, tried, survived, (), rows[0].left_out, seconds, processor).line())
    return "\n".join(lines)


def code_digest() -> str:
    """Of all that is tried and tries: what another version survived says nothing of this one."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for file in sorted(path for place in ("src", "tests", "benchmarks") for path in (root / place).rglob("*.*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(file.read_bytes())
    return digest.hexdigest()


def remember(path: Path, row: str, result: Result, code: str) -> None:
    """Add what a row came to."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"row": row, "code": code, **asdict(result)}, ensure_ascii=False) + "\n")


def remembered(path: Path, code: str) -> dict[str, Result]:
    """The rows of this file that survived in full with the same code, so that they need not run again."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        fields = json.loads(line)
        row, of = fields.pop("row"), fields.pop("code", "")
        result = Result(**fields | {"failures": tuple(fields["failures"])})
        if of == code and result.survived == result.tried > 0 and not result.failures:
            found[row] = result
    return found
