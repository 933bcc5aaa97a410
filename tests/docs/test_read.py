"""What README and docs tell people to type can be read: by the parser of the commands, by Python's compiler."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import aleator
from aleator.cli import app
from benchmarks.__main__ import app as benchmarks
from tests.docs.pages import PAGES, ROOT, blocks, in_sentences, lines, split, words_for_aleator


def parse(words: list[str]) -> None:
    app.parse_args([word.replace("...", "x") for word in words], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_is_one_that_the_command_line_takes(page: Path) -> None:
    for line in lines(page):
        words = words_for_aleator(line)
        if words is not None:
            parse(words)
        if split(line)[:3] == ["python", "-m", "benchmarks"]:
            benchmarks.parse_args(split(line)[3:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_within_a_sentence_are_right_too(page: Path) -> None:
    for line in in_sentences(page):
        words = split(line)
        if words[0] == "aleator":
            options = [word for word in words[1:] if word.startswith("-")]
            known = {name for argument in app[words[1]].assemble_argument_collection() for name in argument.names}
            assert set(options) <= known, line
        if words[:3] == ["python", "-m", "benchmarks"]:
            assert words[3] in benchmarks, line
            if words[4:]:
                benchmarks.parse_args(words[3:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_can_be_read_and_names_what_is_there(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block.text, page.name, "exec")
        for name in re.findall(r"\baleator\.([A-Za-z_]\w*)\(", block.text):
            assert getattr(aleator, name) is not None


def test_what_else_is_typed_is_there() -> None:
    """Targets of make, extras and files that the pages' shell blocks name."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for page in PAGES:
        for line in lines(page):
            words = shlex.split(line)
            if words[:1] == ["make"]:
                assert set(words[1:]) <= targets, line
            for extras in re.findall(r"(?:aleator|\.)\[([\w,-]+)\]", line):
                assert set(extras.split(",")) <= set(settings["project"]["optional-dependencies"]), line
            for path in re.findall(r"(?<![\w/])docker/[\w.]+", line):
                assert (ROOT / path).exists() or path == "docker/.env", line


def test_every_page_stands_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1]
    for page in (ROOT / "docs").glob("*.md"):
        assert f" {page.name}\n" in navigation + "\n"


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"({page.name})" in index or page.name == "index.md", page.name
