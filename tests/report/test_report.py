"""The report in a real browser: it loads nothing, complains of nothing, fits every screen, and shows text as text."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import aleator
from aleator.auditing import Audit
from aleator.auditing.settings import AuditSettings
from aleator.data import LabelledDataset
from aleator.data.drawn_faces import drawn_faces
from aleator.report import render_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("brief_training")]
NASTY = "<script>window.hacked = 1</script>"


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory, brief_training: None) -> Audit:
    """An audit whose class names, ids and path are hostile."""
    data = drawn_faces(400, seed=2).dataset
    hostile = LabelledDataset(
        name=NASTY,
        path=f"</title>{NASTY}",
        ids=np.array([f"{name}</script>{NASTY}" for name in data.ids]),
        source=data.source,
        given_labels=data.given_labels,
        class_names=(NASTY, "a & b", '"quoted"', "snow ☃", *data.class_names[4:]),
        votes=data.votes,
    )
    return aleator.audit(hostile, tmp_path_factory.mktemp("report") / "audit", AuditSettings(effort="quick"))


def opened(browser: "Browser", path: Path, **options: object) -> "tuple[Page, list[str]]":
    page = browser.new_page(**options)  # type: ignore[arg-type]
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if request.url.startswith("http") else None)
    page.goto(path.as_uri())
    return page, trouble


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_loads_nothing(browser: "Browser", audit: Audit, width: int, scheme: str) -> None:
    page, trouble = opened(
        browser, audit.folder / "report.html", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    assert trouble == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert (brightness > 600) == (scheme == "light")
    page.get_by_role("button", name="Light / dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != background
    page.close()


def test_text_stays_text(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    assert page.evaluate("window.hacked") is None
    assert trouble == []
    assert NASTY in page.title()
    assert page.locator("#suspects .card").count() > 0
    page.close()


def test_the_filter_shows_one_given_label(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html")
    whole = page.locator("#suspects .card:visible").count()
    page.locator(".filters button").nth(1).click()
    shown = page.locator("#suspects .card:visible")
    assert 0 < shown.count() < whole
    given = {shown.nth(number).get_attribute("data-given") for number in range(shown.count())}
    assert len(given) == 1
    page.locator(".filters button").first.click()
    assert page.locator("#suspects .card:visible").count() == whole
    page.close()


def test_a_point_of_the_map_leads_to_its_picture_by_mouse_and_keyboard(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    page.locator(".map .dot").last.dispatch_event("click", {"bubbles": True})
    assert page.locator("#looked img").count() == 1
    before = page.locator("#looked").inner_text()
    page.locator(".map .dot[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#looked").inner_text() != before
    assert page.locator("#looked img").evaluate("image => image.naturalWidth") > 0
    assert trouble == []
    page.close()


def test_it_prints_without_its_buttons(browser: "Browser", audit: Audit, tmp_path: Path) -> None:
    page, _ = opened(browser, audit.folder / "report.html", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
    page.close()


def test_without_script_everything_but_the_extras_is_there(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html", java_script_enabled=False)
    assert page.locator("#suspects .card").count() > 0
    assert page.locator(".filters").is_hidden()
    assert page.locator(".map .dot").count() > 50
    page.close()


def test_empty_sections_are_friendly(audit: Audit) -> None:
    assert audit.dataset is not None
    fine = audit.labels.set_column(3, "verdict", [["ok"] * audit.labels.num_rows])
    nothing = replace(audit.info.estimates, verdicts=dict.fromkeys(audit.info.estimates.verdicts, 0))
    info = replace(audit.info, referee=None, estimates=nothing)
    html = render_report(info, fine, audit.dataset.source)
    assert "No label is clearly wrong" in html
    assert "No example is ambiguous" in html
    assert "How good is this audit?" not in html


def test_it_can_be_written_again_elsewhere(audit: Audit, tmp_path: Path) -> None:
    target = audit.report(tmp_path / "again.html")
    assert "labels are probably wrong" in target.read_text(encoding="utf-8")
