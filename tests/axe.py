"""axe-core's rules on a page that is open in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
"""WCAG 2.1 A and AA, and good practice."""
OF_COLOURS = ["color-contrast"]
"""All that a dark page can break that the light one does not."""


def violations(page: "Page", scheme: str) -> list[str]:
    """What is broken on the page as it stands in a colour scheme: `light` is tried by all rules, `dark` by those of
    colours."""
    axe = pytest.importorskip("axe_playwright_python")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    rules = OF_COLOURS if scheme == "dark" else RULES
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules)
    assert found["passes"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})" for one in found["violations"]]
