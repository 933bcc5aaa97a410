"""A real browser, to measure pages in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aleator.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A headless Chromium. Raises MissingExtraError without Playwright, DataError without a Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise MissingExtraError("A browser is driven by Playwright: pip install 'aleator[dev]'.") from error
    path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if path is None:
        raise DataError(f"No browser is here; install one of {', '.join(NAMES)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
