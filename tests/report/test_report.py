"""The report in a real browser: it loads nothing, fits every screen, works without a mouse, shows text as text."""

import json
import re
import shutil
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

import aleator
from aleator.auditing import Audit
from aleator.auditing.reviewed import judge_again
from aleator.auditing.settings import AuditSettings
from aleator.data import LabelledDataset, TableRows, TextArray
from aleator.data.drawn_faces import drawn_faces
from aleator.decisions.gather import DecisionSources
from aleator.report import payload, render_report
from tests.axe import violations

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


@pytest.mark.parametrize("width", [360, 640, 1440])  # 640 is a laptop of 1280 at a zoom of 200 %
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_loads_nothing(browser: "Browser", audit: Audit, width: int, scheme: str) -> None:
    page, trouble = opened(
        browser, audit.folder / "report.html", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") < 6600
    assert trouble == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert (brightness > 600) == (scheme == "light")
    page.get_by_role("button", name="Light / dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != background
    page.close()


def test_the_answer_and_the_next_command_stand_on_the_first_screen(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html", viewport={"width": 1440, "height": 900})
    command = page.get_by_text(f"aleator review {audit.folder}", exact=True)
    box = command.bounding_box()
    assert box is not None
    assert box["y"] < 900
    estimates = audit.info.estimates
    page.get_by_text("What the words and numbers mean").click()
    told = page.locator("#answer").inner_text()
    for number in (estimates.mislabelled.count, estimates.flagged, estimates.verdicts["mistake"]):
        assert f"{number:,.0f}" in told
    page.close()


def test_text_stays_text(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    page.locator("#grid .tile").first.click()
    assert page.evaluate("window.hacked") is None
    assert trouble == []
    assert NASTY in page.title()
    assert NASTY in page.locator("#detail .id").inner_text()
    page.close()


def shown(page: "Page") -> int:
    """How many examples the grid holds, in sight or not."""
    return int(page.locator("#count").inner_text().split()[0].replace(",", ""))


def test_filters_and_orders_say_what_the_table_says(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html")
    assert shown(page) == len(audit.labels)
    assert 0 < page.locator("#grid .tile").count() < len(audit.labels)  # only what is in sight
    first = page.locator("#grid .tile").first.get_attribute("title")
    wrong = audit.column("p_mislabelled")
    ids = audit.labels["id"].to_pylist()
    assert wrong[ids.index(first)] >= wrong.max() - 1e-4
    page.locator("#filters [name=verdict]").select_option("1")
    assert shown(page) == audit.info.estimates.verdicts["mistake"]
    page.locator("#filters [name=verdict]").select_option("")
    page.locator("#filters [name=given]").select_option("2")
    assert shown(page) == int((audit.column("given_label") == 2).sum())
    page.locator("#filters [name=sort]").select_option("epistemic")
    first = page.locator("#grid .tile").first.get_attribute("title")
    members = np.flatnonzero(audit.column("given_label") == 2)
    assert audit.column("epistemic")[ids.index(first)] >= audit.column("epistemic")[members].max() - 1e-3
    page.get_by_role("button", name="Clear").click()
    page.locator("#filters [name=least]").fill("60")
    assert abs(shown(page) - int((wrong >= 0.6).sum())) <= 1
    page.get_by_role("button", name="Clear").click()
    page.locator("#filters [name=text]").fill(ids[7][:10])
    assert shown(page) == sum(ids[7][:10] in one for one in ids)
    page.close()


def test_a_direction_leads_to_its_examples(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html")
    link = page.locator(".directions a").first
    given, suggested = map(int, re.findall(r"=(\d+)", link.get_attribute("href") or ""))
    link.click()
    members = (audit.column("given_label") == given) & (audit.column("suggested_label") == suggested)
    assert shown(page) == int(members.sum())
    page.close()


def test_the_keyboard_is_enough(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    page.locator("#grid .tile[tabindex='0']").focus()
    title = "document.activeElement.title"
    first = page.evaluate(title)
    page.keyboard.press("ArrowRight")
    second = page.evaluate(title)
    assert second != first
    page.keyboard.press("End")  # far out of sight: the tile is made when it is needed
    last = page.evaluate(title)
    assert last not in (first, second)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert first in page.locator("#detail").inner_text()
    page.keyboard.press("ArrowRight")
    assert second in page.locator("#detail").inner_text()
    assert page.locator("#detail .picture").count() > 1
    page.keyboard.press("Escape")
    assert page.locator("#detail").is_hidden()
    page.wait_for_function(f"wanted => {title} === wanted", arg=second)
    page.locator("[role=tab][tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#unfamiliar").is_visible()
    assert page.locator("#labels").is_hidden()
    assert trouble == []
    page.close()


def test_a_point_of_the_map_leads_to_its_example_by_mouse_and_keyboard(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    page.get_by_role("tab", name="Map").click()
    dot = page.locator(".map .dot").last
    dot.dispatch_event("click", {"bubbles": True})
    assert page.locator("#detail .id").inner_text() in (dot.get_attribute("aria-label") or "")
    page.keyboard.press("Escape")
    page.locator(".map .dot[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#detail").is_visible()
    assert trouble == []
    page.close()


def test_what_is_shown_stands_in_the_address(browser: "Browser", audit: Audit) -> None:
    """To load it again, to send the link and to go back show the same."""
    report = audit.folder / "report.html"
    page, trouble = opened(browser, report)
    page.locator("#filters [name=given]").select_option("2")
    page.locator("#filters [name=sort]").select_option("epistemic")
    page.get_by_label("Tile size").fill("2")
    found, first = shown(page), page.locator("#grid .tile").first.get_attribute("title")
    assert found == int((audit.column("given_label") == 2).sum())
    page.reload()
    assert (shown(page), page.locator("#grid .tile").first.get_attribute("title")) == (found, first)
    assert page.get_by_label("Tile size").input_value() == "2"
    page.get_by_role("tab", name="Classes").click()
    link = page.url
    page.go_back()
    assert page.locator("#grid").is_visible()
    assert shown(page) == found
    page.goto("about:blank")
    page.goto(link)
    assert page.locator("#classes").is_visible()
    page.get_by_role("tab", name="All labels").click()
    assert shown(page) == found
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.goto("about:blank")
    page.goto(f"{report.as_uri()}#nowhere?given=900&sort=length&item=3")  # what there is not is passed over
    assert shown(page) == len(audit.labels)
    assert page.locator("#filters [name=sort]").input_value() == "p"
    assert trouble == []
    page.close()


def test_in_the_frame_of_a_notebook_it_works_without_an_address(
    browser: "Browser", audit: Audit, tmp_path: Path
) -> None:
    notebook = tmp_path / "notebook.html"
    html = (audit.folder / "report.html").read_text(encoding="utf-8")
    notebook.write_text(f'<meta charset="utf-8"><iframe srcdoc="{escape(html)}" width="1200" height="900"></iframe>')
    page, trouble = opened(browser, notebook)
    report = page.frame_locator("iframe")
    report.locator("#filters [name=given]").select_option("2")
    count = report.locator("#count")
    assert int(count.inner_text().split()[0]) == int((audit.column("given_label") == 2).sum())
    report.locator(".verdicts").get_by_role("link", name="mistake").click()
    assert int(count.inner_text().split()[0]) == audit.info.estimates.verdicts["mistake"]
    report.get_by_role("tab", name="Classes").click()
    assert report.locator("#classes").is_visible()
    assert report.get_by_role("button", name="Copy link").count() == 0  # there is nothing to copy
    assert trouble == []
    page.close()


def test_larger_tiles_show_larger_pictures(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    picture = page.locator("#grid .tile .picture").first
    small, there = picture.bounding_box(), page.locator("#grid .tile").count()
    page.locator("#size").focus()
    page.keyboard.press("End")
    large = picture.bounding_box()
    assert small is not None
    assert large is not None
    assert large["width"] == pytest.approx(3 * small["width"], rel=0.02)
    assert 0 < page.locator("#grid .tile").count() < there
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert trouble == []
    page.close()


def test_what_is_counted_can_be_looked_at(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html")
    estimates = audit.info.estimates
    for verdict in ("mistake", "ambiguous"):
        page.locator(".verdicts").get_by_role("link", name=verdict).click()
        assert shown(page) == estimates.verdicts[verdict]
    page.get_by_text("What the words and numbers mean").click()
    page.get_by_role("link", name="flagged").click()
    assert shown(page) == estimates.flagged
    page.locator("#filters [name=text]").fill("nothing is called so")
    assert "nothing passes" in page.locator("#count").inner_text()
    page.close()


def test_a_neighbour_is_opened(browser: "Browser", audit: Audit) -> None:
    page, trouble = opened(browser, audit.folder / "report.html")
    page.locator("#grid .tile").first.click()
    near = page.locator("#detail .neighbours button").first
    wanted = near.get_attribute("title")
    near.press("Enter")
    assert page.locator("#detail .id").inner_text() == wanted
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert page.locator("#detail").is_hidden()
    assert trouble == []
    page.close()


def test_texts_are_searched_and_neighbours_show_theirs(browser: "Browser", audit: Audit, tmp_path: Path) -> None:
    texts = TextArray(
        [f"The word {word}{row}" for row, word in zip(range(len(audit.labels)), "abcd" * 100, strict=True)]
    )
    page_file = tmp_path / "texts.html"
    page_file.write_text(render_report(audit.info, audit.labels, texts), encoding="utf-8")
    page, trouble = opened(browser, page_file)
    page.get_by_label("Text or id contains").fill("WORD C")
    assert shown(page) == 100
    page.locator("#grid .tile").first.click()
    assert page.locator("#detail .neighbours").get_by_text("The word").count() > 0
    assert trouble == []
    page.close()


def test_a_verdict_is_told_by_its_shape_too(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html")
    found = page.locator(".map .dot").evaluate_all(
        "all => all.map(one => [one.className.baseVal, one.getAttribute('d')])"
    )
    shapes = dict(found)
    assert len(shapes) > 2
    assert len(set(shapes.values())) == len(shapes) == len({(kind, shape) for kind, shape in found})
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: "Browser", audit: Audit, scheme: str) -> None:
    """In every tab and in an opened example."""
    page, _ = opened(browser, audit.folder / "report.html", color_scheme=scheme, reduced_motion="reduce")
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert violations(page, scheme) == []
    page.get_by_role("tab", name="All labels").click()
    page.locator("#grid .tile").first.click()
    assert violations(page, scheme) == []
    page.close()


def test_it_prints_on_two_pages(browser: "Browser", audit: Audit, tmp_path: Path) -> None:
    page, _ = opened(browser, audit.folder / "report.html", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("#tabs").is_hidden()
    assert page.locator("#grid").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pdf = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    page.close()


def test_without_script_the_answer_and_the_worst_are_there(browser: "Browser", audit: Audit) -> None:
    page, _ = opened(browser, audit.folder / "report.html", java_script_enabled=False)
    assert page.locator("#printed li").count() > 0
    assert page.locator("#classes").is_visible()
    assert page.locator("#filters").is_hidden()
    assert page.locator(".map .dot").count() > 50
    page.close()


def test_pictures_take_the_room_that_there_is_and_the_worst_come_first(
    audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = audit.report(tmp_path / "whole.html").read_text(encoding="utf-8")
    monkeypatch.setattr(payload, "ROOM", 120_000)
    few = audit.report(tmp_path / "few.html").read_text(encoding="utf-8")
    kept = [int(re.findall(r'"pictures": (\d+)', page)[0]) for page in (whole, few)]
    assert 0 < kept[1] < kept[0] == len(audit.labels)
    assert len(few) < len(whole) - 20_000


@pytest.mark.parametrize("text", ["这个产品非常好用，我很喜欢。" * 30, "<b>&amp;</b> " * 30], ids=["chinese", "markup"])
def test_texts_and_cells_keep_to_the_room_in_whatever_letters(
    audit: Audit, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "ROOM", 150_000)
    count = len(audit.labels)
    for source in (
        TextArray([text] * count),
        TableRows(pa.table({str(column): [text] * count for column in range(30)})),
    ):
        html = render_report(audit.info, audit.labels, source)
        held = re.findall(r'id="payload">(.*?)</script>', html, flags=re.DOTALL)[0]
        assert 50_000 < len(held.encode()) < 160_000


def test_a_table_without_pictures_says_why_and_has_its_grid(browser: "Browser", audit: Audit, tmp_path: Path) -> None:
    page_file = tmp_path / "plain.html"
    page_file.write_text(render_report(audit.info, audit.labels, None, remark="No pictures here."), encoding="utf-8")
    page, trouble = opened(browser, page_file)
    assert "No pictures here." in page.locator("#answer").inner_text()
    assert page.locator("#grid .tile").count() > 10
    page.locator("#grid .tile").first.click()
    assert page.locator("#detail").is_visible()
    assert trouble == []
    page.close()


def test_empty_sections_are_friendly(audit: Audit) -> None:
    assert audit.dataset is not None
    fine = audit.labels.set_column(3, "verdict", [["ok"] * audit.labels.num_rows])
    nothing = replace(audit.info.estimates, verdicts=dict.fromkeys(audit.info.estimates.verdicts, 0))
    info = replace(audit.info, referee=None, estimates=nothing)
    html = render_report(info, fine, audit.dataset.source)
    assert "No label is clearly wrong" in html
    assert "How good is this audit?" not in html


def test_judging_again_never_leaves_a_stale_report(audit: Audit, tmp_path: Path) -> None:
    folder = shutil.copytree(audit.folder, tmp_path / "audit")
    decisions = tmp_path / "decisions.jsonl"
    one = audit.labels["id"][0].as_py()
    decisions.write_text(json.dumps({"id": one, "label": audit.class_names[1]}) + "\n")
    before = (folder / "report.html").read_text(encoding="utf-8")
    assert "Nobody has reviewed a label yet" in before
    (folder / "examples.npz").unlink()  # as for data that are somewhere else now
    judge_again(aleator.load_audit(folder), DecisionSources(reviewed=(decisions,)))
    after = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 label is reviewed" in after
    assert "does not show the examples, as the data were not at hand" in after


def test_what_reviewers_decided_is_told_from_the_rest(browser: "Browser", audit: Audit, tmp_path: Path) -> None:
    folder = shutil.copytree(audit.folder, tmp_path / "audit")
    decisions = tmp_path / "decisions.jsonl"
    decided = audit.labels["id"].to_pylist()[:3]
    decisions.write_text("".join(json.dumps({"id": one, "label": audit.class_names[1]}) + "\n" for one in decided))
    judge_again(aleator.load_audit(folder), DecisionSources(reviewed=(decisions,)))
    page, trouble = opened(browser, folder / "report.html")
    kinds = page.locator("#filters [name=verdict]")
    kinds.select_option(label="any, labelled by reviewers (3)")
    tiles = page.locator("#grid .tile")
    assert sorted(str(one.get_attribute("title")) for one in tiles.all()) == sorted(decided)
    assert "reviewed" in tiles.first.inner_text()
    tiles.first.click()
    assert page.locator("#detail .numbers").get_by_text("a & b", exact=True).count() == 1
    page.keyboard.press("Escape")
    kinds.select_option(label="any, not labelled by reviewers")
    assert shown(page) == len(audit.labels) - 3
    assert trouble == []
    page.close()


def test_it_can_be_written_again_elsewhere(audit: Audit, tmp_path: Path) -> None:
    target = audit.report(tmp_path / "again.html")
    assert "labels are wrong" in target.read_text(encoding="utf-8")
