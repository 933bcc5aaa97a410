"""The package, its citation and its changelog tell of one version, and so does the tag that is being published."""

import os
import re
import tomllib
from pathlib import Path

import aleator

ROOT = Path(__file__).parents[1]


def found(pattern: str, name: str) -> tuple[str, ...]:
    """The groups of the first line of a file that matches."""
    match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None, f"{name} has no line like {pattern}"
    return match.groups()


def test_the_version_stands_in_the_package_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["hatch"]["version"]["path"] == "src/aleator/__init__.py"
    assert found(r'^__version__ = "(.+)"$', "src/aleator/__init__.py") == (aleator.__version__,)


def test_citation_and_changelog_tell_of_the_same_release() -> None:
    version, date = found(r"^## \[(\d.*)\] - (.+)$", "CHANGELOG.md")  # the newest one; Unreleased has no number
    assert version == aleator.__version__
    assert found(r"^version: (.+)$", "CITATION.cff") == (version,)
    assert found(r"^date-released: (.+)$", "CITATION.cff") == (date,)


def test_the_tag_that_is_published_is_the_version() -> None:
    """GitHub says in the environment what a workflow runs for; elsewhere there is no tag, and nothing to compare."""
    if os.environ.get("GITHUB_REF_TYPE") == "tag":
        assert os.environ["GITHUB_REF_NAME"] == f"v{aleator.__version__}"
