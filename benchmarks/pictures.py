"""The pictures of README and docs, taken anew: `python -m benchmarks pictures --audit demo-audit`.

The report's are of the demo's audit and of a table of wines, the review page's of a copy of the audit with the true
answers to its first 120 examples.
"""

import io
import math
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from aleator.data.drawn_faces import drawn_faces
from aleator.errors import DataError
from aleator.progress import Progress, silent
from benchmarks.chromium import chromium
from benchmarks.review.client import ReviewClient
from benchmarks.review.killed import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, ViewportSize

REPORT: "ViewportSize" = {"width": 1280, "height": 1000}
GALLERY: "ViewportSize" = {"width": 1000, "height": 900}
PAGE: "ViewportSize" = {"width": 1280, "height": 720}
PAGE_WIDTH, COLOURS = 1100, 256
ANSWERS, AT_ONCE = 120, 20
CHANGED = 19
"""Labels of the table that are wrong."""


def take(audit: Path, folder: Path, *, progress: Progress = silent) -> list[Path]:
    """Write all pictures into `folder`. Raises MissingExtraError without Playwright, DataError without Chromium or the
    demo's audit."""
    if not (audit / "report.html").is_file():
        raise DataError(
            f"{audit} holds no report.html; make the demo's audit with: make demo, or name it with --audit."
        )
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        progress("the report", 0, 3)
        _of_the_report(browser, audit / "report.html", folder)
        progress("a table", 1, 3)
        _of_a_row(browser, _audit_of_wines(Path(scratch) / "wines"), folder)
        progress("the review page", 2, 3)
        _of_the_page(browser, Path(shutil.copytree(audit, Path(scratch) / "demo-audit")), folder)
        progress("the review page", 3, 3)
    return sorted(folder.glob("*.png"))


def _of_the_report(browser: "Browser", report: Path, folder: Path) -> None:
    page = browser.new_page(viewport=REPORT)
    page.goto(report.absolute().as_uri())
    _keep(page.screenshot(), folder / "report.png")
    page = browser.new_page(viewport=GALLERY)
    page.goto(report.absolute().as_uri())
    for name, verdict in (("mistakes", "mistake"), ("ambiguous", "ambiguous")):
        page.locator("select[name=verdict]").select_option(
            page.locator("select[name=verdict] option", has_text=verdict).get_attribute("value")
        )
        _keep(_top_of(page, page.locator("#grid"), 300), folder / f"gallery-{name}.png")
    for tab, height in (("unfamiliar", 360), ("copies", 400), ("classes", 620), ("map", 660)):
        page.locator(f"#tab-{tab}").click()
        _keep(_top_of(page, page.locator(f"#{tab}"), height), folder / f"gallery-{tab}.png")
    page.locator("#tab-labels").click()
    page.locator("#clear").click()
    page.locator("#grid .tile").nth(2).click()
    _keep(page.locator("#detail").screenshot(), folder / "gallery-detail.png")


def _audit_of_wines(folder: Path) -> Path:
    """An audit of scikit-learn's table of wines, some labels changed by chance. Returns its report."""
    from sklearn.datasets import load_wine

    import aleator

    random, wines = np.random.default_rng(0), load_wine(as_frame=True)
    names = np.array(["Barolo", "Grignolino", "Barbera"])
    kind = wines.target.to_numpy().copy()
    changed = random.choice(len(kind), CHANGED, replace=False)
    kind[changed] = (kind[changed] + random.integers(1, len(names), CHANGED)) % len(names)
    folder.mkdir()
    wines.data.assign(kind=names[kind]).to_csv(folder / "wines.csv", index=False)
    aleator.audit(folder / "wines.csv", folder / "audit")
    return folder / "audit" / "report.html"


def _of_a_row(browser: "Browser", report: Path, folder: Path) -> None:
    page = browser.new_page(viewport=GALLERY)
    page.goto(report.as_uri())
    page.locator("#grid .tile").first.click()
    _keep(page.locator("#detail").screenshot(), folder / "gallery-table.png")


def _of_the_page(browser: "Browser", audit: Path, folder: Path) -> None:
    faces = drawn_faces()
    server = Server(Path(audit.name), within=audit.parent)  # so that commands are as short as a user's
    address = server.start()
    try:
        client = ReviewClient(address, "Ada")
        for _ in range(ANSWERS // AT_ONCE):
            for card in client.queue(AT_ONCE):
                true = int(faces.true_label[card["row"]])
                client.decide(card["row"], [true] if true >= 0 else [], seconds=1.4)
        page = _enter(browser, address, "light")
        while not client.status()["up_to_date"]:
            page.wait_for_timeout(200)
        page.goto(f"{address}/")
        page.wait_for_load_state("networkidle")
        _keep(page.screenshot(), folder / "review-overview.png", PAGE_WIDTH)
        page.goto(f"{address}/queue?sort=wrong")
        page.wait_for_load_state("networkidle")
        _keep(page.screenshot(), folder / "review-queue.png", PAGE_WIDTH)
        page.goto(f"{address}/looks")
        page.get_by_text("Draw around some").wait_for(timeout=120_000)
        page.wait_for_timeout(15_000)
        _draw_around(page, page.locator("#plane"))
        _keep(page.screenshot(), folder / "review-looks.png", PAGE_WIDTH)
        page = _enter(browser, address, "dark")
        page.goto(f"{address}/grid?sort=quick")
        page.wait_for_load_state("networkidle")
        for number in (7, 18):
            page.locator(".tile").nth(number).click()
        _keep(page.screenshot(), folder / "review-grid.png", PAGE_WIDTH)
    finally:
        server.kill()


def _enter(browser: "Browser", address: str, colours: str) -> "Page":
    page = browser.new_page(viewport=PAGE, color_scheme="dark" if colours == "dark" else "light")
    page.goto(f"{address}/enter")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(f"{address}/")
    return page


def _draw_around(page: "Page", plane: "Locator") -> None:
    box = plane.bounding_box()
    assert box is not None
    for step in range(25):
        angle = step / 24 * 2 * math.pi
        x, y = 0.78 + 0.13 * math.cos(angle), 0.38 + 0.1 * math.sin(angle)
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        if step == 0:
            page.mouse.down()
    page.mouse.up()


def _top_of(page: "Page", part: "Locator", height: int) -> bytes:
    """The part, cut off below."""
    part.evaluate("part => part.scrollIntoView()")
    page.wait_for_load_state("networkidle")
    box = part.bounding_box()
    assert box is not None
    return page.screenshot(clip={"x": 20, "y": box["y"], "width": 960, "height": min(height, box["height"])})


def _keep(picture: bytes, path: Path, width: int | None = None) -> None:
    """As a PNG of few colours, which is a third as large."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if width is not None:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
