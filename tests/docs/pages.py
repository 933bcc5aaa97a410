"""The pages that people read, and the blocks in them that they copy."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
"""For a program that a test starts: the package as it stands here."""
FENCE = re.compile(r"```(\w*)\n(.*?)```", flags=re.DOTALL)


@dataclass(frozen=True)
class Block:
    language: str
    text: str

    def lines(self) -> list[str]:
        """Each command of a shell block, without what is said of it."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [shlex.join(words).replace("'$TOKEN'", "$TOKEN") for line in joined if (words := split(line))]


def split(line: str) -> list[str]:
    return shlex.split(line, comments=True)


def blocks(page: Path, *languages: str) -> list[Block]:
    """Those in the languages, as they stand on the page."""
    found = [Block(*parts) for parts in FENCE.findall(page.read_text(encoding="utf-8"))]
    return [block for block in found if block.language in languages]


def lines(page: Path) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.lines()]


def in_sentences(page: Path) -> list[str]:
    """Commands of several words between backticks, in the text."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [line for line in re.findall(r"`([^`\n]+)`", text) if len(line.split()) > 2]


def words_for_aleator(line: str) -> list[str] | None:
    """What follows `aleator` where the line calls it, also in a container; None where it does not."""
    words = split(line)
    for number, word in enumerate(words):
        if Path(word).name == "aleator" and (number == 0 or words[number - 2 : number] == ["exec", "review"]):
            return words[number + 1 :]
    return None
